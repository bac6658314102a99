//! The outside world of the store, for demonstrations and tests.
//!
//! What stands here is what a merchant buys from others: today a payment provider ([`psp`]).
//! Each one is a process of its own with its own durable file, and is reached over HTTP only.
//! The crate deliberately depends on no other crate of the workspace: a provider that shared the
//! store's types could not show where the store misunderstands it.

pub mod psp;
