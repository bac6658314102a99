//! The event bus: one Redis stream that every node reads from its own place. It is a courier, not a
//! memory: what must not be lost is in the outboxes, and decisions are made from the databases.

use crate::{
    Backoff, Error,
    redis::{Blocking, Redis},
};
use redis::{
    AsyncCommands,
    streams::{StreamMaxlen, StreamRangeReply, StreamReadOptions, StreamReadReply},
};
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, Row, postgres::PgRow};
use std::{io, sync::Arc, time::Duration};
use tokio::{
    sync::{broadcast, watch},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// About how many events the stream keeps for nodes that were away for a moment.
const KEPT: usize = 100_000;
/// How many events a slow reader on this node may be behind before it misses some.
const BUFFER: usize = 4_096;
/// How many events are read at once.
const BATCH: usize = 500;
/// How long a read waits for news, in milliseconds.
const WAIT: usize = 5_000;
/// How long the server may take to answer, beside the wait for news. One that takes longer is asked
/// anew, over another connection.
const ANSWER: Duration = Duration::from_secs(1);

/// The stream that all services' events go to. Stores that share a server each have a namespace.
pub fn stream(namespace: &str) -> String {
    format!("{namespace}:events")
}

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

impl Event {
    /// Something that is told for the first time, and happens now.
    pub fn new(topic: &str, key: &str, payload: serde_json::Value) -> Self {
        Self {
            id: Uuid::now_v7(),
            topic: topic.to_owned(),
            key: key.to_owned(),
            payload,
            occurred_at: jiff::Timestamp::now(),
        }
    }
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
pub async fn append(bus: &mut Redis, stream: &str, events: &[Event]) -> Result<(), Error> {
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
    hears: watch::Receiver<bool>,
}

impl Feed {
    /// Begins to read the stream in the background: everything that is appended after this has
    /// returned, until `stop`. What was appended before `stop` is told still; then the feed ends.
    pub async fn follow(url: &str, stream: &str, stop: CancellationToken) -> Result<Self, Error> {
        let mut connection = crate::redis::connect_blocking(url).await?;
        let last = in_time(ANSWER, latest(&mut connection, stream)).await?;
        let (sender, _) = broadcast::channel(BUFFER);
        let (hearing, hears) = watch::channel(true);
        let feed = Self { sender: sender.clone(), hears };
        let reader =
            Reader { url: url.to_owned(), stream: stream.to_owned(), last, sender, hearing };
        tokio::spawn(reader.run(stop));
        Ok(feed)
    }

    /// What is told from now on. A listener that falls behind is told how many it missed. It ends
    /// when the feed has, and no handle of the feed is left.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Event>> {
        self.sender.subscribe()
    }

    /// Whether the bus is being heard. When it is again after a break, everything that it still
    /// remembers has been told; what it forgot meanwhile was missed.
    pub fn hears(&self) -> watch::Receiver<bool> {
        self.hears.clone()
    }
}

/// Reads the stream for a feed. After a break it goes on where it was, so that nothing told meanwhile
/// is missed.
struct Reader {
    url: String,
    stream: String,
    /// The entry that was told last.
    last: String,
    sender: broadcast::Sender<Arc<Event>>,
    hearing: watch::Sender<bool>,
}

impl Reader {
    async fn run(mut self, stop: CancellationToken) {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        loop {
            let reading = self.read_until_failure(&mut backoff);
            let Some(error) = stop.run_until_cancelled(reading).await else { break };
            self.hearing.send_replace(false);
            tracing::warn!(%error, "the event bus is away; reading will be tried again");
            if stop.run_until_cancelled(backoff.wait()).await.is_none() {
                break;
            }
        }
        if let Err(error) = self.read_what_is_there().await {
            tracing::warn!(%error, "the last events before the stop could not be read");
        }
    }

    async fn read_until_failure(&mut self, backoff: &mut Backoff) -> Error {
        let news = StreamReadOptions::default().block(WAIT).count(BATCH);
        let patience = ANSWER + Duration::from_millis(WAIT as u64);
        let mut connection = match self.read_what_is_there().await {
            Ok(connection) => connection,
            Err(error) => return error,
        };
        self.hearing.send_if_modified(|hearing| !std::mem::replace(hearing, true));
        loop {
            match in_time(patience, self.read(&mut connection, &news)).await {
                Ok(_) => backoff.reset(),
                Err(error) => return error,
            }
        }
    }

    /// What is in the stream already, on a connection on which nothing is being waited for.
    async fn read_what_is_there(&mut self) -> Result<Blocking, Error> {
        let at_once = StreamReadOptions::default().count(BATCH);
        let mut connection = crate::redis::connect_blocking(&self.url).await?;
        while in_time(ANSWER, self.read(&mut connection, &at_once)).await? > 0 {}
        Ok(connection)
    }

    /// Tells what comes after the last entry; answers how many entries that were.
    async fn read(
        &mut self,
        connection: &mut Blocking,
        options: &StreamReadOptions,
    ) -> Result<usize, Error> {
        let reply: Option<StreamReadReply> =
            connection.xread_options(&[&self.stream], &[&self.last], options).await?;
        let mut told = 0;
        for entry in reply.into_iter().flat_map(|reply| reply.keys).flat_map(|key| key.ids) {
            let event =
                entry.get::<String>("event").and_then(|json| serde_json::from_str(&json).ok());
            self.last = entry.id;
            told += 1;
            if let Some(event) = event {
                // No listener is no error.
                let _ = self.sender.send(Arc::new(event));
            }
        }
        Ok(told)
    }
}

/// The id of the newest entry, so that reading can begin after it without missing what comes next.
async fn latest(connection: &mut Blocking, stream: &str) -> Result<String, Error> {
    let newest: StreamRangeReply = connection.xrevrange_count(stream, "+", "-", 1).await?;
    Ok(newest.ids.into_iter().next().map_or_else(|| "0-0".to_owned(), |entry| entry.id))
}

async fn in_time<T>(
    patience: Duration,
    answer: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let no_answer = |_| redis::RedisError::from(io::Error::from(io::ErrorKind::TimedOut));
    timeout(patience, answer).await.map_err(no_answer)?
}
