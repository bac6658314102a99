//! What the service tells the others, through its outbox: that money came, went back, and was disputed.
//!
//! Each is written in the transaction of the ledger posting it tells of. Attempts are not told of:
//! whoever made one has its outcome, or asks.

use domain::money::Money;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

/// The topic of every event of this service; the key is the order's id.
pub const TOPIC: &str = "payment";

/// What happened to an order's money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    /// It was received and posted.
    Captured,
    /// Some or all of it went back, and that was posted.
    Refunded,
    /// The shopper's bank took some or all of it back, until it is decided who is right.
    Disputed,
    /// What the bank had taken back is ours again.
    DisputeWon,
    /// What the bank had taken back is lost.
    DisputeLost,
}

/// The payload of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentEvent {
    /// What happened.
    pub event: Happening,
    /// Whose money.
    pub order: Uuid,
    /// What was owed.
    pub intent: Uuid,
    /// The attempt that took the money.
    pub attempt: Uuid,
    /// How much came or went back; above zero.
    pub amount: Money,
}

impl PaymentEvent {
    /// Writes the event in the caller's transaction.
    pub(crate) async fn publish(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let payload =
            serde_json::to_value(self).map_err(|error| sqlx::Error::Encode(error.into()))?;
        platform::outbox::publish(connection, TOPIC, &self.order.to_string(), &payload).await
    }
}
