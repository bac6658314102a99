//! A provider on a free port with a file of its own, a shop beside it, and a client for both the
//! merchant's API and the buyer's pages.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use reqwest::{Client, RequestBuilder, Response, redirect};
use sandbox::psp::{self, Config, Running, Timing};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::shop::Shop;

pub const SECRET: &str = "sk_test_merchant";
pub const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub const RETURN_URL: &str = "https://shop.example/orders/V-1?key=k%26y";

pub struct World {
    pub shop: Shop,
    pub state: PathBuf,
    pub client: Client,
    timing: Timing,
    provider: Option<Running>,
    base: String,
}

/// Times short enough for tests; the waits between attempts stay distinct.
pub fn quick() -> Timing {
    Timing {
        slow_settlement: Duration::from_millis(400),
        lost_answer_notice: Duration::from_millis(400),
        first_retry: Duration::from_millis(20),
        longest_retry: Duration::from_millis(100),
        ..Timing::default()
    }
}

pub fn config(shop: &Shop, state: &std::path::Path) -> Config {
    Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        state: state.to_owned(),
        secret: SECRET.into(),
        webhook_secret: WEBHOOK_SECRET.into(),
        webhook_url: shop.webhook_url.clone(),
        public_url: None,
        timing: quick(),
    }
}

impl World {
    pub async fn new() -> Self {
        Self::with(quick()).await
    }

    pub async fn with(timing: Timing) -> Self {
        let state = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("psp-{}.jsonl", Uuid::now_v7().simple()));
        let mut world = Self {
            shop: Shop::open().await,
            state,
            client: Client::builder()
                .no_proxy()
                .redirect(redirect::Policy::none())
                // Connections that the provider cuts must not be tried again behind our back.
                .pool_max_idle_per_host(0)
                .build()
                .unwrap(),
            timing,
            provider: None,
            base: String::new(),
        };
        world.start().await;
        world
    }

    pub async fn start(&mut self) {
        let config = Config { timing: self.timing, ..config(&self.shop, &self.state) };
        let provider = psp::spawn(config).await.unwrap();
        self.base = format!("http://{}", provider.addr());
        self.provider = Some(provider);
    }

    pub async fn stop(&mut self) {
        self.provider.take().unwrap().stop().await.unwrap();
    }

    /// Speaks to a provider that this world did not start.
    pub fn turn_to(&mut self, base: String) {
        self.base = base;
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(self.url(path)).bearer_auth(SECRET)
    }

    pub fn post(&self, path: &str, key: &str, body: &Value) -> RequestBuilder {
        self.client
            .post(self.url(path))
            .bearer_auth(SECRET)
            .header("idempotency-key", key)
            .json(body)
    }

    /// Opens a payment of 19.00 EUR, with a token or for the hosted page.
    pub async fn open(&self, token: Option<&str>) -> Value {
        let key = Uuid::now_v7().to_string();
        let answer = self.post("/v1/payments", &key, &proposal(token)).send();
        created(answer.await.unwrap()).await
    }

    pub async fn payment(&self, payment: &Value) -> Value {
        let path = format!("/v1/payments/{}", payment["id"].as_str().unwrap());
        let answer = self.get(&path).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    pub fn refund_request(&self, payment: &Value, key: &str, amount_minor: i64) -> RequestBuilder {
        let path = format!("/v1/payments/{}/refunds", payment["id"].as_str().unwrap());
        self.post(&path, key, &json!({ "amount_minor": amount_minor }))
    }

    pub async fn refund(&self, payment: &Value, key: &str, amount_minor: i64) -> Response {
        let request = self.refund_request(payment, key, amount_minor);
        request.send().await.unwrap()
    }

    pub async fn cancel(&self, payment: &Value) -> Response {
        let path = format!("/v1/payments/{}/cancel", payment["id"].as_str().unwrap());
        let request = self.client.post(self.url(&path)).bearer_auth(SECRET);
        request.send().await.unwrap()
    }

    /// The buyer presses a button on a page of the provider.
    pub async fn press(&self, path: &str, form: &[(&str, &str)]) -> Response {
        self.client
            .post(self.url(path))
            .header("origin", &self.base)
            .header("sec-fetch-site", "same-origin")
            .form(form)
            .send()
            .await
            .unwrap()
    }

    /// The buyer pays on the hosted page with this card.
    pub async fn pay(&self, payment: &Value, card: &str) -> Response {
        let path = format!("/pay/{}", payment["id"].as_str().unwrap());
        self.press(&path, &[("card", card)]).await
    }

    pub async fn set_faults(&self, faults: Value) {
        let request = self.client.post(self.url("/test/faults")).json(&faults);
        assert_eq!(request.send().await.unwrap().status(), 200);
    }

    pub async fn events(&self, payment: &Value) -> Vec<Value> {
        let path = format!("/test/payments/{}/events", payment["id"].as_str().unwrap());
        self.get(&path).send().await.unwrap().json().await.unwrap()
    }

    /// Waits until the provider has noted that the shop has every event of a payment.
    pub async fn acknowledged(&self, payment: &Value) {
        let patience = Instant::now() + Duration::from_secs(10);
        loop {
            let events = self.events(payment).await;
            if !events.is_empty() && events.iter().all(|e| !e["acknowledged_at"].is_null()) {
                return;
            }
            assert!(Instant::now() < patience, "not acknowledged: {events:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // The file may be gone already, or still held: it lies in the build's own folder.
        let _ = std::fs::remove_file(&self.state);
    }
}

pub fn proposal(token: Option<&str>) -> Value {
    let mut proposal = json!({
        "reference": "V-1",
        "amount_minor": 1_900,
        "currency": "EUR",
        "return_url": RETURN_URL,
        "metadata": {"order": "1"},
    });
    if let Some(token) = token {
        proposal["token"] = token.into();
    }
    proposal
}

pub async fn created(answer: Response) -> Value {
    let status = answer.status();
    let body: Value = answer.json().await.unwrap();
    assert_eq!(status, 201, "{body}");
    body
}

/// The status and the code of an error.
pub async fn problem(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    assert!(body["error"]["message"].is_string(), "{body}");
    (status, body["error"]["code"].as_str().unwrap().to_owned())
}

/// Where an answer sends the browser.
pub fn location(answer: &Response) -> &str {
    assert_eq!(answer.status(), 303);
    answer.headers()["location"].to_str().unwrap()
}
