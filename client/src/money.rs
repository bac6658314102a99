//! Amounts, and what a cart or an order costs.

use domain::{money::Currency, pricing};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// In minor units of the currency: cents of a euro.
    #[schema(minimum = -9_007_199_254_740_991_i64, maximum = 9_007_199_254_740_991_i64)]
    pub minor: i64,
    /// ISO 4217.
    #[schema(min_length = 3, max_length = 3, pattern = "^[A-Z]{3}$")]
    pub currency: String,
}

impl Money {
    /// Nothing, in this currency.
    pub fn zero(currency: Currency) -> Self {
        domain::Money::zero(currency).into()
    }
}

impl From<domain::Money> for Money {
    fn from(money: domain::Money) -> Self {
        Self { minor: money.minor(), currency: money.currency().code().to_owned() }
    }
}

/// The tax that is contained in a total at one rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tax {
    /// The rate in hundredths of a percent: 1900 is 19 %.
    pub rate_basis_points: u32,
    /// The amounts under this rate, tax included.
    pub gross: Money,
    /// The tax that they contain.
    pub tax: Money,
}

/// What something costs. All amounts contain their tax.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Totals {
    /// The lines together.
    pub items: Money,
    /// Delivery; null until a way of delivery was chosen.
    #[schema(required = true)]
    pub shipping: Option<Money>,
    /// What is paid.
    pub total: Money,
    /// The tax contained in the total, by rate.
    pub taxes: Vec<Tax>,
}

impl Totals {
    /// Those of an empty cart.
    pub fn empty(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self { items: zero.clone(), shipping: None, total: zero, taxes: Vec::new() }
    }
}

impl From<pricing::Totals> for Totals {
    fn from(totals: pricing::Totals) -> Self {
        let tax = |part: pricing::TaxPart| Tax {
            rate_basis_points: part.rate.0,
            gross: part.gross.into(),
            tax: part.tax.into(),
        };
        Self {
            items: totals.items.into(),
            shipping: Some(totals.shipping.into()),
            total: totals.total.into(),
            taxes: totals.taxes.into_iter().map(tax).collect(),
        }
    }
}
