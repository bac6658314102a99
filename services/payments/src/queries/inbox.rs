//! SQL about the events that providers tell.

use crate::provider::ProviderEvent;
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
