//! The sandbox's JSON, and what it means to us. What is not listed is not read.

use crate::{
    ProviderError, RefundState,
    provider::{Listed, Movement, MovementKind, ProviderPayment, ProviderRefund},
};
use domain::{
    money::{Currency, Money},
    payment::{AttemptState, CaptureMode},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The error code for a payment that is not there.
pub(super) const NOT_FOUND: &str = "payment_not_found";
/// The error code for an idempotency key that belongs to another request.
pub(super) const KEY_MISMATCH: &str = "idempotency_mismatch";
/// The error code for an idempotency key whose first request is still being answered.
pub(super) const KEY_IN_FLIGHT: &str = "idempotency_in_flight";

#[derive(Serialize)]
pub(super) struct Proposal<'a> {
    pub(super) reference: &'a str,
    pub(super) amount_minor: i64,
    pub(super) currency: &'a str,
    pub(super) return_url: &'a str,
    pub(super) capture: CaptureMethod,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) token: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CaptureMethod {
    Automatic,
    Manual,
}

impl CaptureMethod {
    pub(super) fn of(mode: CaptureMode) -> Self {
        match mode {
            CaptureMode::AtOnce => Self::Automatic,
            CaptureMode::Later => Self::Manual,
        }
    }
}

/// What is to be taken, or given back.
#[derive(Serialize)]
pub(super) struct AmountRequest {
    pub(super) amount_minor: i64,
}

#[derive(Deserialize)]
pub(super) struct Payment {
    id: String,
    reference: String,
    amount_minor: i64,
    currency: String,
    captured_minor: i64,
    fee_minor: Option<i64>,
    expires_at: Option<Timestamp>,
    status: Status,
    decline_code: Option<String>,
    refunds: Vec<PastRefund>,
    redirect_url: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    RequiresAction,
    Processing,
    Authorised,
    Succeeded,
    Declined,
    Cancelled,
}

#[derive(Deserialize)]
pub(super) struct Payments {
    pub(super) data: Vec<Payment>,
}

#[derive(Deserialize)]
pub(super) struct Refund {
    id: String,
    amount_minor: i64,
    currency: String,
    status: RefundStatus,
}

/// A refund among those of a payment: it was made.
#[derive(Deserialize)]
struct PastRefund {
    id: String,
    amount_minor: i64,
}

impl PastRefund {
    fn in_currency(self, currency: Currency) -> ProviderRefund {
        ProviderRefund {
            id: self.id,
            amount: Money::new(self.amount_minor, currency),
            state: RefundState::Succeeded,
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RefundStatus {
    Succeeded,
}

#[derive(Deserialize)]
pub(super) struct Movements {
    data: Vec<ListedMovement>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct ListedMovement {
    id: String,
    #[serde(rename = "type")]
    kind: ListedKind,
    payment_id: String,
    reference: String,
    amount_minor: i64,
    currency: String,
    fee_minor: Option<i64>,
    created_at: Timestamp,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ListedKind {
    Capture,
    Refund,
}

impl TryFrom<Movements> for Listed {
    type Error = ProviderError;

    fn try_from(list: Movements) -> Result<Self, ProviderError> {
        let movements = list.data.into_iter().map(Movement::try_from).collect::<Result<_, _>>()?;
        Ok(Self { movements, next: list.next_cursor })
    }
}

impl TryFrom<ListedMovement> for Movement {
    type Error = ProviderError;

    fn try_from(listed: ListedMovement) -> Result<Self, ProviderError> {
        let currency = currency(&listed.currency)?;
        Ok(Self {
            kind: match listed.kind {
                ListedKind::Capture => MovementKind::Capture,
                ListedKind::Refund => MovementKind::Refund,
            },
            id: listed.id,
            payment: listed.payment_id,
            reference: listed.reference,
            amount: Money::new(listed.amount_minor, currency),
            fee: listed.fee_minor.map(|minor| Money::new(minor, currency)),
            at: listed.created_at,
        })
    }
}

#[derive(Deserialize)]
pub(super) struct Errors {
    pub(super) error: Problem,
}

#[derive(Default, Deserialize)]
pub(super) struct Problem {
    pub(super) code: String,
    pub(super) message: String,
}

#[derive(Deserialize)]
pub(super) struct Event {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) data: EventData,
}

#[derive(Deserialize)]
pub(super) struct EventData {
    #[serde(default)]
    pub(super) payment: Option<EventPayment>,
}

#[derive(Deserialize)]
pub(super) struct EventPayment {
    pub(super) id: String,
}

impl Payment {
    pub(super) fn has_taken_money(&self) -> bool {
        self.status == Status::Succeeded
    }
}

impl TryFrom<Payment> for ProviderPayment {
    type Error = ProviderError;

    fn try_from(payment: Payment) -> Result<Self, ProviderError> {
        let currency = currency(&payment.currency)?;
        Ok(Self {
            id: payment.id,
            reference: payment.reference,
            amount: Money::new(payment.amount_minor, currency),
            captured: Money::new(payment.captured_minor, currency),
            expires_at: payment.expires_at,
            fee: payment.fee_minor.map(|minor| Money::new(minor, currency)),
            state: match payment.status {
                Status::RequiresAction => AttemptState::RequiresAction,
                Status::Processing => AttemptState::Processing,
                Status::Authorised => AttemptState::Authorised,
                Status::Succeeded => AttemptState::Succeeded,
                Status::Declined => AttemptState::Declined,
                Status::Cancelled => AttemptState::Cancelled,
            },
            decline_code: payment.decline_code,
            redirect_url: payment.redirect_url,
            refunds: payment.refunds.into_iter().map(|past| past.in_currency(currency)).collect(),
        })
    }
}

impl TryFrom<Refund> for ProviderRefund {
    type Error = ProviderError;

    fn try_from(refund: Refund) -> Result<Self, ProviderError> {
        Ok(Self {
            id: refund.id,
            amount: Money::new(refund.amount_minor, currency(&refund.currency)?),
            state: match refund.status {
                RefundStatus::Succeeded => RefundState::Succeeded,
            },
        })
    }
}

fn currency(code: &str) -> Result<Currency, ProviderError> {
    Currency::from_code(code)
        .ok_or_else(|| ProviderError::Unknown { reason: format!("{code:?} is no currency") })
}
