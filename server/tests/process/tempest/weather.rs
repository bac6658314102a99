//! What goes wrong, drawn from the seed: each kind of blow once, in any order.

use super::shop::Shop;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};
use serde_json::json;
use std::time::Duration;

/// Something that goes wrong for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    NodeKilled(usize),
    NodeFrozen(usize),
    WorkerKilled,
    WorkerFrozen,
    ProviderKilled,
    ProviderFrozen,
    /// It turns everybody away.
    ProviderShut,
    /// It does what it is asked, and its answers are lost.
    ProviderMute,
    /// It takes its time.
    ProviderSlow,
    WarehouseKilled,
    PostgresKilled,
    PostgresFrozen,
    MongodbKilled,
    MongodbFrozen,
    RedisKilled,
    RedisFrozen,
}

const ALL: [Blow; 18] = [
    Blow::NodeKilled(0),
    Blow::NodeKilled(1),
    Blow::NodeFrozen(0),
    Blow::NodeFrozen(1),
    Blow::WorkerKilled,
    Blow::WorkerFrozen,
    Blow::ProviderKilled,
    Blow::ProviderFrozen,
    Blow::ProviderShut,
    Blow::ProviderMute,
    Blow::ProviderSlow,
    Blow::WarehouseKilled,
    Blow::PostgresKilled,
    Blow::PostgresFrozen,
    Blow::MongodbKilled,
    Blow::MongodbFrozen,
    Blow::RedisKilled,
    Blow::RedisFrozen,
];

/// So long at most a blow lasts.
const LASTS_MS: u64 = 1_200;
/// So long at most it is quiet after one.
const QUIET_MS: u64 = 700;

/// Who takes longer over paying than this may find that the time is over.
const PAID_WITHIN_SECONDS: i32 = 8;

/// Lets everything happen once to a shop whose servers are its own.
pub async fn blows(shop: &mut Shop) {
    let mut chance = StdRng::seed_from_u64(shop.seed ^ 0x0077_6561_7468_6572);
    let mut deck = ALL;
    deck.shuffle(&mut chance);
    for blow in deck {
        let [lasts, quiet] = [LASTS_MS, QUIET_MS]
            .map(|most| Duration::from_millis(chance.random_range(most / 4..most)));
        strike(shop, blow).await;
        tokio::time::sleep(lasts).await;
        mend(shop, blow).await;
        shop.time_runs_out(PAID_WITHIN_SECONDS).await;
        tokio::time::sleep(quiet).await;
    }
}

async fn strike(shop: &mut Shop, blow: Blow) {
    match blow {
        Blow::NodeKilled(node) => shop.node(node).kill().await,
        Blow::NodeFrozen(node) => shop.node(node).freeze(),
        Blow::WorkerKilled => shop.worker.kill().await,
        Blow::WorkerFrozen => shop.worker.freeze(),
        Blow::ProviderKilled => shop.provider.kill().await,
        Blow::ProviderFrozen => shop.provider.freeze(),
        Blow::ProviderShut => {
            shop.tells_provider(&json!({ "outage": true })).await;
        }
        Blow::ProviderMute => {
            shop.tells_provider(&json!({ "lose_answers": 15, "fail_webhooks": 10 })).await;
        }
        Blow::ProviderSlow => {
            shop.tells_provider(&json!({ "latency_ms": 900 })).await;
        }
        Blow::WarehouseKilled => shop.warehouse.kill().await,
        Blow::PostgresKilled => own(shop).postgres.kill().await,
        Blow::PostgresFrozen => own(shop).postgres.freeze(),
        Blow::MongodbKilled => own(shop).mongodb.kill().await,
        Blow::MongodbFrozen => own(shop).mongodb.freeze(),
        Blow::RedisKilled => own(shop).redis.kill().await,
        Blow::RedisFrozen => own(shop).redis.freeze(),
    }
}

async fn mend(shop: &mut Shop, blow: Blow) {
    match blow {
        Blow::NodeKilled(node) => shop.start_node(node),
        Blow::NodeFrozen(node) => shop.node(node).thaw(),
        Blow::WorkerKilled => shop.start_worker(),
        Blow::WorkerFrozen => shop.worker.thaw(),
        Blow::ProviderKilled => shop.start_provider(),
        Blow::ProviderFrozen => shop.provider.thaw(),
        Blow::ProviderShut | Blow::ProviderMute | Blow::ProviderSlow => {
            shop.tells_provider(&well()).await;
        }
        Blow::WarehouseKilled => shop.start_warehouse(),
        Blow::PostgresKilled => own(shop).postgres.start_again().await,
        Blow::PostgresFrozen => own(shop).postgres.thaw(),
        Blow::MongodbKilled => own(shop).mongodb.start_again().await,
        Blow::MongodbFrozen => own(shop).mongodb.thaw(),
        Blow::RedisKilled => {
            own(shop).redis.start_again().await;
            shop.forgets_the_bus().await;
        }
        Blow::RedisFrozen => own(shop).redis.thaw(),
    }
}

/// A provider with which nothing is wrong.
pub fn well() -> serde_json::Value {
    json!({ "outage": false, "lose_answers": 0, "fail_webhooks": 0, "latency_ms": 0 })
}

fn own(shop: &mut Shop) -> &mut super::shop::Servers {
    shop.servers.as_mut().expect("a storm kills no databases but its own")
}
