//! A warehouse's software on a free port with a file of its own, a store beside it, and a client for both.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use reqwest::{Client, Response};
use sandbox::wms::{self, Begin, Config, Faults, Habits, Running};
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;

use crate::store::{KEY, Store};

pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// How long anything here may take before it counts as not happening.
const SOON: Duration = Duration::from_secs(20);

pub struct World {
    pub store: Store,
    pub client: Client,
    pub config: Config,
    running: Option<Running>,
    base: String,
}

/// People who lose no time, and send everything at once.
pub fn quick() -> Habits {
    Habits {
        pick_ms_least: 0,
        pick_ms_most: 5,
        parts: 0,
        return_ms: 10,
        scrap: 0,
        tell_every_ms: 5,
        poll_every_ms: 10,
        retry_ms: 5,
        ..Habits::default()
    }
}

fn config(store: &Store, state: &Path) -> Config {
    Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        state: state.to_owned(),
        store_url: store.url.clone(),
        api_key: KEY.into(),
        webhook_secret: Some(SECRET.into()),
        source: "wms".to_owned(),
        warehouses: vec!["berlin".to_owned(), "lyon".to_owned()],
        begin: Begin::AsTheStoreSays,
        seed: 1,
        faults: Faults::default(),
        habits: quick(),
    }
}

/// Waits until it is so.
pub async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !so().await {
        assert!(begun.elapsed() < SOON, "it does not come to pass that {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

impl World {
    pub async fn with(stock: &[(&str, &str, i64)]) -> Self {
        Self::working(stock, |_| {}).await
    }

    /// One that is set up otherwise.
    pub async fn working(stock: &[(&str, &str, i64)], set: impl FnOnce(&mut Config)) -> Self {
        let state = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("wms-{}.jsonl", Uuid::now_v7().simple()));
        let store = Store::with(stock).await;
        let mut config = config(&store, &state);
        set(&mut config);
        let client = Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
        let mut world = Self { store, client, config, running: None, base: String::new() };
        world.start().await;
        until("it knows what lies there", async || world.state().await["is_stocked"] == true).await;
        world
    }

    pub async fn start(&mut self) {
        let running = wms::spawn(self.config.clone()).await.unwrap();
        self.base = format!("http://{}", running.addr());
        self.running = Some(running);
    }

    pub async fn stop(&mut self) {
        self.running.take().unwrap().stop().await.unwrap();
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub async fn get(&self, path: &str) -> Value {
        self.client.get(self.url(path)).send().await.unwrap().json().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: Value) -> Response {
        self.client.post(self.url(path)).json(&body).send().await.unwrap()
    }

    pub async fn state(&self) -> Value {
        self.get("/test/state").await
    }

    /// What the software believes lies there.
    pub async fn believes(&self, warehouse: &str, sku: &str) -> i64 {
        let told = self.get("/v1/levels").await;
        let levels = told["levels"].as_array().unwrap();
        let is_it = |level: &&Value| level["warehouse"] == warehouse && level["sku"] == sku;
        levels.iter().find(is_it).map_or(0, |level| level["on_hand"].as_i64().unwrap())
    }

    /// A line of an order in a warehouse.
    pub async fn line(&self, order: Uuid, sku: &str) -> Value {
        let orders = self.get("/v1/orders").await;
        let of_order = orders.as_array().unwrap().iter().find(|one| one["order"] == json!(order));
        let lines = of_order.map(|one| one["lines"].as_array().unwrap().clone());
        let line = lines.unwrap_or_default().into_iter().find(|line| line["sku"] == sku);
        line.unwrap_or_default()
    }

    /// The store tells an instruction by webhook, signed with this secret; the status of the answer, or 0.
    pub async fn webhook(&self, instruction: &Value, secret: &str) -> u16 {
        let body = json!({
            "type": instruction["type"], "timestamp": Timestamp::now(), "data": instruction,
        })
        .to_string();
        let (id, at) = (instruction["id"].as_str().unwrap(), Timestamp::now().as_second());
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{id}.{at}.{body}").as_bytes());
        let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        let sent = self
            .client
            .post(self.url("/webhooks/store"))
            .header("webhook-id", id)
            .header("webhook-timestamp", at)
            .header("webhook-signature", signature)
            .body(body);
        sent.send().await.map_or(0, |answer| answer.status().as_u16())
    }

    /// Waits until nothing is left to be done or told.
    pub async fn rests(&self) {
        until("nothing is left to be done or told", async || self.is_at_rest().await).await;
    }

    pub async fn is_at_rest(&self) -> bool {
        // What is in the feed has to be heard first.
        let state = self.state().await;
        let done = ["open", "returns", "untold", "uncounted", "unacknowledged"];
        let is_done = done.iter().all(|name| state[name] == 0);
        let books = self.store.books.lock().unwrap();
        let all = books.feed.iter().map(|item| item["id"].as_str().unwrap());
        is_done && all.into_iter().all(|id| books.acknowledged.contains(id))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.config.state);
    }
}
