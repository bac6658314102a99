//! The merchant's side of a webhook: takes what comes, and can be told to refuse.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;

/// A webhook as it arrived.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub headers: HeaderMap,
    pub body: String,
    pub at: Instant,
    /// What the shop answered.
    pub answered: u16,
}

impl Delivery {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

#[derive(Default)]
struct Inbox {
    deliveries: Mutex<Vec<Delivery>>,
    status: AtomicU16,
}

/// A shop that listens for webhooks.
#[derive(Clone)]
pub struct Shop {
    inbox: Arc<Inbox>,
    pub webhook_url: String,
}

impl Shop {
    pub async fn open() -> Self {
        let inbox = Arc::new(Inbox::default());
        inbox.status.store(204, Ordering::SeqCst);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let webhook_url = format!("http://{}/webhooks", listener.local_addr().unwrap());
        let router = Router::new().route("/webhooks", post(receive)).with_state(inbox.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { inbox, webhook_url }
    }

    /// From now on every webhook is answered with this status.
    pub fn answers(&self, status: u16) {
        self.inbox.status.store(status, Ordering::SeqCst);
    }

    pub fn deliveries(&self) -> Vec<Delivery> {
        self.inbox.deliveries.lock().unwrap().clone()
    }

    /// The kinds of what arrived so far.
    pub fn kinds(&self) -> Vec<String> {
        self.deliveries().iter().map(Delivery::kind).collect()
    }

    /// Waits until this many webhooks have arrived.
    pub async fn receives(&self, count: usize) -> Vec<Delivery> {
        let patience = Instant::now() + Duration::from_secs(10);
        loop {
            let deliveries = self.deliveries();
            if deliveries.len() >= count {
                return deliveries;
            }
            assert!(
                Instant::now() < patience,
                "{count} webhooks expected, these came: {:?}",
                self.kinds()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits long enough for a stray webhook, then says what came.
    pub async fn receives_no_more_than(&self, count: usize) {
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(self.deliveries().len(), count, "{:?}", self.kinds());
    }
}

async fn receive(State(inbox): State<Arc<Inbox>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let answered = inbox.status.load(Ordering::SeqCst);
    inbox.deliveries.lock().unwrap().push(Delivery {
        headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
        at: Instant::now(),
        answered,
    });
    StatusCode::from_u16(answered).unwrap()
}
