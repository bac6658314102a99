//! The turns that a node gives out at one drop: one after the other, never closer together than the node's part
//! of what the store admits, and none saved up from a time in which nobody came.

use crate::product_drop::micros_between;
use jiff::Timestamp;
use std::{
    num::{NonZeroU16, NonZeroU32},
    sync::atomic::{AtomicI64, Ordering::Relaxed},
};

pub(crate) struct Turns {
    /// Between two turns, in microseconds.
    gap: i64,
    /// The last turn that was given, in microseconds of the Unix epoch.
    last: AtomicI64,
    began: Timestamp,
}

impl Turns {
    /// A line in which nobody stands yet, of one of so many nodes.
    pub fn new(admits_per_minute: NonZeroU32, nodes: NonZeroU16, began: Timestamp) -> Self {
        // Rounded up: rather a little slower than a little faster.
        let gap = (60_000_000 * u64::from(nodes.get())).div_ceil(admits_per_minute.get().into());
        let gap = i64::try_from(gap).unwrap_or(i64::MAX / 4);
        Self { gap, last: AtomicI64::new(i64::MIN / 2), began }
    }

    /// The next turn.
    pub fn next(&self, now: Timestamp) -> Timestamp {
        let mut turn = now.as_microsecond();
        let later = |last: i64| {
            turn = now.as_microsecond().max(last + self.gap);
            Some(turn)
        };
        // It gives up only where nothing is to be set.
        let _ = self.last.fetch_update(Relaxed, Relaxed, later);
        Timestamp::from_microsecond(turn).unwrap_or(Timestamp::MAX)
    }

    /// A turn that somebody holds. One that was given before this node began shows how far the store's lines had
    /// come: who comes now gets no turn before it. Without that a node would begin its line anew, and whoever
    /// comes to it after a restart would overtake all who wait.
    pub fn hear(&self, given: Timestamp, at: Timestamp) {
        if micros_between(given, self.began) > 0 {
            self.last.fetch_max(at.as_microsecond(), Relaxed);
        }
    }
}
