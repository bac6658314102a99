//! Redis: one multiplexed connection that finds its way back, and single connections for reads that
//! block.

use crate::Error;
use redis::{
    AsyncConnectionConfig, Client, ErrorKind, RedisError, ServerErrorKind,
    aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection},
};
use std::time::Duration;

/// A connection shared by all tasks, for commands that answer at once. An answer that takes longer
/// than a quarter of a second is an error: the page cache may never make a page slow.
pub async fn connect(url: &str) -> Result<ConnectionManager, Error> {
    let config = ConnectionManagerConfig::new()
        .set_response_timeout(Some(Duration::from_millis(250)))
        .set_connection_timeout(Some(Duration::from_secs(1)))
        .set_number_of_retries(1)
        .set_max_delay(Duration::from_millis(500));
    // Lazy: whether the server is there is asked by `ping`, and waited for where that is wanted.
    Ok(ConnectionManager::new_lazy_with_config(Client::open(url)?, config)?)
}

/// A connection of its own for commands that wait for news.
pub async fn connect_blocking(url: &str) -> Result<MultiplexedConnection, Error> {
    let config = AsyncConnectionConfig::new()
        .set_response_timeout(None)
        .set_connection_timeout(Some(Duration::from_secs(1)));
    Ok(Client::open(url)?.get_multiplexed_async_connection_with_config(&config).await?)
}

/// Whether the server answers.
pub async fn ping(mut redis: ConnectionManager) -> Result<(), Error> {
    let () = redis::cmd("PING").query_async(&mut redis).await?;
    Ok(())
}

/// Whether the server is away for now.
pub(crate) fn is_absence(error: &RedisError) -> bool {
    matches!(error.kind(), ErrorKind::Io | ErrorKind::Server(ServerErrorKind::BusyLoading))
}

/// The server's version, e.g. `7.0.15`.
pub async fn version(mut redis: ConnectionManager) -> Result<String, Error> {
    let info: String = redis::cmd("INFO").arg("server").query_async(&mut redis).await?;
    let version = info.lines().find_map(|line| line.strip_prefix("redis_version:"));
    Ok(version.unwrap_or("0").trim().to_owned())
}
