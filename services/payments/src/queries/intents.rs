//! SQL about intents.

use super::{money, unreadable};
use crate::Intent;
use domain::{money::Money, payment::IntentState};
use sqlx::{PgConnection, PgPool};
use std::time::Duration;
use uuid::Uuid;

/// Violated when an intent is cancelled while an attempt may still take money.
pub(crate) const CANCELLED_WITHOUT_ATTEMPT: &str = "intents_cancelled_without_attempt_ck";

#[derive(sqlx::FromRow)]
struct IntentRow {
    id: Uuid,
    order_reference: Uuid,
    amount_minor: i64,
    currency: String,
    state: String,
    created_at: jiff_sqlx::Timestamp,
    paid_at: Option<jiff_sqlx::Timestamp>,
}

impl TryFrom<IntentRow> for Intent {
    type Error = sqlx::Error;

    fn try_from(row: IntentRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.id,
            order: row.order_reference,
            amount: money(row.amount_minor, &row.currency)?,
            state: IntentState::parse(&row.state)
                .ok_or_else(|| unreadable("state of an intent", &row.state))?,
            created_at: row.created_at.to_jiff(),
            paid_at: row.paid_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
    }
}

/// Opens an intent unless the order has one.
pub(crate) async fn open(
    pool: &PgPool,
    id: Uuid,
    order: Uuid,
    amount: Money,
) -> Result<Option<Intent>, sqlx::Error> {
    sqlx::query_as::<_, IntentRow>(
        "insert into intents (id, order_reference, amount_minor, currency)
         values ($1, $2, $3, $4)
         on conflict (order_reference) do nothing
         returning id, order_reference, amount_minor, currency, state, created_at, paid_at",
    )
    .bind(id)
    .bind(order)
    .bind(amount.minor())
    .bind(amount.currency().code())
    .fetch_optional(pool)
    .await?
    .map(Intent::try_from)
    .transpose()
}

/// The intent of an order.
pub(crate) async fn find(pool: &PgPool, order: Uuid) -> Result<Option<Intent>, sqlx::Error> {
    sqlx::query_as::<_, IntentRow>(
        "select id, order_reference, amount_minor, currency, state, created_at, paid_at
         from intents
         where order_reference = $1",
    )
    .bind(order)
    .fetch_optional(pool)
    .await?
    .map(Intent::try_from)
    .transpose()
}

/// Cancels the intent of an order if it is open; says whether it was.
pub(crate) async fn cancel(pool: &PgPool, order: Uuid) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "update intents
         set state = 'cancelled'
         where order_reference = $1
           and state = 'open'",
    )
    .bind(order)
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// An intent that is locked.
pub(crate) struct Locked {
    pub(crate) id: Uuid,
    pub(crate) amount: Money,
}

/// Locks the intent of an order against whoever posts a sale or what is given up of it. Nothing else is read
/// here: a statement that waits for a lock sees the world as it was when it began.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    order: Uuid,
) -> Result<Option<Locked>, sqlx::Error> {
    let locked: Option<(Uuid, i64, String)> = sqlx::query_as(
        "select id, amount_minor, currency
         from intents
         where order_reference = $1
         for no key update",
    )
    .bind(order)
    .fetch_optional(connection)
    .await?;
    locked
        .map(|(id, minor, currency)| Ok(Locked { id, amount: money(minor, &currency)? }))
        .transpose()
}

/// Makes an intent paid by an attempt, now by the database's clock, and gives what the provider keeps of
/// it, if that is known. The attempt is locked: who learns it meanwhile finds the capture posted.
pub(crate) async fn mark_paid(
    connection: &mut PgConnection,
    intent: Uuid,
    attempt: Uuid,
) -> Result<Option<Money>, sqlx::Error> {
    let (minor, currency): (Option<i64>, String) = sqlx::query_as(
        "with taken as materialized (
           select fee_minor
           from attempts
           where id = $2
           for no key update
         )
         update intents
         set state = 'paid',
           paid_at = now()
         from taken
         where intents.id = $1
         returning taken.fee_minor, intents.currency",
    )
    .bind(intent)
    .bind(attempt)
    .fetch_one(connection)
    .await?;
    minor.filter(|minor| *minor != 0).map(|minor| money(minor, &currency)).transpose()
}

/// Makes an intent refunded if all that was captured for it has gone back.
pub(crate) async fn mark_refunded(
    connection: &mut PgConnection,
    intent: Uuid,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update intents
         set state = 'refunded'
         where id = $1
           and state = 'paid'
           and (
             select coalesce(captured_minor, amount_minor)
             from attempts
             where intent = $1
               and state = 'succeeded'
           ) = (
             select sum(refunds.amount_minor)
             from refunds
             join attempts on attempts.id = refunds.attempt
             where attempts.intent = $1
               and refunds.state = 'succeeded'
           )",
    )
    .bind(intent)
    .execute(connection)
    .await?;
    Ok(())
}

/// The orders with something unfinished that is older, by the database's clock, oldest first.
pub(crate) async fn list_unfinished(
    pool: &PgPool,
    older_than: Duration,
    limit: u32,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar(
        "with unfinished as (
           select intent, created_at
           from attempts
           where state in ('recorded', 'requires_action', 'processing')
           union all
           select intent, updated_at
           from attempts
           where state = 'authorised'
             and (to_capture_minor is not null or expires_at < now())
           union all
           select attempts.intent, attempts.updated_at
           from intents
           join attempts on attempts.intent = intents.id
           where intents.state = 'open'
             and attempts.state = 'succeeded'
           union all
           select attempts.intent, refunds.created_at
           from refunds
           join attempts on attempts.id = refunds.attempt
           where refunds.state = 'recorded'
         )
         select intents.order_reference
         from unfinished
         join intents on intents.id = unfinished.intent
         where unfinished.created_at < now() - make_interval(secs => $1)
         group by intents.order_reference
         order by min(unfinished.created_at)
         limit $2",
    )
    .bind(older_than.as_secs_f64())
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await
}
