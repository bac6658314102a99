//! The event bus: one Redis stream that every node reads from its own place. It is a courier, not a
//! memory: what must not be lost is in the outboxes, and decisions are made from the databases.

use crate::{Backoff, Error};
use redis::{
    AsyncCommands,
    aio::ConnectionManager,
    streams::{StreamMaxlen, StreamReadOptions, StreamReadReply},
};
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, Row, postgres::PgRow};
use std::{sync::Arc, time::Duration};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The stream all services' events go to, unless configured otherwise.
pub const STREAM: &str = "vitrine:events";
/// About how many events the stream keeps for nodes that were away for a moment.
const KEPT: usize = 100_000;
/// How many events a slow reader on this node may be behind before it misses some.
const BUFFER: usize = 4_096;

/// Something that happened in a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Names this event however often it is told.
    pub id: Uuid,
    /// What kind of thing happened, e.g. `stock`, `order`.
    pub topic: String,
    /// What it happened to, e.g. a SKU, an order's number.
    pub key: String,
    /// The facts.
    pub payload: serde_json::Value,
    /// When, by the database's clock.
    pub occurred_at: jiff::Timestamp,
}

impl FromRow<'_, PgRow> for Event {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            topic: row.try_get("topic")?,
            key: row.try_get("key")?,
            payload: row.try_get("payload")?,
            occurred_at: row.try_get::<jiff_sqlx::Timestamp, _>("occurred_at")?.to_jiff(),
        })
    }
}

/// Appends events to the stream in one round trip.
pub async fn append(
    bus: &mut ConnectionManager,
    stream: &str,
    events: &[Event],
) -> Result<(), Error> {
    let mut pipeline = redis::pipe();
    for event in events {
        // An event is plain data; serialising it cannot fail.
        let json = serde_json::to_string(event).unwrap_or_default();
        pipeline.xadd_maxlen(stream, StreamMaxlen::Approx(KEPT), "*", &[("event", json)]).ignore();
    }
    let () = pipeline.query_async(bus).await?;
    Ok(())
}

/// Everything this node hears from the bus, for any number of listeners.
#[derive(Debug, Clone)]
pub struct Feed {
    sender: broadcast::Sender<Arc<Event>>,
}

impl Feed {
    /// Begins to read the stream in the background, from what is told after now, until `stop`.
    pub fn follow(url: &str, stream: &str, stop: CancellationToken) -> Self {
        let (sender, _) = broadcast::channel(BUFFER);
        let feed = Self { sender: sender.clone() };
        tokio::spawn(read(url.to_owned(), stream.to_owned(), sender, stop));
        feed
    }

    /// What is told from now on. A listener that falls behind is told how many it missed.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Event>> {
        self.sender.subscribe()
    }
}

async fn read(
    url: String,
    stream: String,
    sender: broadcast::Sender<Arc<Event>>,
    stop: CancellationToken,
) {
    let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
    // After a break it goes on where it was, so that nothing told meanwhile is missed.
    let mut last = None;
    loop {
        let reading = read_until_failure(&url, &stream, &sender, &mut last, &mut backoff);
        let error = tokio::select! {
            error = reading => error,
            () = stop.cancelled() => return,
        };
        tracing::warn!(%error, "the event bus is away; reading will be tried again");
        tokio::select! {
            () = backoff.wait() => {}
            () = stop.cancelled() => return,
        }
    }
}

async fn read_until_failure(
    url: &str,
    stream: &str,
    sender: &broadcast::Sender<Arc<Event>>,
    last: &mut Option<String>,
    backoff: &mut Backoff,
) -> Error {
    let options = StreamReadOptions::default().block(5_000).count(500);
    let mut connection = match crate::redis::connect_blocking(url).await {
        Ok(connection) => connection,
        Err(error) => return error,
    };
    loop {
        let position = match last.clone() {
            Some(id) => id,
            None => match latest(&mut connection, stream).await {
                Ok(id) => id,
                Err(error) => return error,
            },
        };
        let reply: Option<StreamReadReply> =
            match connection.xread_options(&[stream], &[&position], &options).await {
                Ok(reply) => reply,
                Err(error) => return error.into(),
            };
        *last = Some(position);
        backoff.reset();
        for entry in reply.into_iter().flat_map(|reply| reply.keys).flat_map(|key| key.ids) {
            let event =
                entry.get::<String>("event").and_then(|json| serde_json::from_str(&json).ok());
            *last = Some(entry.id);
            if let Some(event) = event {
                // No listener is no error.
                let _ = sender.send(Arc::new(event));
            }
        }
    }
}

/// The id of the newest entry, so that reading can begin after it without missing what comes next.
async fn latest(
    connection: &mut redis::aio::MultiplexedConnection,
    stream: &str,
) -> Result<String, Error> {
    let newest: redis::streams::StreamRangeReply =
        connection.xrevrange_count(stream, "+", "-", 1).await?;
    Ok(newest.ids.into_iter().next().map_or_else(|| "0-0".to_owned(), |entry| entry.id))
}
