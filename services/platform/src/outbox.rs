//! The outbox: an event is written in the transaction of the change it tells of, and a relay carries
//! it to the event bus afterwards. Nothing is told that did not happen, and nothing that happened
//! stays untold. An event may be told twice; its id says so.
//!
//! The schema of every service that tells anything has the same table (see `migrations/README.md`):
//! `outbox(id, position, topic, key, payload, occurred_at, relayed_at)`.

use crate::{Backoff, Error, events::Event, redis::Redis};
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgPool, postgres::PgListener};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How many events one transaction of the relay carries.
const BATCH: i64 = 500;
/// How long the relay waits for a notification before it looks by itself.
const POLL: Duration = Duration::from_secs(1);

/// Writes an event in the caller's transaction.
pub async fn publish(
    connection: &mut PgConnection,
    topic: &str,
    key: &str,
    payload: &serde_json::Value,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "with event as (
           insert into outbox (id, topic, key, payload)
           values ($1, $2, $3, $4)
           returning 1
         )
         select pg_notify(current_schema() || '_outbox', '') from event",
    )
    .bind(Uuid::now_v7())
    .bind(topic)
    .bind(key)
    .bind(payload)
    .execute(connection)
    .await?;
    Ok(())
}

/// Carries the events of one service's outbox to the event bus, in the order of their positions.
/// Several relays may run: each batch belongs to one of them.
pub struct Relay {
    pool: PgPool,
    bus: Redis,
    stream: String,
    schema: &'static str,
}

impl Relay {
    /// A relay from the schema behind `pool` to the Redis stream `stream`.
    pub fn new(pool: PgPool, schema: &'static str, bus: Redis, stream: &str) -> Self {
        Self { pool, bus, stream: stream.to_owned(), schema }
    }

    /// Works until it is told to stop. A failure is logged and tried again, ever more patiently.
    pub async fn run(self, stop: CancellationToken) {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        while !stop.is_cancelled() {
            let working = async {
                let mut listener = PgListener::connect_with(&self.pool).await?;
                listener.listen(&format!("{}_outbox", self.schema)).await?;
                loop {
                    while self.relay_batch().await? > 0 {}
                    backoff.reset();
                    // Woken by the notification, or by the clock if that was lost.
                    let _ = tokio::time::timeout(POLL, listener.recv()).await;
                }
            };
            let result: Result<(), Error> = tokio::select! {
                result = working => result,
                () = stop.cancelled() => return,
            };
            if let Err(error) = result {
                tracing::warn!(schema = self.schema, %error, "the outbox relay will try again");
                tokio::select! {
                    () = backoff.wait() => {}
                    () = stop.cancelled() => return,
                }
            }
        }
    }

    /// Carries up to one batch; returns how many. The rows are marked only after Redis has them, so
    /// that a crash in between repeats events and loses none.
    pub async fn relay_batch(&self) -> Result<usize, Error> {
        let mut transaction = self.pool.begin().await?;
        let events: Vec<Event> = sqlx::query_as(
            "select id, topic, key, payload, occurred_at
             from outbox
             where relayed_at is null
             order by position
             limit $1
             for update skip locked",
        )
        .bind(BATCH)
        .fetch_all(&mut *transaction)
        .await?;
        if events.is_empty() {
            return Ok(0);
        }
        let mut bus = self.bus.clone();
        crate::events::append(&mut bus, &self.stream, &events).await?;
        let ids: Vec<Uuid> = events.iter().map(|event| event.id).collect();
        sqlx::query("update outbox set relayed_at = now() where id = any($1)")
            .bind(&ids)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(events.len())
    }

    /// Deletes events that were carried longer ago than `age`; returns how many.
    pub async fn prune(&self, age: jiff::SignedDuration) -> Result<u64, Error> {
        let before = (jiff::Timestamp::now() - age).to_sqlx();
        let done = sqlx::query("delete from outbox where relayed_at < $1")
            .bind(before)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected())
    }
}
