//! What waits in the inbox: events that could not be acted on yet.
//!
//! None is ever dropped. Each is tried again after ten seconds, then after twice as long each time, up to
//! once a day, until something is found that it is about.

use crate::{Error, Payments, queries};
use jiff::Timestamp;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// An event that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The provider that told it.
    pub provider: String,
    /// The provider's name for it.
    pub event: String,
    /// What it tells, in the provider's words.
    pub kind: String,
    /// The provider's name for the payment it is about.
    pub payment: Option<String>,
    /// Why it waits.
    pub problem: Option<String>,
    /// When it came first.
    pub received_at: Timestamp,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried again.
    pub next_try_at: Option<Timestamp>,
}

impl Payments {
    /// The events that wait, oldest first.
    ///
    /// # Errors
    /// The database's only.
    pub async fn inbox(&self, limit: u32) -> Result<Vec<Waiting>, Error> {
        Ok(queries::inbox::list_waiting(&self.pool, limit).await?)
    }

    /// Tries the events whose time has come, and gives the orders that they turned out to be about, so that
    /// the caller can go on with them. Several may do so at once. None is begun with after `within`: the rest
    /// is due again in a minute.
    ///
    /// # Errors
    /// The database's only: what an event comes to is kept with it.
    pub async fn retry_inbox(&self, limit: u32, within: Duration) -> Result<Vec<Uuid>, Error> {
        let begun = Instant::now();
        let mut orders = Vec::new();
        for provider in self.providers.all() {
            let due = queries::inbox::take_due(&self.pool, provider.name(), limit).await?;
            for (event, payment) in due {
                if begun.elapsed() > within {
                    return Ok(orders);
                }
                match self.act_on(provider, &event, payment.as_deref()).await {
                    Ok(order) => orders.extend(order),
                    Err(error) => tracing::error!(event, %error, "an event is still not acted on"),
                }
            }
        }
        Ok(orders)
    }
}
