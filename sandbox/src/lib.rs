//! The outside world of the store, for demonstrations and tests.
//!
//! What stands here is what a merchant has from others: a payment provider ([`psp`]) and the software of
//! warehouses ([`wms`]). Each one is a process of its own with its own durable file, and is reached over HTTP
//! only. The crate deliberately depends on no other crate of the workspace: software that shared the
//! store's types could not show where the store misunderstands it.

mod connection;
mod html;
mod journal;
mod process;
pub mod psp;
mod signature;
pub mod wms;
