//! Redis: one connection that finds its way back, and single connections for reads that block. Where it
//! is says a URL:
//!
//! | | |
//! |---|---|
//! | `redis://user:password@host:6379/0` | one server; `rediss://` over TLS, `unix://` by a socket |
//! | `redis+sentinel://user:password@host:26379,host/SERVICE/0` | whichever server these sentinels call the master of the service; `?sentinel_password=` and `sentinel_user=` for the sentinels themselves |
//! | `redis+cluster://user:password@host:6379,host:6379` | a cluster, of which these servers are some |
//!
//! `rediss+sentinel://` and `rediss+cluster://` are the same over TLS. On a cluster what one pipeline or
//! script touches has one hash tag (`{…}` in its keys).

mod address;
mod sentinel;

use crate::Error;
use address::Address;
use redis::{
    AsyncConnectionConfig, Cmd, ErrorKind, Pipeline, RedisError, RedisFuture, ServerErrorKind,
    Value,
    aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig, MultiplexedConnection},
    cluster::{ClusterClientBuilder, ClusterConfig},
    cluster_async::ClusterConnection,
    cluster_routing::{RoutingInfo, SingleNodeRoutingInfo},
};
use sentinel::{Master, Sentinels};
use std::time::Duration;

/// An answer that takes longer is an error: the page cache may never make a page slow.
const ANSWER: Duration = Duration::from_millis(250);
/// Nobody waits for news longer than half of this; then even none is an answer, and a server that says
/// nothing at all is away.
const NEWS: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(1);

/// A connection shared by all tasks, for commands that answer at once. Cheap to clone.
#[derive(Clone)]
pub struct Redis(Shared);

#[derive(Clone)]
enum Shared {
    Single(ConnectionManager),
    Sentinel(Master),
    Cluster(ClusterConnection),
}

/// A connection of its own for commands that wait for news, five seconds at most.
pub struct Blocking(Own);

enum Own {
    Server(MultiplexedConnection),
    Cluster(ClusterConnection),
}

/// What is wrong with a URL, if it is not one of Redis's (see the module), in words that hold no part
/// of it.
pub fn check(url: &str) -> Result<(), String> {
    Address::parse(url).map(|_| ())
}

/// A connection shared by all tasks. It is made when it is used: whether the server is there is asked by
/// [`ping`], and waited for where that is wanted.
pub async fn connect(url: &str) -> Result<Redis, Error> {
    Ok(Redis(match parse(url)? {
        Address::Single(client) => {
            let config = ConnectionManagerConfig::new()
                .set_response_timeout(Some(ANSWER))
                .set_connection_timeout(Some(CONNECT))
                .set_number_of_retries(1)
                .set_max_delay(Duration::from_millis(500));
            Shared::Single(ConnectionManager::new_lazy_with_config(client, config)?)
        }
        Address::Sentinel { sentinels, service, node } => {
            let sentinels = Sentinels::new(sentinels, &service, node)?;
            Shared::Sentinel(Master::new(sentinels, within(ANSWER), ANSWER))
        }
        Address::Cluster(servers) => {
            let client = ClusterClientBuilder::new(servers).retries(2).build()?;
            let config = of_cluster(ANSWER);
            Shared::Cluster(client.get_pending_async_connection_with_config(config))
        }
    }))
}

/// A connection of its own for commands that wait for news.
pub async fn connect_blocking(url: &str) -> Result<Blocking, Error> {
    Ok(Blocking(match parse(url)? {
        Address::Single(client) => {
            Own::Server(client.get_multiplexed_async_connection_with_config(&within(NEWS)).await?)
        }
        Address::Sentinel { sentinels, service, node } => {
            Own::Server(Sentinels::new(sentinels, &service, node)?.connect(&within(NEWS)).await?)
        }
        Address::Cluster(servers) => {
            let client = ClusterClientBuilder::new(servers).retries(0).build()?;
            Own::Cluster(client.get_async_connection_with_config(of_cluster(NEWS)).await?)
        }
    }))
}

fn parse(url: &str) -> Result<Address, RedisError> {
    Address::parse(url).map_err(|wrong| {
        RedisError::from((ErrorKind::InvalidClientConfig, "the URL of Redis", wrong))
    })
}

fn within(answer: Duration) -> AsyncConnectionConfig {
    AsyncConnectionConfig::new()
        .set_response_timeout(Some(answer))
        .set_connection_timeout(Some(CONNECT))
}

fn of_cluster(answer: Duration) -> ClusterConfig {
    ClusterConfig::new().set_response_timeout(answer).set_connection_timeout(CONNECT)
}

impl ConnectionLike for Redis {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match &mut self.0 {
            Shared::Single(server) => server.req_packed_command(command),
            Shared::Sentinel(master) => Box::pin(async move {
                let (round, mut server) = master.connection().await?;
                master.note(round, server.req_packed_command(command).await)
            }),
            Shared::Cluster(cluster) => cluster.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match &mut self.0 {
            Shared::Single(server) => server.req_packed_commands(pipeline, offset, count),
            Shared::Sentinel(master) => Box::pin(async move {
                let (round, mut server) = master.connection().await?;
                master.note(round, server.req_packed_commands(pipeline, offset, count).await)
            }),
            Shared::Cluster(cluster) => cluster.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match &self.0 {
            Shared::Single(server) => server.get_db(),
            // Which one it is stands in the URL, and nothing here asks.
            Shared::Sentinel(_) | Shared::Cluster(_) => 0,
        }
    }
}

impl ConnectionLike for Blocking {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match &mut self.0 {
            Own::Server(server) => server.req_packed_command(command),
            Own::Cluster(cluster) => cluster.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match &mut self.0 {
            Own::Server(server) => server.req_packed_commands(pipeline, offset, count),
            Own::Cluster(cluster) => cluster.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match &self.0 {
            Own::Server(server) => server.get_db(),
            Own::Cluster(cluster) => cluster.get_db(),
        }
    }
}

/// Whether the server answers; of a cluster, every master.
pub async fn ping(mut redis: Redis) -> Result<(), Error> {
    let () = redis::cmd("PING").query_async(&mut redis).await?;
    Ok(())
}

/// Whether the server is away for now.
pub(crate) fn is_absence(error: &RedisError) -> bool {
    use ErrorKind::{ClusterConnectionNotFound, Io, MasterNameNotFoundBySentinel, Server};
    use ServerErrorKind::{BusyLoading, ClusterDown, MasterDown, ReadOnly, TryAgain};
    matches!(
        error.kind(),
        Io | ClusterConnectionNotFound
            | MasterNameNotFoundBySentinel
            | Server(BusyLoading | ClusterDown | MasterDown | ReadOnly | TryAgain)
    )
}

/// The server's version, e.g. `7.0.15`; of a cluster, that of one of its servers.
pub async fn version(mut redis: Redis) -> Result<String, Error> {
    let mut command = redis::cmd("INFO");
    command.arg("server");
    let info: String = match &mut redis.0 {
        Shared::Cluster(cluster) => {
            let any = RoutingInfo::SingleNode(SingleNodeRoutingInfo::Random);
            redis::from_redis_value(cluster.route_command(command, any).await?)
                .map_err(RedisError::from)?
        }
        _ => command.query_async(&mut redis).await?,
    };
    let version = info.lines().find_map(|line| line.strip_prefix("redis_version:"));
    Ok(version.unwrap_or("0").trim().to_owned())
}
