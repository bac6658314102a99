//! A program of the outside world as a process: it accepts until it is told to stop, and finishes what was begun.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::connection::{Cut, CuttableListener};

/// Accepts until `shutdown` is done; requests that are under way then have so long to finish.
pub async fn accept(
    listener: TcpListener,
    router: Router,
    grace: Duration,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let stop = CancellationToken::new();
    let service = router.into_make_service_with_connect_info::<Cut>();
    let server = axum::serve(CuttableListener(listener), service)
        .with_graceful_shutdown(stop.clone().cancelled_owned())
        .into_future();
    let mut server = pin!(server);
    tokio::select! {
        outcome = &mut server => outcome,
        () = shutdown => {
            stop.cancel();
            // A client that neither asks nor hangs up must not hold the process.
            tokio::time::timeout(grace, server).await.unwrap_or(Ok(()))
        }
    }
}

/// Whether it can keep what it is told: without its file it takes nothing on.
pub fn health(is_writable: bool) -> Response {
    if is_writable {
        Json(json!({"status": "ok"})).into_response()
    } else {
        let body = json!({"status": "the state file cannot be written"});
        (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
    }
}

/// A program that runs beside its maker, for tests.
#[derive(Debug)]
pub struct Running<E> {
    addr: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<Result<(), E>>,
}

impl<E: From<io::Error> + Send + 'static> Running<E> {
    /// Lets it run, which listens at this address, until it is told to stop.
    pub(crate) fn begin<R>(addr: SocketAddr, run: impl FnOnce(CancellationToken) -> R) -> Self
    where
        R: Future<Output = Result<(), E>> + Send + 'static,
    {
        let stop = CancellationToken::new();
        let task = tokio::spawn(run(stop.clone()));
        Self { addr, stop, task }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops it and waits until its file is free for the next one.
    ///
    /// # Errors
    /// The server had broken off before.
    pub async fn stop(self) -> Result<(), E> {
        self.stop.cancel();
        self.task.await.unwrap_or_else(|error| Err(io::Error::other(error).into()))
    }
}
