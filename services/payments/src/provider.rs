//! What the service asks of a payment provider, and what it may hear.
//!
//! An adapter translates and nothing else: it keeps no state, touches no database and decides
//! nothing about an order. The rules that every adapter has to keep stand at the methods of
//! [`Provider`]; the conformance test checks them over the wire.

use crate::{RefundState, WebhookError};
use async_trait::async_trait;
use domain::{money::Money, payment::AttemptState};
use http::HeaderMap;
use jiff::Timestamp;
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

    /// Gives up a payment (named by its own id) if that is still possible, and says how it stands
    /// afterwards: cancelled, or what came before. After `Cancelled` no money will be taken.
    async fn cancel(&self, payment: &str) -> Result<ProviderPayment, ProviderError>;

    /// Gives money back, once for each [`RefundOrder::refund`] however often this is called.
    async fn refund(&self, order: &RefundOrder) -> Result<ProviderRefund, ProviderError>;

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
    /// How much.
    pub amount: Money,
    /// Where it is; never `Recorded`.
    pub state: AttemptState,
    /// Why it was declined.
    pub decline_code: Option<String>,
    /// Where the shopper has to act.
    pub redirect_url: Option<String>,
    /// What of it went back, whoever asked for it.
    pub refunds: Vec<ProviderRefund>,
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
