//! SQL about what became of webhooks.

use crate::webhooks::{Attempt, DeadLetter};
use sqlx::PgPool;
use std::time::Duration;
use uuid::Uuid;

/// The last attempts of an endpoint, the latest first.
pub async fn log(pool: &PgPool, endpoint: Uuid, limit: u32) -> Result<Vec<Attempt>, sqlx::Error> {
    #[derive(sqlx::FromRow)]
    struct Row {
        attempted_at: jiff_sqlx::Timestamp,
        message: Uuid,
        #[sqlx(rename = "type")]
        kind: String,
        number: i32,
        milliseconds: i32,
        status: Option<i16>,
        failure: Option<String>,
    }
    let rows: Vec<Row> = sqlx::query_as(
        "select
           attempt.attempted_at, message.id as message, message.type, attempt.number,
           attempt.milliseconds, attempt.status, attempt.failure
         from webhook_deliveries as delivery
         join webhook_attempts as attempt on attempt.delivery = delivery.id
         join webhook_messages as message on message.id = delivery.message
         where delivery.endpoint = $1
         order by attempt.attempted_at desc, attempt.delivery desc, attempt.number desc
         limit $2",
    )
    .bind(endpoint)
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    let attempt = |row: Row| {
        let Row { attempted_at, message, kind, number, milliseconds, status, failure } = row;
        let at = attempted_at.to_jiff();
        Attempt { at, message, kind, number, milliseconds, status, failure }
    };
    Ok(rows.into_iter().map(attempt).collect())
}

/// Dead letters, the oldest first, with what was the matter the last time.
pub async fn dead(pool: &PgPool, limit: u32) -> Result<Vec<DeadLetter>, sqlx::Error> {
    #[derive(sqlx::FromRow)]
    struct Row {
        id: i64,
        endpoint: Uuid,
        url: String,
        message: Uuid,
        #[sqlx(rename = "type")]
        kind: String,
        attempts: i32,
        ended_at: jiff_sqlx::Timestamp,
        failure: Option<String>,
    }
    let rows: Vec<Row> = sqlx::query_as(
        "select
           delivery.id, delivery.endpoint, target.url, delivery.message, message.type,
           delivery.attempts, delivery.ended_at, last.failure
         from webhook_deliveries as delivery
         join webhook_endpoints as target on target.id = delivery.endpoint
         join webhook_messages as message on message.id = delivery.message
         left join lateral (
           select failure
           from webhook_attempts
           where delivery = delivery.id
           order by number desc
           limit 1
         ) as last on true
         where delivery.state = 'dead'
         order by delivery.id
         limit $1",
    )
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    let letter = |row: Row| {
        let Row { id, endpoint, url, message, kind, attempts, ended_at, failure } = row;
        let died_at = ended_at.to_jiff();
        DeadLetter { id, endpoint, url, message, kind, attempts, died_at, failure }
    };
    Ok(rows.into_iter().map(letter).collect())
}

/// Sends this dead letter anew, or all of them; answers how many.
pub async fn replay(pool: &PgPool, id: Option<i64>) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(
        "update webhook_deliveries
         set
           state = 'waiting',
           ended_at = null,
           earlier_attempts = attempts,
           next_at = now()
         where state = 'dead'
           and ($1::bigint is null or id = $1)",
    )
    .bind(id)
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

/// Forgets some deliveries that ended well so long ago, with their attempts and with messages that nobody has to get
/// any more; answers how many.
pub async fn sweep(pool: &PgPool, age: Duration, limit: i64) -> Result<u64, sqlx::Error> {
    let swept: i64 = sqlx::query_scalar(
        // One at a time: of two who each take a delivery of one message, neither would take the message.
        "with turn as materialized (
           select pg_try_advisory_xact_lock(hashtextextended('webhooks swept', 0)) as is_ours
         ), swept as (
           delete from webhook_deliveries
           where id in (
             select id
             from webhook_deliveries
             where (select is_ours from turn)
               and state = 'delivered'
               and ended_at < now() - make_interval(secs => $1)
             order by ended_at
             limit $2
             for update skip locked
           )
           returning id, message
         ), forgotten as (
           delete from webhook_messages
           where id in (select message from swept)
             and not exists (
               select
               from webhook_deliveries as other
               where other.message = webhook_messages.id
                 and other.id not in (select id from swept)
             )
         )
         select count(*)
         from swept",
    )
    .bind(age.as_secs_f64())
    .bind(limit)
    .fetch_one(pool)
    .await?;
    Ok(swept.unsigned_abs())
}
