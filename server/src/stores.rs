//! The databases and the services on them, connected once at start.

use crate::{
    config::Settings,
    schema::{self, Place, Schema},
    waiting::Waiting,
};
use accounts::Sessions;
use catalogue::Catalogue;
use domain::Market;
use inventory::Inventory;
use orders::{Orders, Parts, Timing};
use payments::Payments;
use payments::providers::sandbox::{Patience, Sandbox, Settings as SandboxSettings};
use platform::{events::Feed, redis as redis_platform};
use secrecy::ExposeSecret;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Every handle the commands need; cheap to clone.
#[derive(Clone)]
pub struct Stores {
    /// The market this store sells in.
    pub market: Arc<Market>,
    /// MongoDB, for health checks.
    pub mongodb: mongodb::Database,
    /// Redis, for the page cache and the event bus.
    pub redis: redis_platform::Redis,
    /// The schemas of all services, for the relays and health checks.
    pub schemas: Vec<Schema>,
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
    let waiting = Waiting::begin(settings);
    let most = settings.database.max_connections;
    let [of_inventory, of_payments, of_orders] = schema::places(&settings.database);
    let of_inventory = reach(of_inventory, most, waiting).await?;
    let of_payments = reach(of_payments, most, waiting).await?;
    let of_orders = reach(of_orders, most, waiting).await?;
    let url = settings.mongodb.url.expose_secret();
    let attempt = || async move {
        let database = platform::mongodb::connect(url).await?;
        platform::mongodb::ping(&database).await?;
        Ok(database)
    };
    let mongodb = waiting.until("MongoDB", attempt).await?;
    let url = settings.redis.url.expose_secret();
    let attempt = || async move {
        let redis = redis_platform::connect(url).await?;
        redis_platform::ping(redis.clone()).await?;
        Ok(redis)
    };
    let redis = waiting.until("Redis", attempt).await?;

    let market = Arc::new(Market::european_union());
    let catalogue = Catalogue::new(mongodb.clone(), Market::clone(&market));
    let inventory = Inventory::new(of_inventory.pool.clone());
    let sandbox = &settings.payments.sandbox;
    let provider = Sandbox::new(SandboxSettings {
        base_url: sandbox.url.clone(),
        secret: sandbox.secret.clone(),
        webhook_secret: sandbox.webhook_secret.clone(),
        patience: Patience::default(),
    })?;
    let payments = Payments::new(of_payments.pool.clone(), Arc::new(provider));
    let sessions = Sessions::new(&mongodb);
    let orders = Orders::new(Parts {
        pool: of_orders.pool.clone(),
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
    let schemas = vec![of_inventory, of_payments, of_orders];
    Ok(Stores { market, mongodb, redis, schemas, sessions, catalogue, inventory, orders })
}

async fn reach(place: Place<'_>, most: u32, waiting: Waiting) -> anyhow::Result<Schema> {
    let attempt = || platform::postgres::connect(place.url, place.schema, most);
    Ok(Schema::new(place, waiting.until("PostgreSQL", attempt).await?))
}

/// Connects to everything and follows the event bus until `hearing` ends it; `None` if the process is
/// asked to stop before all is there.
pub async fn open(
    settings: &Settings,
    stop: &CancellationToken,
    hearing: &CancellationToken,
) -> anyhow::Result<Option<(Stores, Feed)>> {
    let opening = async {
        let stores = connect(settings).await?;
        let (url, stream) = (settings.redis.url.expose_secret(), settings.stream());
        let attempt = || Feed::follow(url, &stream, hearing.clone());
        let feed = Waiting::begin(settings).until("Redis", attempt).await?;
        Ok((stores, feed))
    };
    stop.run_until_cancelled(opening).await.transpose()
}
