//! Payments: what is owed for an order, the tries at getting it, and the ledger of what came.
//!
//! [`Payments`] is the door. An order is only a UUID here; what was bought is not known. A payment
//! provider is only a [`Provider`]; which one it is matters to `providers` alone. Three rules hold
//! everywhere in this crate:
//!
//! - What is going to be asked of a provider is committed before it is asked, under a name that the
//!   provider will hear again if it must be asked twice.
//! - No transaction and no connection is held while a provider is asked.
//! - What a provider says only ever moves a state forward, and only what it says itself, in answer to
//!   a question of ours, is believed. A webhook is an occasion to ask.
//!
//! Deliberately not here: the order and its state, stock, prices, mails, and card data of any kind.

mod account;
mod attempt;
mod capture;
mod error;
mod event;
mod intent;
mod ledger;
mod outcome;
pub mod provider;
pub mod providers {
    //! The adapters: one module for each payment provider that the store can use.
    pub mod sandbox;
}
mod queries;
mod reconcile;
mod refund;
mod sale;
mod signature;
mod webhook;

pub use attempt::Attempt;
pub use capture::CaptureAmount;
pub use error::Error;
pub use event::{Happening, PaymentEvent, TOPIC};
pub use intent::{CancelOutcome, Intent, Standing};
pub use ledger::{Balance, Capture, Settled};
pub use provider::{Provider, ProviderError};
pub use reconcile::{Difference, DifferenceKind, Reconciled};
pub use refund::{Refund, RefundState, Refunded};
pub use sale::Sale;
pub use signature::{StandardSignature, UnusableSecret};
pub use webhook::{Heard, WebhookError};

use sqlx::PgPool;
use std::sync::Arc;

/// The PostgreSQL schema that belongs to this service alone.
pub const SCHEMA: &str = "payments";

/// Brings the schema to its present form.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations/payments");

/// The door of the service; cheap to clone.
///
/// Its use-cases stand beside the nouns they are about: `intent` (open, standing, cancel),
/// `attempt` (pay, authorise, refresh), `capture` (capture, void), `ledger` (post a capture, books,
/// trial balance), `sale`, `refund`, `reconcile`, `webhook`.
#[derive(Clone)]
pub struct Payments {
    pool: PgPool,
    provider: Arc<dyn Provider>,
}

impl Payments {
    /// Payments kept behind `pool`, which must see the schema [`SCHEMA`], and made at `provider`.
    pub fn new(pool: PgPool, provider: Arc<dyn Provider>) -> Self {
        Self { pool, provider }
    }

    /// The name of the provider at which new attempts are made.
    pub fn provider_name(&self) -> &'static str {
        self.provider.name()
    }
}
