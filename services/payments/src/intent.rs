//! What is owed for an order: opened once, ended once.

use crate::{Attempt, Error, Payments, error::violated_constraint, queries};
use domain::{
    money::Money,
    payment::{AttemptState, IntentState},
};
use jiff::Timestamp;
use std::time::Duration;
use uuid::Uuid;

/// How often cancelling starts over because a shopper began another attempt meanwhile.
const CANCEL_ROUNDS: usize = 3;

/// What is owed for an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Its name.
    pub id: Uuid,
    /// The order it is owed for.
    pub order: Uuid,
    /// How much, above zero.
    pub amount: Money,
    /// Where it is.
    pub state: IntentState,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When what was captured was posted.
    pub paid_at: Option<Timestamp>,
}

/// How the payment of an order stands, as far as we know without asking the provider.
#[derive(Debug, Clone)]
pub struct Standing {
    /// What is owed.
    pub intent: Intent,
    /// The latest try at getting it; any earlier one was declined or cancelled.
    pub last_attempt: Option<Attempt>,
}

impl Standing {
    /// Whether money was taken, posted or not, and has not gone back.
    pub fn is_captured(&self) -> bool {
        self.intent.state != IntentState::Refunded && self.is_last(AttemptState::Succeeded)
    }

    /// Whether money is set aside for the order and not taken.
    pub fn is_authorised(&self) -> bool {
        self.is_last(AttemptState::Authorised)
    }

    /// The attempt that has not come to an end.
    pub fn under_way(&self) -> Option<&Attempt> {
        self.last_attempt.as_ref().filter(|attempt| !attempt.state.is_final())
    }

    fn is_last(&self, state: AttemptState) -> bool {
        self.last_attempt.as_ref().is_some_and(|attempt| attempt.state == state)
    }
}

/// What came of giving up an intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelOutcome {
    /// Nothing was taken and nothing will be.
    Cancelled,
    /// The money was taken before. It is not given back by this.
    AlreadyPaid,
    /// The money was taken and has gone back.
    AlreadyRefunded,
}

impl Payments {
    /// Says that `amount` is owed for `order`. Saying the same again gives the same intent.
    ///
    /// # Errors
    /// [`Error::AmountMismatch`] if another amount was said before, [`Error::NotPositive`].
    pub async fn open_intent(&self, order: Uuid, amount: Money) -> Result<Intent, Error> {
        if amount.minor() <= 0 {
            return Err(Error::NotPositive { amount });
        }
        let opened = queries::intents::open(&self.pool, Uuid::now_v7(), order, amount).await?;
        let intent = match opened {
            Some(intent) => intent,
            None => self.load_intent(order).await?,
        };
        if intent.amount != amount {
            return Err(Error::AmountMismatch { order, owed: intent.amount, asked: amount });
        }
        Ok(intent)
    }

    /// How the payment of an order stands, without asking the provider.
    ///
    /// # Errors
    /// [`Error::UnknownOrder`].
    pub async fn standing(&self, order: Uuid) -> Result<Standing, Error> {
        let intent = self.load_intent(order).await?;
        let last_attempt = queries::attempts::find_last(&self.pool, intent.id).await?;
        Ok(Standing { intent, last_attempt })
    }

    /// Gives up the payment of an order: an attempt under way is cancelled at the provider first, so
    /// that after [`CancelOutcome::Cancelled`] no money can arrive. Safe to repeat.
    ///
    /// # Errors
    /// [`Error::Provider`] or [`Error::Undecided`] if it is not known yet whether money was taken;
    /// nothing is given up then, and the call should be repeated.
    pub async fn cancel(&self, order: Uuid) -> Result<CancelOutcome, Error> {
        for _ in 0..CANCEL_ROUNDS {
            let standing = self.standing(order).await?;
            match standing.intent.state {
                IntentState::Open => {}
                IntentState::Cancelled => return Ok(CancelOutcome::Cancelled),
                IntentState::Paid => return Ok(CancelOutcome::AlreadyPaid),
                IntentState::Refunded => return Ok(CancelOutcome::AlreadyRefunded),
            }
            if standing.is_captured() {
                return Ok(CancelOutcome::AlreadyPaid);
            }
            if let Some(attempt) = standing.under_way() {
                let ended = self.call_off(attempt).await?;
                if ended.state == AttemptState::Succeeded {
                    return Ok(CancelOutcome::AlreadyPaid);
                }
                if !ended.state.is_final() {
                    return Err(Error::Undecided { order });
                }
            }
            match queries::intents::cancel(&self.pool, order).await {
                Ok(true) => return Ok(CancelOutcome::Cancelled),
                // Another caller ended it meanwhile: the next round sees how.
                Ok(false) => {}
                // The shopper began another attempt meanwhile: the next round ends that one too.
                Err(error)
                    if violated_constraint(&error)
                        == Some(queries::intents::CANCELLED_WITHOUT_ATTEMPT) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Undecided { order })
    }

    /// The orders whose payment stopped half-way longer than `older_than` ago, oldest first: an
    /// attempt or a refund has not come to an end, or money was taken and not posted. The sweeper
    /// calls [`Payments::refresh`] for each and goes on from there.
    pub async fn list_unfinished(
        &self,
        older_than: Duration,
        limit: u32,
    ) -> Result<Vec<Uuid>, Error> {
        Ok(queries::intents::list_unfinished(&self.pool, older_than, limit).await?)
    }

    pub(crate) async fn load_intent(&self, order: Uuid) -> Result<Intent, Error> {
        queries::intents::find(&self.pool, order).await?.ok_or(Error::UnknownOrder { order })
    }
}
