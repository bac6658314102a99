//! The software of warehouses: a process of its own that does what the store asks of it, as well as such software
//! does.
//!
//! The store is heard by signed webhook and by its feed (`listener`), people on the floor send, take back, receive
//! and count (`floor`), and the store is told until it has said what became of it (`teller`). All of it fails on
//! demand (`faults`), and survives a killed process: one JSON line for each change, on the disk before anyone hears
//! of it (`record`, `book`, `warehouse`).
//!
//! The door is [`serve`] for a process and [`spawn`] for tests. Nothing is shared with the store but the words of
//! its API.

mod book;
mod config;
mod control;
mod faults;
mod floor;
mod listener;
mod panel;
mod record;
mod refusals;
mod store;
mod teller;
mod warehouse;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use reqwest::Url;
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tower_http::csrf::CsrfLayer;

use crate::journal::{Journal, Unwritable};
use crate::process;
use crate::signature::Signer;

pub use self::config::{Begin, Config, Habits};
pub use self::faults::Faults;
pub use crate::journal::OpenError;
pub use crate::signature::UnusableSecret;

use self::store::Store;
use self::warehouse::{Parts, Warehouse};

/// Software that runs beside its maker.
pub type Running = process::Running<Error>;

/// Largest request body, in bytes.
const BODY_LIMIT: usize = 256 * 1024;
/// How long requests under way may take to finish after the signal to stop.
const GRACE: Duration = Duration::from_secs(5);

/// Why the software does not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The key for the store's API is empty.
    #[error("the key for the store's API is empty")]
    NoKey,
    /// It has no warehouse to look after.
    #[error("no warehouse is named")]
    NoWarehouse,
    /// The webhook secret holds no key.
    #[error(transparent)]
    WebhookSecret(#[from] UnusableSecret),
    /// The store's address is none.
    #[error("the store's address is not an http(s) address: {0:?}")]
    StoreUrl(String),
    /// The durable file cannot be used.
    #[error(transparent)]
    State(#[from] OpenError),
    /// The durable file cannot be written.
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
    /// The HTTP client cannot be set up.
    #[error("the client for the store cannot be set up: {0}")]
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

/// Runs the software until `shutdown` is done.
///
/// # Errors
/// The configuration, the file or the address cannot be used.
pub async fn serve(config: Config, shutdown: impl Future<Output = ()> + Send) -> Result<(), Error> {
    Bound::new(config).await?.run(shutdown).await
}

/// Runs the software beside the caller, for tests. It listens when this returns.
///
/// # Errors
/// The configuration, the file or the address cannot be used.
pub async fn spawn(config: Config) -> Result<Running, Error> {
    let bound = Bound::new(config).await?;
    Ok(process::Running::begin(bound.addr, |stop| bound.run(stop.cancelled_owned())))
}

/// Software that has its file and its address, and does not accept yet.
struct Bound {
    listener: TcpListener,
    addr: SocketAddr,
    warehouse: Warehouse,
}

impl Bound {
    async fn new(config: Config) -> Result<Self, Error> {
        if config.api_key.expose_secret().is_empty() {
            return Err(Error::NoKey);
        }
        if config.warehouses.is_empty() {
            return Err(Error::NoWarehouse);
        }
        let signer = config.webhook_secret.as_ref().map(Signer::new).transpose()?;
        let store_url = Url::parse(&config.store_url).ok();
        let store_url = store_url.filter(|url| matches!(url.scheme(), "http" | "https"));
        let store_url = store_url.ok_or(Error::StoreUrl(config.store_url))?;
        let (source, warehouses) = (config.source.clone(), config.warehouses.clone());
        let store = Store::new(&store_url, config.api_key, source, warehouses);
        let store = store.map_err(Error::Client)?;
        let (journal, records) = Journal::open(&config.state)?;
        let unheard = |source| Error::Listen { addr: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(unheard)?;
        let addr = listener.local_addr().map_err(unheard)?;
        let warehouse = Warehouse::start(Parts {
            journal,
            records,
            store,
            signer,
            warehouses: config.warehouses,
            source: config.source,
            begin: config.begin,
            seed: config.seed,
            faults: config.faults,
            habits: config.habits,
        })?;
        tracing::info!(%addr, source = warehouse.source(), "sandbox warehouse listens");
        Ok(Self { listener, addr, warehouse })
    }

    async fn run(self, shutdown: impl Future<Output = ()> + Send) -> Result<(), Error> {
        let Self { listener, warehouse, .. } = self;
        let outcome = process::accept(listener, router(warehouse.clone()), GRACE, shutdown).await;
        warehouse.stop().await;
        tracing::info!("sandbox warehouse stopped");
        Ok(outcome?)
    }
}

fn router(warehouse: Warehouse) -> Router {
    let foreign =
        |_| (StatusCode::FORBIDDEN, "this request comes from a foreign page").into_response();
    // The forms and the switches belong to pages of this software alone.
    let own = control::routes()
        .merge(panel::routes())
        .layer(CsrfLayer::new().with_rejection_response(foreign));
    Router::new()
        .route("/health", get(health))
        .route("/webhooks/store", post(listener::webhook))
        .merge(own)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(warehouse)
}

async fn health(State(warehouse): State<Warehouse>) -> Response {
    process::health(warehouse.is_writable())
}
