//! Delivering events until the merchant acknowledges them.
//!
//! The events of one change go out one after another, in the order the change put them; different
//! payments do not wait for each other. Between attempts the wait doubles up to a limit. When all
//! attempts are used up the event stays unacknowledged: the panel can send it again, and so does
//! the next start of the process. How one attempt is made is not known here.

use std::time::Duration;

use crate::journal::Position;

use super::Timing;
use super::event::Event;
use super::provider::Provider;

/// Delivers events in their order, once the change at `after` is on the disk.
pub async fn deliver(provider: &Provider, events: &[Event], after: Position) {
    if provider.vault().settled(after).await.is_err() {
        return;
    }
    for event in events {
        if !deliver_copies(provider, event).await {
            tracing::warn!(event = %event.id, kind = event.kind.as_str(), "webhook given up");
        } else if let Err(error) = provider.vault().acknowledge(&event.id) {
            tracing::error!(event = %event.id, %error, "webhook delivered but not noted");
        }
    }
}

/// Whether every copy was acknowledged.
async fn deliver_copies(provider: &Provider, event: &Event) -> bool {
    tokio::time::sleep(Duration::from_millis(event.delay_ms)).await;
    for _ in 0..event.copies {
        if !deliver_copy(provider, event).await {
            return false;
        }
    }
    true
}

async fn deliver_copy(provider: &Provider, event: &Event) -> bool {
    let timing = provider.timing();
    for attempt in 0..timing.attempts {
        let outcome = provider.attempt(event).await;
        tracing::debug!(
            event = %event.id,
            kind = event.kind.as_str(),
            attempt = attempt + 1,
            ?outcome,
            "webhook sent"
        );
        if outcome.acknowledges() {
            return true;
        }
        if attempt + 1 < timing.attempts {
            tokio::time::sleep(wait_after(attempt, timing)).await;
        }
    }
    false
}

/// The wait after this many earlier failures: doubled each time, up to the limit.
fn wait_after(earlier_failures: u32, timing: &Timing) -> Duration {
    let factor = 2_u32.saturating_pow(earlier_failures);
    timing.first_retry.saturating_mul(factor).min(timing.longest_retry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_from_a_fifth_of_a_second_up_to_half_a_minute() {
        let timing = Timing::default();
        let waits: Vec<_> = (0..timing.attempts)
            .map(|failures| wait_after(failures, &timing).as_millis())
            .collect();
        assert_eq!(waits[..4], [200, 400, 800, 1_600]);
        assert_eq!(waits[7..10], [25_600, 30_000, 30_000]);
        assert_eq!(waits.last(), Some(&30_000));
    }
}
