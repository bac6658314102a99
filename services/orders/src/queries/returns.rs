//! SQL about returns.

use super::Result;
use domain::order::{ReturnState, ReturnWish};
use sqlx::{PgConnection, PgPool};
use std::time::Duration;
use uuid::Uuid;

/// A line of a return, with what is known of the return.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct ReturnRecord {
    pub id: Uuid,
    pub order_id: Uuid,
    pub number: i32,
    pub state: String,
    pub warehouse: String,
    pub warehouse_name: String,
    pub refund_minor: Option<i64>,
    pub requested_at: jiff_sqlx::Timestamp,
    pub sku: String,
    pub quantity: i32,
    pub reason: String,
    pub accepted: Option<i32>,
}

fn select(condition: &str) -> sqlx::AssertSqlSafe<String> {
    // Both parts are constants of this file.
    sqlx::AssertSqlSafe(format!(
        "select back.id, back.order_id, back.number, back.state, back.warehouse, back.warehouse_name,
           back.refund_minor, back.requested_at, line.sku, line.quantity, line.reason, line.accepted
         from returns as back
         join return_lines as line on line.return_id = back.id
         where {condition}
         order by back.number, line.sku"
    ))
}

/// The lines of an order's returns, by return.
pub(crate) async fn list(pool: &PgPool, order: Uuid) -> Result<Vec<ReturnRecord>> {
    sqlx::query_as(select("back.order_id = $1")).bind(order).fetch_all(pool).await
}

/// The same, for whoever holds the order's lock.
pub(crate) async fn list_locked(
    connection: &mut PgConnection,
    order: Uuid,
) -> Result<Vec<ReturnRecord>> {
    sqlx::query_as(select("back.order_id = $1")).bind(order).fetch_all(connection).await
}

/// The lines of one return.
pub(crate) async fn find(pool: &PgPool, id: Uuid) -> Result<Vec<ReturnRecord>> {
    sqlx::query_as(select("back.id = $1")).bind(id).fetch_all(pool).await
}

/// A return that is to be written.
pub(crate) struct NewReturn<'a> {
    pub id: Uuid,
    pub order: Uuid,
    pub number: i32,
    pub warehouse: &'a str,
    pub warehouse_name: &'a str,
    pub wishes: &'a [ReturnWish],
}

pub(crate) async fn insert(connection: &mut PgConnection, new: &NewReturn<'_>) -> Result<()> {
    let skus: Vec<&str> = new.wishes.iter().map(|wish| wish.sku.as_str()).collect();
    let reasons: Vec<&str> = new.wishes.iter().map(|wish| wish.reason.as_str()).collect();
    let quantities: Vec<i64> = new.wishes.iter().map(|wish| i64::from(wish.quantity)).collect();
    sqlx::query(
        "with back as (
           insert into returns (id, order_id, number, warehouse, warehouse_name)
           values ($1, $2, $3, $4, $5)
           returning id
         )
         insert into return_lines (return_id, sku, quantity, reason)
         select back.id, line.sku, line.quantity::int, line.reason
         from back
         cross join unnest($6::text[], $7::bigint[], $8::text[]) as line (sku, quantity, reason)",
    )
    .bind(new.id)
    .bind(new.order)
    .bind(new.number)
    .bind(new.warehouse)
    .bind(new.warehouse_name)
    .bind(skus)
    .bind(quantities)
    .bind(reasons)
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes a return from one state to another; `false` if it was in another one.
pub(crate) async fn advance(
    connection: &mut PgConnection,
    id: Uuid,
    from: ReturnState,
    to: ReturnState,
) -> Result<bool> {
    let done = sqlx::query("update returns set state = $3 where id = $1 and state = $2")
        .bind(id)
        .bind(from.as_str())
        .bind(to.as_str())
        .execute(connection)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Writes down what was accepted of a return, by SKU, and how much is paid back for it.
pub(crate) async fn inspect(
    connection: &mut PgConnection,
    id: Uuid,
    accepted: &[(&str, i64)],
    refund_minor: Option<i64>,
) -> Result<()> {
    let (skus, pieces): (Vec<&str>, Vec<i64>) = accepted.iter().copied().unzip();
    sqlx::query(
        "with looked_at as (
           update return_lines as line
           set accepted = seen.accepted::int
           from unnest($2::text[], $3::bigint[]) as seen (sku, accepted)
           where line.return_id = $1
             and line.sku = seen.sku
           returning 1
         )
         update returns
         set
           state = case when $4::bigint is null then 'rejected' else 'accepted' end,
           refund_minor = $4,
           inspected_at = now(),
           tries = 0,
           next_try_at = now()
         where id = $1
           and (select count(*) from looked_at) > 0",
    )
    .bind(id)
    .bind(skus)
    .bind(pieces)
    .bind(refund_minor)
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether the time in which an order can be sent back is over, by the database's clock.
pub(crate) async fn is_too_late(
    connection: &mut PgConnection,
    order: Uuid,
    days: i32,
) -> Result<bool> {
    sqlx::query_scalar(
        "select coalesce(max(coalesce(delivered_at, sent_at)) + make_interval(days => $2) < now(), false)
         from parcels
         where order_id = $1",
    )
    .bind(order)
    .bind(days)
    .fetch_one(connection)
    .await
}

/// Returns that are to be announced or paid back and are due for a look. Each is put off, doubling from `first` to ten
/// minutes.
pub(crate) async fn take_due(pool: &PgPool, first: Duration, limit: i64) -> Result<Vec<Uuid>> {
    sqlx::query_scalar(
        "update returns
         set tries = tries + 1,
             next_try_at = now() + make_interval(secs => least($1 * power(2, least(tries, 20)), 600))
         where id in (
           select id
           from returns
           where state in ('requested', 'accepted')
             and next_try_at <= now()
           order by next_try_at
           limit $2
           for update skip locked
         )
         returning id",
    )
    .bind(first.as_secs_f64())
    .bind(limit)
    .fetch_all(pool)
    .await
}
