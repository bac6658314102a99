//! Events that tell the merchant of a change, and the wire form of a payment that they carry.
//!
//! An event's body is made once, when the change is made, and stays the same byte for byte on
//! every attempt to deliver it. Signing and delivering are the business of `webhooks` and
//! `courier`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::card::Notice;
use super::ids::{EventId, PaymentId};
use super::payment::{CaptureMethod, DeclineCode, Payment, Refund, Status};

/// What an event tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// The payment was accepted, its outcome is not known yet.
    #[serde(rename = "payment.processing")]
    PaymentProcessing,
    /// The money is set aside.
    #[serde(rename = "payment.authorised")]
    PaymentAuthorised,
    /// The money is taken.
    #[serde(rename = "payment.succeeded")]
    PaymentSucceeded,
    /// The money was refused.
    #[serde(rename = "payment.declined")]
    PaymentDeclined,
    /// The payment was given up, or the time of its authorisation ended.
    #[serde(rename = "payment.cancelled")]
    PaymentCancelled,
    /// Money went back.
    #[serde(rename = "refund.succeeded")]
    RefundSucceeded,
}

impl EventKind {
    /// The `type` of the event on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PaymentProcessing => "payment.processing",
            Self::PaymentAuthorised => "payment.authorised",
            Self::PaymentSucceeded => "payment.succeeded",
            Self::PaymentDeclined => "payment.declined",
            Self::PaymentCancelled => "payment.cancelled",
            Self::RefundSucceeded => "refund.succeeded",
        }
    }
}

/// An event as the provider keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The same on every attempt; receivers tell repetitions by it.
    pub id: EventId,
    /// What it tells.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// The payment it tells of.
    pub payment: PaymentId,
    /// When the change was made.
    pub created_at: Timestamp,
    /// The exact bytes that are sent.
    pub body: String,
    /// How many times it is delivered although the first was acknowledged.
    pub copies: u8,
    /// Milliseconds before the first attempt.
    pub delay_ms: u64,
}

impl Event {
    /// The event that `notice` announces, showing `payment` as it was after that step.
    ///
    /// # Errors
    /// The payment cannot be written as JSON, which its types exclude.
    pub fn new(
        notice: Notice,
        payment: &Payment,
        public_url: &str,
        at: Timestamp,
    ) -> Result<Self, serde_json::Error> {
        let id = EventId::fresh();
        let view = PaymentView::of(payment, public_url);
        let refund = match notice.kind {
            EventKind::RefundSucceeded => payment.refunds.last(),
            _ => None,
        };
        let body = serde_json::to_string(&EventView {
            id: &id,
            kind: notice.kind,
            created: at.as_second(),
            data: EventData { payment: view, refund },
        })?;
        Ok(Self {
            id,
            kind: notice.kind,
            payment: payment.id.clone(),
            created_at: at,
            body,
            copies: notice.copies,
            delay_ms: u64::try_from(notice.delay.as_millis()).unwrap_or(u64::MAX),
        })
    }
}

/// The event on the wire.
#[derive(Serialize)]
struct EventView<'a> {
    id: &'a EventId,
    #[serde(rename = "type")]
    kind: EventKind,
    /// Unix seconds.
    created: i64,
    data: EventData<'a>,
}

#[derive(Serialize)]
struct EventData<'a> {
    payment: PaymentView<'a>,
    /// The refund that a `refund.succeeded` tells of.
    #[serde(skip_serializing_if = "Option::is_none")]
    refund: Option<&'a Refund>,
}

/// The payment on the wire, in answers and in events.
#[derive(Debug, Serialize)]
pub struct PaymentView<'a> {
    id: &'a PaymentId,
    reference: &'a str,
    amount_minor: i64,
    currency: &'a str,
    capture: CaptureMethod,
    captured_minor: i64,
    /// What the provider keeps of what was taken; `null` while that is not told.
    fee_minor: Option<i64>,
    /// When what is authorised is released, while it is authorised.
    expires_at: Option<Timestamp>,
    status: Status,
    decline_code: Option<DeclineCode>,
    refunded_minor: i64,
    refunds: &'a [Refund],
    redirect_url: Option<String>,
    metadata: &'a BTreeMap<String, String>,
    version: u32,
    created_at: Timestamp,
}

impl<'a> PaymentView<'a> {
    /// What a merchant sees of a payment. The return address is not part of it: it may carry a key.
    pub fn of(payment: &'a Payment, public_url: &str) -> Self {
        Self {
            id: &payment.id,
            reference: &payment.reference,
            amount_minor: payment.amount_minor,
            currency: &payment.currency,
            capture: payment.capture,
            captured_minor: payment.captured_minor(),
            fee_minor: payment.taken.as_ref().map(|taken| taken.fee_minor),
            expires_at: payment.expires_at,
            status: payment.status,
            decline_code: payment.decline_code,
            refunded_minor: payment.refunded_minor(),
            refunds: &payment.refunds,
            redirect_url: payment.hosted_path().map(|path| format!("{public_url}{path}")),
            metadata: &payment.metadata,
            version: payment.version,
            created_at: payment.created_at,
        }
    }

    /// The same, without what is not told yet.
    pub fn without_fee(self) -> Self {
        Self { fee_minor: None, ..self }
    }
}
