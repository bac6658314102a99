//! The lives of what the inventory keeps. The database refuses every step that is not legal here.

use serde::{Deserialize, Serialize};

/// The life of a stock hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldState {
    /// Pieces are set aside until it expires.
    Held,
    /// The order was paid: the pieces are its own.
    Allocated,
    /// Given back, because the order ended or the time ran out.
    Released,
    /// Nothing of it is left in the house: it was sent, or some of it was and the rest cancelled.
    Shipped,
    /// The order was cancelled before anything was sent: the pieces can be sold again.
    Cancelled,
}

impl HoldState {
    /// Every state there is.
    pub const ALL: [Self; 5] =
        [Self::Held, Self::Allocated, Self::Released, Self::Shipped, Self::Cancelled];

    /// Whether a hold may go from this state to that one.
    pub fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Held, Self::Allocated | Self::Released)
                | (Self::Allocated, Self::Shipped | Self::Cancelled)
        )
    }

    /// Whether the order was paid when its pieces came to this.
    pub fn is_paid(self) -> bool {
        matches!(self, Self::Allocated | Self::Shipped | Self::Cancelled)
    }

    /// The state's name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Allocated => "allocated",
            Self::Released => "released",
            Self::Shipped => "shipped",
            Self::Cancelled => "cancelled",
        }
    }
}

/// The life of a purchase order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PurchaseState {
    /// A supplier was asked for goods, and some of them may have come.
    Ordered,
    /// No more are waited for.
    Received,
    /// No more will come.
    Cancelled,
}

impl PurchaseState {
    /// Every state there is.
    pub const ALL: [Self; 3] = [Self::Ordered, Self::Received, Self::Cancelled];

    /// Whether a purchase order may go from this state to that one.
    pub fn may_become(self, next: Self) -> bool {
        matches!((self, next), (Self::Ordered, Self::Received | Self::Cancelled))
    }

    /// The state's name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ordered => "ordered",
            Self::Received => "received",
            Self::Cancelled => "cancelled",
        }
    }
}

/// The life of a transfer between two warehouses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferState {
    /// Somebody wants it; nothing has moved.
    Ordered,
    /// The pieces have left the one warehouse and are in none.
    InTransit,
    /// The pieces are in the other, as far as they arrived.
    Arrived,
    /// Nothing has moved, and nothing will.
    Cancelled,
}

impl TransferState {
    /// Every state there is.
    pub const ALL: [Self; 4] = [Self::Ordered, Self::InTransit, Self::Arrived, Self::Cancelled];

    /// Whether a transfer may go from this state to that one.
    pub fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Ordered, Self::InTransit | Self::Cancelled) | (Self::InTransit, Self::Arrived)
        )
    }

    /// The state's name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ordered => "ordered",
            Self::InTransit => "in_transit",
            Self::Arrived => "arrived",
            Self::Cancelled => "cancelled",
        }
    }
}
