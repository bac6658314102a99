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
            Status::Succeeded => self.captured_minor() - self.refunded_minor(),
            _ => 0,
        }
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
mod tests {
    use super::*;

    fn opened() -> Payment {
        let terms = Terms {
            reference: "V-1".into(),
            amount_minor: 1_000,
            currency: "EUR".into(),
            capture: CaptureMethod::Automatic,
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
            SUCCEED,
            Transition::Decline(DeclineCode::CardDeclined),
            Transition::Cancel,
            refund(1),
            AUTHORISE,
            capture(1_000),
        ]
    }

    const SUCCEED: Transition = Transition::Succeed { at: Timestamp::UNIX_EPOCH };
    const AUTHORISE: Transition = Transition::Authorise { until: Timestamp::UNIX_EPOCH };

    fn capture(amount_minor: i64) -> Transition {
        Transition::Capture { amount_minor, at: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn only_the_legal_steps_are_taken() {
        let waiting = opened();
        let challenged = waiting.after(Transition::AskChallenge).unwrap();
        let processing = waiting.after(every_transition().remove(1)).unwrap();
        let succeeded = waiting.after(SUCCEED).unwrap();
        let declined = waiting.after(every_transition().remove(3)).unwrap();
        let cancelled = waiting.after(Transition::Cancel).unwrap();
        let authorised = processing.after(AUTHORISE).unwrap();
        // One row for each state; the columns are `every_transition`.
        let table = [
            (waiting, [true, true, true, true, true, false, true, false]),
            (challenged, [false, true, true, true, true, false, true, false]),
            (processing, [false, false, true, true, true, false, true, false]),
            (authorised, [false, false, false, false, true, false, false, true]),
            (succeeded, [false, false, false, false, false, true, false, false]),
            (declined, [false; 8]),
            (cancelled, [false; 8]),
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
        let payment = opened().after(SUCCEED).unwrap();
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
    fn what_is_not_captured_is_released_and_cannot_be_refunded() {
        let authorised = opened().after(AUTHORISE).unwrap();
        assert_eq!((authorised.captured_minor(), authorised.refundable_minor()), (0, 0));
        for amount_minor in [0, -1, 1_001] {
            let refusal = Refusal::CaptureNotWithinAuthorised { authorised_minor: 1_000 };
            assert_eq!(authorised.after(capture(amount_minor)), Err(refusal), "{amount_minor}");
        }
        let captured = authorised.after(capture(600)).unwrap();
        assert_eq!((captured.status, captured.expires_at), (Status::Succeeded, None));
        assert_eq!((captured.captured_minor(), captured.refundable_minor()), (600, 600));
        assert_eq!(captured.taken.as_ref().map(|taken| taken.fee_minor), Some(33));
        assert!(captured.after(capture(400)).is_err());
        assert!(captured.after(refund(601)).is_err());
    }

    #[test]
    fn a_hosted_page_exists_only_while_the_buyer_has_to_act() {
        let waiting = opened();
        assert_eq!(waiting.hosted_path(), Some(format!("/pay/{}", waiting.id)));
        let challenged = waiting.after(Transition::AskChallenge).unwrap();
        assert_eq!(challenged.hosted_path(), Some(format!("/challenge/{}", waiting.id)));
        let paid = challenged.after(SUCCEED).unwrap();
        assert_eq!(paid.hosted_path(), None);
    }
}
