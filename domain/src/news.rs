//! What is told to pages that are open while it happens. Each piece of news carries a version that grows
//! with every change of its SKU, so that late news is known for what it is.

use crate::{Money, Sku, stock::StockClass};
use serde::{Deserialize, Serialize};

/// The most SKUs that one page may ask to hear of: the tiles of a category with their variants, as a rule, and
/// twice a full cart.
pub const MOST_SKUS: usize = 100;

/// How much there is of a SKU: its class, and the number only where few are left.
/// In JSON `{"sku": "L-13", "class": "few_left", "left": 2, "version": 7}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockNews {
    /// The SKU.
    pub sku: Sku,
    /// How much there is.
    #[serde(flatten)]
    pub stock: StockClass,
    /// What carries a smaller one is older.
    pub version: u64,
}

/// What one piece of a SKU costs.
/// In JSON `{"sku": "L-13", "price": {"minor": 1900, "currency": "EUR"}, "version": 7}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceNews {
    /// The SKU.
    pub sku: Sku,
    /// The price of one piece in the market, tax included; `None` if it is not sold (any more).
    pub price: Option<Money>,
    /// What carries a smaller one is older. Not comparable with that of [`StockNews`].
    pub version: u64,
}
