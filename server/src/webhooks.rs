//! Webhooks of payment providers. What makes one genuine is its signature, checked by `payments`.

use crate::guard::problem;
use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use orders::{Orders, WebhookFailure};

/// `POST /webhooks/payments/{provider}`: the same for the provider that is named, where payments are made at it.
pub async fn of_provider(
    orders: State<Orders>,
    Path(provider): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match orders.is_paid_at(&provider) {
        true => sandbox(orders, headers, body).await,
        false => problem(StatusCode::NOT_FOUND, "not_found", "No payments are made there."),
    }
}

/// `POST /webhooks/sandbox`: 204 when it was news or had been heard before, 4xx when it is not the
/// provider's, 503 when it should be sent again.
pub async fn sandbox(State(orders): State<Orders>, headers: HeaderMap, body: Bytes) -> Response {
    match orders.receive_webhook(&headers, &body).await {
        Ok(_) => axum::response::IntoResponse::into_response(StatusCode::NO_CONTENT),
        Err(WebhookFailure::Webhook(error)) if error.is_senders_fault() => {
            tracing::warn!(%error, "a webhook was refused");
            problem(StatusCode::UNAUTHORIZED, "webhook_refused", "The webhook was not accepted.")
        }
        Err(error) => {
            tracing::error!(%error, "a webhook could not be worked on");
            problem(StatusCode::SERVICE_UNAVAILABLE, "try_again", "Please send this again.")
        }
    }
}
