//! The user module. So far it knows visitors and programs: visitors by their sessions, in MongoDB, with the
//! cart as a field; programs by their keys, and by where they want to be told what ([`webhooks`]), in PostgreSQL.
//!
//! A session is written when a visitor first puts something into the cart; someone who only looks
//! leaves no trace. Prices in a session are what was last shown, never what is charged.
//!
//! What a program asked for under which name and what it was answered is kept in the same schema, by
//! `platform::idempotency`, for it belongs to the key that asked. What a key opens, this crate does not
//! know: a [`Scope`] is a name here, and the API's routes say what it is good for.

pub mod cookie;
mod documents;
mod key;
mod keys;
mod queries;
mod scope;
mod session;
mod token;
pub mod webhooks;
mod wish;

pub use key::{ApiKey, KeyHash, KeyId, KeyKind, NotAKey};
pub use keys::{CreateError, KeyRecord, Keys, Revoked};
pub use scope::{Scope, Scopes, UnknownScope};
pub use session::{AddRefused, Added, CheckoutDraft, Sessions};
pub use token::{SessionId, SessionToken};
pub use wish::{NotAWish, WishId};

/// The migrations of the service's schema.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations/accounts");
/// The PostgreSQL schema that is this service's alone.
pub const SCHEMA: &str = "accounts";

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
