//! The user module. So far it knows visitors: their sessions, in MongoDB, with the cart as a field.
//!
//! A session is written when a visitor first puts something into the cart; someone who only looks
//! leaves no trace. Prices in a session are what was last shown, never what is charged.

pub mod cookie;
mod documents;
mod session;
mod token;
mod wish;

pub use session::{AddRefused, Added, CheckoutDraft, Sessions};
pub use token::{SessionId, SessionToken};
pub use wish::{NotAWish, WishId};

/// Why a session could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// MongoDB refused or could not be reached.
    #[error("sessions: {0}")]
    Store(#[from] mongodb::error::Error),
    /// Other writers were faster each time; nothing was changed.
    #[error("the session is being changed by too many requests at once")]
    Contended,
}
