//! Returns: what a customer sends back of an order, why, and what becomes of it.

use crate::{Money, Sku};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// For so many days after the last parcel arrived, or left where nobody told that it arrived, something of an order can
/// be sent back.
pub const RETURN_DAYS: i32 = 30;

/// Why something is sent back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnReason {
    /// It is not wanted any more; no reason has to be given.
    Unwanted,
    /// It does not fit.
    DoesNotFit,
    /// It is not what the page said.
    NotAsDescribed,
    /// It is not what was ordered.
    WrongItem,
    /// It arrived broken.
    Damaged,
}

impl ReturnReason {
    /// Every reason.
    pub const ALL: [Self; 5] =
        [Self::Unwanted, Self::DoesNotFit, Self::NotAsDescribed, Self::WrongItem, Self::Damaged];

    /// The reason's name, in the database and in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unwanted => "unwanted",
            Self::DoesNotFit => "does_not_fit",
            Self::NotAsDescribed => "not_as_described",
            Self::WrongItem => "wrong_item",
            Self::Damaged => "damaged",
        }
    }

    /// The reason of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

/// Where a return is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnState {
    /// The customer said so; the warehouse is not told yet.
    Requested,
    /// The warehouse expects it.
    Expected,
    /// It was looked at, and what was accepted is to be paid back.
    Accepted,
    /// What was accepted was paid back.
    Refunded,
    /// It was looked at, and nothing of it was accepted.
    Rejected,
}

impl ReturnState {
    /// Every state.
    pub const ALL: [Self; 5] =
        [Self::Requested, Self::Expected, Self::Accepted, Self::Refunded, Self::Rejected];

    /// Whether a return may go from this state to that one. The database holds the same table.
    pub fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Requested, Self::Expected)
                | (Self::Expected, Self::Accepted | Self::Rejected)
                | (Self::Accepted, Self::Refunded)
        )
    }

    /// The state's name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Expected => "expected",
            Self::Accepted => "accepted",
            Self::Refunded => "refunded",
            Self::Rejected => "rejected",
        }
    }

    /// The state of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// Pieces that are to be sent back, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnWish {
    /// The SKU.
    pub sku: Sku,
    /// Pieces, one at least.
    pub quantity: u32,
    /// Why.
    pub reason: ReturnReason,
}

/// Pieces that can be sent back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returnable {
    /// The SKU.
    pub sku: Sku,
    /// So many of it.
    pub quantity: u32,
}

/// Pieces of a return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnLine {
    /// What was announced.
    #[serde(flatten)]
    pub wish: ReturnWish,
    /// How many of them were accepted, once it was looked at.
    pub accepted: Option<u32>,
}

/// What a customer sends back of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderReturn {
    /// Which of the order's returns, from 1.
    pub number: u32,
    /// Where it is.
    pub state: ReturnState,
    /// What people call the warehouse that expects it.
    pub warehouse: String,
    /// What is in it.
    pub lines: Vec<ReturnLine>,
    /// How much is paid back for it, once it was looked at.
    pub refund: Option<Money>,
    /// When it was asked for.
    pub requested_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_and_reasons_are_read_back_by_their_names() {
        for state in ReturnState::ALL {
            assert_eq!(ReturnState::parse(state.as_str()), Some(state));
        }
        for reason in ReturnReason::ALL {
            assert_eq!(ReturnReason::parse(reason.as_str()), Some(reason));
        }
    }

    #[test]
    fn a_return_ends_once_and_is_paid_back_only_after_it_was_looked_at() {
        use ReturnState::*;
        for from in ReturnState::ALL {
            let ends = matches!(from, Refunded | Rejected);
            assert_eq!(ReturnState::ALL.into_iter().any(|to| from.may_become(to)), !ends);
            assert_eq!(from.may_become(Refunded), from == Accepted, "{from:?}");
        }
    }
}
