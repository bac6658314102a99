//! What all pages share. These parts know no service and no browser: they turn values into HTML.

mod breadcrumb;
mod card;
mod photograph;
mod price;
mod stock;
mod tile;

pub use breadcrumb::Breadcrumb;
pub use card::{Shelf, StockedCard, told_of};
pub use photograph::{Loading, Photograph};
pub use price::Price;
pub use stock::StockNote;
pub use tile::CategoryTiles;

/// The name of the shop.
pub const SHOP_NAME: &str = "Vitrine";

/// A number of things in words: `1 product`, `24 products`.
pub fn count(number: u32, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}
