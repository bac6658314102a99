//! The databases and the services on them, connected once at start: only those that are needed.

use crate::{
    config::Settings,
    roles::{Need, Needs},
    schema::{self, Schema},
    waiting::Waiting,
};
use accounts::{Keys, Sessions, webhooks::Webhooks};
use admissions::Admissions;
use anyhow::Context;
use catalogue::Catalogue;
use domain::Market;
use inventory::Inventory;
use jiff::Timestamp;
use orders::{Orders, Parts, Timelines, Timing, invoices::Clerk, letters::Letters};
use payments::providers::sandbox::{Patience, Sandbox, Settings as SandboxSettings};
use payments::{Breaker, Payments, Threshold};
use platform::{
    events::Feed,
    idempotency::Idempotency,
    redis::{self as redis_platform, Redis},
};
use secrecy::ExposeSecret;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// What a process is connected to. Cheap to clone.
#[derive(Clone, Default)]
pub struct Connections {
    /// The schemas of services.
    pub schemas: Vec<Schema>,
    /// The catalogue and the sessions.
    pub mongodb: Option<mongodb::Database>,
    /// The page cache and the event bus.
    pub redis: Option<Redis>,
}

impl Connections {
    /// Connects to what is needed. A database that is away is waited for, with a word about it, and
    /// given up after the configured time.
    pub async fn open(settings: &Settings, needs: &Needs) -> anyhow::Result<Self> {
        let waiting = Waiting::begin(settings);
        let mut opened = Self::default();
        for (need, place) in schema::places(&settings.database) {
            if needs.has(need) {
                let most = settings.database.max_connections;
                let attempt = || platform::postgres::connect(place.url, place.schema, most);
                let pool = waiting.until("PostgreSQL", attempt).await?;
                opened.schemas.push(Schema::new(place, pool));
            }
        }
        if needs.has(Need::Mongodb) {
            let url = settings.mongodb.url.expose_secret();
            let attempt = || async move {
                let database = platform::mongodb::connect(url).await?;
                platform::mongodb::ping(&database).await?;
                Ok(database)
            };
            opened.mongodb = Some(waiting.until("MongoDB", attempt).await?);
        }
        if needs.has(Need::Redis) {
            let url = settings.redis.url.expose_secret();
            let attempt = || async move {
                let redis = redis_platform::connect(url).await?;
                redis_platform::ping(redis.clone()).await?;
                Ok(redis)
            };
            opened.redis = Some(waiting.until("Redis", attempt).await?);
        }
        Ok(opened)
    }

    /// The schema of a service.
    fn schema(&self, name: &str) -> anyhow::Result<&Schema> {
        let schema = self.schemas.iter().find(|schema| schema.name == name);
        schema.with_context(|| format!("not connected to the schema {name}"))
    }

    /// MongoDB.
    fn mongodb(&self) -> anyhow::Result<&mongodb::Database> {
        self.mongodb.as_ref().context("not connected to MongoDB")
    }

    /// Redis.
    pub fn redis(&self) -> anyhow::Result<&Redis> {
        self.redis.as_ref().context("not connected to Redis")
    }

    /// The catalogue of a market.
    pub fn catalogue(&self, market: &Arc<Market>) -> anyhow::Result<Catalogue> {
        Ok(Catalogue::new(self.mongodb()?.clone(), Market::clone(market)))
    }

    /// The keys of programs.
    pub fn keys(&self) -> anyhow::Result<Keys> {
        Ok(Keys::new(self.schema(accounts::SCHEMA)?.pool.clone()))
    }

    /// Those who want to be told.
    pub fn webhooks(&self, settings: &Settings) -> anyhow::Result<Webhooks> {
        let pool = self.schema(accounts::SCHEMA)?.pool.clone();
        Ok(Webhooks::new(pool, settings.webhooks.seal()?))
    }

    /// What programs asked for under names of their own, and the answers.
    pub fn idempotency(&self) -> anyhow::Result<Idempotency> {
        Ok(Idempotency::new(self.schema(accounts::SCHEMA)?.pool.clone()))
    }

    /// Stock.
    pub fn inventory(&self) -> anyhow::Result<Inventory> {
        Ok(Inventory::new(self.schema(inventory::SCHEMA)?.pool.clone()))
    }

    /// What happened to orders.
    pub fn timelines(&self) -> anyhow::Result<Timelines> {
        Ok(Timelines::new(self.schema(orders::SCHEMA)?.pool.clone()))
    }

    /// Mails to customers.
    pub fn letters(&self, settings: &Settings) -> anyhow::Result<Letters> {
        let pool = self.schema(orders::SCHEMA)?.pool.clone();
        Ok(Letters::new(pool, &settings.server.public_url))
    }

    /// Who issues invoices in the name of the seller, if that is said.
    pub fn clerk(&self, settings: &Settings) -> anyhow::Result<Option<Clerk>> {
        let pool = self.schema(orders::SCHEMA)?.pool.clone();
        Ok(settings.seller.named().map(|seller| Clerk::new(pool, seller)))
    }

    /// Money.
    pub fn payments(&self, settings: &Settings) -> anyhow::Result<Payments> {
        let sandbox = &settings.payments.sandbox;
        let provider = Sandbox::new(SandboxSettings {
            base_url: sandbox.url.clone(),
            secret: sandbox.secret.clone(),
            webhook_secret: sandbox.webhook_secret.clone(),
            patience: Patience::default(),
        })?;
        let pool = self.schema(payments::SCHEMA)?.pool.clone();
        let provider = Breaker::new(Arc::new(provider), Threshold::default());
        Ok(Payments::new(pool, Arc::new(provider)))
    }

    /// Carts, orders and payments in a market.
    pub fn orders(
        &self,
        settings: &Settings,
        market: &Arc<Market>,
        admissions: &Admissions,
    ) -> anyhow::Result<Orders> {
        Ok(Orders::new(Parts {
            pool: self.schema(orders::SCHEMA)?.pool.clone(),
            sessions: Sessions::new(self.mongodb()?),
            catalogue: self.catalogue(market)?,
            inventory: self.inventory()?,
            payments: self.payments(settings)?,
            admissions: admissions.clone(),
            market: market.clone(),
            public_url: settings.server.public_url.as_str().into(),
            timing: Timing {
                time_to_pay: Duration::from_secs(settings.orders.time_to_pay_seconds),
                first_check: Duration::from_secs(settings.orders.first_check_seconds),
            },
        }))
    }
}

/// What pages are made of; cheap to clone.
#[derive(Clone)]
pub struct Stores {
    /// The market this store sells in.
    pub market: Arc<Market>,
    /// All that is connected, for health checks.
    pub connections: Connections,
    /// Redis, for the page cache.
    pub redis: Redis,
    /// Sessions and carts.
    pub sessions: Sessions,
    /// Products.
    pub catalogue: Catalogue,
    /// Stock.
    pub inventory: Inventory,
    /// Cart, checkout and orders, where they are served.
    pub orders: Option<Orders>,
    /// What is sold by a line, and whose turn it is.
    pub admissions: Admissions,
}

/// Connects to everything.
pub async fn connect(settings: &Settings) -> anyhow::Result<Stores> {
    connect_to(settings, &Needs::everything()).await
}

/// Connects to what a node that serves pages needs.
async fn connect_to(settings: &Settings, needs: &Needs) -> anyhow::Result<Stores> {
    let connections = Connections::open(settings, needs).await?;
    let market = Arc::new(Market::european_union());
    let admissions = settings.line.admissions(Timestamp::now());
    let orders = match needs.has(Need::Orders) {
        true => Some(connections.orders(settings, &market, &admissions)?),
        false => None,
    };
    Ok(Stores {
        redis: connections.redis()?.clone(),
        sessions: Sessions::new(connections.mongodb()?),
        catalogue: connections.catalogue(&market)?,
        inventory: connections.inventory()?,
        orders,
        admissions,
        market,
        connections,
    })
}

/// Connects to what a node that serves pages needs and follows the event bus until `stop`; `None` if the
/// process is asked to stop before all is there.
pub async fn open(
    settings: &Settings,
    needs: &Needs,
    stop: &CancellationToken,
) -> anyhow::Result<Option<(Stores, Feed)>> {
    let opening = async {
        let stores = connect_to(settings, needs).await?;
        let (url, stream) = (settings.redis.url.expose_secret(), settings.stream());
        let attempt = || Feed::follow(url, &stream, stop.clone());
        let feed = Waiting::begin(settings).until("Redis", attempt).await?;
        Ok((stores, feed))
    };
    stop.run_until_cancelled(opening).await.transpose()
}
