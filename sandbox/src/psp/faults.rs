//! Faults that the test panel can switch on: outages, lost answers, withheld webhooks, latency.
//!
//! They live in memory alone; a restart ends them. The faults of single cards are not here but in
//! `card`.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Longest latency that can be set, in milliseconds.
pub const MAX_LATENCY_MS: u64 = 60_000;

/// What is wrong with the provider at the moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct FaultSettings {
    /// Every request to `/v1` is answered with 503.
    pub outage: bool,
    /// This many of the next answers to writing requests are not sent although the work is done.
    pub lose_answers: u32,
    /// This many of the next attempts to deliver a webhook fail without reaching the merchant.
    pub fail_webhooks: u32,
    /// Milliseconds that a writing request is held before it has its effect.
    pub latency_ms: u64,
    /// What the provider keeps for itself is not told, as if it were not known yet.
    pub withhold_fees: bool,
}

/// A change of some of the faults; what is absent stays.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultChange {
    /// See [`FaultSettings::outage`].
    pub outage: Option<bool>,
    /// See [`FaultSettings::lose_answers`].
    pub lose_answers: Option<u32>,
    /// See [`FaultSettings::fail_webhooks`].
    pub fail_webhooks: Option<u32>,
    /// See [`FaultSettings::latency_ms`]; at most [`MAX_LATENCY_MS`].
    pub latency_ms: Option<u64>,
    /// See [`FaultSettings::withhold_fees`].
    pub withhold_fees: Option<bool>,
}

/// The switches.
#[derive(Debug, Default)]
pub struct Faults(Mutex<FaultSettings>);

impl Faults {
    /// How the switches stand.
    pub fn settings(&self) -> FaultSettings {
        *self.lock()
    }

    /// Turns some of the switches.
    pub fn change(&self, change: FaultChange) -> FaultSettings {
        let mut settings = self.lock();
        if let Some(outage) = change.outage {
            settings.outage = outage;
        }
        if let Some(count) = change.lose_answers {
            settings.lose_answers = count;
        }
        if let Some(count) = change.fail_webhooks {
            settings.fail_webhooks = count;
        }
        if let Some(latency) = change.latency_ms {
            settings.latency_ms = latency.min(MAX_LATENCY_MS);
        }
        if let Some(withhold_fees) = change.withhold_fees {
            settings.withhold_fees = withhold_fees;
        }
        *settings
    }

    /// Whether the answer at hand is one of those to lose; counts it.
    pub fn loses_answer(&self) -> bool {
        count_down(&mut self.lock().lose_answers)
    }

    /// Whether the delivery at hand is one of those to fail; counts it.
    pub fn fails_webhook(&self) -> bool {
        count_down(&mut self.lock().fail_webhooks)
    }

    /// Holds a writing request for the latency that is set.
    pub async fn hold(&self) {
        let latency = Duration::from_millis(self.settings().latency_ms);
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, FaultSettings> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count_down(count: &mut u32) -> bool {
    let some_left = *count > 0;
    *count = count.saturating_sub(1);
    some_left
}
