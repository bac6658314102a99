//! SQL about what the sweeper has to look at.

use super::Result;
use crate::effects::Effect;
use sqlx::PgPool;
use std::time::Duration;
use uuid::Uuid;

/// Orders whose payment is due for a look. Each is put off (doubling from `first` to half a minute),
/// so that several sweepers share the work and none asks the provider without end.
pub(crate) async fn take_due(pool: &PgPool, first: Duration, limit: i64) -> Result<Vec<Uuid>> {
    sqlx::query_scalar(
        "update orders
         set checks = checks + 1,
             next_check_at = now() + make_interval(secs => least($1 * power(2, least(checks, 10)), 30))
         where id in (
           select id
           from orders
           where state = 'awaiting_payment'
             and next_check_at <= now()
           order by next_check_at
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

/// Orders that have something left to be done, those whose money is due first, then whoever waited
/// longest. Each is put off (doubling from `first` to ten minutes), so that one that fails again and
/// again does not take the turn of the others.
pub(crate) async fn take_effects(
    pool: &PgPool,
    first: Duration,
    limit: i64,
) -> Result<Vec<Effect>> {
    sqlx::query_as(
        "update orders
         set effect_tries = effect_tries + 1,
             next_effect_at =
               now() + make_interval(secs => least($1 * power(2, least(effect_tries, 10)), 600))
         where id in (
           select id
           from orders
           where (cart_to_empty or refund_due)
             and (next_effect_at is null or next_effect_at <= now())
           order by refund_due desc, next_effect_at nulls first
           limit $2
           for update skip locked
         )
         returning id, cart_to_empty, refund_due",
    )
    .bind(first.as_secs_f64())
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// Which of these are orders that await their payment.
pub(crate) async fn among_awaiting(pool: &PgPool, ids: &[Uuid]) -> Result<Vec<Uuid>> {
    sqlx::query_scalar("select id from orders where id = any($1) and state = 'awaiting_payment'")
        .bind(ids)
        .fetch_all(pool)
        .await
}
