//! The shop's nouns and their arithmetic, the same in the server and in the browser.
//!
//! Values here cannot be wrong: they are parsed at the edge and their fields are private where a
//! wrong one could be built. There is no transport, clock, randomness or storage in this crate; time
//! and identifiers come in as arguments, and no float touches money.

pub mod address;
pub mod cart;
pub mod checkout;
pub mod ids;
pub mod invoice;
pub mod letter;
pub mod listing;
pub mod market;
pub mod money;
pub mod news;
pub mod order;
pub mod payment;
pub mod pricing;
pub mod product;
pub mod quantity;
pub mod shipping;
pub mod stock;
pub mod tax;
pub mod webhook;

pub use address::{Address, Country, Email};
pub use cart::{Cart, CartLine};
pub use ids::{OrderNumber, Sku, Slug};
pub use market::Market;
pub use money::{Currency, Money};
pub use quantity::Quantity;
