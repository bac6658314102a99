//! Checkouts.

use crate::{DeliveryMethod, Money, OrderStatus, PaymentStatus, ShippingAddress};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is needed to order a cart and pay for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Checkout {
    /// Whom to write to.
    #[schema(min_length = 3, max_length = 254)]
    pub email: String,
    /// Where it goes.
    pub shipping_address: ShippingAddress,
    /// How: what was said of the cart, or the usual way, if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub delivery: Option<DeliveryMethod>,
    /// By what it is paid.
    pub payment: Payment,
    /// What it is expected to cost. If it costs something else nothing is ordered. Without it a cart is ordered only
    /// if none of its lines has changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub expected_total: Option<Money>,
}

/// By what a cart is paid. No card's number ever comes here: the provider gives a token for it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    /// The provider's name.
    #[schema(min_length = 1, max_length = 32, pattern = "^[a-z0-9_-]+$")]
    pub provider: String,
    /// What the provider calls the means of payment.
    #[schema(min_length = 1, max_length = 255, pattern = "^[!-~]+$")]
    pub token: String,
}

impl std::fmt::Debug for Payment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Payment").field("provider", &self.provider).finish_non_exhaustive()
    }
}

/// What came of a checkout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckedOut {
    /// The order.
    pub order: PlacedOrder,
    /// What has to happen before it is paid; left out once it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_action: Option<NextAction>,
}

/// An order that was placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlacedOrder {
    /// What the customer calls it.
    pub number: String,
    /// What opens it, as the header `Order-Key`: treat it like a password.
    pub key: String,
    /// Where it is in its life.
    pub status: OrderStatus,
    /// How its payment stands.
    pub payment_status: PaymentStatus,
    /// What it costs.
    pub total: Money,
}

/// What has to happen before an order is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum NextAction {
    /// The customer has to go there.
    Redirect {
        /// Where.
        url: String,
    },
    /// The provider has to say what came of it: look at the order, or listen to its events.
    Wait,
}
