//! Health: `live` says that the process answers, `ready` that what it needs answers too and is as this
//! release needs it. A node with few roles needs little.

use crate::{pulses::Pulses, stores::Connections};
use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use serde_json::{Map, Value, json};
use std::{fmt::Display, future::Future, time::Duration};

/// How long a dependency may take to answer before it counts as away.
const PATIENCE: Duration = Duration::from_secs(1);

/// `/health/…` of a process that stands on these connections, and refuses what needs a database without a
/// pulse: it is not ready before it is known that the database is back.
pub fn routes(connections: Connections, pulses: Pulses) -> Router {
    Router::new()
        .route("/health/live", get("live\n"))
        .route("/health/ready", get(ready).with_state((connections, pulses)))
}

/// `GET /health/ready`: 200 when everything answers, else 503 that names what does not. The reasons
/// stand in the log: the answer is public.
async fn ready(State((connections, pulses)): State<(Connections, Pulses)>) -> impl IntoResponse {
    let mut checks = Map::new();
    for schema in &connections.schemas {
        let name = schema.name;
        let answer = check_alive(&pulses, name, schema.ready()).await;
        checks.insert(format!("postgresql/{name}"), answer);
    }
    if let Some(mongodb) = &connections.mongodb {
        let answer = check_alive(&pulses, "mongodb", platform::mongodb::ping(mongodb)).await;
        checks.insert("mongodb".to_owned(), answer);
    }
    if let Some(redis) = connections.redis {
        checks.insert("redis".to_owned(), check("redis", platform::redis::ping(redis)).await);
    }
    let ready = checks.values().all(|value| value == "ready");
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": ready, "checks": checks })))
}

async fn check_alive<E: Display>(
    pulses: &Pulses,
    what: &str,
    answer: impl Future<Output = Result<(), E>>,
) -> Value {
    if pulses.knows_away(what) { "not ready".into() } else { check(what, answer).await }
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
