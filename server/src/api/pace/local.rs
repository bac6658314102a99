//! Paces in a node's own memory: of those who are known to nobody else, and of all while Redis is away.

use super::{Limit, Pace};
use moka::{ops::compute::Op, sync::Cache};
use std::{hash::Hash, time::Instant};

/// How many are remembered. Who is forgotten early may ask a little more.
const REMEMBERED: u64 = 100_000;

/// The paces of whoever is named by a key. Cheap to clone.
#[derive(Clone)]
pub struct Local<K> {
    limit: Limit,
    due: Cache<K, u64>,
    begun: Instant,
}

impl<K: Hash + Eq + Clone + Send + Sync + 'static> Local<K> {
    /// Paces that nobody has used yet.
    pub fn new(limit: Limit) -> Self {
        Self { limit, due: Cache::new(REMEMBERED), begun: Instant::now() }
    }

    /// One more request of somebody.
    pub fn one_more(&self, who: K) -> Pace {
        let now = self.now();
        let mut pace = Pace::Fine { debt: 0 };
        // Nobody else looks at this entry meanwhile.
        self.due.entry(who).and_compute_with(|before| {
            let due = before.map_or(0, |entry| entry.into_value());
            let (next, is) = self.limit.one_more(due, now);
            pace = is;
            Op::Put(next)
        });
        pace
    }

    /// Whether there is room for one more, without counting it.
    pub fn look(&self, who: &K) -> Pace {
        self.limit.one_more(self.due.get(who).unwrap_or_default(), self.now()).1
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_pace_of_their_own_and_looking_costs_nothing() {
        let paces = Local::new(Limit::new(1, 2));
        for _ in 0..10 {
            assert!(matches!(paces.look(&"a"), Pace::Fine { .. }));
        }
        for _ in 0..2 {
            assert!(matches!(paces.one_more("a"), Pace::Fine { .. }));
        }
        assert!(matches!(paces.one_more("a"), Pace::TooFast { .. }));
        assert!(matches!(paces.look(&"a"), Pace::TooFast { .. }));
        assert!(matches!(paces.one_more("b"), Pace::Fine { .. }));
    }
}
