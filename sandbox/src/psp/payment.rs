//! A payment and the ways it may change: a pure state machine.
//!
//! Every change goes through [`Payment::after`], which gives the next state or refuses. No clock,
//! no randomness, no I/O: times and ids come in as arguments. Which changes a card brings about
//! is told in `card`; keeping them is the journal's work.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{PaymentId, RefundId};
use super::terms::Terms;

/// Where a payment stands. `Succeeded`, `Declined` and `Cancelled` are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The buyer has to act on the hosted page.
    RequiresAction,
    /// Accepted, the outcome is not known yet.
    Processing,
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
            Self::Succeeded => "succeeded",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
        }
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
    /// Above zero; all refunds of a payment together never exceed its amount.
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
    /// In the order they were made.
    pub refunds: Vec<Refund>,
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
    /// The money is taken.
    Succeed,
    /// The money is refused.
    Decline(DeclineCode),
    /// Nothing will be taken.
    Cancel,
    /// Some or all of the money goes back.
    Refund(Refund),
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
            currency: terms.currency,
            return_url: terms.return_url,
            metadata: terms.metadata,
            status: Status::RequiresAction,
            stage: Stage::Card,
            decline_code: None,
            settles_at: None,
            refunds: Vec::new(),
            version: 1,
            created_at: at,
        }
    }

    /// The payment after one change.
    ///
    /// # Errors
    /// The change is not among those that may follow; the payment stays what it was.
    pub fn after(&self, transition: Transition) -> Result<Self, Refusal> {
        use Status::{Cancelled, Declined, Processing, RequiresAction, Succeeded};

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
            (RequiresAction | Processing, Transition::Succeed) => {
                next.status = Succeeded;
                next.settles_at = None;
            }
            (RequiresAction | Processing, Transition::Decline(code)) => {
                next.status = Declined;
                next.decline_code = Some(code);
                next.settles_at = None;
            }
            (RequiresAction | Processing, Transition::Cancel) => {
                next.status = Cancelled;
                next.settles_at = None;
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
            Status::Succeeded => self.amount_minor - self.refunded_minor(),
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
mod tests {
    use super::*;

    fn opened() -> Payment {
        let terms = Terms {
            reference: "V-1".into(),
            amount_minor: 1_000,
            currency: "EUR".into(),
            return_url: "https://shop.example/".into(),
            metadata: BTreeMap::new(),
        };
        Payment::open(PaymentId::fresh(), terms, Timestamp::UNIX_EPOCH)
    }

    fn refund(amount_minor: i64) -> Transition {
        Transition::Refund(Refund {
            id: RefundId::fresh(),
            amount_minor,
            created_at: Timestamp::UNIX_EPOCH,
        })
    }

    fn every_transition() -> Vec<Transition> {
        vec![
            Transition::AskChallenge,
            Transition::Process { settles_at: None },
            Transition::Succeed,
            Transition::Decline(DeclineCode::CardDeclined),
            Transition::Cancel,
            refund(1),
        ]
    }

    #[test]
    fn only_the_legal_steps_are_taken() {
        let waiting = opened();
        let challenged = waiting.after(Transition::AskChallenge).unwrap();
        let processing = waiting.after(every_transition().remove(1)).unwrap();
        let succeeded = waiting.after(Transition::Succeed).unwrap();
        let declined = waiting.after(every_transition().remove(3)).unwrap();
        let cancelled = waiting.after(Transition::Cancel).unwrap();
        // One row for each state; the columns are `every_transition`.
        let table = [
            (waiting, [true, true, true, true, true, false]),
            (challenged, [false, true, true, true, true, false]),
            (processing, [false, false, true, true, true, false]),
            (succeeded, [false, false, false, false, false, true]),
            (declined, [false; 6]),
            (cancelled, [false; 6]),
        ];
        for (payment, allowed) in table {
            for (transition, allowed) in every_transition().into_iter().zip(allowed) {
                let label = format!("{:?} {transition:?}", payment.status);
                match payment.after(transition) {
                    Ok(next) => {
                        assert!(allowed, "{label} must be refused");
                        assert_eq!(next.version, payment.version + 1, "{label}");
                    }
                    Err(refusal) => {
                        assert!(!allowed, "{label} must be allowed");
                        let status = payment.status;
                        assert_eq!(refusal, Refusal::NotFrom { status }, "{label}");
                    }
                }
            }
        }
    }

    #[test]
    fn refunds_add_up_to_the_captured_amount_and_no_further() {
        let payment = opened().after(Transition::Succeed).unwrap();
        let payment = payment.after(refund(400)).unwrap();
        assert_eq!(
            payment.after(refund(601)),
            Err(Refusal::RefundExceedsCaptured { refundable_minor: 600 })
        );
        assert_eq!(payment.after(refund(0)), Err(Refusal::RefundNotPositive));
        assert_eq!(payment.after(refund(-5)), Err(Refusal::RefundNotPositive));
        let payment = payment.after(refund(600)).unwrap();
        assert_eq!(payment.refundable_minor(), 0);
    }

    #[test]
    fn a_hosted_page_exists_only_while_the_buyer_has_to_act() {
        let waiting = opened();
        assert_eq!(waiting.hosted_path(), Some(format!("/pay/{}", waiting.id)));
        let challenged = waiting.after(Transition::AskChallenge).unwrap();
        assert_eq!(challenged.hosted_path(), Some(format!("/challenge/{}", waiting.id)));
        let paid = challenged.after(Transition::Succeed).unwrap();
        assert_eq!(paid.hosted_path(), None);
    }
}
