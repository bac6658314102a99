//! Configuration: a file, overridden by the environment, checked as a whole before anything starts.
//! Whatever is wrong is told in one message.

use config::{Config, Environment, File};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// Everything that can be configured. See `config/vitrine.toml` for each key with its meaning.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How the store is served.
    pub server: Server,
    /// PostgreSQL.
    pub database: Database,
    /// MongoDB.
    pub mongodb: Mongodb,
    /// Redis.
    pub redis: Redis,
    /// Pages that are the same for everyone.
    pub edge: Edge,
    /// Pictures.
    pub media: Media,
    /// Payment providers.
    pub payments: Payments,
    /// Orders.
    pub orders: Orders,
    /// Logs.
    pub log: Log,
}

/// How the store is served.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Scheme and host the world reaches the store by, without a slash at the end.
    pub public_url: String,
    /// The folder with `pkg/`: style, scripts and WebAssembly.
    pub site_root: PathBuf,
    /// How long requests in flight may take to finish at shutdown, in seconds.
    pub shutdown_seconds: u64,
    /// How long to wait for databases at start, in seconds.
    pub start_seconds: u64,
    /// How many changes (unsafe requests) one address may make a second, on average.
    pub changes_per_second: u32,
    /// How many it may make at once.
    pub changes_burst: u32,
}

/// PostgreSQL: one database for all services unless a service names its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// For every service that names no other.
    pub url: SecretString,
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
    /// With the database's number as its path.
    pub url: SecretString,
    /// Put before every key, so that several stores can share a server.
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

const DEFAULTS: &str = include_str!("../../config/defaults.toml");

/// Why the configuration cannot be used: all that is wrong, a line each.
#[derive(Debug, thiserror::Error)]
#[error("the configuration cannot be used:\n{}", .0.iter().map(|line| format!("  - {line}")).collect::<Vec<_>>().join("\n"))]
pub struct Invalid(pub Vec<String>);

/// Reads the defaults, the file and the environment, and checks the whole.
pub fn load(file: Option<&std::path::Path>) -> Result<Settings, Invalid> {
    let mut builder =
        Config::builder().add_source(File::from_str(DEFAULTS, config::FileFormat::Toml));
    if let Some(file) = file {
        builder = builder.add_source(File::from(file));
    }
    builder = builder
        .add_source(Environment::with_prefix("VITRINE").prefix_separator("__").separator("__"));
    for (variable, key) in [
        ("DATABASE_URL", "database.url"),
        ("MONGODB_URL", "mongodb.url"),
        ("REDIS_URL", "redis.url"),
    ] {
        if let Ok(value) = std::env::var(variable) {
            builder = match builder.set_override(key, value) {
                Ok(builder) => builder,
                Err(error) => return Err(Invalid(vec![format!("{variable}: {error}")])),
            };
        }
    }
    let read = builder.build().map_err(|error| Invalid(vec![error.to_string()]))?;
    let missing: Vec<String> = REQUIRED
        .iter()
        .filter(|(key, _)| !matches!(read.get_string(key), Ok(value) if !value.is_empty()))
        .map(|(key, how)| format!("{key} is not set ({how})"))
        .collect();
    if !missing.is_empty() {
        return Err(Invalid(missing));
    }
    let settings: Settings =
        read.try_deserialize().map_err(|error| Invalid(vec![error.to_string()]))?;
    let wrong = settings.problems();
    if wrong.is_empty() { Ok(settings) } else { Err(Invalid(wrong)) }
}

const REQUIRED: &[(&str, &str)] = &[
    ("database.url", "DATABASE_URL, e.g. postgres://user:password@host/vitrine"),
    ("mongodb.url", "MONGODB_URL, e.g. mongodb://host:27017/vitrine"),
    ("redis.url", "REDIS_URL, e.g. redis://host:6379/0"),
    ("payments.sandbox.secret", "VITRINE__PAYMENTS__SANDBOX__SECRET"),
    ("payments.sandbox.webhook_secret", "VITRINE__PAYMENTS__SANDBOX__WEBHOOK_SECRET"),
];

impl Settings {
    fn problems(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut check = |fine: bool, problem: String| {
            if !fine {
                wrong.push(problem);
            }
        };
        let starts = |text: &str, schemes: &[&str]| schemes.iter().any(|s| text.starts_with(s));
        for (key, url) in [
            ("database.url", Some(&self.database.url)),
            ("database.inventory_url", self.database.inventory_url.as_ref()),
            ("database.payments_url", self.database.payments_url.as_ref()),
            ("database.orders_url", self.database.orders_url.as_ref()),
        ] {
            let fine = url
                .is_none_or(|url| starts(url.expose_secret(), &["postgres://", "postgresql://"]));
            check(fine, format!("{key} must begin with postgres://"));
        }
        check(
            starts(self.mongodb.url.expose_secret(), &["mongodb://", "mongodb+srv://"]),
            "mongodb.url must begin with mongodb:// or mongodb+srv://".to_owned(),
        );
        check(
            starts(self.redis.url.expose_secret(), &["redis://", "rediss://", "unix://"]),
            "redis.url must begin with redis:// or rediss://".to_owned(),
        );
        for (key, url) in [
            ("server.public_url", &self.server.public_url),
            ("payments.sandbox.url", &self.payments.sandbox.url),
        ] {
            check(
                starts(url, &["http://", "https://"]) && !url.ends_with('/'),
                format!("{key} must begin with http:// or https:// and end without a slash"),
            );
        }
        check(
            self.payments.sandbox.secret.expose_secret().len() >= 16,
            "payments.sandbox.secret needs at least 16 characters".to_owned(),
        );
        check(
            self.payments.sandbox.webhook_secret.expose_secret().len() >= 16,
            "payments.sandbox.webhook_secret needs at least 16 characters".to_owned(),
        );
        check(
            (1..=1_000_000).contains(&self.edge.memory_megabytes),
            "edge.memory_megabytes must be from 1 to 1000000".to_owned(),
        );
        check(
            self.edge.fresh_seconds > 0 && self.edge.stale_seconds >= self.edge.fresh_seconds,
            "edge.fresh_seconds must be above 0, and edge.stale_seconds not below it".to_owned(),
        );
        check(
            self.database.max_connections > 0,
            "database.max_connections must be above 0".to_owned(),
        );
        check(
            self.orders.time_to_pay_seconds >= 60,
            "orders.time_to_pay_seconds must be at least 60".to_owned(),
        );
        check(
            self.orders.first_check_seconds > 0,
            "orders.first_check_seconds must be above 0".to_owned(),
        );
        check(self.orders.sweep_seconds > 0, "orders.sweep_seconds must be above 0".to_owned());
        check(
            self.server.changes_per_second > 0 && self.server.changes_burst > 0,
            "server.changes_per_second and server.changes_burst must be above 0".to_owned(),
        );
        wrong
    }

    /// Whether the world reaches the store over https.
    pub fn secure(&self) -> bool {
        self.server.public_url.starts_with("https://")
    }

    /// How long to wait for the databases at start.
    pub fn patience(&self) -> Duration {
        Duration::from_secs(self.server.start_seconds)
    }
}

impl Database {
    /// The URL of a service that may name its own.
    fn of<'a>(&'a self, own: &'a Option<SecretString>) -> &'a str {
        own.as_ref().unwrap_or(&self.url).expose_secret()
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
