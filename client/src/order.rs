//! Orders.

use crate::{DeliveryMethod, Money, ShippingAddress, Totals};
use domain::order::{self, OrderState, OrderView, PaymentStanding};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where an order is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Placed; its goods are held.
    AwaitingPayment,
    /// Paid; its goods are its own.
    Paid,
    /// Ended; its goods were given back.
    Cancelled,
}

impl From<OrderState> for OrderStatus {
    fn from(state: OrderState) -> Self {
        match state {
            OrderState::AwaitingPayment => Self::AwaitingPayment,
            OrderState::Paid => Self::Paid,
            OrderState::Cancelled => Self::Cancelled,
        }
    }
}

/// How the payment of an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Nothing was tried yet, or the customer has to act.
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

impl From<PaymentStanding> for PaymentStatus {
    fn from(standing: PaymentStanding) -> Self {
        match standing {
            PaymentStanding::Open => Self::Open,
            PaymentStanding::Processing => Self::Processing,
            PaymentStanding::Declined => Self::Declined,
            PaymentStanding::Confirmed => Self::Confirmed,
            PaymentStanding::Refunded => Self::Refunded,
        }
    }
}

/// Why an order ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// The time to pay ran out.
    Expired,
    /// Another one of the same cart took its place.
    Superseded,
    /// It was paid, but the goods were gone; the money goes back.
    OutOfStock,
    /// The shopper did not want it any more, before anything was sent.
    Shopper,
    /// The store did not want to carry it out, before anything was sent.
    Staff,
}

impl From<order::CancelReason> for CancelReason {
    fn from(reason: order::CancelReason) -> Self {
        match reason {
            order::CancelReason::Expired => Self::Expired,
            order::CancelReason::Superseded => Self::Superseded,
            order::CancelReason::OutOfStock => Self::OutOfStock,
            order::CancelReason::Shopper => Self::Shopper,
            order::CancelReason::Staff => Self::Staff,
        }
    }
}

/// A line of an order, as it was bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderLine {
    /// The SKU.
    pub sku: String,
    /// The product's name.
    pub name: String,
    /// Its options, for reading; empty without any.
    pub options: String,
    /// Pieces.
    pub quantity: u32,
    /// What one cost, tax included.
    pub unit_price: Money,
    /// What all of them cost.
    pub total: Money,
    /// The tax that is contained, in hundredths of a percent.
    pub tax_rate_basis_points: u32,
}

/// An order as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Order {
    /// What the customer calls it.
    pub number: String,
    /// Where it is in its life.
    pub status: OrderStatus,
    /// Why it ended, if it did.
    #[schema(required = true)]
    pub cancel_reason: Option<CancelReason>,
    /// How its payment stands.
    pub payment_status: PaymentStatus,
    /// Whom to write to.
    pub email: String,
    /// Where it goes.
    pub shipping_address: ShippingAddress,
    /// How.
    pub delivery: DeliveryMethod,
    /// What was bought.
    pub lines: Vec<OrderLine>,
    /// What it costs.
    pub totals: Totals,
    /// When it was placed.
    #[schema(value_type = String, format = DateTime)]
    pub placed_at: Timestamp,
    /// When it was paid.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    pub paid_at: Option<Timestamp>,
}

impl From<OrderView> for Order {
    fn from(order: OrderView) -> Self {
        let line = |line: order::OrderLine| OrderLine {
            sku: line.sku.into(),
            name: line.name,
            options: line.options,
            quantity: line.quantity,
            unit_price: line.unit_price.into(),
            total: line.total.into(),
            tax_rate_basis_points: line.tax_rate.0,
        };
        Self {
            number: order.number.into(),
            status: order.state.into(),
            cancel_reason: order.cancel_reason.map(CancelReason::from),
            payment_status: order.payment.into(),
            email: order.email.into(),
            shipping_address: order.address.into(),
            delivery: order.shipping_method.into(),
            lines: order.lines.into_iter().map(line).collect(),
            totals: order.totals.into(),
            placed_at: order.placed_at,
            paid_at: order.paid_at,
        }
    }
}

/// How an order stands: the data of the other events of its stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderStanding {
    /// What the customer calls it.
    pub number: String,
    /// Where it is in its life.
    pub status: OrderStatus,
    /// Why it ended, if it did.
    #[schema(required = true)]
    pub cancel_reason: Option<CancelReason>,
    /// How its payment stands.
    pub payment_status: PaymentStatus,
}

impl From<&OrderView> for OrderStanding {
    fn from(order: &OrderView) -> Self {
        Self {
            number: order.number.to_string(),
            status: order.state.into(),
            cancel_reason: order.cancel_reason.map(CancelReason::from),
            payment_status: order.payment.into(),
        }
    }
}

/// Something that happened to an order: the data of an event of its stream, whose id is the place on its timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Happening {
    /// What: `order.placed`, `order.paid`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The order.
    pub number: String,
}
