//! Health: `live` says that the process answers, `ready` that what it needs answers too and is as this
//! release needs it.

use crate::stores::Stores;
use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use serde_json::{Map, Value, json};
use std::{fmt::Display, future::Future, time::Duration};

/// How long a dependency may take to answer before it counts as away.
const PATIENCE: Duration = Duration::from_secs(1);

/// `GET /health/live`
pub async fn live() -> &'static str {
    "live\n"
}

/// `GET /health/ready`: 200 when everything answers, else 503 that names what does not. The reasons
/// stand in the log: the answer is public.
pub async fn ready(State(stores): State<Stores>) -> impl IntoResponse {
    let mut checks = Map::new();
    for schema in &stores.schemas {
        let name = schema.name;
        checks.insert(format!("postgresql/{name}"), check(name, schema.ready()).await);
    }
    checks.insert(
        "mongodb".to_owned(),
        check("mongodb", platform::mongodb::ping(&stores.mongodb)).await,
    );
    checks.insert(
        "redis".to_owned(),
        check("redis", platform::redis::ping(stores.redis.clone())).await,
    );
    let ready = checks.values().all(|value| value == "ready");
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": ready, "checks": checks })))
}

async fn check<E: Display>(what: &str, answer: impl Future<Output = Result<(), E>>) -> Value {
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(Ok(())) => "ready".into(),
        Ok(Err(error)) => {
            tracing::warn!(what, %error, "not ready");
            "not ready".into()
        }
        Err(_) => {
            tracing::warn!(what, "no answer in time");
            "not ready".into()
        }
    }
}
