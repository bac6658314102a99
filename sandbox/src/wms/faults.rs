//! What goes wrong, and the chance by which it does. All of it is drawn from a seed.

use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How often things go wrong: rates are so many of a thousand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Requests, either way, that never arrive.
    pub lost_requests: u16,
    /// Requests, either way, that arrive and are done, and whose answer does not come back.
    pub lost_answers: u16,
    /// Requests to the store that are sent twice at the same time.
    pub duplicates: u16,
    /// Turns in which the store is told some of what there is to tell, in any order, and not the oldest first.
    pub disorder: u16,
    /// Requests to the store that are held back.
    pub delays: u16,
    /// For so long at most, in milliseconds.
    pub delay_ms: u64,
    /// Lines of parcels after which the book has one piece more or fewer than the shelf, until the next count.
    pub slips: u16,
    /// Counted shelves of which one piece more or fewer is counted than lies there, until the next count.
    pub miscounts: u16,
    /// The software is broken: what it is told twice it does twice. For seeing that this is found.
    pub forgetful: bool,
}

/// A change of some of them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultChange {
    lost_requests: Option<u16>,
    lost_answers: Option<u16>,
    duplicates: Option<u16>,
    disorder: Option<u16>,
    delays: Option<u16>,
    delay_ms: Option<u64>,
    slips: Option<u16>,
    miscounts: Option<u16>,
    forgetful: Option<bool>,
}

impl Faults {
    /// With these changed.
    pub fn changed(self, change: &FaultChange) -> Self {
        Self {
            lost_requests: change.lost_requests.unwrap_or(self.lost_requests),
            lost_answers: change.lost_answers.unwrap_or(self.lost_answers),
            duplicates: change.duplicates.unwrap_or(self.duplicates),
            disorder: change.disorder.unwrap_or(self.disorder),
            delays: change.delays.unwrap_or(self.delays),
            delay_ms: change.delay_ms.unwrap_or(self.delay_ms),
            slips: change.slips.unwrap_or(self.slips),
            miscounts: change.miscounts.unwrap_or(self.miscounts),
            forgetful: change.forgetful.unwrap_or(self.forgetful),
        }
    }
}

/// Chance that comes from a seed: the same question has the same answer, whatever else was asked before.
#[derive(Debug)]
pub struct Chance {
    seed: u64,
    /// How often the software was started: after a restart luck is another.
    life: u64,
    asked: AtomicU64,
}

impl Chance {
    /// The chance of one life.
    pub fn new(seed: u64, life: u64) -> Self {
        Self { seed, life, asked: AtomicU64::new(0) }
    }

    /// A number for this question.
    pub fn number(&self, what: &str, which: impl Display) -> u64 {
        let digest = Sha256::digest(format!("{}/{}/{what}/{which}", self.seed, self.life));
        digest.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
    }

    /// Whether what happens so many times of a thousand happens to this.
    pub fn happens_to(&self, rate: u16, what: &str, which: impl Display) -> bool {
        self.number(what, which) % 1_000 < u64::from(rate)
    }

    /// Whether it happens this time.
    pub fn happens(&self, rate: u16, what: &str) -> bool {
        rate > 0 && self.happens_to(rate, what, self.asked.fetch_add(1, Ordering::Relaxed))
    }

    /// A number below this one, another each time.
    pub fn below(&self, limit: u64, what: &str) -> u64 {
        self.number(what, self.asked.fetch_add(1, Ordering::Relaxed)) % limit.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_is_up_to_the_seed_and_as_often_as_its_rate_says() {
        let (chance, same, other) = (Chance::new(7, 1), Chance::new(7, 1), Chance::new(8, 1));
        let drawn = |chance: &Chance| -> Vec<u64> {
            (0..100).map(|which| chance.number("parcel", which)).collect()
        };
        assert_eq!(drawn(&chance), drawn(&same));
        assert_ne!(drawn(&chance), drawn(&other));
        let times = (0..10_000).filter(|_| chance.happens(100, "loss")).count();
        assert!((800..1_200).contains(&times), "{times}");
        assert!(!(0..1_000).any(|_| chance.happens(0, "loss")));
        assert!((0..1_000).all(|_| chance.happens(1_000, "loss")));
    }
}
