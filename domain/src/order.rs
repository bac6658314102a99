//! The life of an order and what its page shows.

mod parcel;
mod returns;
mod status;
mod timeline;

pub use parcel::{Parcel, ParcelLine, Tracking, Unsent};
pub use returns::{
    OrderReturn, RETURN_DAYS, ReturnLine, ReturnReason, ReturnState, ReturnWish, Returnable,
};
pub use status::{FulfilmentStatus, PaymentStatus, Pieces};
pub use timeline::{Actor, Happened, TimelineEntry};

use crate::{
    Address, Email, Money, OrderNumber, Sku, pricing::Totals, shipping::ShippingMethod,
    tax::BasisPoints,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Where an order is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Placed; its stock is held and its payment is under way.
    AwaitingPayment,
    /// Paid; its stock is its own.
    Paid,
    /// Ended without being carried out; its stock was given back, and so is what was paid.
    Cancelled,
}

impl OrderState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::AwaitingPayment, Self::Paid, Self::Cancelled];

    /// Whether an order may go from this state to that one. The database holds the same table.
    pub fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::AwaitingPayment, Self::Paid | Self::Cancelled) | (Self::Paid, Self::Cancelled)
        )
    }

    /// The state's name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingPayment => "awaiting_payment",
            Self::Paid => "paid",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// Why an order ended without being carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// The time to pay ran out.
    Expired,
    /// The shopper changed the cart or the details and placed another.
    Superseded,
    /// It was paid, but the goods were gone; the money was returned.
    OutOfStock,
    /// The shopper did not want it any more, before anything was sent.
    Shopper,
    /// The store did not want to carry it out, before anything was sent.
    Staff,
}

impl CancelReason {
    /// Every reason.
    pub const ALL: [Self; 5] =
        [Self::Expired, Self::Superseded, Self::OutOfStock, Self::Shopper, Self::Staff];

    /// The reason's name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Superseded => "superseded",
            Self::OutOfStock => "out_of_stock",
            Self::Shopper => "shopper",
            Self::Staff => "staff",
        }
    }

    /// The reason of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

/// A line of an order, frozen as it was bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    /// The SKU.
    pub sku: Sku,
    /// Address of the product below `/p/` when it was bought.
    pub slug: String,
    /// Name of the product when it was bought.
    pub name: String,
    /// Option values for reading; empty without options.
    pub options: String,
    /// Pieces.
    pub quantity: u32,
    /// Price of one piece, tax included.
    pub unit_price: Money,
    /// Price of the line, tax included.
    pub total: Money,
    /// The tax rate it was bought under.
    pub tax_rate: BasisPoints,
}

/// How the payment of an order stands, in the words its page needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStanding {
    /// Nothing was tried yet, or the shopper has still to act at the provider.
    Open,
    /// The provider is working on it.
    Processing,
    /// The last try was declined; another may follow.
    Declined,
    /// The money is there.
    Confirmed,
    /// The money went back.
    Refunded,
}

/// What is told of an order when it changes, to whoever looks at its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderNews {
    /// Where the order is in its life.
    pub state: OrderState,
    /// How its payment stands.
    pub payment: PaymentStanding,
    /// Why it ended, if it did.
    pub cancel_reason: Option<CancelReason>,
    /// How its goods stand.
    pub fulfilment: FulfilmentStatus,
}

/// An order among others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderSummary {
    /// What the customer calls it.
    pub number: OrderNumber,
    /// Where it is in its life.
    pub state: OrderState,
    /// How its money stands.
    pub payment_status: PaymentStatus,
    /// How its goods stand.
    pub fulfilment: FulfilmentStatus,
    /// Whom to write to.
    pub email: Email,
    /// What it costs.
    pub total: Money,
    /// How much of what was paid went back.
    pub refunded: Money,
    /// When it was placed.
    pub placed_at: Timestamp,
}

/// An order as its page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderView {
    /// What the customer calls it.
    pub number: OrderNumber,
    /// Where it is in its life.
    pub state: OrderState,
    /// Why it ended, if it did.
    pub cancel_reason: Option<CancelReason>,
    /// How its payment stands.
    pub payment: PaymentStanding,
    /// Whom to write to.
    pub email: Email,
    /// Where it goes.
    pub address: Address,
    /// How it travels.
    pub shipping_method: ShippingMethod,
    /// What was bought.
    pub lines: Vec<OrderLine>,
    /// What it costs.
    pub totals: Totals,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
    /// How its money stands in the books.
    pub payment_status: PaymentStatus,
    /// How much of what was paid went back.
    pub refunded: Money,
    /// How its goods stand.
    pub fulfilment: FulfilmentStatus,
    /// What was sent.
    pub parcels: Vec<Parcel>,
    /// What is to be sent, once it is paid.
    pub unsent: Vec<Unsent>,
    /// What was announced to be sent back.
    pub returns: Vec<OrderReturn>,
    /// What can be sent back now.
    pub returnable: Vec<Returnable>,
    /// What happened to it, oldest first.
    pub timeline: Vec<TimelineEntry>,
}

impl OrderView {
    /// How it stands, as news.
    pub fn news(&self) -> OrderNews {
        OrderNews {
            state: self.state,
            payment: self.payment,
            cancel_reason: self.cancel_reason,
            fulfilment: self.fulfilment,
        }
    }

    /// Whether it can still be cancelled: nothing of it was sent.
    pub fn can_be_cancelled(&self) -> bool {
        self.state.may_become(OrderState::Cancelled)
            && self.fulfilment == FulfilmentStatus::Unfulfilled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use OrderState::*;

    #[test]
    fn an_order_is_paid_once_and_ends_once() {
        for from in OrderState::ALL {
            for to in OrderState::ALL {
                let legal =
                    matches!((from, to), (AwaitingPayment, Paid | Cancelled) | (Paid, Cancelled));
                assert_eq!(from.may_become(to), legal, "{from:?} to {to:?}");
            }
        }
    }

    #[test]
    fn states_and_reasons_are_read_back_by_their_names() {
        for state in OrderState::ALL {
            assert_eq!(OrderState::parse(state.as_str()), Some(state));
        }
        for reason in CancelReason::ALL {
            assert_eq!(CancelReason::parse(reason.as_str()), Some(reason));
        }
    }
}
