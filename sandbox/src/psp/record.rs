//! What the provider's durable file is made of.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::Event;
use super::ids::EventId;
use super::keys::KeptAnswer;
use super::payment::Payment;

/// One line of the file: everything that one change brings about, so that it happens whole or
/// not at all.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// A payment was opened or changed.
    Changed {
        /// The payment as it is now.
        payment: Box<Payment>,
        /// The answer to give again to the same idempotency key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answer: Option<KeptAnswer>,
        /// What the merchant is to be told, in order of delivery.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        events: Vec<Event>,
    },
    /// The merchant has acknowledged an event.
    Acknowledged {
        /// Which one.
        event: EventId,
        /// When.
        at: Timestamp,
    },
}
