//! A node with an endpoint of the tests' own, behind the very gate, and on real databases.

use crate::api::{
    Services, document, framed,
    gate::Gate,
    input::{Json, names},
    known::KnownKeys,
    pace::{Limit, Paces},
    problem::Problem,
    routes::{Routes, Rules},
};
use ::inventory::Inventory;
use accounts::{KeyKind, Keys, MIGRATOR, SCHEMA, Scope};
use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use platform::{
    idempotency::Idempotency,
    testing::{self, TestDatabase},
};
use serde::Deserialize;
use serde_json::Value;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::sync::Semaphore;
use tower::ServiceExt;
use utoipa::ToSchema;
use utoipa_axum::routes;

/// How large a body of the planted endpoint may be.
pub const LIMIT: usize = 100_000;

/// What the planted endpoint does, and how often it did.
pub struct Work {
    pub done: AtomicU32,
    /// It begins when it is let.
    pub let_go: Semaphore,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Crate {
    #[schema(schema_with = names::sku)]
    sku: domain::Sku,
    #[schema(minimum = 1, maximum = 1000)]
    pieces: u32,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Crates {
    #[schema(min_items = 1, max_items = 3)]
    crates: Vec<Crate>,
    /// The status of the answer.
    #[schema(minimum = 200, maximum = 599)]
    answer: Option<u16>,
}

/// Takes crates in.
#[utoipa::path(post, path = "/api/v1/crates", request_body = Crates, responses((status = 200)))]
async fn take_in(
    Extension(work): Extension<Arc<Work>>,
    Json(sent): Json<Crates>,
) -> Result<Response, Problem> {
    let place = work.let_go.acquire().await.map_err(|error| Problem::of_error(&error))?;
    place.forget();
    let done = work.done.fetch_add(1, Ordering::SeqCst) + 1;
    assert_ne!(sent.crates[0].sku.as_str(), "BROKEN", "planted");
    let status = StatusCode::from_u16(sent.answer.unwrap_or(200)).unwrap();
    let pieces: u32 = sent.crates.iter().map(|one| one.pieces).sum();
    Ok((status, [(header::LOCATION, "/there")], format!("{done}: {pieces}")).into_response())
}

/// Some nodes on one database.
pub struct Nodes {
    pub work: Arc<Work>,
    pub key: String,
    pub other_key: String,
    pub database: TestDatabase,
    namespace: String,
    redis_url: String,
}

impl Nodes {
    pub async fn new() -> Self {
        let database = testing::postgres(SCHEMA, &MIGRATOR).await;
        let keys = Keys::new(database.pool.clone());
        let scopes = "inventory:write".parse().unwrap();
        let key = async || keys.create("a test", KeyKind::Secret, &scopes).await.unwrap().expose();
        let (key, other_key) = (key().await, key().await);
        let (redis_url, namespace) = testing::redis();
        let work = Arc::new(Work { done: AtomicU32::new(0), let_go: Semaphore::new(1_000) });
        Self { work, key, other_key, database, namespace, redis_url }
    }

    /// One of them.
    pub async fn node(&self) -> Router {
        let redis = platform::redis::connect(&self.redis_url).await.unwrap();
        let pool = self.database.pool.clone();
        let limit = Limit::new(1_000, 1_000);
        let paces = Paces::new(limit, redis, &self.namespace);
        let known = KnownKeys::new(Keys::new(pool.clone()));
        let gate = Gate::new(known, limit, paces, crate::pulses::Pulses::default());
        let about = document::about("https://shop.example");
        let rules = Rules::of(Scope::InventoryWrite).body(LIMIT);
        let roles = "api".parse().unwrap();
        let routes = Routes::new(about, roles, gate, Idempotency::new(pool.clone()));
        let (router, _) = routes.with(rules, routes!(take_in)).split();
        let router = router.layer(Extension(self.work.clone()));
        framed(router.with_state(Services { inventory: Inventory::new(pool), till: None }))
    }

    /// How often the work was done.
    pub fn done(&self) -> u32 {
        self.work.done.load(Ordering::SeqCst)
    }

    /// Returns once a request of some name is worked on.
    pub async fn one_is_begun(&self) {
        let count = "select count(*) from idempotency_keys";
        let begun = async || -> i64 {
            sqlx::query_scalar(count).fetch_one(&self.database.pool).await.unwrap()
        };
        while begun().await == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// A request to the planted endpoint.
    pub fn post(&self, name: &str, body: impl Into<Body>) -> Request<Body> {
        let request = Request::post("/api/v1/crates")
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json")
            .header("x-request-id", "r-1");
        let request = match name {
            "" => request,
            name => request.header("idempotency-key", name),
        };
        request.body(body.into()).unwrap()
    }
}

/// An answer, read.
#[derive(Debug)]
pub struct Told {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Told {
    pub fn code(&self) -> String {
        let body: Value = serde_json::from_str(&self.text).unwrap_or_default();
        body["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn is_again(&self) -> bool {
        self.headers.get("idempotency-replayed").is_some_and(|told| told == "true")
    }
}

pub async fn ask(node: &Router, request: Request<Body>) -> Told {
    let answer = node.clone().oneshot(request).await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let text = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    Told { status, headers, text: String::from_utf8(text.to_vec()).unwrap() }
}
