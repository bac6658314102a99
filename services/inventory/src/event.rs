//! What the service tells the world: that what can be bought of a SKU has changed. The rows are
//! written by the statement that changes the levels; here is how they are read.

use domain::{Sku, stock::StockClass};
use serde::{Deserialize, Serialize};

/// The topic of [`StockChanged`] in the outbox; the key is the SKU.
pub const TOPIC: &str = "stock";

/// What can be bought of a SKU, all warehouses together, has changed in a way that a shopper would
/// notice: another class, or another number while so few are left that the number is shown. Sales
/// out of plenty are not told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockChanged {
    /// The SKU.
    pub sku: Sku,
    /// Pieces that can be bought now.
    pub available: u32,
    /// Grows with every change of the SKU: what carries a smaller one is older news.
    pub version: u64,
    /// The class of `available`; in JSON `"class": "few_left", "left": 3`.
    #[serde(flatten)]
    pub class: StockClass,
    /// Whether the class is another than before (in stock, few left, sold out; one few and another
    /// are the same class). Only then are cached pages made anew.
    pub class_changed: bool,
}
