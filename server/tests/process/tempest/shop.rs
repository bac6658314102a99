//! The shop that the tempest blows on: two nodes of which one has the wrong time, a worker, the payment provider and
//! a warehouse's software, each a process, on databases that are this shop's own and may be killed.

use super::post::PostOffice;
use crate::{
    api,
    servers::Server,
    storm::software,
    world::{Ground, Process, SOON, Store, free_port, until},
};
use domain::Sku;
use inventory::Inventory;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};

/// What is sold, and how many pieces of it lie in each warehouse: one of which there is enough, and two that run out.
pub const SHELVES: [(&str, u32); 3] = [("LAMP", 2_000), ("CHAIR-R", 12), ("CHAIR-B", 12)];
pub const WAREHOUSES: [&str; 2] = ["berlin", "lyon"];
/// Debian's place of a library that shifts the clock of a process.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
/// The least that a shop may give; see [`Shop::time_runs_out`].
const TIME_TO_PAY_SECONDS: &str = "60";

/// So long a node may take to be ready after a storm.
const UP_WITHIN: Duration = Duration::from_secs(60);

/// Pieces by warehouse and SKU.
pub type Shelves = BTreeMap<(String, String), i64>;

/// The databases, where they are the shop's own.
pub struct Servers {
    pub postgres: Server,
    pub mongodb: Server,
    pub redis: Server,
}

impl Drop for Servers {
    fn drop(&mut self) {
        self.thaw();
    }
}

impl Servers {
    fn thaw(&self) {
        for server in [&self.postgres, &self.mongodb, &self.redis] {
            server.thaw();
        }
    }
}

pub struct Shop {
    pub seed: u64,
    pub store: Store,
    /// The node whose clock is an hour fast.
    pub skewed: Process,
    pub worker: Process,
    pub provider: Process,
    pub warehouse: Process,
    pub post: PostOffice,
    /// Where the nodes are.
    pub nodes: [String; 2],
    /// What lay there before anybody came.
    pub at_first: Shelves,
    /// What was in the bus before this instant of the database's clock may be lost: Redis keeps nothing.
    pub bus_since: String,
    pub servers: Option<Servers>,
    provider_address: String,
    warehouse_address: String,
    keys: [(&'static str, String); 2],
    faults: Value,
}

impl Drop for Shop {
    fn drop(&mut self) {
        // The databases' own clearing up would wait for ever for one that hangs.
        if let Some(servers) = &self.servers {
            servers.thaw();
        }
    }
}

impl Shop {
    /// A shop on databases of its own.
    pub async fn on_own_servers(seed: u64) -> Self {
        let (postgres, mongodb, redis) =
            tokio::join!(Server::postgres(), Server::mongodb(), Server::redis());
        let ground = Ground::on_servers(
            &postgres.url("postgres://vitrine@", "/postgres"),
            &mongodb.url("mongodb://", ""),
            &redis.url("redis://", "/0"),
        )
        .await;
        Self::open(seed, ground, Some(Servers { postgres, mongodb, redis })).await
    }

    /// A shop on the tests' databases, which are nobody's to kill.
    pub async fn on_shared_servers(seed: u64) -> Self {
        Self::open(seed, Ground::new().await, None).await
    }

    async fn open(seed: u64, mut ground: Ground, servers: Option<Servers>) -> Self {
        let [provider_address, warehouse_address] =
            [free_port(), free_port()].map(|port| format!("127.0.0.1:{port}"));
        let settings = [
            ("VITRINE__PAYMENTS__SANDBOX__URL", format!("http://{provider_address}")),
            // Everybody comes from one address here.
            ("VITRINE__SERVER__CHANGES_PER_SECOND", "100000".to_owned()),
            ("VITRINE__SERVER__CHANGES_BURST", "100000".to_owned()),
            ("VITRINE__API__REQUESTS_PER_SECOND", "2000".to_owned()),
            ("VITRINE__API__REQUESTS_BURST", "2000".to_owned()),
            ("VITRINE__WEBHOOKS__ALLOW_PRIVATE", "true".to_owned()),
            ("VITRINE__ORDERS__TIME_TO_PAY_SECONDS", TIME_TO_PAY_SECONDS.to_owned()),
            ("VITRINE__ORDERS__FIRST_CHECK_SECONDS", "1".to_owned()),
            ("VITRINE__ORDERS__SWEEP_SECONDS", "1".to_owned()),
        ];
        ground.settings.extend(settings);
        let post = PostOffice::open(seed).await;
        let store = Store::open_on(ground).await;
        let second = format!("127.0.0.1:{}", free_port());
        let nodes = [store.url.clone(), format!("http://{second}")];
        post.knows(&nodes);
        let at_first = stock_the_shelves(&store).await;
        let key = api::key(&store, "inventory:read,inventory:write").await;
        let secret = software::webhooks(&store, &warehouse_address).await;
        let keys = [("VITRINE_WMS_API_KEY", key), ("VITRINE_WMS_WEBHOOK_SECRET", secret)];
        let (faults, habits) = (json!({}), software::calm());
        let shop = Self {
            skewed: start_skewed(&store, &second),
            worker: store.worker(),
            provider: start_provider(&store, &provider_address, &post),
            warehouse: software::start(&store, &keys, &warehouse_address, seed, &faults, &habits),
            bus_since: "-infinity".to_owned(),
            seed,
            store,
            post,
            nodes,
            at_first,
            servers,
            provider_address,
            warehouse_address,
            keys,
            faults,
        };
        shop.is_up().await;
        shop
    }

    /// Waits until everything is there.
    pub async fn is_up(&self) {
        for (node, process) in self.nodes.iter().zip([&self.store.serve, &self.skewed]) {
            let begun = Instant::now();
            while !self.is_well(node, "health/ready").await {
                let words = last_words(process);
                assert!(begun.elapsed() < UP_WITHIN, "{node} is not ready: {words}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        let provider = self.provider_url();
        until("the provider is there", async || self.is_well(&provider, "health").await).await;
        let stocked = async || {
            let state = self.asks_warehouse("test/state").await;
            state.is_some_and(|state| state["is_stocked"] == true)
        };
        until("the warehouse knows what lies there", stocked).await;
    }

    async fn is_well(&self, base: &str, path: &str) -> bool {
        let answer = self.store.client.get(format!("{base}/{path}")).timeout(SOON).send().await;
        answer.is_ok_and(|answer| answer.status() == 200)
    }

    pub fn provider_url(&self) -> String {
        format!("http://{}", self.provider_address)
    }

    /// The warehouse's list of what lies there.
    pub fn warehouse_list(&self) -> String {
        format!("http://{}/v1/levels", self.warehouse_address)
    }

    pub fn start_node(&mut self, node: usize) {
        match node {
            0 => self.store.serve = self.store.start("serve", &[]),
            _ => {
                let address = self.nodes[1].trim_start_matches("http://");
                self.skewed = start_skewed(&self.store, address);
            }
        }
    }

    pub fn node(&mut self, node: usize) -> &mut Process {
        if node == 0 { &mut self.store.serve } else { &mut self.skewed }
    }

    pub fn start_worker(&mut self) {
        self.worker = self.store.worker();
    }

    pub fn start_provider(&mut self) {
        self.provider = start_provider(&self.store, &self.provider_address, &self.post);
    }

    pub fn start_warehouse(&mut self) {
        let (address, habits) = (&self.warehouse_address, software::calm());
        let (keys, faults) = (&self.keys, &self.faults);
        self.warehouse = software::start(&self.store, keys, address, self.seed, faults, &habits);
    }

    /// Starts again what has ended, e.g. because its databases were away for too long when it started.
    pub fn start_what_has_ended(&mut self) {
        for node in [0, 1] {
            if self.node(node).has_ended() {
                self.start_node(node);
            }
        }
        if self.worker.has_ended() {
            self.start_worker();
        }
        if self.provider.has_ended() {
            self.start_provider();
        }
        if self.warehouse.has_ended() {
            self.start_warehouse();
        }
    }

    /// Switches faults of the provider; it may be away itself.
    pub async fn tells_provider(&self, faults: &Value) -> bool {
        let url = format!("{}/test/faults", self.provider_url());
        let sent = self.store.client.post(url).json(faults).timeout(SOON).send().await;
        sent.is_ok_and(|answer| answer.status().is_success())
    }

    pub async fn asks_provider(&self, path: &str) -> Value {
        let secret = "sk_test_merchant_of_tests";
        let request = self.store.client.get(format!("{}/{path}", self.provider_url()));
        request.bearer_auth(secret).send().await.unwrap().json().await.unwrap()
    }

    pub async fn asks_warehouse(&self, path: &str) -> Option<Value> {
        let url = format!("http://{}/{path}", self.warehouse_address);
        self.store.client.get(url).timeout(SOON).send().await.ok()?.json().await.ok()
    }

    /// What goes wrong in the warehouse from now on, or how people work there.
    pub async fn tells_warehouse(&self, what: &str, settings: &Value) {
        let url = format!("http://{}/test/{what}", self.warehouse_address);
        let told = async || {
            let sent = self.store.client.post(&url).json(settings).timeout(SOON).send().await;
            sent.is_ok_and(|answer| answer.status().is_success())
        };
        until("the warehouse hears", told).await;
    }

    /// The warehouse loses, doubles and delays what it says and hears. Nobody miscounts: what is sold is counted.
    pub async fn disturb_warehouse(&mut self) {
        self.faults = json!({
            "lost_requests": 80, "lost_answers": 80, "duplicates": 150, "disorder": 300, "delays": 200,
            "delay_ms": 150,
        });
        self.tells_warehouse("faults", &self.faults).await;
    }

    /// Nothing goes wrong in the warehouse any more.
    pub async fn calm_warehouse(&mut self) {
        self.faults = json!({});
        self.tells_warehouse("faults", &software::no_faults()).await;
    }

    /// The time to pay is over for what was ordered so long ago or longer, as if that had been a minute: so orders run
    /// out while they are being paid, and nobody waits for it.
    pub async fn time_runs_out(&self, seconds_ago: i32) {
        let update = async |statement: &'static str| {
            let updated =
                sqlx::query(statement).bind(seconds_ago).execute(&self.store.database.pool).await;
            if let Err(error) = updated {
                super::say(&format!("time does not run out for anybody: {error}"));
            }
        };
        update(
            "update orders.orders
             set expires_at = now(),
               next_check_at = now()
             where state = 'awaiting_payment'
               and expires_at > now()
               and placed_at < now() - make_interval(secs => $1)",
        )
        .await;
        update(
            "update inventory.holds
             set expires_at = now()
             where state = 'held'
               and expires_at > now()
               and created_at < now() - make_interval(secs => $1)",
        )
        .await;
    }

    /// The bus begins anew: what was in it is lost.
    pub async fn forgets_the_bus(&mut self) {
        self.bus_since = sqlx::query_scalar("select now()::text")
            .fetch_one(&self.store.database.pool)
            .await
            .unwrap();
    }
}

/// The end of what a process logged.
pub fn last_words(process: &Process) -> String {
    let log = process.log();
    let lines: Vec<_> = log.lines().rev().take(15).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

fn start_skewed(store: &Store, address: &str) -> Process {
    assert!(Path::new(FAKETIME).exists(), "{FAKETIME} is missing: scripts/toolchain.sh test");
    let settings = [
        ("VITRINE__SERVER__LISTEN", address),
        ("LD_PRELOAD", FAKETIME),
        ("FAKETIME", "+3600s"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
    ];
    store.start("serve", &settings)
}

fn start_provider(store: &Store, address: &str, post: &PostOffice) -> Process {
    let mut command = store.command(&["sandbox-psp", "--listen", address, "--state"]);
    command.arg(store.folder.join("psp.state"));
    command.args(["--webhook-url", &post.address()]);
    Process::start(&mut command)
}

/// Puts the pieces there, and answers what lies where.
async fn stock_the_shelves(store: &Store) -> Shelves {
    let schema = inventory::SCHEMA;
    let pool = platform::postgres::connect(&store.database.url, schema, 1).await.unwrap();
    let inventory = Inventory::new(pool);
    let pieces = SHELVES.map(|(sku, pieces)| (Sku::parse(sku).unwrap(), pieces));
    let mut shelves = Shelves::new();
    for warehouse in WAREHOUSES {
        inventory.set_levels(warehouse, &pieces, "count").await.unwrap();
        for (sku, pieces) in SHELVES {
            shelves.insert((warehouse.to_owned(), sku.to_owned()), i64::from(pieces));
        }
    }
    shelves
}
