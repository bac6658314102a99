//! Whoever must act on every event of the bus, also on those that are told while nobody listens: a follower
//! goes on where the last one of its name was. It may hear an event twice, and several of one name may
//! follow beside each other; then each hears everything.

use crate::{
    Error,
    events::Event,
    redis::{Blocking, Redis},
};
use redis::{
    AsyncCommands,
    streams::{StreamRangeReply, StreamReadOptions, StreamReadReply},
};

/// How many events are heard at once.
const BATCH: usize = 500;
/// How long hearing waits for news, in milliseconds.
const WAIT: usize = 5_000;

/// A follower of the bus.
pub struct Follower {
    redis: Redis,
    connection: Blocking,
    stream: String,
    /// The key of its place.
    place: String,
    /// The entry that was heard last.
    last: String,
    /// Whether events before the first that is heard may have been missed: there was no follower of this
    /// name yet, or the bus does not remember so far back.
    pub missed: bool,
}

impl Follower {
    /// Begins where the last follower of this name has kept its place.
    pub async fn begin(url: &str, redis: Redis, stream: &str, name: &str) -> Result<Self, Error> {
        let mut connection = crate::redis::connect_blocking(url).await?;
        let place = format!("{stream}:place:{name}");
        let kept: Option<String> = redis.clone().get(&place).await?;
        let known = match kept {
            // The entry itself is looked for: if it is forgotten, what came after it may be as well.
            Some(kept) => {
                let there: StreamRangeReply = connection.xrange(stream, &kept, &kept).await?;
                there.ids.into_iter().next().map(|entry| entry.id)
            }
            None => None,
        };
        let missed = known.is_none();
        let last = match known {
            Some(id) => id,
            None => {
                let newest: StreamRangeReply =
                    connection.xrevrange_count(stream, "+", "-", 1).await?;
                newest.ids.into_iter().next().map_or_else(|| "0-0".to_owned(), |entry| entry.id)
            }
        };
        Ok(Self { redis, connection, stream: stream.to_owned(), place, last, missed })
    }

    /// What was told since, in its order; nothing if nothing is told for some seconds.
    pub async fn next(&mut self) -> Result<Vec<Event>, Error> {
        let options = StreamReadOptions::default().block(WAIT).count(BATCH);
        let reply: Option<StreamReadReply> =
            self.connection.xread_options(&[&self.stream], &[&self.last], &options).await?;
        let mut events = Vec::new();
        for entry in reply.into_iter().flat_map(|reply| reply.keys).flat_map(|key| key.ids) {
            let json = entry.get::<String>("event");
            // What this version cannot read is of no use to it.
            events.extend(json.and_then(|json| serde_json::from_str(&json).ok()));
            self.last = entry.id;
        }
        Ok(events)
    }

    /// Remembers that everything that was heard has been dealt with.
    pub async fn keep_place(&mut self) -> Result<(), Error> {
        let () = self.redis.set(&self.place, &self.last).await?;
        Ok(())
    }
}
