//! The cart: its page, the link to it in every header with its drawer, and what both are made of.
//! What a cart is and how it adds up is `domain`'s; what may be put into it is decided by the service
//! behind `api`.

#[cfg(feature = "ssr")]
mod api;
mod badge;
#[cfg(feature = "ssr")]
mod changes;
mod line;
mod lines;
mod live;
#[cfg(feature = "ssr")]
mod markup;
mod news;
#[cfg(feature = "ssr")]
mod page;
#[cfg(feature = "ssr")]
pub mod problem;
mod stepper;
pub mod store;
mod sum;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(feature = "ssr")]
pub mod variants;
pub mod view;

#[cfg(feature = "ssr")]
pub use {badge::CartBadge, changes::Changes, markup::Stepper, page::CartPage, sum::SumRow};
pub use {
    live::wake_onward,
    news::{moved_in_words, shortage},
    sum::{Sum, taxes_in_words},
};
