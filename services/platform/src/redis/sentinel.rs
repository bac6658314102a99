//! The master of a service that sentinels watch over: looked for when there is something to say to it,
//! and anew as soon as it does not answer any more or says that it is none.

use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use redis::{
    AsyncConnectionConfig, ConnectionInfo, ErrorKind, RedisError, RedisResult, ServerErrorKind,
    aio::MultiplexedConnection,
    sentinel::{SentinelClient, SentinelNodeConnectionInfo, SentinelServerType},
};
use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::timeout;

/// How long looking for the master may take. It goes on when who asked does not wait any more.
const FOUND_WITHIN: Duration = Duration::from_secs(3);

/// Who knows which server is the master.
#[derive(Clone)]
pub(super) struct Sentinels(Arc<tokio::sync::Mutex<SentinelClient>>);

impl Sentinels {
    pub fn new(
        sentinels: Vec<ConnectionInfo>,
        service: &str,
        node: SentinelNodeConnectionInfo,
    ) -> RedisResult<Self> {
        let kind = SentinelServerType::Master;
        let client = SentinelClient::build(sentinels, service, Some(node), kind)?;
        Ok(Self(Arc::new(tokio::sync::Mutex::new(client))))
    }

    /// A connection to the server that is the master now, and itself says so.
    pub async fn connect(
        &self,
        config: &AsyncConnectionConfig,
    ) -> RedisResult<MultiplexedConnection> {
        let looking = async { self.0.lock().await.get_async_connection_with_config(config).await };
        timeout(FOUND_WITHIN, looking).await.unwrap_or_else(|_| Err(silence()))
    }
}

/// One connection to the master, shared by all tasks. Cheap to clone.
#[derive(Clone)]
pub(super) struct Master {
    sentinels: Sentinels,
    config: AsyncConnectionConfig,
    /// How long a command waits for the master to be found.
    patience: Duration,
    state: Arc<Mutex<State>>,
}

struct State {
    /// How often the master was looked for: names the connection that came of it.
    round: u64,
    connection: Option<Connecting>,
}

type Connecting = Shared<BoxFuture<'static, RedisResult<MultiplexedConnection>>>;

impl Master {
    pub fn new(sentinels: Sentinels, config: AsyncConnectionConfig, patience: Duration) -> Self {
        let state = State { round: 0, connection: None };
        Self { sentinels, config, patience, state: Arc::new(Mutex::new(state)) }
    }

    /// The connection, and the round in which it was made.
    pub async fn connection(&self) -> RedisResult<(u64, MultiplexedConnection)> {
        let (round, connecting) = {
            let mut state = self.state();
            match &state.connection {
                Some(connecting) => (state.round, connecting.clone()),
                None => {
                    let connecting = self.look();
                    state.round += 1;
                    state.connection = Some(connecting.clone());
                    (state.round, connecting)
                }
            }
        };
        let found = timeout(self.patience, connecting).await.unwrap_or_else(|_| Err(silence()));
        match found {
            Ok(connection) => Ok((round, connection)),
            Err(error) => {
                // One that is being looked for still is waited for by whoever asks next.
                self.forget_failure(round);
                Err(error)
            }
        }
    }

    /// Takes note of what came of a command: after some errors the master is looked for anew.
    pub fn note<T>(&self, round: u64, result: RedisResult<T>) -> RedisResult<T> {
        if result.as_ref().is_err_and(is_lost) {
            let mut state = self.state();
            if state.round == round {
                state.connection = None;
            }
        }
        result
    }

    fn look(&self) -> Connecting {
        let (sentinels, config) = (self.sentinels.clone(), self.config.clone());
        let looking = tokio::spawn(async move { sentinels.connect(&config).await });
        // A task that is lost has found nothing.
        looking.map(|found| found.unwrap_or_else(|_| Err(silence()))).boxed().shared()
    }

    fn forget_failure(&self, round: u64) {
        let mut state = self.state();
        let failed = |connecting: &Connecting| matches!(connecting.peek(), Some(Err(_)));
        if state.round == round && state.connection.as_ref().is_some_and(failed) {
            state.connection = None;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether another server may be the master by now.
fn is_lost(error: &RedisError) -> bool {
    let demoted = [ServerErrorKind::ReadOnly, ServerErrorKind::MasterDown].map(ErrorKind::Server);
    error.is_unrecoverable_error() || error.is_io_error() || demoted.contains(&error.kind())
}

fn silence() -> RedisError {
    io::Error::new(io::ErrorKind::TimedOut, "no master was found in time").into()
}
