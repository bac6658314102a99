//! The databases and the services on them, connected once at start.

use crate::config::Settings;
use accounts::Sessions;
use catalogue::Catalogue;
use domain::Market;
use inventory::Inventory;
use orders::{Orders, Parts, Timing};
use payments::Payments;
use payments::providers::sandbox::{Patience, Sandbox, Settings as SandboxSettings};
use platform::redis as redis_platform;
use redis::aio::ConnectionManager;
use secrecy::ExposeSecret;
use sqlx::PgPool;
use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

/// Every handle the commands need; cheap to clone.
#[derive(Clone)]
pub struct Stores {
    /// The market this store sells in.
    pub market: Arc<Market>,
    /// MongoDB, for health checks.
    pub mongodb: mongodb::Database,
    /// Redis, for the page cache and the event bus.
    pub redis: ConnectionManager,
    /// The pools of all services, by schema, for the relays and health checks.
    pub pools: Vec<(&'static str, PgPool)>,
    /// Sessions and carts.
    pub sessions: Sessions,
    /// Products.
    pub catalogue: Catalogue,
    /// Stock.
    pub inventory: Inventory,
    /// Cart, checkout and orders.
    pub orders: Orders,
}

/// Connects to everything. A database that is away is waited for, with a word about it, and given up
/// after the configured time.
pub async fn connect(settings: &Settings) -> anyhow::Result<Stores> {
    let patience = settings.patience();
    let database = &settings.database;
    let pool = |url: &str, schema: &'static str| {
        let (url, max) = (url.to_owned(), database.max_connections);
        async move {
            wait_for("PostgreSQL", patience, || platform::postgres::connect(&url, schema, max))
                .await
        }
    };
    let inventory_pool = pool(database.inventory(), inventory::SCHEMA).await?;
    let payments_pool = pool(database.payments(), payments::SCHEMA).await?;
    let orders_pool = pool(database.orders(), orders::SCHEMA).await?;
    let url = settings.mongodb.url.expose_secret();
    let mongodb = wait_for("MongoDB", patience, || async move {
        let database = platform::mongodb::connect(url).await?;
        platform::mongodb::ping(&database).await?;
        Ok::<_, platform::Error>(database)
    })
    .await?;
    let redis = redis_platform::connect(settings.redis.url.expose_secret()).await?;
    wait_for("Redis", patience, || redis_platform::ping(redis.clone())).await?;

    let market = Arc::new(Market::european_union());
    let catalogue = Catalogue::new(mongodb.clone(), Market::clone(&market));
    let inventory = Inventory::new(inventory_pool.clone());
    let sandbox = &settings.payments.sandbox;
    let provider = Sandbox::new(SandboxSettings {
        base_url: sandbox.url.clone(),
        secret: sandbox.secret.clone(),
        webhook_secret: sandbox.webhook_secret.clone(),
        patience: Patience::default(),
    })?;
    let payments = Payments::new(payments_pool.clone(), Arc::new(provider));
    let sessions = Sessions::new(&mongodb);
    let orders = Orders::new(Parts {
        pool: orders_pool.clone(),
        sessions: sessions.clone(),
        catalogue: catalogue.clone(),
        inventory: inventory.clone(),
        payments,
        market: market.clone(),
        public_url: settings.server.public_url.as_str().into(),
        timing: Timing {
            time_to_pay: Duration::from_secs(settings.orders.time_to_pay_seconds),
            first_check: Duration::from_secs(settings.orders.first_check_seconds),
        },
    });
    let pools = vec![
        (inventory::SCHEMA, inventory_pool),
        (payments::SCHEMA, payments_pool),
        (orders::SCHEMA, orders_pool),
    ];
    Ok(Stores { market, mongodb, redis, pools, sessions, catalogue, inventory, orders })
}

/// Tries until it works or the time is over.
pub async fn wait_for<T, E, F>(
    what: &str,
    patience: Duration,
    mut attempt: impl FnMut() -> F,
) -> anyhow::Result<T>
where
    F: Future<Output = Result<T, E>>,
    E: std::fmt::Display,
{
    let begun = Instant::now();
    let mut backoff = platform::Backoff::new(Duration::from_millis(200), Duration::from_secs(2));
    loop {
        match attempt().await {
            Ok(value) => return Ok(value),
            Err(error) if begun.elapsed() >= patience => {
                anyhow::bail!(
                    "{what} did not answer within {} seconds: {error}. `vitrine doctor` checks every \
                     dependency and says what to do",
                    patience.as_secs()
                );
            }
            Err(error) => {
                tracing::warn!(%error, "waiting for {what}");
                backoff.wait().await;
            }
        }
    }
}
