//! Carts.

use crate::{Money, Totals};
use domain::{cart::CartChange, checkout::ShortLine, shipping::ShippingMethod};
use serde::{Deserialize, Serialize};
use utoipa::{
    ToSchema,
    openapi::schema::{Object, ObjectBuilder, SchemaType, Type},
};

/// A cart as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Cart {
    /// Its name, by which whoever knows it has the cart: treat it like a password.
    pub id: String,
    /// Grows with every change of its lines.
    pub version: u32,
    /// What is in it, at most one line for each SKU.
    pub lines: Vec<CartLine>,
    /// What it costs, with delivery once a way was chosen, by the taxes of where it goes.
    pub totals: Totals,
    /// Where it goes, if that was said.
    #[schema(required = true)]
    pub shipping_address: Option<ShippingAddress>,
    /// How it is to be delivered, if that was chosen.
    #[schema(required = true)]
    pub delivery: Option<DeliveryMethod>,
    /// What has become of its lines since they were put there; they are told at current prices.
    pub changes: Vec<Change>,
    /// What is not left in the quantity that is wanted.
    pub shortages: Vec<Shortage>,
}

/// A line of a cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CartLine {
    /// The SKU.
    pub sku: String,
    /// The product's page is at `/p/` and this.
    pub slug: String,
    /// The product's name.
    pub name: String,
    /// Its options, for reading; empty without any.
    pub options: String,
    /// Pieces.
    pub quantity: u32,
    /// What one costs, tax included.
    pub unit_price: Money,
    /// What all of them cost.
    pub total: Money,
}

impl From<domain::CartLine> for CartLine {
    fn from(line: domain::CartLine) -> Self {
        let quantity = line.quantity.get();
        // What was priced before has a total; saturating tells the same.
        let total =
            line.total().unwrap_or(domain::Money::new(i64::MAX, line.item.price.currency()));
        Self {
            sku: line.item.sku.into(),
            slug: line.item.slug.into(),
            name: line.item.name,
            options: line.item.options,
            quantity,
            unit_price: line.item.price.into(),
            total: total.into(),
        }
    }
}

/// What has become of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// Its price moved.
    Price {
        /// Which line.
        sku: String,
        /// Its product's name.
        name: String,
        /// The price it had.
        was: Money,
        /// The price it has.
        now: Money,
    },
    /// It is sold no longer, and out of the cart.
    Withdrawn {
        /// Which line.
        sku: String,
        /// Its product's name.
        name: String,
    },
}

impl From<CartChange> for Change {
    fn from(change: CartChange) -> Self {
        match change {
            CartChange::Price { sku, name, was, now } => {
                Self::Price { sku: sku.into(), name, was: was.into(), now: now.into() }
            }
            CartChange::Withdrawn { sku, name } => Self::Withdrawn { sku: sku.into(), name },
        }
    }
}

/// A line that cannot be served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Shortage {
    /// Which line.
    pub sku: String,
    /// Its product's name.
    pub name: String,
    /// How many are left.
    pub left: u32,
}

impl From<ShortLine> for Shortage {
    fn from(ShortLine { sku, name, left }: ShortLine) -> Self {
        Self { sku: sku.into(), name, left }
    }
}

/// What is to be put into a cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLine {
    /// The SKU.
    #[schema(min_length = 1, max_length = 64, pattern = "^[!-~]+$")]
    pub sku: String,
    /// Pieces, which join those that are there.
    #[schema(minimum = 1, maximum = 999)]
    pub quantity: u32,
}

/// How many pieces a line is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineQuantity {
    /// Pieces.
    #[schema(minimum = 1, maximum = 999)]
    pub quantity: u32,
}

/// Where a cart goes, and how. What is left out stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// Where it goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub shipping_address: Option<ShippingAddress>,
    /// How.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub delivery: Option<DeliveryMethod>,
}

/// An address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShippingAddress {
    /// Who receives it.
    #[schema(schema_with = name)]
    pub name: String,
    /// Street and house number.
    #[schema(schema_with = line1)]
    pub line1: String,
    /// Town.
    #[schema(schema_with = city)]
    pub city: String,
    /// Postal code, in the form that the country has.
    #[schema(min_length = 1, max_length = 100)]
    pub postal_code: String,
    /// ISO 3166-1 alpha-2. Where the store does not deliver to, it says so.
    #[schema(min_length = 2, max_length = 2, pattern = "^[A-Z]{2}$")]
    pub country: String,
}

/// A line of an address, as [`domain::Address::field`] takes it.
fn line(words: &str) -> Object {
    const PLAIN: &str = r"[^<>{}\x00-\x1f\x7f-\x9f]";
    const VISIBLE: &str = r"[^\s<>{}\x00-\x1f\x7f-\x9f]";
    ObjectBuilder::new()
        .description(Some(words))
        .schema_type(SchemaType::new(Type::String))
        .min_length(Some(1))
        .max_length(Some(domain::Address::FIELD_MAX))
        .pattern(Some(format!("^{PLAIN}*{VISIBLE}{PLAIN}*$")))
        .build()
}

fn name() -> Object {
    line("Who receives it.")
}

fn line1() -> Object {
    line("Street and house number.")
}

fn city() -> Object {
    line("Town.")
}

impl From<domain::Address> for ShippingAddress {
    fn from(address: domain::Address) -> Self {
        Self {
            name: address.full_name().to_owned(),
            line1: address.street().to_owned(),
            city: address.city().to_owned(),
            postal_code: address.postal_code().to_owned(),
            country: address.country().code().to_owned(),
        }
    }
}

/// A way of delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryMethod {
    /// The usual one.
    Standard,
    /// Sooner.
    Express,
}

impl From<ShippingMethod> for DeliveryMethod {
    fn from(method: ShippingMethod) -> Self {
        match method {
            ShippingMethod::Standard => Self::Standard,
            ShippingMethod::Express => Self::Express,
        }
    }
}

impl From<DeliveryMethod> for ShippingMethod {
    fn from(method: DeliveryMethod) -> Self {
        match method {
            DeliveryMethod::Standard => Self::Standard,
            DeliveryMethod::Express => Self::Express,
        }
    }
}

/// A way of delivery as it is offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryOption {
    /// What to say in `delivery` to have it.
    pub delivery: DeliveryMethod,
    /// What it is called.
    pub name: String,
    /// What it costs.
    pub price: Money,
    /// Working days at the earliest.
    pub days_min: u32,
    /// Working days at the latest.
    pub days_max: u32,
    /// What the cart costs with it; null for an empty one.
    #[schema(required = true)]
    pub total: Option<Money>,
}

/// The ways of delivery for a cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryOptions {
    /// The usual one first.
    pub items: Vec<DeliveryOption>,
}
