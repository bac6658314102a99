//! The test panel's switches as JSON, under `/test`, for tests that have no browser.
//!
//! | request | answer |
//! |---|---|
//! | `GET /test/faults` | the faults as they stand |
//! | `POST /test/faults` `{outage?, lose_answers?, fail_webhooks?, latency_ms?, withhold_fees?}` | the same, after the change |
//! | `GET /test/payments/{id}/events` | the events of a payment with their attempts |
//! | `POST /test/payments/{id}/expire` | 202; the time of its authorisation has ended |
//! | `POST /test/events/{id}/resend` | 202; the event goes out once more |
//!
//! No secret is asked for: whoever reaches the sandbox may play with it.

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Json;
use axum::routing::{get, post};
use jiff::Timestamp;
use serde::Serialize;

use super::api::parse;
use super::book::{AttemptOutcome, Posted};
use super::event::EventKind;
use super::faults::{FaultChange, FaultSettings};
use super::ids::{EventId, PaymentId};
use super::problem::Problem;
use super::provider::{Failure, Provider};

/// The routes under `/test`.
pub fn routes() -> Router<Provider> {
    Router::new()
        .route("/faults", get(faults).post(change_faults))
        .route("/payments/{id}/events", get(events))
        .route("/payments/{id}/expire", post(expire))
        .route("/events/{id}/resend", post(resend))
        .fallback(|| async { Problem::not_found("there is nothing at this address") })
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
}

async fn faults(State(provider): State<Provider>) -> Json<FaultSettings> {
    Json(provider.faults().settings())
}

async fn change_faults(
    State(provider): State<Provider>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<FaultSettings>, Problem> {
    let change: FaultChange = parse(body)?;
    Ok(Json(provider.faults().change(change)))
}

async fn events(
    State(provider): State<Provider>,
    id: Result<Path<PaymentId>, PathRejection>,
) -> Result<Json<Vec<PostedView>>, Problem> {
    let Path(id) = id?;
    let events = provider
        .read(|book| book.find(&id).map(|_| book.events_of(&id)))
        .await?
        .ok_or(Failure::UnknownPayment)?;
    Ok(Json(events.iter().map(PostedView::of).collect()))
}

async fn expire(
    State(provider): State<Provider>,
    id: Result<Path<PaymentId>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let Path(id) = id?;
    provider.expire(&id).await?;
    Ok(StatusCode::ACCEPTED)
}

async fn resend(
    State(provider): State<Provider>,
    id: Result<Path<EventId>, PathRejection>,
) -> Result<StatusCode, Problem> {
    let Path(id) = id?;
    provider.resend(&id)?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Serialize)]
struct PostedView {
    id: EventId,
    #[serde(rename = "type")]
    kind: EventKind,
    created_at: Timestamp,
    acknowledged_at: Option<Timestamp>,
    attempts: Vec<AttemptView>,
}

#[derive(Serialize)]
struct AttemptView {
    at: Timestamp,
    /// The HTTP status of the merchant's answer, if one came.
    answered: Option<u16>,
    /// Why no answer came.
    failure: Option<String>,
}

impl PostedView {
    fn of(posted: &Posted) -> Self {
        let attempt = |attempt: &super::book::Attempt| {
            let (answered, failure) = match &attempt.outcome {
                AttemptOutcome::Answered(status) => (Some(*status), None),
                AttemptOutcome::Unreachable(reason) => (None, Some(reason.clone())),
                AttemptOutcome::Withheld => (None, Some("withheld by a fault".to_owned())),
            };
            AttemptView { at: attempt.at, answered, failure }
        };
        Self {
            id: posted.event.id.clone(),
            kind: posted.event.kind,
            created_at: posted.event.created_at,
            acknowledged_at: posted.acknowledged_at,
            attempts: posted.attempts.iter().map(attempt).collect(),
        }
    }
}
