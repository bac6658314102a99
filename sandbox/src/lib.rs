//! The outside world of the store, for demonstrations and tests.
//!
//! What stands here is what a merchant has from others: a payment provider ([`psp`]), the software of
//! warehouses ([`wms`]) and a mail server ([`mail`]). Each one is a process of its own with its own durable file, and is
//! reached over the network only. The crate deliberately depends on no other crate of the workspace: software that shared the
//! store's types could not show where the store misunderstands it.

mod connection;
mod html;
mod journal;
pub mod mail;
mod process;
pub mod psp;
mod signature;
pub mod wms;
