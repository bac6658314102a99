//! Configuration: what can be set. How it is read stands in `load`, what makes sense in `check`.

mod check;
mod line;
mod list;
mod load;
mod mail;
mod seller;

pub use line::Line;
pub use list::list;
pub use load::{Invalid, load};
pub use mail::Mail;
pub use seller::Seller;

use crate::{
    client::Network,
    roles::{Roles, Serving, Working},
};
use accounts::webhooks::{NotASealingKey, Reach, Seal};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// Everything that can be configured. `config/defaults.toml` has the defaults.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How the store is served.
    pub server: Server,
    /// What is done behind the pages.
    pub work: Work,
    /// Documents that are dropped into a folder.
    pub drop: DropFolder,
    /// PostgreSQL.
    pub database: Database,
    /// MongoDB.
    pub mongodb: Mongodb,
    /// Redis.
    pub redis: Redis,
    /// Pages that are the same for everyone.
    pub edge: Edge,
    /// News to open pages.
    pub live: Live,
    /// The JSON API.
    pub api: Api,
    /// Those who want to be told.
    pub webhooks: Webhooks,
    /// Pictures.
    pub media: Media,
    /// Payment providers.
    pub payments: Payments,
    /// Orders.
    pub orders: Orders,
    /// Mails to customers.
    pub mail: Mail,
    /// Who sells, on invoices.
    pub seller: Seller,
    /// What is sold by a line.
    pub line: Line,
    /// Logs.
    pub log: Log,
}

/// How the store is served.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// What this node serves.
    pub roles: Roles<Serving>,
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Scheme and host the world reaches the store by, without a slash at the end.
    pub public_url: String,
    /// The folder with `pkg/`: style, scripts and WebAssembly.
    pub site_root: PathBuf,
    /// How long requests in flight and work under way may take to finish at shutdown, in seconds.
    pub shutdown_seconds: u64,
    /// How long to wait for databases at start, all of them together, in seconds.
    pub start_seconds: u64,
    /// How many connections may be open; who comes then waits for a place.
    pub max_connections: usize,
    /// How many changes (unsafe requests) one address may make a second, on average.
    pub changes_per_second: u32,
    /// How many it may make at once.
    pub changes_burst: u32,
    /// Where the store's own proxies are, whose `X-Forwarded-For` says who asks.
    #[serde(deserialize_with = "list")]
    pub trusted_proxies: Vec<Network>,
}

/// What is done behind the pages.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// What this worker does.
    pub roles: Roles<Working>,
}

/// Documents that are dropped into a folder.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DropFolder {
    /// The folder, with a folder for each source; there is none if it is left out.
    pub folder: Option<PathBuf>,
    /// How long a file has to be the same before it counts as whole, in seconds.
    pub quiet_seconds: u64,
    /// How large a document may be, in MiB.
    pub max_megabytes: u64,
    /// What is told of a document of which not all is right.
    pub mode: Mode,
    /// What happens to a SKU that never lay in the warehouse.
    pub new_skus: NewSkus,
}

/// What is told of a document of which not all is right.
#[derive(Debug, Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Each row that is.
    Each,
    /// Nothing.
    All,
}

/// What happens to a SKU that never lay in the warehouse.
#[derive(Debug, Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum NewSkus {
    /// Its rows are refused.
    Refuse,
    /// It gets a place there.
    Open,
}

/// PostgreSQL: one database for all services unless a service names its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// For every service that names no other.
    pub url: SecretString,
    /// For accounts.
    pub accounts_url: Option<SecretString>,
    /// For inventory.
    pub inventory_url: Option<SecretString>,
    /// For payments.
    pub payments_url: Option<SecretString>,
    /// For orders.
    pub orders_url: Option<SecretString>,
    /// Connections per service and process.
    pub max_connections: u32,
}

/// MongoDB.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mongodb {
    /// With the database's name as its path.
    pub url: SecretString,
}

/// Redis.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redis {
    /// One server, sentinels or a cluster: see `platform::redis`.
    pub url: SecretString,
    /// Put before every key and the event stream, so that several stores can share a server.
    pub namespace: String,
}

/// Pages that are the same for everyone.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edge {
    /// Room for pages in the memory of a node, in MiB.
    pub memory_megabytes: u64,
    /// How long a page is served that nothing was heard to have changed, in seconds.
    pub fresh_seconds: u64,
    /// How long a page is served when no newer one can be had, in seconds.
    pub stale_seconds: u64,
    /// How long a cache in front of the store (a CDN) may keep a page without asking, in seconds.
    pub shared_cache_seconds: u64,
    /// Caches in front of the store that take a PURGE with the tags of what has changed.
    #[serde(deserialize_with = "list")]
    pub purge_urls: Vec<reqwest::Url>,
}

/// News to open pages.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Live {
    /// How many pages may listen on a node.
    pub max_streams: usize,
    /// How many of one address.
    pub max_streams_per_address: usize,
}

/// The JSON API.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// How many requests a key may make a second, on average.
    pub requests_per_second: u32,
    /// How many it may make at once.
    pub requests_burst: u32,
}

/// Those who want to be told.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    /// Whether messages may go to addresses that the world cannot reach, and to this machine without TLS.
    pub allow_private: bool,
    /// What secrets are kept under: 32 bytes in base64. Without it they lie in the database as they are.
    pub sealing_key: Option<SecretString>,
}

/// Pictures.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Media {
    /// The folder they are kept in.
    pub dir: PathBuf,
}

/// Payment providers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payments {
    /// The sandbox provider.
    pub sandbox: Sandbox,
}

/// The sandbox provider.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sandbox {
    /// Where it is.
    pub url: String,
    /// What the store authenticates with.
    pub secret: SecretString,
    /// What its webhooks are signed with.
    pub webhook_secret: SecretString,
}

/// Orders.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Orders {
    /// How long stock is held for an order that is not paid, in seconds.
    pub time_to_pay_seconds: u64,
    /// How long the sweeper waits before it first looks at an order, in seconds.
    pub first_check_seconds: u64,
    /// How often the sweeper makes its round, in seconds.
    pub sweep_seconds: u64,
}

/// Logs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// `json` for machines, `text` for people.
    pub format: LogFormat,
    /// What is told: a level, or directives such as `info,orders=debug`.
    pub filter: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// One readable line each.
    Text,
}

impl Settings {
    /// Whether the world reaches the store over https.
    pub fn secure(&self) -> bool {
        self.server.public_url.starts_with("https://")
    }

    /// How long what was begun may take to finish at shutdown.
    pub fn grace(&self) -> Duration {
        Duration::from_secs(self.server.shutdown_seconds)
    }

    /// The event stream of this store.
    pub fn stream(&self) -> String {
        platform::events::stream(&self.redis.namespace)
    }
}

impl Webhooks {
    /// Where messages may go.
    pub fn reach(&self) -> Reach {
        if self.allow_private { Reach::Private } else { Reach::Public }
    }

    /// How secrets are kept.
    pub fn seal(&self) -> Result<Seal, NotASealingKey> {
        self.sealing_key.as_ref().map_or_else(|| Ok(Seal::default()), Seal::with)
    }
}

impl Database {
    /// The URL of a service that may name its own.
    fn of<'a>(&'a self, own: &'a Option<SecretString>) -> &'a str {
        own.as_ref().unwrap_or(&self.url).expose_secret()
    }

    /// Accounts' database.
    pub fn accounts(&self) -> &str {
        self.of(&self.accounts_url)
    }

    /// Inventory's database.
    pub fn inventory(&self) -> &str {
        self.of(&self.inventory_url)
    }

    /// Payments' database.
    pub fn payments(&self) -> &str {
        self.of(&self.payments_url)
    }

    /// Orders' database.
    pub fn orders(&self) -> &str {
        self.of(&self.orders_url)
    }
}
