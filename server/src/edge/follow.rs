//! How this node hears of changes: it reads the stream of them from the place where it was, takes
//! each in at once, makes anew what is wanted, and tells up to which change it serves nothing older.
//! Who purges can wait for every node to have said so.

use super::{Edge, kept::Kept, local::Purge};
use platform::{Backoff, Error, redis::Blocking};
use redis::{
    AsyncCommands,
    streams::{StreamId, StreamRangeReply, StreamReadOptions, StreamReadReply},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// How long reading waits for news before it says that there is none.
const PATIENCE: Duration = Duration::from_millis(500);
/// So long a node that has heard everything vouches for what it serves.
const LEASE: Duration = Duration::from_millis(1_500);
/// A node that has said nothing for so long is not waited for.
const ALIVE: Duration = Duration::from_secs(3);
/// A Redis that says nothing for so long is asked anew, over another connection.
const SILENCE: Duration = Duration::from_secs(3);
/// How many changes are read at once.
const BATCH: usize = 500;

/// Follows the changes in the background until `stop`.
pub fn follow(url: &str, edge: Edge, stop: CancellationToken) {
    let (sender, inbox) = unbounded_channel();
    let node = Node {
        name: uuid::Uuid::now_v7().to_string(),
        edge: edge.clone(),
        settled: Arc::new(AtomicU64::new(0)),
    };
    tokio::spawn(settle(node.clone(), inbox));
    let follower = Follower { edge, node, sender, position: None, expected: 0 };
    tokio::spawn(follower.run(url.to_owned(), stop));
}

/// This node, as others know it.
#[derive(Clone)]
struct Node {
    name: String,
    edge: Edge,
    /// The number of the last change older than which nothing is served here.
    settled: Arc<AtomicU64>,
}

impl Node {
    /// Says that it lives and how it stands; answers the number of the last change.
    async fn report(&self) -> Result<Option<u64>, Error> {
        let store = &self.edge.shared;
        let report = self.edge.report(self.settled.load(Relaxed));
        // Numbers alone: serialising them cannot fail.
        let report = serde_json::to_string(&report).unwrap_or_default();
        let (number,): (Option<u64>,) = redis::pipe()
            .pset_ex(store.nodes(Some(&self.name)), report, ALIVE.as_millis() as u64)
            .ignore()
            .sadd(store.nodes(None), &self.name)
            .ignore()
            .get(store.number())
            .query_async(&mut store.redis())
            .await?;
        Ok(number)
    }

    async fn leave(&self) {
        let store = &self.edge.shared;
        let left: redis::RedisResult<()> = redis::pipe()
            .del(store.nodes(Some(&self.name)))
            .ignore()
            .srem(store.nodes(None), &self.name)
            .ignore()
            .query_async(&mut store.redis())
            .await;
        if let Err(error) = left {
            tracing::debug!(%error, "this node's name stays until it expires");
        }
    }
}

struct Follower {
    edge: Edge,
    node: Node,
    sender: UnboundedSender<(u64, Vec<Arc<Kept>>)>,
    /// The last entry that was read; `None` before the first reading.
    position: Option<String>,
    /// The number of the last change that the next reading must have brought.
    expected: u64,
}

impl Follower {
    async fn run(mut self, url: String, stop: CancellationToken) {
        let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(1));
        loop {
            let error = tokio::select! {
                error = self.listen(&url, &mut backoff) => error,
                () = stop.cancelled() => break,
            };
            tracing::warn!(%error, "changes of pages are not heard of; listening will be tried again");
            tokio::select! {
                () = backoff.wait() => {}
                () = stop.cancelled() => break,
            }
        }
        self.node.leave().await;
    }

    /// Listens until that fails.
    async fn listen(&mut self, url: &str, backoff: &mut Backoff) -> Error {
        match self.listen_on(url, backoff).await {
            Ok(never) => match never {},
            Err(error) => error,
        }
    }

    async fn listen_on(
        &mut self,
        url: &str,
        backoff: &mut Backoff,
    ) -> Result<std::convert::Infallible, Error> {
        let mut connection = platform::redis::connect_blocking(url).await?;
        loop {
            let position = match self.position.clone() {
                Some(position) => position,
                None => self.begin(&mut connection).await?,
            };
            let entries = self.read(&mut connection, &position).await?;
            let is_all = entries.len() < BATCH;
            for entry in entries {
                self.take_in(&entry);
                self.position = Some(entry.id);
            }
            if is_all {
                self.check().await?;
            }
            backoff.reset();
        }
    }

    /// Finds the place from which to read: what was told before is not known here.
    async fn begin(&mut self, connection: &mut Blocking) -> Result<String, Error> {
        let store = &self.edge.shared;
        let (number, newest): (Option<u64>, StreamRangeReply) = redis::pipe()
            .atomic()
            .get(store.number())
            .xrevrange_count(store.changes(), "+", "-", 1)
            .query_async(connection)
            .await?;
        let position = newest.ids.into_iter().next().map_or("0-0".to_owned(), |entry| entry.id);
        self.doubt(number.unwrap_or_default());
        self.position = Some(position.clone());
        Ok(position)
    }

    async fn read(
        &self,
        connection: &mut Blocking,
        position: &str,
    ) -> Result<Vec<StreamId>, Error> {
        let options =
            StreamReadOptions::default().block(PATIENCE.as_millis() as usize).count(BATCH);
        let (streams, after) = ([self.edge.shared.changes()], [position]);
        let reading = connection.xread_options(&streams, &after, &options);
        let reply: Option<StreamReadReply> = timeout(SILENCE, reading).await.map_err(|_| {
            redis::RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut))
        })??;
        Ok(reply.into_iter().flat_map(|reply| reply.keys).flat_map(|key| key.ids).collect())
    }

    fn take_in(&self, entry: &StreamId) {
        let (Some(number), Some(tags)) = (entry.get::<u64>("number"), entry.get::<String>("tags"))
        else {
            return;
        };
        let hard = entry.get::<String>("kind").as_deref() == Some("hard");
        let tags: Vec<String> = tags.split(' ').map(str::to_owned).collect();
        let purge = if hard { Purge::Hard } else { Purge::Soft };
        let copies = self.edge.change(number, &tags, purge);
        // The other end lives as long as this one.
        let _ = self.sender.send((number, copies));
    }

    fn doubt(&mut self, number: u64) {
        let copies = self.edge.doubt(number);
        let _ = self.sender.send((number, copies));
    }

    /// Whether everything was heard that was told before the last check: if Redis lost its memory, or
    /// more was told than it remembers, something is missing.
    async fn check(&mut self) -> Result<(), Error> {
        let last = self.edge.local.last_change();
        if last < self.expected {
            self.doubt(self.expected);
        }
        let number = self.node.report().await?.unwrap_or_default();
        if number < last {
            tracing::warn!("the shared page cache has lost its memory");
            self.doubt(last);
            self.expected = 0;
        } else {
            self.expected = number;
        }
        self.edge.heard(LEASE);
        Ok(())
    }
}

/// Makes anew what is wanted and withholds the rest; then the changes are settled.
async fn settle(node: Node, mut inbox: UnboundedReceiver<(u64, Vec<Arc<Kept>>)>) {
    while let Some((mut number, mut copies)) = inbox.recv().await {
        while let Ok((later, more)) = inbox.try_recv() {
            number = number.max(later);
            copies.extend(more);
        }
        node.edge.renew(copies).await;
        node.settled.fetch_max(number, Relaxed);
        if let Err(error) = node.report().await {
            tracing::debug!(%error, "a settled change will be told later");
        }
    }
}
