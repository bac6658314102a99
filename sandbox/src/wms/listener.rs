//! How the store is heard: by webhook, and by reading its feed. Both lead to the same place, where what was heard
//! before is known by its id; whichever comes first, nothing is done twice.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;

use crate::connection::Cut;

use super::record::Instruction;
use super::teller::LONGEST_PAUSE;
use super::warehouse::Warehouse;

/// A webhook's body: its type and time stand in the instruction as well.
#[derive(Deserialize)]
struct Told {
    data: Instruction,
}

/// Takes a webhook of the store: 204 once it is on the disk.
pub async fn webhook(
    State(warehouse): State<Warehouse>,
    ConnectInfo(connection): ConnectInfo<Cut>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let (faults, chance) = (warehouse.faults(), warehouse.chance());
    if chance.happens(faults.lost_requests, "webhook: lost request") {
        connection.cut();
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
    let signatures = header("webhook-signature");
    let is_the_store = warehouse
        .signer()
        .is_some_and(|signer| signer.knows(id, timestamp, &body, signatures, Timestamp::now()));
    if !is_the_store {
        tracing::warn!(id, "a webhook that the store has not signed");
        return StatusCode::UNAUTHORIZED;
    }
    let instruction = match serde_json::from_slice::<Told>(&body) {
        Ok(told) => told.data,
        Err(error) => {
            tracing::error!(%error, id, "a webhook of the store cannot be read");
            return StatusCode::BAD_REQUEST;
        }
    };
    if warehouse.hear(vec![instruction], None).await.is_err() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    if chance.happens(faults.lost_answers, "webhook: lost answer") {
        connection.cut();
    }
    StatusCode::NO_CONTENT
}

/// Reads the store's feed, for as long as the software runs: page after page, and at its end now and then.
pub async fn follow(warehouse: Warehouse) {
    let mut failures = 0_u32;
    loop {
        let cursor = match warehouse.read(|book, _| book.cursor.clone()).await {
            Ok(cursor) => cursor,
            Err(_) => return,
        };
        let (faults, chance) = (warehouse.faults(), warehouse.chance());
        let heard = match warehouse.store().instructions(cursor.as_deref()).await {
            Ok(_) if chance.happens(faults.lost_answers, "feed: lost answer") => None,
            Ok(feed) => Some(feed),
            Err(error) => {
                tracing::warn!(%error, "the store's feed cannot be read; it will be");
                failures = failures.saturating_add(1);
                None
            }
        };
        if heard.is_some() {
            failures = 0;
        }
        let goes_on = heard.as_ref().is_some_and(|feed| !feed.items.is_empty());
        if let Some(feed) = heard
            && warehouse.hear(feed.items, feed.next).await.is_err()
        {
            return;
        }
        if !goes_on {
            let wait = Duration::from_millis(warehouse.habits().poll_every_ms);
            let wait = wait.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST_PAUSE);
            tokio::time::sleep(wait).await;
        }
    }
}
