//! A payment and the ways it may change: a pure state machine.
//!
//! Every change goes through [`Payment::after`], which gives the next state or refuses. No clock,
//! no randomness, no I/O: times and ids come in as arguments. Which changes a card brings about
//! is told in `card`; keeping them is the journal's work.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::dispute::{Dispute, Verdict};
use super::ids::{PaymentId, RefundId};
use super::terms::Terms;

/// What the provider keeps of what it takes: 1.4 %, rounded down, and 25 minor units.
const FEE_BASIS_POINTS: i64 = 140;
const FEE_FIXED_MINOR: i64 = 25;

/// Where a payment stands. `Succeeded`, `Declined` and `Cancelled` are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The buyer has to act on the hosted page.
    RequiresAction,
    /// Accepted, the outcome is not known yet.
    Processing,
    /// The money is set aside: the merchant takes it, or gives it up, or its time ends.
    Authorised,
    /// The money is taken.
    Succeeded,
    /// The money was refused and will not be taken.
    Declined,
    /// Given up before anything was taken.
    Cancelled,
}

impl Status {
    /// The status as it stands on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RequiresAction => "requires_action",
            Self::Processing => "processing",
            Self::Authorised => "authorised",
            Self::Succeeded => "succeeded",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Who takes the money.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptureMethod {
    /// The provider, as soon as the buyer has paid.
    #[default]
    Automatic,
    /// The merchant, later.
    Manual,
}

/// What was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// How much, in minor units: all or a part of what was asked for.
    pub amount_minor: i64,
    /// What the provider keeps of it.
    pub fee_minor: i64,
    /// When.
    pub at: Timestamp,
}

impl Taken {
    fn new(amount_minor: i64, at: Timestamp) -> Self {
        let fee_minor = amount_minor * FEE_BASIS_POINTS / 10_000 + FEE_FIXED_MINOR;
        Self { amount_minor, fee_minor: fee_minor.min(amount_minor), at }
    }
}

/// Which hosted page a payment in [`Status::RequiresAction`] waits on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The buyer chooses a card.
    Card,
    /// The card's bank asks the buyer to confirm.
    Challenge,
}

/// Why a payment was declined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeclineCode {
    /// The card's bank said no.
    CardDeclined,
    /// The buyer refused on the challenge page.
    ChallengeRefused,
}

/// Money given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// The provider's name for it.
    pub id: RefundId,
    /// Above zero; all refunds of a payment together never exceed what was taken.
    pub amount_minor: i64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A payment as the provider keeps it. The wire form is made in `event`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The provider's name for it.
    pub id: PaymentId,
    /// The merchant's name for it.
    pub reference: String,
    /// What is charged, in minor units of `currency`.
    pub amount_minor: i64,
    /// Who takes it.
    #[serde(default)]
    pub capture: CaptureMethod,
    /// Three upper-case letters.
    pub currency: String,
    /// Where the buyer goes back to.
    pub return_url: String,
    /// The merchant's notes.
    pub metadata: BTreeMap<String, String>,
    /// Where it stands.
    pub status: Status,
    /// The hosted page it waits on, while it waits.
    pub stage: Stage,
    /// Set exactly when the status is [`Status::Declined`].
    pub decline_code: Option<DeclineCode>,
    /// When a payment in [`Status::Processing`] will succeed by itself.
    pub settles_at: Option<Timestamp>,
    /// When what is authorised is released by itself, while it is authorised.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// What was taken, once it was. Files of older versions know only that all of it was.
    #[serde(default)]
    pub taken: Option<Taken>,
    /// In the order they were made.
    pub refunds: Vec<Refund>,
    /// In the order they were opened.
    #[serde(default)]
    pub disputes: Vec<Dispute>,
    /// 1 at first; one more with every change.
    pub version: u32,
    /// When it was opened, to the millisecond.
    pub created_at: Timestamp,
}

/// A change that can be asked of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transition {
    /// The card's bank wants the buyer to confirm.
    AskChallenge,
    /// The outcome comes later: at `settles_at`, or with the next change if there is none.
    Process {
        /// When it will succeed by itself.
        settles_at: Option<Timestamp>,
    },
    /// The money is set aside until then.
    Authorise {
        /// When it is released by itself.
        until: Timestamp,
    },
    /// All of the money is taken.
    Succeed {
        /// When.
        at: Timestamp,
    },
    /// Some or all of what is authorised is taken; the rest is released.
    Capture {
        /// How much, in minor units.
        amount_minor: i64,
        /// When.
        at: Timestamp,
    },
    /// The money is refused.
    Decline(DeclineCode),
    /// Nothing will be taken.
    Cancel,
    /// Some or all of the money goes back.
    Refund(Refund),
    /// The buyer's bank wants some or all of the money back, and has it until it is decided.
    Dispute(Dispute),
    /// The dispute that is open is decided.
    Decide {
        /// For whom.
        verdict: Verdict,
        /// When.
        at: Timestamp,
    },
}

/// Why a change does not happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such step leads away from where the payment stands.
    #[error("the payment is {} and does not change that way", .status.as_str())]
    NotFrom {
        /// Where the payment stands.
        status: Status,
    },
    /// A capture of nothing, or of more than was authorised.
    #[error("a capture must be above 0 and at most {authorised_minor}")]
    CaptureNotWithinAuthorised {
        /// What was authorised, in minor units.
        authorised_minor: i64,
    },
    /// A refund of nothing, or of less.
    #[error("a refund must be above 0")]
    RefundNotPositive,
    /// More would go back than was taken.
    #[error("at most {refundable_minor} can still be refunded")]
    RefundExceedsCaptured {
        /// What is left of the captured amount, in minor units.
        refundable_minor: i64,
    },
}

impl Payment {
    /// A payment on these terms that waits for the buyer to choose a card.
    pub fn open(id: PaymentId, terms: Terms, at: Timestamp) -> Self {
        Self {
            id,
            reference: terms.reference,
            amount_minor: terms.amount_minor,
            capture: terms.capture,
            currency: terms.currency,
            return_url: terms.return_url,
            metadata: terms.metadata,
            status: Status::RequiresAction,
            stage: Stage::Card,
            decline_code: None,
            settles_at: None,
            expires_at: None,
            taken: None,
            refunds: Vec::new(),
            disputes: Vec::new(),
            version: 1,
            created_at: at,
        }
    }

    /// The payment after one change.
    ///
    /// # Errors
    /// The change is not among those that may follow; the payment stays what it was.
    pub fn after(&self, transition: Transition) -> Result<Self, Refusal> {
        use Status::{Authorised, Cancelled, Declined, Processing, RequiresAction, Succeeded};

        let mut next = self.clone();
        next.version += 1;
        match (self.status, transition) {
            (RequiresAction, Transition::AskChallenge) if self.stage == Stage::Card => {
                next.stage = Stage::Challenge;
            }
            (RequiresAction, Transition::Process { settles_at }) => {
                next.status = Processing;
                next.settles_at = settles_at;
            }
            (RequiresAction | Processing, Transition::Authorise { until }) => {
                next.status = Authorised;
                next.expires_at = Some(until);
                next.settles_at = None;
            }
            (RequiresAction | Processing, Transition::Succeed { at }) => {
                next.status = Succeeded;
                next.taken = Some(Taken::new(self.amount_minor, at));
                next.settles_at = None;
            }
            (Authorised, Transition::Capture { amount_minor, at }) => {
                let authorised_minor = self.amount_minor;
                if !(1..=authorised_minor).contains(&amount_minor) {
                    return Err(Refusal::CaptureNotWithinAuthorised { authorised_minor });
                }
                next.status = Succeeded;
                next.taken = Some(Taken::new(amount_minor, at));
                next.expires_at = None;
            }
            (RequiresAction | Processing, Transition::Decline(code)) => {
                next.status = Declined;
                next.decline_code = Some(code);
                next.settles_at = None;
            }
            (RequiresAction | Processing | Authorised, Transition::Cancel) => {
                next.status = Cancelled;
                next.settles_at = None;
                next.expires_at = None;
            }
            (Succeeded, Transition::Refund(refund)) => {
                if refund.amount_minor <= 0 {
                    return Err(Refusal::RefundNotPositive);
                }
                if refund.amount_minor > self.refundable_minor() {
                    return Err(Refusal::RefundExceedsCaptured {
                        refundable_minor: self.refundable_minor(),
                    });
                }
                next.refunds.push(refund);
            }
            (Succeeded, Transition::Dispute(dispute)) if self.open_dispute().is_none() => {
                let refundable_minor = self.refundable_minor();
                if !(1..=refundable_minor).contains(&dispute.amount_minor) {
                    return Err(Refusal::RefundExceedsCaptured { refundable_minor });
                }
                next.disputes.push(dispute);
            }
            (Succeeded, Transition::Decide { verdict, at }) if self.open_dispute().is_some() => {
                let open = next.disputes.iter_mut().filter(|dispute| dispute.is_open());
                open.for_each(|dispute| dispute.decide(verdict, at));
            }
            (status, _) => return Err(Refusal::NotFrom { status }),
        }
        Ok(next)
    }

    /// What went back so far, in minor units.
    pub fn refunded_minor(&self) -> i64 {
        self.refunds.iter().map(|refund| refund.amount_minor).sum()
    }

    /// What can still go back, in minor units.
    pub fn refundable_minor(&self) -> i64 {
        match self.status {
            Status::Succeeded => {
                let gone: i64 = self.disputes.iter().map(Dispute::withdrawn_minor).sum();
                self.captured_minor() - self.refunded_minor() - gone
            }
            _ => 0,
        }
    }

    /// The dispute that is not decided yet.
    pub fn open_dispute(&self) -> Option<&Dispute> {
        self.disputes.iter().find(|dispute| dispute.is_open())
    }

    /// What was taken, in minor units.
    pub fn captured_minor(&self) -> i64 {
        match (self.status, &self.taken) {
            (Status::Succeeded, Some(taken)) => taken.amount_minor,
            (Status::Succeeded, None) => self.amount_minor,
            _ => 0,
        }
    }

    /// The path of the hosted page on which the buyer has to act, while there is one.
    pub fn hosted_path(&self) -> Option<String> {
        match (self.status, self.stage) {
            (Status::RequiresAction, Stage::Card) => Some(format!("/pay/{}", self.id)),
            (Status::RequiresAction, Stage::Challenge) => Some(format!("/challenge/{}", self.id)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
