//! SQL about mails to customers.

use super::Result;
use crate::letters::Tidings;
use serde_json::Value;
use sqlx::{PgConnection, PgPool, types::Json};
use std::time::Duration;
use uuid::Uuid;

/// Writes a letter in the caller's transaction. What was told before is not told again.
pub(crate) async fn write(
    connection: &mut PgConnection,
    order: Uuid,
    tidings: &Tidings,
) -> Result<()> {
    sqlx::query(
        "insert into letters (id, order_id, kind, cause, tidings)
         values ($1, $2, $3, $4, $5)
         on conflict (order_id, kind, cause) do nothing",
    )
    .bind(Uuid::now_v7())
    .bind(order)
    .bind(tidings.kind().as_str())
    .bind(tidings.cause())
    .bind(Json(tidings))
    .execute(connection)
    .await?;
    Ok(())
}

/// A letter that somebody has taken to send it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Due {
    pub id: Uuid,
    pub order_id: Uuid,
    pub kind: String,
    /// [`Tidings`], as this release or another has written them.
    pub tidings: Json<Value>,
    pub attempts: i32,
    pub written_at: jiff_sqlx::Timestamp,
    pub lease: Uuid,
}

/// Takes so many letters that are due, whoever waited longest first. Nobody else takes the same before the lease ends.
pub(crate) async fn take(pool: &PgPool, limit: i64, lease: Duration) -> Result<Vec<Due>> {
    sqlx::query_as(
        "update letters
         set attempts = attempts + 1,
             lease = $2,
             next_at = now() + make_interval(secs => $3)
         where id in (
           select id
           from letters
           where state = 'waiting'
             and next_at <= now()
           order by next_at
           limit $1
           for update skip locked
         )
         returning id, order_id, kind, tidings, attempts, written_at, lease",
    )
    .bind(limit)
    .bind(Uuid::now_v7())
    .bind(lease.as_secs_f64())
    .fetch_all(pool)
    .await
}

/// Notes that a mail server took it, whoever has the lease by now: it is not to be sent again.
pub(crate) async fn note_sent(pool: &PgPool, due: &Due) -> Result<()> {
    sqlx::query(
        "update letters
         set state = 'sent', ended_at = now(), lease = null, failure = null
         where id = $1
           and state = 'waiting'",
    )
    .bind(due.id)
    .execute(pool)
    .await?;
    Ok(())
}

/// Notes why it was not taken, and when it is sent again, if ever. Nothing, if somebody else has it by now.
pub(crate) async fn note_failed(
    pool: &PgPool,
    due: &Due,
    failure: &str,
    wait: Option<Duration>,
) -> Result<()> {
    sqlx::query(
        "update letters
         set state = case when $4::double precision is null then 'given_up' else 'waiting' end,
             ended_at = case when $4::double precision is null then now() end,
             next_at = now() + make_interval(secs => coalesce($4, 0)),
             lease = null,
             failure = $3
         where id = $1
           and lease = $2
           and state = 'waiting'",
    )
    .bind(due.id)
    .bind(due.lease)
    .bind(failure)
    .bind(wait.map(|wait| wait.as_secs_f64()))
    .execute(pool)
    .await?;
    Ok(())
}

/// A letter as somebody sees it who looks after them.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct LetterRecord {
    pub id: Uuid,
    pub number: String,
    pub email: String,
    pub kind: String,
    pub state: String,
    pub attempts: i32,
    pub written_at: jiff_sqlx::Timestamp,
    pub next_at: jiff_sqlx::Timestamp,
    pub failure: Option<String>,
}

/// Letters that were not sent: those that were given up first, then whoever waits longest.
pub(crate) async fn list_unsent(pool: &PgPool, limit: i64) -> Result<Vec<LetterRecord>> {
    sqlx::query_as(
        "(
           select letter.id, orders.number, orders.email, letter.kind, letter.state, letter.attempts,
             letter.written_at, letter.next_at, letter.failure
           from letters as letter
           join orders on orders.id = letter.order_id
           where letter.state = 'given_up'
           order by letter.id
           limit $1
         )
         union all
         (
           select letter.id, orders.number, orders.email, letter.kind, letter.state, letter.attempts,
             letter.written_at, letter.next_at, letter.failure
           from letters as letter
           join orders on orders.id = letter.order_id
           where letter.state = 'waiting'
           order by letter.next_at
           limit $1
         )
         limit $1",
    )
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// How many wait, and how many were given up.
pub(crate) async fn count_unsent(pool: &PgPool) -> Result<(i64, i64)> {
    sqlx::query_as(
        "select
           (select count(*) from letters where state = 'waiting'),
           (select count(*) from letters where state = 'given_up')",
    )
    .fetch_one(pool)
    .await
}

/// Sends one that was given up anew, or all of them: how many that are.
pub(crate) async fn retry(pool: &PgPool, id: Option<Uuid>) -> Result<u64> {
    let retried = sqlx::query(
        "update letters
         set state = 'waiting', ended_at = null, attempts = 0, next_at = now()
         where state = 'given_up'
           and ($1::uuid is null or id = $1)",
    )
    .bind(id)
    .execute(pool)
    .await?;
    Ok(retried.rows_affected())
}
