//! SQL about the events that providers tell.

use crate::{Waiting, provider::ProviderEvent};
use sqlx::PgPool;
use uuid::Uuid;

/// An event as it is kept.
#[derive(sqlx::FromRow)]
pub(crate) struct Kept {
    /// Whether it was acted on before.
    pub(crate) is_processed: bool,
    /// How often it came.
    pub(crate) deliveries: i32,
    /// The order it was about, if it was acted on and was about one.
    pub(crate) order: Option<Uuid>,
}

/// Keeps an event, or counts that it came again.
pub(crate) async fn keep(
    pool: &PgPool,
    provider: &str,
    event: &ProviderEvent,
    payload: &str,
) -> Result<Kept, sqlx::Error> {
    sqlx::query_as(
        "with kept as (
           insert into provider_events (provider, event_id, kind, payment_reference, payload)
           values ($1, $2, $3, $4, $5)
           on conflict (provider, event_id) do update
             set deliveries = provider_events.deliveries + 1
           returning processed_at, deliveries, attempt
         )
         select kept.processed_at is not null as is_processed,
           kept.deliveries,
           intents.order_reference as order
         from kept
         left join attempts on attempts.id = kept.attempt
         left join intents on intents.id = attempts.intent",
    )
    .bind(provider)
    .bind(&event.id)
    .bind(&event.kind)
    .bind(event.payment.as_deref())
    .bind(payload)
    .fetch_one(pool)
    .await
}

/// Notes that an event was acted on, and which attempt it was about.
pub(crate) async fn mark_processed(
    pool: &PgPool,
    provider: &str,
    event_id: &str,
    attempt: Option<Uuid>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update provider_events
         set processed_at = now(),
           attempt = $3
         where provider = $1
           and event_id = $2
           and processed_at is null",
    )
    .bind(provider)
    .bind(event_id)
    .bind(attempt)
    .execute(pool)
    .await?;
    Ok(())
}

/// Notes why an event could not be acted on, and when it is tried again.
pub(crate) async fn put_off(
    pool: &PgPool,
    provider: &str,
    event_id: &str,
    problem: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update provider_events
         set tries = tries + 1,
           next_try_at = now() + least(interval '1 day', interval '10 seconds' * 2 ^ least(tries, 20)),
           problem = $3
         where provider = $1
           and event_id = $2
           and processed_at is null",
    )
    .bind(provider)
    .bind(event_id)
    .bind(problem)
    .execute(pool)
    .await?;
    Ok(())
}

/// Takes the events that are due for a minute, in which nobody else takes them: each with the payment that it
/// is about. One that was never tried to the end is due a minute after it came.
pub(crate) async fn take_due(
    pool: &PgPool,
    provider: &str,
    limit: u32,
) -> Result<Vec<(String, Option<String>)>, sqlx::Error> {
    sqlx::query_as(
        "with due as (
           select event_id
           from provider_events
           where provider = $1
             and processed_at is null
             and coalesce(next_try_at, received_at + interval '1 minute') <= now()
           order by next_try_at nulls first
           limit $2
           for update skip locked
         )
         update provider_events
         set next_try_at = now() + interval '1 minute'
         from due
         where provider_events.provider = $1
           and provider_events.event_id = due.event_id
         returning provider_events.event_id, provider_events.payment_reference",
    )
    .bind(provider)
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await
}

#[derive(sqlx::FromRow)]
struct WaitingRow {
    provider: String,
    event_id: String,
    kind: String,
    payment_reference: Option<String>,
    problem: Option<String>,
    received_at: jiff_sqlx::Timestamp,
    tries: i32,
    next_try_at: Option<jiff_sqlx::Timestamp>,
}

/// The events that wait, oldest first.
pub(crate) async fn list_waiting(pool: &PgPool, limit: u32) -> Result<Vec<Waiting>, sqlx::Error> {
    let rows: Vec<WaitingRow> = sqlx::query_as(
        "select provider, event_id, kind, payment_reference, problem, received_at, tries, next_try_at
         from provider_events
         where processed_at is null
         order by received_at
         limit $1",
    )
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await?;
    let waiting = rows.into_iter().map(|row| Waiting {
        provider: row.provider,
        event: row.event_id,
        kind: row.kind,
        payment: row.payment_reference,
        problem: row.problem,
        received_at: row.received_at.to_jiff(),
        tries: row.tries.unsigned_abs(),
        next_try_at: row.next_try_at.map(jiff_sqlx::Timestamp::to_jiff),
    });
    Ok(waiting.collect())
}
