//! SQL about refunds.

use super::{money, unreadable};
use crate::{Refund, RefundState, provider::ProviderRefund};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// Violated when more would go back than was captured.
pub(crate) const WITHIN_CAPTURED: &str = "refunds_within_captured_ck";

#[derive(sqlx::FromRow)]
struct RefundRow {
    id: Uuid,
    attempt: Uuid,
    amount_minor: i64,
    currency: String,
    reason: String,
    state: String,
    provider_reference: Option<String>,
    created_at: jiff_sqlx::Timestamp,
}

impl TryFrom<RefundRow> for Refund {
    type Error = sqlx::Error;

    fn try_from(row: RefundRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.id,
            attempt: row.attempt,
            amount: money(row.amount_minor, &row.currency)?,
            reason: row.reason,
            state: RefundState::parse(&row.state)
                .ok_or_else(|| unreadable("state of a refund", &row.state))?,
            provider_reference: row.provider_reference,
            created_at: row.created_at.to_jiff(),
        })
    }
}

/// Records a refund of all that is left of an attempt's money, committed when this returns. `None`
/// if nothing is left that was not promised, or a refund under this key was recorded before.
pub(crate) async fn record_remaining(
    pool: &PgPool,
    id: Uuid,
    attempt: Uuid,
    idempotency_key: &str,
    reason: &str,
) -> Result<Option<Refund>, sqlx::Error> {
    sqlx::query_as::<_, RefundRow>(
        "with remaining as (
           select coalesce(attempts.captured_minor, attempts.amount_minor)
               - coalesce(sum(refunds.amount_minor), 0) as minor,
             attempts.currency
           from attempts
           left join refunds on refunds.attempt = attempts.id and refunds.state <> 'failed'
           where attempts.id = $2
           group by attempts.id
         )
         insert into refunds (id, attempt, amount_minor, idempotency_key, reason)
         select $1, $2, minor, $3, $4
         from remaining
         where minor > 0
         on conflict do nothing
         returning id, attempt, amount_minor, (select currency from remaining) as currency, reason,
           state, provider_reference, created_at",
    )
    .bind(id)
    .bind(attempt)
    .bind(idempotency_key)
    .bind(reason)
    .fetch_optional(pool)
    .await?
    .map(Refund::try_from)
    .transpose()
}

/// Records a refund that was made at the provider and is none of ours, to be posted in the same
/// transaction. `None` if it was recorded before, or one of ours has no outcome and may be this one.
pub(crate) async fn record_made(
    connection: &mut PgConnection,
    id: Uuid,
    attempt: Uuid,
    made: &ProviderRefund,
) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar(
        "insert into refunds (id, attempt, amount_minor, idempotency_key, reason)
         select $1, $2, $3, $4, 'made at the provider'
         where not exists (
           select
           from refunds
           where attempt = $2
             and (state = 'recorded' or provider_reference = $4)
         )
         on conflict do nothing
         returning id",
    )
    .bind(id)
    .bind(attempt)
    .bind(made.amount.minor())
    .bind(&made.id)
    .fetch_optional(connection)
    .await
}

/// The refunds of an order that have no outcome, oldest first.
pub(crate) async fn list_recorded(pool: &PgPool, order: Uuid) -> Result<Vec<Refund>, sqlx::Error> {
    sqlx::query_as::<_, RefundRow>(
        "select refunds.id, refunds.attempt, refunds.amount_minor, attempts.currency,
           refunds.reason, refunds.state, refunds.provider_reference, refunds.created_at
         from refunds
         join attempts on attempts.id = refunds.attempt
         join intents on intents.id = attempts.intent
         where intents.order_reference = $1
           and refunds.state = 'recorded'
         order by refunds.created_at",
    )
    .bind(order)
    .fetch_all(pool)
    .await?
    .into_iter()
    .map(Refund::try_from)
    .collect()
}

/// Notes that a refund went back; `None` if it had an outcome before.
pub(crate) async fn mark_succeeded(
    connection: &mut PgConnection,
    id: Uuid,
    provider_reference: &str,
) -> Result<Option<Refund>, sqlx::Error> {
    sqlx::query_as::<_, RefundRow>(
        "update refunds
         set state = 'succeeded',
           provider_reference = $2
         from attempts
         where refunds.id = $1
           and refunds.state = 'recorded'
           and attempts.id = refunds.attempt
         returning refunds.id, refunds.attempt, refunds.amount_minor, attempts.currency,
           refunds.reason, refunds.state, refunds.provider_reference, refunds.created_at",
    )
    .bind(id)
    .bind(provider_reference)
    .fetch_optional(connection)
    .await?
    .map(Refund::try_from)
    .transpose()
}

/// Notes that the provider will not give the money back, unless the refund had an outcome before.
pub(crate) async fn mark_failed(pool: &PgPool, id: Uuid, code: &str) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update refunds
         set state = 'failed',
           failure_code = $2
         where id = $1
           and state = 'recorded'",
    )
    .bind(id)
    .bind(code)
    .execute(pool)
    .await?;
    Ok(())
}
