//! Programs that want to be told: to their addresses goes what they want to hear, signed as Standard Webhooks has it
//! (<https://www.standardwebhooks.com>), until they have taken it.
//!
//! What a message is about nothing here knows: it has a type, perhaps a place, and data. Whoever has something to
//! tell [hands it over](Webhooks::carry) with how far it has come, so that nothing is handed over twice or missed;
//! a [`Courier`] sends it. A message may arrive twice, and in any order: its id says so.

mod courier;
mod destination;
mod endpoint;
mod letters;
mod message;
mod schedule;
mod secret;
mod sender;

pub use courier::Courier;
pub use destination::{Reach, Unreachable};
pub use endpoint::{AddError, EndpointNow, FORMER_SECRET_VALID};
pub use letters::{Attempt, DeadLetter};
pub use message::{Carried, Message};
pub use schedule::ATTEMPTS;
pub use secret::{CannotOpen, NotASealingKey, Seal, SigningSecret};
pub(crate) use sender::Heard;
pub use sender::PATIENCE;

use sqlx::PgPool;

/// Everybody who wants to be told. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Webhooks {
    pool: PgPool,
    seal: Seal,
}

impl Webhooks {
    /// Those on a pool whose connections see [`crate::SCHEMA`], with secrets that are kept like this.
    pub fn new(pool: PgPool, seal: Seal) -> Self {
        Self { pool, seal }
    }

    /// Whether secrets are kept sealed.
    pub fn seals(&self) -> bool {
        self.seal.is_on()
    }
}

#[cfg(test)]
mod tests;
