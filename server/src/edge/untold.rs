//! What a cache in front has not been told yet.

use super::Purge;
use std::{
    collections::BTreeSet,
    mem::take,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// What carries this tag is everything.
const ALL: &str = "all";
/// With more tags than this it is told of everything: to a cache that was away for long it makes no
/// difference, and what waits for it stays small.
const MOST: usize = 10_000;

/// Some changes, put together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Untold {
    /// Tags of what may be served while a newer one is fetched.
    pub changed: BTreeSet<String>,
    /// Tags of what may not be served any more.
    pub gone: BTreeSet<String>,
    /// The number of the last of these changes.
    pub number: u64,
}

impl Untold {
    /// A change by its tags and its number.
    pub fn new(tags: &[String], how: Purge, number: u64) -> Self {
        let mut untold = Self { number, ..Self::default() };
        let into = match how {
            Purge::Soft => &mut untold.changed,
            Purge::Hard => &mut untold.gone,
        };
        into.extend(tags.iter().cloned());
        untold
    }

    /// Everything may have changed.
    pub fn everything() -> Self {
        Self::new(&[ALL.to_owned()], Purge::Soft, 0)
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.gone.is_empty()
    }

    /// These changes and some more.
    pub fn add(&mut self, more: Self) {
        self.number = self.number.max(more.number);
        for (tags, more) in [(&mut self.changed, more.changed), (&mut self.gone, more.gone)] {
            tags.extend(more);
            if tags.len() > MOST || tags.contains(ALL) {
                *tags = [ALL.to_owned()].into();
            }
        }
    }
}

/// Where changes wait until they are told.
#[derive(Default)]
pub struct Waiting {
    untold: Mutex<Untold>,
    woken: Notify,
}

impl Waiting {
    /// Puts a change there.
    pub fn add(&self, untold: Untold) {
        self.lock().add(untold);
        self.woken.notify_one();
    }

    /// What waits there, which does so no longer.
    pub fn take(&self) -> Untold {
        take(&mut *self.lock())
    }

    /// Waits for a change.
    pub async fn woken(&self) {
        self.woken.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Untold> {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(tag: &str, how: Purge, number: u64) -> Untold {
        Untold::new(&[tag.to_owned()], how, number)
    }

    #[test]
    fn changes_wait_together_and_are_taken_once() {
        let waiting = Waiting::default();
        waiting.add(change("product:1", Purge::Soft, 7));
        waiting.add(change("product:2", Purge::Hard, 9));
        waiting.add(change("product:1", Purge::Soft, 8));
        let untold = waiting.take();
        assert_eq!(untold.changed, ["product:1".to_owned()].into());
        assert_eq!(untold.gone, ["product:2".to_owned()].into());
        assert_eq!(untold.number, 9);
        assert!(waiting.take().is_empty());
    }

    #[test]
    fn what_waits_for_long_comes_to_everything() {
        let mut untold = Untold::default();
        for number in 0..=MOST {
            untold.add(change(&format!("product:{number}"), Purge::Soft, 1));
        }
        assert_eq!(untold, Untold { number: 1, ..Untold::everything() });
        untold.add(change("product:1", Purge::Soft, 2));
        assert_eq!(untold, Untold { number: 2, ..Untold::everything() });
    }
}
