//! What the store refused, and until when it is left alone. In memory only: after a restart all is told again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::book::Book;
use super::store::Outcome;

/// What is refused time and again is left alone for at most so many times the first time.
const LONGEST: u32 = 100;

/// Something that the store refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// A movement, by its number.
    Movement(i64),
    /// A count, by its instant.
    Count(Timestamp),
}

/// How something was refused.
#[derive(Debug, Clone, Copy)]
pub struct Refusal {
    /// What the store said last.
    pub outcome: Outcome,
    /// How often.
    pub times: u32,
    until: Instant,
}

/// All that is refused.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<HashMap<Topic, Refusal>>);

impl Refusals {
    /// Leaves something alone for this time, or for longer if it was refused before.
    pub fn note(&self, topic: Topic, outcome: Outcome, first: Duration) {
        let mut all = self.lock();
        let times = all.get(&topic).map_or(0, |refusal| refusal.times) + 1;
        let wait = first.saturating_mul(2_u32.saturating_pow(times - 1).min(LONGEST));
        all.insert(topic, Refusal { outcome, times, until: Instant::now() + wait });
    }

    /// These are refused no longer.
    pub fn forget(&self, topics: impl IntoIterator<Item = Topic>) {
        let mut all = self.lock();
        for topic in topics {
            all.remove(&topic);
        }
    }

    /// Whether something is to be left alone for now.
    pub fn has(&self, topic: Topic) -> bool {
        self.lock().get(&topic).is_some_and(|refusal| refusal.until > Instant::now())
    }

    /// What the store refused last and is still to be told; the rest is forgotten.
    pub fn list(&self, book: &Book) -> Vec<(Topic, Refusal)> {
        let mut all = self.lock();
        all.retain(|topic, _| match topic {
            Topic::Movement(number) => book.untold.contains_key(number),
            Topic::Count(as_of) => book.counts.iter().any(|count| count.as_of == *as_of),
        });
        let mut list: Vec<_> = all.iter().map(|(topic, refusal)| (*topic, *refusal)).collect();
        list.sort_by_key(|(topic, _)| *topic);
        list
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Topic, Refusal>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
