//! SQL about refunds.

use super::{money, unreadable};
use crate::{Refund, RefundState, provider::ProviderRefund};
use domain::money::Money;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// Violated when more would go back than was captured.
pub(crate) const WITHIN_CAPTURED: &str = "refunds_within_captured_ck";

/// A refund to be recorded.
pub(crate) struct Wanted<'a> {
    pub(crate) attempt: Uuid,
    pub(crate) key: &'a str,
    pub(crate) reason: &'a str,
}

/// What [`RefundRow`] is read from.
macro_rules! columns {
    () => {
        "refunds.id, refunds.attempt, refunds.amount_minor, attempts.currency, refunds.reason,
           refunds.state, refunds.provider_reference, refunds.created_at"
    };
}

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
    wanted: &Wanted<'_>,
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
    .bind(Uuid::now_v7())
    .bind(wanted.attempt)
    .bind(wanted.key)
    .bind(wanted.reason)
    .fetch_optional(pool)
    .await?
    .map(Refund::try_from)
    .transpose()
}

/// Records a refund of so much, committed when this returns. `None` if one under this key is recorded and
/// has not failed.
pub(crate) async fn record(
    pool: &PgPool,
    wanted: &Wanted<'_>,
    amount: Money,
) -> Result<Option<Refund>, sqlx::Error> {
    sqlx::query_as::<_, RefundRow>(
        "insert into refunds (id, attempt, amount_minor, idempotency_key, reason)
         values ($1, $2, $3, $4, $5)
         on conflict do nothing
         returning id, attempt, amount_minor, $6 as currency, reason, state, provider_reference,
           created_at",
    )
    .bind(Uuid::now_v7())
    .bind(wanted.attempt)
    .bind(amount.minor())
    .bind(wanted.key)
    .bind(wanted.reason)
    .bind(amount.currency().code())
    .fetch_optional(pool)
    .await?
    .map(Refund::try_from)
    .transpose()
}

/// The refund of an attempt under this key that has not failed.
pub(crate) async fn find_live(
    pool: &PgPool,
    attempt: Uuid,
    key: &str,
) -> Result<Option<Refund>, sqlx::Error> {
    sqlx::query_as::<_, RefundRow>(concat!(
        "select ",
        columns!(),
        "
         from refunds
         join attempts on attempts.id = refunds.attempt
         where refunds.attempt = $1
           and refunds.idempotency_key = $2
           and refunds.state <> 'failed'",
    ))
    .bind(attempt)
    .bind(key)
    .fetch_optional(pool)
    .await?
    .map(Refund::try_from)
    .transpose()
}

/// A refund by its name.
pub(crate) async fn load(pool: &PgPool, id: Uuid) -> Result<Refund, sqlx::Error> {
    sqlx::query_as::<_, RefundRow>(concat!(
        "select ",
        columns!(),
        "
         from refunds
         join attempts on attempts.id = refunds.attempt
         where refunds.id = $1",
    ))
    .bind(id)
    .fetch_one(pool)
    .await
    .and_then(Refund::try_from)
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
    let mut refunds = list(pool, order).await?;
    refunds.retain(|refund| refund.state == RefundState::Recorded);
    Ok(refunds)
}

/// The refunds of these attempts.
pub(crate) async fn list_of(pool: &PgPool, attempts: &[Uuid]) -> Result<Vec<Refund>, sqlx::Error> {
    sqlx::query_as::<_, RefundRow>(concat!(
        "select ",
        columns!(),
        "
         from refunds
         join attempts on attempts.id = refunds.attempt
         where refunds.attempt = any($1)",
    ))
    .bind(attempts)
    .fetch_all(pool)
    .await?
    .into_iter()
    .map(Refund::try_from)
    .collect()
}

/// The refunds of an order, oldest first.
pub(crate) async fn list(pool: &PgPool, order: Uuid) -> Result<Vec<Refund>, sqlx::Error> {
    sqlx::query_as::<_, RefundRow>(concat!(
        "select ",
        columns!(),
        "
         from refunds
         join attempts on attempts.id = refunds.attempt
         join intents on intents.id = attempts.intent
         where intents.order_reference = $1
         order by refunds.created_at, refunds.id",
    ))
    .bind(order)
    .fetch_all(pool)
    .await?
    .into_iter()
    .map(Refund::try_from)
    .collect()
}

/// The refunds of an intent that went back and for which nothing of a sale was given up, oldest first.
pub(crate) async fn list_unreversed(
    connection: &mut PgConnection,
    intent: Uuid,
) -> Result<Vec<Refund>, sqlx::Error> {
    sqlx::query_as::<_, RefundRow>(concat!(
        "select ",
        columns!(),
        "
         from refunds
         join attempts on attempts.id = refunds.attempt
         where attempts.intent = $1
           and refunds.state = 'succeeded'
           and not exists (
             select
             from postings
             where postings.kind = 'reversal'
               and postings.refund = refunds.id
           )
         order by refunds.created_at, refunds.id",
    ))
    .bind(intent)
    .fetch_all(connection)
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
    sqlx::query_as::<_, RefundRow>(concat!(
        "update refunds
         set state = 'succeeded',
           provider_reference = $2
         from attempts
         where refunds.id = $1
           and refunds.state = 'recorded'
           and attempts.id = refunds.attempt
         returning ",
        columns!(),
    ))
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
