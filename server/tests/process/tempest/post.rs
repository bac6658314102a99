//! The post between the provider and the store: it loses letters, brings them twice, in another order, and when
//! everything is over. The provider believes in it: what is lost here was taken, as far as the provider knows.

use crate::shopper;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::net::TcpListener;

/// The longest that a letter lies about before it is brought.
const LIES_ABOUT_MS: u64 = 1_500;
/// So long a node may take over a letter.
const PATIENCE: Duration = Duration::from_secs(10);

/// A webhook on its way.
#[derive(Debug, Clone)]
struct Letter {
    headers: HeaderMap,
    body: Bytes,
}

impl Letter {
    /// What the provider calls it.
    fn name(&self) -> String {
        self.headers["webhook-id"].to_str().unwrap().to_owned()
    }
}

/// What becomes of a letter.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Brought,
    Lost,
    Doubled,
    LiesAbout,
    Late,
}

struct Inner {
    client: reqwest::Client,
    nodes: Mutex<Vec<String>>,
    chance: Mutex<StdRng>,
    is_rough: AtomicBool,
    late: Mutex<Vec<Letter>>,
    taken: Mutex<BTreeMap<String, u32>>,
    /// What the store may have seen: it is not lost any more, so that its sender goes on until it is taken.
    shown: Mutex<BTreeSet<String>>,
}

/// Where the provider sends to.
#[derive(Clone)]
pub struct PostOffice {
    inner: Arc<Inner>,
    port: u16,
}

impl PostOffice {
    pub async fn open(seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let inner = Arc::new(Inner {
            client: shopper::client(),
            nodes: Mutex::default(),
            chance: Mutex::new(StdRng::seed_from_u64(seed)),
            is_rough: AtomicBool::new(false),
            late: Mutex::default(),
            taken: Mutex::default(),
            shown: Mutex::default(),
        });
        let router = Router::new().route("/webhooks", post(take)).with_state(inner.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { inner, port }
    }

    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}/webhooks", self.port)
    }

    /// These are brought what comes.
    pub fn knows(&self, nodes: &[String]) {
        *self.inner.nodes.lock().unwrap() = nodes.to_vec();
    }

    /// Whether letters are lost and doubled from now on.
    pub fn is_rough(&self, rough: bool) {
        self.inner.is_rough.store(rough, Ordering::Relaxed);
    }

    /// Which letters the store has taken, by their names, and how often.
    pub fn taken(&self) -> BTreeMap<String, u32> {
        self.inner.taken.lock().unwrap().clone()
    }

    /// Brings what was left lying, each letter twice and in any order; how many those were.
    pub async fn brings_the_rest(&self) -> usize {
        let mut letters = std::mem::take(&mut *self.inner.late.lock().unwrap());
        letters.extend(letters.clone());
        letters.shuffle(&mut *self.inner.chance.lock().unwrap());
        for letter in &letters {
            // One of the nodes has the time that the letter was written at.
            for _ in 0..20 {
                if self.inner.bring(letter).await.is_success() {
                    break;
                }
            }
        }
        letters.len()
    }
}

async fn take(State(inner): State<Arc<Inner>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let letter = Letter { headers, body };
    let is_known = inner.shown.lock().unwrap().contains(&letter.name());
    let fate = if is_known { Fate::Brought } else { inner.draw() };
    match fate {
        Fate::Brought => inner.bring(&letter).await,
        Fate::Lost => StatusCode::NO_CONTENT,
        Fate::Doubled => {
            let (one, other) = tokio::join!(inner.bring(&letter), inner.bring(&letter));
            if one.is_success() { one } else { other }
        }
        Fate::LiesAbout => {
            let wait = inner.chance.lock().unwrap().random_range(0..LIES_ABOUT_MS);
            tokio::time::sleep(Duration::from_millis(wait)).await;
            inner.bring(&letter).await
        }
        Fate::Late => {
            inner.late.lock().unwrap().push(letter);
            StatusCode::NO_CONTENT
        }
    }
}

impl Inner {
    fn draw(&self) -> Fate {
        if !self.is_rough.load(Ordering::Relaxed) {
            return Fate::Brought;
        }
        match self.chance.lock().unwrap().random_range(0..100) {
            0..15 => Fate::Lost,
            15..45 => Fate::Doubled,
            45..60 => Fate::LiesAbout,
            60..70 => Fate::Late,
            _ => Fate::Brought,
        }
    }

    /// Brings a letter to one of the nodes; what that says.
    async fn bring(&self, letter: &Letter) -> StatusCode {
        // First, for whoever sent it may hang up, and then nothing is heard of the answer.
        self.shown.lock().unwrap().insert(letter.name());
        let node = {
            let nodes = self.nodes.lock().unwrap();
            nodes[self.chance.lock().unwrap().random_range(0..nodes.len())].clone()
        };
        let mut request = self.client.post(format!("{node}/webhooks/sandbox")).timeout(PATIENCE);
        for name in ["content-type", "webhook-id", "webhook-timestamp", "webhook-signature"] {
            if let Some(value) = letter.headers.get(name) {
                request = request.header(name, value);
            }
        }
        let answer = request.body(letter.body.clone()).send().await;
        let status = answer.map_or(StatusCode::BAD_GATEWAY, |answer| answer.status());
        if status.is_success() {
            *self.taken.lock().unwrap().entry(letter.name()).or_default() += 1;
        }
        status
    }
}
