//! What the service asks of a payment provider, and what it may hear.
//!
//! An adapter translates and nothing else: it keeps no state, touches no database and decides
//! nothing about an order. The rules that every adapter has to keep stand at the methods of
//! [`Provider`]; the conformance test checks them over the wire.

use crate::{RefundState, WebhookError};
use async_trait::async_trait;
use domain::{
    money::Money,
    payment::{AttemptState, CaptureMode},
};
use http::HeaderMap;
use jiff::{Timestamp, civil::Date};
use secrecy::SecretString;
use uuid::Uuid;

/// A payment provider.
///
/// Every method comes back within a few seconds, with an error if it must.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Its name in the database and in the address of its webhooks. It never changes.
    fn name(&self) -> &'static str;

    /// Opens a payment for an attempt, or finds the one that was opened for it: however often and
    /// however concurrently this is called for one attempt, there is one payment.
    async fn create(&self, charge: &Charge) -> Result<ProviderPayment, ProviderError>;

    /// The payment as it stands now, if there is one.
    async fn find(&self, lookup: Lookup<'_>) -> Result<Option<ProviderPayment>, ProviderError>;

    /// Takes what was authorised, or part of it, once for each [`CaptureOrder::attempt`] however often
    /// this is called, and says how the payment stands afterwards. What is not taken is released.
    async fn capture(&self, order: &CaptureOrder) -> Result<ProviderPayment, ProviderError>;

    /// Gives up a payment (named by its own id) if that is still possible, an authorisation too, and
    /// says how it stands afterwards: cancelled, or what came before. After `Cancelled` no money will be
    /// taken.
    async fn cancel(&self, payment: &str) -> Result<ProviderPayment, ProviderError>;

    /// Gives money back, once for each [`RefundOrder::refund`] however often this is called.
    async fn refund(&self, order: &RefundOrder) -> Result<ProviderRefund, ProviderError>;

    /// A part of the provider's own list of what moved on a day (in UTC), oldest first. The first part
    /// comes without a cursor; the list is whole when a part names no cursor for the next.
    async fn list(&self, day: Date, cursor: Option<&str>) -> Result<Listed, ProviderError>;

    /// Checks that a webhook is the provider's own and new, before anything of it is believed.
    /// `now` is the time against which its age is measured.
    fn verify_webhook(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<ProviderEvent, WebhookError>;
}

/// Which payment is meant.
#[derive(Debug, Clone, Copy)]
pub enum Lookup<'a> {
    /// By the provider's own name for it.
    Id(&'a str),
    /// By ours: the attempt that it was opened for.
    Attempt(Uuid),
}

/// A payment to be opened. The attempt's id is both its reference and its idempotency key.
#[derive(Debug, Clone)]
pub struct Charge {
    /// The attempt it is opened for.
    pub attempt: Uuid,
    /// How much, above zero.
    pub amount: Money,
    /// Whether it is taken at once.
    pub capture: CaptureMode,
    /// Where the shopper comes back to. Secret, because it may carry the order's key.
    pub return_url: SecretString,
    /// Stands for a means of payment that the provider knows; without one the shopper chooses on
    /// the provider's page.
    pub token: Option<SecretString>,
}

/// A payment as the provider has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderPayment {
    /// The provider's name for it.
    pub id: String,
    /// Our name for it: the attempt's id as text, if it is a payment of ours.
    pub reference: String,
    /// How much was asked for.
    pub amount: Money,
    /// How much was taken; nothing unless it succeeded, and then all or a part.
    pub captured: Money,
    /// When what is authorised is released by itself, while it is authorised.
    pub expires_at: Option<Timestamp>,
    /// What the provider keeps for itself of what was taken, once it says so.
    pub fee: Option<Money>,
    /// Where it is; never `Recorded`.
    pub state: AttemptState,
    /// Why it was declined.
    pub decline_code: Option<String>,
    /// Where the shopper has to act.
    pub redirect_url: Option<String>,
    /// What of it went back, whoever asked for it.
    pub refunds: Vec<ProviderRefund>,
}

/// Money to be taken of what is authorised. An attempt is captured once, so that its id names the request.
#[derive(Debug, Clone)]
pub struct CaptureOrder {
    /// The attempt whose money it is.
    pub attempt: Uuid,
    /// The provider's name for the payment.
    pub payment: String,
    /// How much, above zero and at most what was authorised.
    pub amount: Money,
}

/// Money to be given back. The refund's id is its idempotency key.
#[derive(Debug, Clone)]
pub struct RefundOrder {
    /// Our name for the refund.
    pub refund: Uuid,
    /// The provider's name for the payment.
    pub payment: String,
    /// How much, above zero.
    pub amount: Money,
}

/// A refund as the provider has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderRefund {
    /// The provider's name for it.
    pub id: String,
    /// How much.
    pub amount: Money,
    /// Where it is; `Recorded` while the provider has not come to an end with it.
    pub state: RefundState,
}

/// A part of a provider's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// What moved, oldest first.
    pub movements: Vec<Movement>,
    /// Asks for what follows; `None` at the end.
    pub next: Option<String>,
}

/// Money that moved, as the provider's list has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// Why it moved.
    pub kind: MovementKind,
    /// The provider's name for what moved it: of the payment for a capture, of the refund for a refund.
    pub id: String,
    /// The provider's name for the payment whose money it is.
    pub payment: String,
    /// Our name for that payment: the attempt's id as text, if it is a payment of ours.
    pub reference: String,
    /// How much, above zero whichever way it moved.
    pub amount: Money,
    /// What the provider keeps for itself of it, once it says so.
    pub fee: Option<Money>,
    /// When.
    pub at: Timestamp,
}

/// Why money moved at a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MovementKind {
    /// It was taken from a shopper.
    Capture,
    /// It was given back.
    Refund,
}

/// A webhook whose signature was right. Only its names are used: how the payment stands is asked of
/// the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderEvent {
    /// The same on every delivery of the event.
    pub id: String,
    /// What it tells, in the provider's words.
    pub kind: String,
    /// The provider's name for the payment it is about, if it is about one.
    pub payment: Option<String>,
}

/// Why a provider did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// It understood the request and will never do it. Asking again in the same words is useless.
    #[error("the provider refuses: {code} ({message})")]
    Rejected {
        /// The provider's code.
        code: String,
        /// Its words, for the log.
        message: String,
    },
    /// It was not reached, or sent us away before looking at the request.
    #[error("the provider is not available: {reason}")]
    Unavailable {
        /// What was observed.
        reason: String,
    },
    /// The request may have reached it and no answer came that can be understood: it did or did not
    /// do what it was asked, and has to be asked which.
    #[error("the provider's answer is not known: {reason}")]
    Unknown {
        /// What was observed.
        reason: String,
    },
}
