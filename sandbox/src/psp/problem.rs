//! Errors as clients of the JSON interfaces see them: a status, a code that does not change, and a
//! sentence. What is known only to the log is not in them.

use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use serde_json::json;

use crate::journal::Unwritable;

use super::keys::KeyConflict;
use super::payment::{Refusal, Status};
use super::provider::Failure;

/// An error on the wire: `{"error": {"code", "message"}}`.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The sentence of the answer.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The bearer token is missing or wrong.
    pub fn unauthorised() -> Self {
        let message = "send the merchant's secret as a bearer token";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
    }

    /// The outage that the panel switched on.
    pub fn outage() -> Self {
        let message = "the provider is out of order";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "outage", message)
    }

    /// The address names nothing.
    pub fn not_found(message: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// The address exists but not for this method.
    pub fn method_not_allowed() -> Self {
        let message = "this address does not take this method";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
    }

    /// A form was sent by a page of somebody else.
    pub fn foreign_origin() -> Self {
        let message = "this request comes from a foreign page";
        Self::new(StatusCode::FORBIDDEN, "foreign_origin", message)
    }

    /// The idempotency key is missing or is none.
    pub fn no_idempotency_key() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "idempotency_key_required",
            "send an Idempotency-Key header of 1 to 255 visible ASCII characters",
        )
    }

    /// The body is not the JSON that is asked for.
    pub fn invalid_json(error: &serde_json::Error) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_json", error.to_string())
    }

    /// The query is not one that is understood.
    pub fn invalid_query(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_query", message)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({"error": {"code": self.code, "message": self.message}});
        (self.status, Json(body)).into_response()
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let (status, code) = match &failure {
            Failure::UnknownPayment => (StatusCode::NOT_FOUND, "payment_not_found"),
            Failure::UnknownEvent => (StatusCode::NOT_FOUND, "event_not_found"),
            Failure::Unacceptable(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_request"),
            Failure::Refused(Refusal::NotFrom { status: Status::Succeeded }) => {
                (StatusCode::CONFLICT, "payment_already_succeeded")
            }
            Failure::Refused(Refusal::NotFrom { .. }) => {
                (StatusCode::CONFLICT, "payment_state_conflict")
            }
            Failure::Refused(Refusal::CaptureNotWithinAuthorised { .. }) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "capture_not_within_authorised")
            }
            Failure::Refused(Refusal::RefundNotPositive) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "invalid_request")
            }
            Failure::Refused(Refusal::RefundExceedsCaptured { .. }) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "refund_exceeds_captured")
            }
            Failure::Key(KeyConflict::Mismatch) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "idempotency_mismatch")
            }
            Failure::Key(KeyConflict::InFlight) => (StatusCode::CONFLICT, "idempotency_in_flight"),
            Failure::Unwritable(_) => (StatusCode::SERVICE_UNAVAILABLE, "storage_unavailable"),
            Failure::Json(error) => {
                tracing::error!(%error, "an answer cannot be written as JSON");
                (StatusCode::INTERNAL_SERVER_ERROR, "internal")
            }
        };
        Self::new(status, code, failure.to_string())
    }
}

impl From<Unwritable> for Problem {
    fn from(unwritable: Unwritable) -> Self {
        Failure::Unwritable(unwritable).into()
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        let code = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => "body_too_large",
            _ => "invalid_body",
        };
        Self::new(rejection.status(), code, rejection.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(_: PathRejection) -> Self {
        Self::not_found("there is nothing at this address")
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::invalid_query(rejection.body_text())
    }
}
