//! Disputes: a buyer tells the bank that a payment was wrong. The bank takes the money back at once, and
//! gives it to the merchant again if the merchant is right in the end.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::DisputeId;

/// What the provider keeps for each dispute, whoever wins it.
const FEE_MINOR: i64 = 1_500;

/// Where a dispute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeStatus {
    /// The money is with the bank until it is decided.
    Opened,
    /// The merchant was right and has the money again.
    Won,
    /// The buyer was right and keeps the money.
    Lost,
}

/// For whom a dispute is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The merchant.
    Won,
    /// The buyer.
    Lost,
}

/// A dispute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// The provider's name for it.
    pub id: DisputeId,
    /// How much is disputed.
    pub amount_minor: i64,
    /// What the provider keeps for it.
    pub fee_minor: i64,
    /// What the buyer says.
    pub reason: String,
    /// Where it stands.
    pub status: DisputeStatus,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
}

impl Dispute {
    /// A new one.
    pub fn open(amount_minor: i64, reason: String, at: Timestamp) -> Self {
        Self {
            id: DisputeId::fresh(),
            amount_minor,
            fee_minor: FEE_MINOR,
            reason,
            status: DisputeStatus::Opened,
            created_at: at,
            decided_at: None,
        }
    }

    /// Whether it is not decided yet.
    pub fn is_open(&self) -> bool {
        self.status == DisputeStatus::Opened
    }

    /// What the merchant does not have because of it.
    pub fn withdrawn_minor(&self) -> i64 {
        match self.status {
            DisputeStatus::Won => 0,
            DisputeStatus::Opened | DisputeStatus::Lost => self.amount_minor,
        }
    }

    pub(super) fn decide(&mut self, verdict: Verdict, at: Timestamp) {
        self.status = match verdict {
            Verdict::Won => DisputeStatus::Won,
            Verdict::Lost => DisputeStatus::Lost,
        };
        self.decided_at = Some(at);
    }
}
