//! A mail server: a process of its own that takes what the store sends over SMTP, delivers nothing, and shows it on a
//! page, so that a shopper of the demonstration reads the shop's letters.
//!
//! It speaks SMTP as servers do (`session`), keeps what it has taken in a durable file before it says so
//! (`letterbox`), and does on demand all that a mail server may do wrong (`mischief`). It signs nobody in and knows no
//! TLS: it listens on loopback.
//!
//! The door is [`serve`] for a process and [`spawn`] for tests.

mod control;
mod letterbox;
mod mischief;
mod panel;
mod session;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::csrf::CsrfLayer;

use crate::journal::Journal;
use crate::process;

pub use self::letterbox::Letter;
pub use self::mischief::{Mischief, Prank};
pub use crate::journal::OpenError;

use self::letterbox::Letterbox;

/// Largest request body, in bytes.
const BODY_LIMIT: usize = 16 * 1024;
/// How long requests under way may take to finish after the signal to stop.
const GRACE: Duration = Duration::from_secs(5);

/// How it is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it takes letters, over SMTP; port 0 takes any free one.
    pub smtp: SocketAddr,
    /// Where it shows them, over HTTP.
    pub listen: SocketAddr,
    /// Its durable file, created if it is not there. One process at a time has it.
    pub state: PathBuf,
}

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The durable file cannot be used.
    #[error(transparent)]
    State(#[from] OpenError),
    /// The address is taken, or not this machine's.
    #[error("cannot listen on {addr}: {source}")]
    Listen {
        /// Where it should have listened.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The server broke off.
    #[error("the server broke off: {0}")]
    Serve(#[from] io::Error),
}

/// A mail server that runs beside its maker.
#[derive(Debug)]
pub struct Running {
    process: process::Running<Error>,
    smtp: SocketAddr,
    letterbox: Letterbox,
}

impl Running {
    /// Where it takes letters.
    pub fn smtp(&self) -> SocketAddr {
        self.smtp
    }

    /// Where it shows them.
    pub fn addr(&self) -> SocketAddr {
        self.process.addr()
    }

    /// What it has taken, the oldest first.
    pub fn letters(&self) -> Vec<Letter> {
        self.letterbox.letters()
    }

    /// From now on it does this.
    pub fn set(&self, mischief: Mischief) {
        self.letterbox.set_mischief(mischief);
    }

    /// Stops it and waits until its file is free for the next one.
    ///
    /// # Errors
    /// The server had broken off before.
    pub async fn stop(self) -> Result<(), Error> {
        let Self { process, letterbox, .. } = self;
        drop(letterbox);
        process.stop().await
    }
}

/// Runs the server until `shutdown` is done.
///
/// # Errors
/// The file or an address cannot be used.
pub async fn serve(config: Config, shutdown: impl Future<Output = ()> + Send) -> Result<(), Error> {
    Bound::new(config).await?.run(shutdown).await
}

/// Runs the server beside the caller, for tests. It listens when this returns.
///
/// # Errors
/// The file or an address cannot be used.
pub async fn spawn(config: Config) -> Result<Running, Error> {
    let bound = Bound::new(config).await?;
    let (smtp, letterbox) = (bound.smtp_addr, bound.letterbox.clone());
    let process = process::Running::begin(bound.addr, |stop| bound.run(stop.cancelled_owned()));
    Ok(Running { process, smtp, letterbox })
}

/// A server that has its file and its addresses, and does not accept yet.
struct Bound {
    smtp: TcpListener,
    smtp_addr: SocketAddr,
    pages: TcpListener,
    addr: SocketAddr,
    letterbox: Letterbox,
}

impl Bound {
    async fn new(config: Config) -> Result<Self, Error> {
        let (journal, letters) = Journal::open(&config.state)?;
        let (smtp, smtp_addr) = listen(config.smtp).await?;
        let (pages, addr) = listen(config.listen).await?;
        tracing::info!(smtp = %smtp_addr, pages = %addr, "sandbox mail server listens");
        Ok(Self { smtp, smtp_addr, pages, addr, letterbox: Letterbox::new(journal, letters) })
    }

    async fn run(self, shutdown: impl Future<Output = ()> + Send) -> Result<(), Error> {
        let Self { smtp, pages, letterbox, .. } = self;
        let stop = CancellationToken::new();
        let taking = tokio::spawn(session::accept(smtp, letterbox.clone(), stop.clone()));
        let outcome = process::accept(pages, router(letterbox), GRACE, shutdown).await;
        stop.cancel();
        taking.await.map_err(io::Error::other)?;
        tracing::info!("sandbox mail server stopped");
        Ok(outcome?)
    }
}

async fn listen(addr: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let unheard = |source| Error::Listen { addr, source };
    let listener = TcpListener::bind(addr).await.map_err(unheard)?;
    let bound = listener.local_addr().map_err(unheard)?;
    Ok((listener, bound))
}

fn router(letterbox: Letterbox) -> Router {
    let foreign =
        |_| (StatusCode::FORBIDDEN, "this request comes from a foreign page").into_response();
    let own = control::routes()
        .merge(panel::routes())
        .layer(CsrfLayer::new().with_rejection_response(foreign));
    Router::new()
        .route("/health", get(health))
        .merge(own)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(letterbox)
}

async fn health(State(letterbox): State<Letterbox>) -> Response {
    process::health(letterbox.is_writable())
}
