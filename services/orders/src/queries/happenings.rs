//! SQL about what happened to orders.

use super::Result;
use crate::happenings::{HappeningRecord, UntoldRecord};
use domain::OrderNumber;
use sqlx::PgPool;

/// What happened to an order behind this place.
pub(crate) async fn list(
    pool: &PgPool,
    number: &OrderNumber,
    after: i64,
    limit: i64,
) -> Result<Vec<HappeningRecord>> {
    sqlx::query_as(
        "select events.id, events.kind, events.occurred_at
         from events
         join orders on orders.id = events.order_id
         where orders.number = $1
           and events.id > $2
         order by events.id
         limit $3",
    )
    .bind(number.as_str())
    .bind(after)
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// What nobody was told yet.
pub(crate) async fn list_untold(pool: &PgPool, limit: i64) -> Result<Vec<UntoldRecord>> {
    sqlx::query_as(
        "select
           events.id, events.kind, events.occurred_at, orders.id as order_id, orders.number,
           orders.total_minor, orders.currency
         from untold_events
         join events on events.id = untold_events.event_id
         join orders on orders.id = events.order_id
         order by untold_events.event_id
         limit $1",
    )
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// These need not be told any more.
pub(crate) async fn mark_told(pool: &PgPool, events: &[i64]) -> Result<()> {
    sqlx::query("delete from untold_events where event_id = any($1)")
        .bind(events)
        .execute(pool)
        .await?;
    Ok(())
}
