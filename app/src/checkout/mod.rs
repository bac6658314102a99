//! The checkout: one form from the cart to the payment provider. What is asked and when it is right is
//! `domain`'s; whether an order is placed is decided by the service behind `api`.

#[cfg(feature = "ssr")]
mod api;
mod choice;
mod fields;
mod live;
#[cfg(feature = "ssr")]
mod markup;
mod meanwhile;
#[cfg(feature = "ssr")]
mod page;
#[cfg(feature = "ssr")]
mod parcels;
#[cfg(feature = "ssr")]
mod refusal;
mod refused;

#[cfg(feature = "ssr")]
pub use {api::Next, page::CheckoutPage};
