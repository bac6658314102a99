//! Money that goes back: recorded before the provider is asked, posted after it has said yes (`giving`).

mod giving;

use crate::{Error, Payments, error::violated_constraint, queries};
use domain::money::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The idempotency key of the refund that gives back all that is left. Keys of callers begin otherwise.
const EVERYTHING: &str = "everything";
/// What the key of a caller begins with in the database, so that it is no other's.
const OF_CALLER: &str = "caller/";
/// How often a refund starts over because the one that it found under its key failed meanwhile.
const REFUND_ROUNDS: usize = 3;

/// Where a refund is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    /// Recorded; the provider may or may not have heard of it.
    Recorded,
    /// The money went back.
    Succeeded,
    /// The provider will not give it back.
    Failed,
}

impl RefundState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Recorded, Self::Succeeded, Self::Failed];

    /// Whether a refund may go from this state to that one.
    pub fn may_become(self, next: Self) -> bool {
        self == Self::Recorded && next != Self::Recorded
    }

    /// The state's name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }

    /// The state of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// Money that goes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Its name, and the idempotency key that the provider hears.
    pub id: Uuid,
    /// The attempt whose money it is.
    pub attempt: Uuid,
    /// How much, above zero.
    pub amount: Money,
    /// Why, in the words of whoever asked.
    pub reason: String,
    /// Where it is.
    pub state: RefundState,
    /// The provider's name for it, once it has said one.
    pub provider_reference: Option<String>,
    /// When it was recorded.
    pub created_at: Timestamp,
}

/// What came of asking for the money of an order to go back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refunded {
    /// It went back, by this call.
    Now(Refund),
    /// It went back by an earlier call under the same key.
    Earlier(Refund),
    /// All of it had gone back before.
    Before,
    /// The provider has not said yes yet. [`Payments::refresh`] asks again, under the same name.
    Pending(Refund),
}

impl Payments {
    /// Gives back a part of what was captured for an order, or all of it, once for each `key` of the
    /// caller's however often it is called. Several may follow each other, as long as no more goes back
    /// than was captured. A capture that was not posted is posted first. `reason` is kept with the refund
    /// and never shown to the provider.
    ///
    /// # Errors
    /// [`Error::NothingCaptured`]; [`Error::NotWithinCaptured`] if not so much is left;
    /// [`Error::RefundKeyReused`] if the key belongs to a refund of another amount;
    /// [`Error::RefundRefused`] if the provider will not: the refund is recorded as failed, and may be
    /// asked for again under the same key.
    pub async fn refund(
        &self,
        order: Uuid,
        key: &str,
        amount: Money,
        reason: &str,
    ) -> Result<Refunded, Error> {
        let outcome = self.refund_part(order, key, amount, reason).await;
        if let Err(Error::RefundRefused { .. }) = outcome {
            self.post_what_went_back(order).await?;
        }
        outcome
    }

    async fn refund_part(
        &self,
        order: Uuid,
        key: &str,
        amount: Money,
        reason: &str,
    ) -> Result<Refunded, Error> {
        let key = format!("{OF_CALLER}{key}");
        for _ in 0..REFUND_ROUNDS {
            let capture = self.post_capture(order).await?.capture().clone();
            let refused = || Error::NotWithinCaptured {
                order,
                captured: capture.amount,
                refunded: capture.refunded,
                asked: amount,
            };
            if amount.minor() <= 0 || amount.currency() != capture.amount.currency() {
                return Err(refused());
            }
            let wanted = queries::refunds::Wanted { attempt: capture.attempt, key: &key, reason };
            let is_left = match queries::refunds::record(&self.pool, &wanted, amount).await {
                Ok(Some(refund)) => return self.finish(&capture, refund).await,
                Ok(None) => true,
                Err(error)
                    if violated_constraint(&error) == Some(queries::refunds::WITHIN_CAPTURED) =>
                {
                    false
                }
                Err(error) => return Err(error.into()),
            };
            // The key is taken, or not so much is left, or both: the one under the key took it.
            match queries::refunds::find_live(&self.pool, capture.attempt, &key).await? {
                Some(earlier) if earlier.amount != amount => {
                    let (refund, given) = (earlier.id, earlier.amount);
                    return Err(Error::RefundKeyReused { refund, given, asked: amount });
                }
                Some(earlier) if earlier.state == RefundState::Succeeded => {
                    return Ok(Refunded::Earlier(earlier));
                }
                Some(earlier) => {
                    let id = earlier.id;
                    return match self.finish(&capture, earlier).await? {
                        // Whoever asked first was faster.
                        Refunded::Before => {
                            Ok(Refunded::Earlier(queries::refunds::load(&self.pool, id).await?))
                        }
                        outcome => Ok(outcome),
                    };
                }
                None if !is_left => return Err(refused()),
                // What had the key failed in this moment: it is free again.
                None => {}
            }
        }
        Err(Error::Undecided { order })
    }

    /// Every refund of an order, oldest first.
    ///
    /// # Errors
    /// The database's only.
    pub async fn refunds(&self, order: Uuid) -> Result<Vec<Refund>, Error> {
        Ok(queries::refunds::list(&self.pool, order).await?)
    }

    /// Gives back all that was captured for an order and has not gone back, once however often it is
    /// called. `reason` is kept with the refund and never shown to the provider. A capture that was
    /// not posted is posted first, so that the ledger knows what goes back. When the provider refuses
    /// because of what was given back there by hand, that is posted and the rest is given back.
    ///
    /// # Errors
    /// [`Error::NothingCaptured`]; [`Error::RefundRefused`] if the provider will not: the refund is
    /// recorded as failed and may be asked for again.
    pub async fn refund_all(&self, order: Uuid, reason: &str) -> Result<Refunded, Error> {
        match self.refund_rest(order, reason).await {
            Err(Error::RefundRefused { refund, code }) => {
                match self.post_what_went_back(order).await? {
                    0 => Err(Error::RefundRefused { refund, code }),
                    _ => self.refund_rest(order, reason).await,
                }
            }
            outcome => outcome,
        }
    }

    async fn refund_rest(&self, order: Uuid, reason: &str) -> Result<Refunded, Error> {
        let capture = self.post_capture(order).await?.capture().clone();
        let wanted = queries::refunds::Wanted { attempt: capture.attempt, key: EVERYTHING, reason };
        let recorded = queries::refunds::record_remaining(&self.pool, &wanted).await;
        match recorded {
            Ok(Some(refund)) => return self.finish(&capture, refund).await,
            // Nothing is left to give back, or the same refund was recorded before.
            Ok(None) => {}
            // Another refund was recorded in this moment and has taken what was left.
            Err(error)
                if violated_constraint(&error) == Some(queries::refunds::WITHIN_CAPTURED) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(self.finish_refunds(order).await?.unwrap_or(Refunded::Before))
    }
}
