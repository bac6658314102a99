//! The sandbox payment provider: a process of its own that behaves like a serious one.
//!
//! Merchants open payments over JSON (`api`), buyers pay on hosted pages (`pages`), signed
//! webhooks tell the merchant what became of it (`event`, `webhooks`, `courier`), and a test panel
//! (`panel`, `control`, `faults`) makes all of it fail on demand. What happened survives a killed
//! process: one JSON line for each change (`journal`), on the disk before anyone hears of it
//! (`vault`). What may happen to a payment is a pure state machine (`payment`, `card`).
//!
//! The door is [`serve`] for a process and [`spawn`] for tests. No card data, no money, no
//! database, and nothing shared with the store that uses it.

mod api;
mod book;
mod card;
mod charges;
mod config;
mod control;
mod courier;
mod event;
mod faults;
mod html;
mod ids;
mod keys;
mod movement;
mod pages;
mod panel;
mod payment;
mod problem;
mod provider;
mod record;
mod terms;
mod vault;
mod webhooks;

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use reqwest::Url;
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tower_http::csrf::CsrfLayer;

pub use self::config::{Config, Timing};
pub use crate::journal::OpenError;
pub use crate::signature::UnusableSecret;

use crate::journal::Journal;
use crate::process;
use crate::signature::Signer;

use self::problem::Problem;
use self::provider::{Parts, Provider};
use self::vault::Vault;
use self::webhooks::Sender;

/// A provider that runs beside its maker.
pub type Running = process::Running<Error>;

/// Largest request body, in bytes.
const BODY_LIMIT: usize = 64 * 1024;
/// How long requests under way may take to finish after the signal to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Why a provider does not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bearer token is empty.
    #[error("the merchant's secret is empty")]
    NoSecret,
    /// The webhook secret holds no key.
    #[error(transparent)]
    WebhookSecret(#[from] UnusableSecret),
    /// An address in the configuration is none.
    #[error("{setting} is not an http(s) address: {value:?}")]
    Address {
        /// Which setting.
        setting: &'static str,
        /// What it holds.
        value: String,
    },
    /// The durable file cannot be used.
    #[error(transparent)]
    State(#[from] OpenError),
    /// The HTTP client for webhooks cannot be set up.
    #[error("the client for webhooks cannot be set up: {0}")]
    Client(#[source] reqwest::Error),
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

/// Runs a provider until `shutdown` is done, then finishes the requests under way. Webhooks that
/// are not acknowledged by then are sent again after the next start.
///
/// # Errors
/// The configuration, the file or the address cannot be used.
pub async fn serve(config: Config, shutdown: impl Future<Output = ()> + Send) -> Result<(), Error> {
    Bound::new(config).await?.run(shutdown).await
}

/// Runs a provider beside the caller, for tests. It listens when this returns.
///
/// # Errors
/// The configuration, the file or the address cannot be used.
pub async fn spawn(config: Config) -> Result<Running, Error> {
    let bound = Bound::new(config).await?;
    Ok(process::Running::begin(bound.addr, |stop| bound.run(stop.cancelled_owned())))
}

/// A provider that has its file and its address, and does not accept yet.
struct Bound {
    listener: TcpListener,
    addr: SocketAddr,
    provider: Provider,
}

impl Bound {
    async fn new(config: Config) -> Result<Self, Error> {
        if config.secret.expose_secret().is_empty() {
            return Err(Error::NoSecret);
        }
        let signer = Signer::new(&config.webhook_secret)?;
        let webhook_url = address("webhook_url", &config.webhook_url)?;
        let public_url = config.public_url.map(|text| address("public_url", &text)).transpose()?;
        let sender = Sender::new(webhook_url, signer, config.timing.delivery_timeout)
            .map_err(Error::Client)?;
        let (journal, records) = Journal::open(&config.state)?;
        let unheard = |source| Error::Listen { addr: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(unheard)?;
        let addr = listener.local_addr().map_err(unheard)?;
        let provider = Provider::start(Parts {
            vault: Vault::new(journal, records),
            secret: config.secret,
            public_url: public_url.map_or_else(
                || format!("http://{}", reachable(addr)),
                |url| url.as_str().trim_end_matches('/').to_owned(),
            ),
            sender,
            timing: config.timing,
        });
        tracing::info!(%addr, public_url = provider.public_url(), "sandbox payment provider listens");
        Ok(Self { listener, addr, provider })
    }

    async fn run(self, shutdown: impl Future<Output = ()> + Send) -> Result<(), Error> {
        let Self { listener, provider, .. } = self;
        let outcome = process::accept(listener, router(provider.clone()), GRACE, shutdown).await;
        provider.stop().await;
        tracing::info!("sandbox payment provider stopped");
        Ok(outcome?)
    }
}

fn router(provider: Provider) -> Router {
    // The forms and the switches belong to pages of this provider alone.
    let own = Router::new()
        .merge(pages::routes())
        .merge(panel::routes())
        .nest("/test", control::routes())
        .layer(
            CsrfLayer::new().with_rejection_response(|_| Problem::foreign_origin().into_response()),
        );
    Router::new()
        .route("/health", get(health))
        .nest("/v1", api::routes(provider.clone()))
        .merge(own)
        .fallback(nothing_here)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(provider)
}

async fn health(State(provider): State<Provider>) -> Response {
    process::health(provider.vault().is_writable())
}

async fn nothing_here(uri: Uri) -> Response {
    tracing::debug!(path = uri.path(), "nothing at this address");
    pages::problem_page(&Problem::not_found("there is nothing at this address"))
}

fn address(setting: &'static str, text: &str) -> Result<Url, Error> {
    let wrong = || Error::Address { setting, value: text.to_owned() };
    let url = Url::parse(text).map_err(|_| wrong())?;
    if matches!(url.scheme(), "http" | "https") { Ok(url) } else { Err(wrong()) }
}

/// An address that listens everywhere is reached on this machine.
fn reachable(addr: SocketAddr) -> SocketAddr {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, addr.port())
}
