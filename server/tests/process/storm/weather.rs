//! What happens in a storm, and how it ends.

use super::software;
use crate::{
    api,
    world::{Ground, Process, Store, free_port, until},
};
use domain::{Sku, stock::Demand};
use inventory::{ExpectError, ExpectedReturn, HoldError, Inventory};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};
use uuid::Uuid;

const SKUS: [&str; 3] = ["LAMP", "CHAIR-R", "CHAIR-B"];
const WAREHOUSES: [&str; 2] = ["berlin", "lyon"];
/// So many things happen in a storm.
const TURNS: u32 = 150;
/// What should come to rest has done so by then.
const PATIENCE: Duration = Duration::from_secs(30);
/// What does not come to rest is not waited for any longer.
const LEFT_ALONE: Duration = Duration::from_secs(3);
const MINUTES: Duration = Duration::from_secs(600);

/// A store with a worker, a warehouse's software, and what happens to them.
pub struct Storm {
    pub store: Store,
    pub wms: Process,
    pub inventory: Inventory,
    worker: Process,
    orders: Vec<Uuid>,
    chance: StdRng,
    seed: u64,
    keys: [(&'static str, String); 2],
    address: String,
    faults: Value,
}

impl Storm {
    /// All is up, and the software knows what lies on its shelves. Nothing but the faults that are named goes wrong
    /// so far.
    pub async fn begin(seed: u64, faults: Value) -> Self {
        let mut ground = Ground::new().await;
        let quick = [
            // The software tells much in little time.
            ("VITRINE__API__REQUESTS_PER_SECOND", "2000"),
            ("VITRINE__API__REQUESTS_BURST", "2000"),
            ("VITRINE__WEBHOOKS__ALLOW_PRIVATE", "true"),
        ];
        ground.settings.extend(quick.map(|(name, value)| (name, value.to_owned())));
        let store = Store::open_on(ground).await;
        let key = api::key(&store, "inventory:read,inventory:write").await;
        let database = &store.database.url;
        let pool = platform::postgres::connect(database, inventory::SCHEMA, 4).await.unwrap();
        let address = format!("127.0.0.1:{}", free_port());
        let secret = software::webhooks(&store, &address).await;
        let keys = [("VITRINE_WMS_API_KEY", key), ("VITRINE_WMS_WEBHOOK_SECRET", secret)];
        let worker = store.worker();
        let wms = software::start(&store, &keys, &address, seed, &faults, &software::hurry());
        let storm = Self {
            wms,
            worker,
            inventory: Inventory::new(pool),
            orders: Vec::new(),
            chance: StdRng::seed_from_u64(seed),
            store,
            seed,
            keys,
            address,
            faults,
        };
        storm.is_stocked().await;
        storm
    }

    /// The file of the software.
    pub fn state(&self) -> PathBuf {
        self.store.folder.join("wms.state")
    }

    /// What the software answers.
    pub async fn asks(&self, path: &str) -> Option<Value> {
        let answer = self.store.client.get(format!("http://{}{path}", self.address)).send().await;
        answer.ok()?.json().await.ok()
    }

    /// The end of what it logged.
    pub fn last_words(&self) -> String {
        let log = self.wms.log();
        let lines: Vec<_> = log.lines().rev().take(20).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// Its list of what lies there.
    pub fn list(&self) -> String {
        format!("http://{}/v1/levels", self.address)
    }

    async fn tells(&self, path: &str, body: &Value) {
        let url = format!("http://{}{path}", self.address);
        let answer = self.store.client.post(url).json(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }

    async fn is_stocked(&self) {
        let stocked = async || {
            let state = self.asks("/test/state").await;
            state.is_some_and(|state| state["is_stocked"] == true)
        };
        until("the software knows what lies there", stocked).await;
    }

    /// An order is placed and paid; `None` if there is not enough.
    pub async fn order(&mut self, lines: &[(&str, u32)]) -> Option<Uuid> {
        let demand = |(sku, quantity): &(&str, u32)| Demand {
            sku: Sku::parse(sku).unwrap(),
            quantity: *quantity,
        };
        let demands: Vec<_> = lines.iter().map(demand).collect();
        let order = Uuid::now_v7();
        match self.inventory.hold(order, &demands, MINUTES).await {
            Ok(_) => {}
            Err(HoldError::OutOfStock(_)) => return None,
            Err(error) => panic!("{error}"),
        }
        self.inventory.allocate(order).await.unwrap();
        self.orders.push(order);
        Some(order)
    }

    /// A supplier brings this to Berlin.
    pub async fn receive(&self, sku: &str, quantity: u32) {
        let lines = json!([{ "sku": sku, "quantity": quantity }]);
        self.tells("/test/receive", &json!({ "warehouse": "berlin", "lines": lines })).await;
    }

    /// Everything at once.
    pub async fn blow(&mut self) {
        // Also after a restart.
        self.faults = software::faults();
        self.tells("/test/faults", &self.faults).await;
        for _ in 0..TURNS {
            match self.chance.random_range(0..100) {
                0..40 => {
                    let first = SKUS[self.chance.random_range(0..SKUS.len())];
                    let second = SKUS[self.chance.random_range(0..SKUS.len())];
                    let (one, other) =
                        (self.chance.random_range(1..4), self.chance.random_range(1..3));
                    let lines = [(first, one), (second, other)];
                    let both = first != second && self.chance.random_bool(0.4);
                    self.order(if both { &lines } else { &lines[..1] }).await;
                }
                40..50 if !self.orders.is_empty() => {
                    // More often one that is on its way just now.
                    let back = self.chance.random_range(0..self.orders.len().min(6));
                    let order = self.orders[self.orders.len() - 1 - back];
                    self.inventory.cancel_allocation(order).await.unwrap();
                }
                50..55 if !self.orders.is_empty() => self.comes_back().await,
                55..59 => {
                    self.kill_warehouse().await;
                    self.pause(200).await;
                    self.start_warehouse();
                }
                59..61 => self.another_node().await,
                61..63 => {
                    self.worker.kill().await;
                    self.pause(200).await;
                    self.worker = self.store.worker();
                }
                _ => self.pause(60).await,
            }
        }
        assert!(self.orders.len() > 15, "a storm in which next to nothing was sold shows nothing");
    }

    /// A customer says that one piece will come back, of whatever was sent.
    async fn comes_back(&mut self) {
        let order = self.orders[self.chance.random_range(0..self.orders.len())];
        let sent: Option<(String, String)> = sqlx::query_as(
            "select sku, warehouse from inventory.holds where reference = $1 and shipped > 0 limit 1",
        )
        .bind(order)
        .fetch_optional(&self.store.database.pool)
        .await
        .unwrap();
        let Some((sku, warehouse)) = sent else { return };
        let lines = vec![(Sku::parse(&sku).unwrap(), 1)];
        let expected = ExpectedReturn { id: Uuid::now_v7(), order, warehouse, lines };
        match self.inventory.expect_return(&expected).await {
            // All that was sent is expected already.
            Ok(_) | Err(ExpectError::NotShipped { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }

    async fn pause(&mut self, at_most: u64) {
        let wait = self.chance.random_range(0..at_most);
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }

    /// The node is lost, and another one takes its place.
    async fn another_node(&mut self) {
        self.store.serve.kill().await;
        self.pause(200).await;
        self.store.serve = self.store.start("serve", &[]);
    }

    pub async fn kill_warehouse(&mut self) {
        self.wms.kill().await;
    }

    pub fn start_warehouse(&mut self) {
        let (keys, faults, habits) = (&self.keys, &self.faults, software::hurry());
        self.wms = software::start(&self.store, keys, &self.address, self.seed, faults, &habits);
    }

    /// Nothing goes wrong any more, all that was sold is brought if it is not there, and is counted: waits until
    /// nothing is left to be done or told.
    pub async fn calm(&mut self) {
        self.store.until("it is ready", async || self.store.readiness().await.0 == 200).await;
        self.is_stocked().await;
        self.faults = json!({});
        self.tells("/test/faults", &software::no_faults()).await;
        self.tells("/test/habits", &software::calm()).await;
        // A piece that was miscounted may have been sold and not be there: no program mends that.
        for warehouse in WAREHOUSES {
            let lines: Vec<_> =
                SKUS.iter().map(|sku| json!({ "sku": sku, "quantity": 20 })).collect();
            let delivery = json!({ "warehouse": warehouse, "lines": lines });
            self.tells("/test/receive", &delivery).await;
        }
        self.tells("/test/count", &Value::Null).await;
        let begun = Instant::now();
        while !self.is_at_rest().await {
            let state = self.asks("/test/state").await;
            assert!(begun.elapsed() < PATIENCE, "no rest: {state:?}\n{}", self.last_words());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Ends what goes wrong and waits a while, whether it comes to rest or not.
    pub async fn rests_or_not(&self) {
        self.is_stocked().await;
        self.tells("/test/habits", &software::calm()).await;
        let begun = Instant::now();
        while !self.is_at_rest().await && begun.elapsed() < LEFT_ALONE {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Whether neither side has anything left to do or to tell.
    pub async fn is_at_rest(&self) -> bool {
        let Some(state) = self.asks("/test/state").await else { return false };
        let done = ["open", "returns", "untold", "uncounted", "unacknowledged"];
        let allocated = "select count(*) from inventory.holds where state = 'allocated'";
        let unheard = "
            select
              (select count(*) from inventory.untold_lines)
              + (select count(*) from inventory.instructions where acknowledged_at is null)";
        let count = async |query: &'static str| -> i64 {
            sqlx::query_scalar(query).fetch_one(&self.store.database.pool).await.unwrap()
        };
        done.iter().all(|name| state[name] == 0)
            && count(allocated).await == 0
            && count(unheard).await == 0
    }
}
