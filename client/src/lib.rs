//! The store for programs in Rust: carts, checkouts and orders of `/api/v1`, typed.
//!
//! The shapes here are the API's own: the server answers with these very types, and its document is made from
//! them, so that neither can differ from what a client reads. [`Store`] asks; what is refused is a [`Problem`] with
//! a code to act on. Nothing is tried again by itself: whoever asks knows whether a second try is wanted, and a
//! name for the request (`Idempotency-Key`) makes it safe.

mod cart;
mod checkout;
mod money;
mod order;
mod problem;
mod store;

pub use cart::{
    Cart, CartLine, Change, Delivery, DeliveryMethod, DeliveryOption, DeliveryOptions,
    LineQuantity, NewLine, ShippingAddress, Shortage,
};
pub use checkout::{CheckedOut, Checkout, NextAction, Payment, PlacedOrder};
pub use money::{Money, Tax, Totals};
pub use order::{
    CancelReason, Happening, Order, OrderLine, OrderStanding, OrderStatus, PaymentStatus,
};
pub use problem::{Error, FieldError, Problem};
pub use store::Store;
