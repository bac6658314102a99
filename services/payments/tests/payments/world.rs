//! A store's payments with a database and a provider of their own, and a merchant's address where
//! the provider's webhooks arrive and wait until a test takes them in.

use crate::wire;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::money::{Currency, Money};
use hmac::{Hmac, Mac};
use payments::{
    Payments,
    providers::sandbox::{Patience, Sandbox, Settings},
};
use platform::testing::TestDatabase;
use sandbox::psp;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::net::TcpListener;
use uuid::Uuid;

pub const SECRET: &str = "sk_test_of_these_tests";
pub const WEBHOOK_KEY: &[u8] = b"the webhook key of these tests";
pub const RETURN_URL: &str = "https://shop.example/orders/V-1?key=k";

/// A webhook as it arrived.
#[derive(Clone, Debug)]
pub struct Arrived {
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Arrived {
    /// What the event is called.
    pub fn kind(&self) -> String {
        let event: Value = serde_json::from_slice(&self.body).unwrap();
        event["type"].as_str().unwrap().to_owned()
    }
}

pub struct World {
    pub payments: Payments,
    pub database: TestDatabase,
    pub client: reqwest::Client,
    psp: Option<psp::Running>,
    config: psp::Config,
    post: Arc<Mutex<Vec<Arrived>>>,
}

impl World {
    pub async fn new() -> Self {
        let post = Arc::default();
        let merchant = listen(Arc::clone(&post)).await;
        let mut config = psp::Config {
            listen: ([127, 0, 0, 1], 0).into(),
            state: state_file(),
            secret: SECRET.into(),
            webhook_secret: webhook_secret(),
            webhook_url: format!("http://{merchant}/webhooks/payments/sandbox"),
            public_url: None,
            timing: psp::Timing {
                slow_settlement: Duration::from_secs(2),
                lost_answer_notice: Duration::ZERO,
                ..psp::Timing::default()
            },
        };
        let psp = psp::spawn(config.clone()).await.expect("the provider starts");
        // It comes back at the same address after an outage.
        config.listen = psp.addr();
        let database = platform::testing::postgres(payments::SCHEMA, &payments::MIGRATOR).await;
        let adapter = Arc::new(adapter(psp.addr(), Patience::default()));
        let payments = Payments::new(database.pool.clone(), adapter);
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self { payments, database, client, psp: Some(psp), config, post }
    }

    /// A world with a slow network between the store and the provider, and a store that waits
    /// for less than a second.
    pub async fn with_slow_wire() -> (Self, Arc<wire::Delays>) {
        let mut world = Self::new().await;
        let (addr, delays) = wire::lay(world.psp()).await;
        let patience = Patience { answer: Duration::from_millis(800), ..Patience::default() };
        let adapter = Arc::new(adapter(addr, patience));
        world.payments = Payments::new(world.database.pool.clone(), adapter);
        (world, delays)
    }

    /// The provider's address.
    pub fn psp(&self) -> SocketAddr {
        self.config.listen
    }

    /// An order that owes €19.00.
    pub async fn order(&self) -> Uuid {
        let order = Uuid::now_v7();
        self.payments.open_intent(order, price()).await.unwrap();
        order
    }

    /// The provider's process ends; its file stays.
    pub async fn stop_psp(&mut self) {
        self.psp.take().expect("it runs").stop().await.unwrap();
    }

    /// The provider's process comes back with what it knew.
    pub async fn start_psp(&mut self) {
        self.psp = Some(psp::spawn(self.config.clone()).await.expect("the provider starts"));
    }

    /// Switches faults of the provider.
    pub async fn faults(&self, change: Value) {
        let url = format!("http://{}/test/faults", self.psp());
        let answer = self.client.post(url).json(&change).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
    }

    /// The time of an authorisation ends at the provider.
    pub async fn expire(&self, payment: &str) {
        let url = format!("http://{}/test/payments/{payment}/expire", self.psp());
        let answer = self.client.post(url).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
    }

    /// The provider's own list of payments.
    pub async fn at_provider(&self) -> Vec<Value> {
        let url = format!("http://{}/v1/payments", self.psp());
        let answer = self.client.get(url).bearer_auth(SECRET).send().await.unwrap();
        let list: Value = answer.json().await.unwrap();
        list["data"].as_array().expect("a list").clone()
    }

    /// What the provider says of the only payment it has.
    pub async fn only_payment(&self) -> Value {
        let payments = self.at_provider().await;
        assert_eq!(payments.len(), 1, "{payments:?}");
        payments.into_iter().next().unwrap()
    }

    /// The shopper fills in the form of a page of the provider.
    pub async fn fill_in(&self, page: &str, field: &str, value: &str) {
        let answer = self.client.post(page).form(&[(field, value)]).send().await.expect("a page");
        let status = answer.status();
        assert!(status.is_redirection() || status.is_success(), "{status}");
    }

    /// Opens a payment at the provider that no store has asked for.
    pub async fn foreign_payment(&self, reference: &str, token: Option<&str>) -> Value {
        let url = format!("http://{}/v1/payments", self.psp());
        let body = json!({
            "reference": reference,
            "amount_minor": 500,
            "currency": "EUR",
            "return_url": RETURN_URL,
            "token": token,
        });
        let request = self.client.post(url).bearer_auth(SECRET).json(&body);
        let request = request.header("idempotency-key", Uuid::now_v7().to_string());
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Waits until so many webhooks have arrived, and takes them out.
    pub async fn webhooks(&self, count: usize) -> Vec<Arrived> {
        for _ in 0..200 {
            {
                let mut post = self.post.lock().unwrap();
                if post.len() >= count {
                    return post.drain(..).collect();
                }
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{count} webhooks do not arrive");
    }

    /// Takes in a webhook as the store's web server would.
    pub async fn take_in(&self, webhook: &Arrived) -> Result<Option<Uuid>, payments::WebhookError> {
        let heard = self.payments.receive_webhook(&webhook.headers, &webhook.body).await?;
        Ok(heard.map(|heard| heard.order))
    }

    /// What the postings about an order leave on each account, debits above zero.
    pub async fn books(&self, order: Uuid) -> BTreeMap<String, i64> {
        let books = self.payments.books(order).await.unwrap().into_iter();
        books.map(|balance| (balance.account.clone(), balance.net_minor())).collect()
    }

    /// What the customer of an order owes by the books.
    pub async fn owed(&self, order: Uuid) -> i64 {
        self.books(order).await.get("customer_receivable").copied().unwrap_or_default()
    }

    /// A number that the database counts.
    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.database.pool).await.unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // The file lies in the machine's own folder for what does not last.
        let _ = std::fs::remove_file(&self.config.state);
    }
}

pub fn adapter(psp: SocketAddr, patience: Patience) -> Sandbox {
    Sandbox::new(settings(psp, patience)).unwrap()
}

pub fn settings(psp: SocketAddr, patience: Patience) -> Settings {
    Settings {
        base_url: format!("http://{psp}"),
        secret: SECRET.into(),
        webhook_secret: webhook_secret(),
        patience,
    }
}

pub fn webhook_secret() -> SecretString {
    format!("whsec_{}", STANDARD.encode(WEBHOOK_KEY)).into()
}

pub fn price() -> Money {
    Money::new(1_900, Currency::EUR)
}

/// A webhook that is signed with the right key, whatever it says.
pub fn signed(id: &str, seconds_ago: i64, body: &str) -> Arrived {
    let sent_at = (jiff::Timestamp::now().as_second() - seconds_ago).to_string();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(WEBHOOK_KEY).unwrap();
    mac.update(format!("{id}.{sent_at}.{body}").as_bytes());
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    let mut headers = HeaderMap::new();
    headers.insert("webhook-id", id.parse().unwrap());
    headers.insert("webhook-timestamp", sent_at.parse().unwrap());
    headers.insert("webhook-signature", signature.parse().unwrap());
    Arrived { headers, body: body.to_owned().into() }
}

async fn listen(post: Arc<Mutex<Vec<Arrived>>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let router = Router::new()
        .route("/webhooks/payments/sandbox", axum::routing::post(arrive))
        .with_state(post);
    tokio::spawn(async move { axum::serve(listener, router).await });
    addr
}

async fn arrive(
    State(post): State<Arc<Mutex<Vec<Arrived>>>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    post.lock().unwrap().push(Arrived { headers, body });
    StatusCode::NO_CONTENT
}

fn state_file() -> PathBuf {
    std::env::temp_dir().join(format!("vitrine-payments-{}.jsonl", Uuid::now_v7().simple()))
}
