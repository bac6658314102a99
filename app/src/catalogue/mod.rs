//! The pages that show what is sold: categories and products.

mod buy_box;

#[cfg(feature = "ssr")]
pub mod api;
#[cfg(feature = "ssr")]
mod category;
#[cfg(feature = "ssr")]
mod gallery;
#[cfg(feature = "ssr")]
mod listing;
#[cfg(feature = "ssr")]
mod particulars;
#[cfg(feature = "ssr")]
mod product;
#[cfg(feature = "ssr")]
mod structured;

#[cfg(feature = "ssr")]
pub use {category::CategoryPage, product::ProductPage};
