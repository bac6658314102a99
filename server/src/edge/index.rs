//! Which pages of a node's memory carry a tag, and which tags changed lately.
//!
//! A page that was being rendered while something changed must not count as fresh after the change.
//! Changes are numbered (see [`super::shared`]); a page carries the number of the last one that its
//! render could see, and it is remembered for a while which tags changed with which number.

use super::kept::Kept;
use crate::survey::SHELVES;
use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

/// What changed is remembered at least this long: longer than any render takes.
const REMEMBERED: Duration = Duration::from_secs(120);

/// Which copies carry a tag, and which tags changed lately. Tags are kept as their hashes: two that
/// share one are purged together, which costs a render and nothing else.
#[derive(Default)]
pub struct Index {
    hasher: RandomState,
    copies: HashMap<u64, HashMap<usize, Weak<Kept>>>,
    changed: HashMap<u64, u64>,
    changed_before: HashMap<u64, u64>,
    remembered_since: Option<Instant>,
    /// The number of the last change that was taken in.
    pub last: u64,
    /// The number of the last change before which nothing here can be vouched for.
    doubted: u64,
    /// Counts the changes of categories that were heard of or may have been missed.
    pub epoch: u64,
}

/// Tells copies apart for as long as they live.
fn identity(copy: &Arc<Kept>) -> usize {
    Arc::as_ptr(copy).addr()
}

impl Index {
    /// Takes a page in. It counts as stale from the start if something that it shows has changed since
    /// its render began.
    pub fn add(&mut self, copy: &Arc<Kept>) {
        let head = &copy.page.head;
        let mut newest = self.doubted;
        for tag in &head.tags {
            let tag = self.hasher.hash_one(tag);
            self.copies.entry(tag).or_default().insert(identity(copy), Arc::downgrade(copy));
            let changed = self.changed.get(&tag).or_else(|| self.changed_before.get(&tag));
            newest = newest.max(changed.copied().unwrap_or_default());
        }
        if newest > head.seen {
            copy.outdate();
        }
    }

    /// A page that has left the memory is not looked for any more.
    pub fn forget(&mut self, copy: &Arc<Kept>) {
        for tag in &copy.page.head.tags {
            let tag = self.hasher.hash_one(tag);
            if let Some(copies) = self.copies.get_mut(&tag) {
                copies.remove(&identity(copy));
                if copies.is_empty() {
                    self.copies.remove(&tag);
                }
            }
        }
    }

    /// Takes in the change with this number; answers which pages it has outdated.
    pub fn change(&mut self, number: u64, tags: &[String]) -> Vec<Arc<Kept>> {
        self.turn_the_page();
        self.last = self.last.max(number);
        self.epoch += u64::from(tags.iter().any(|tag| tells_of_categories(tag)));
        let mut found = HashMap::new();
        for tag in tags {
            let tag = self.hasher.hash_one(tag);
            self.changed.insert(tag, number);
            let copies = self.copies.get(&tag).into_iter().flatten();
            found.extend(copies.filter_map(|(at, copy)| Some((*at, copy.upgrade()?))));
        }
        found.retain(|_, copy| copy.page.head.seen < number);
        let found: Vec<_> = found.into_values().collect();
        found.iter().for_each(|copy| copy.outdate());
        found
    }

    /// Some changes up to this number may have been missed: every page is outdated.
    pub fn doubt(&mut self, number: u64) -> Vec<Arc<Kept>> {
        self.last = self.last.max(number);
        self.doubted = self.doubted.max(number);
        self.epoch += 1;
        let mut all = HashMap::new();
        for (at, copy) in self.copies.values().flatten() {
            if let Some(copy) = copy.upgrade() {
                all.insert(*at, copy);
            }
        }
        let all: Vec<_> = all.into_values().collect();
        all.iter().for_each(|copy| copy.outdate());
        all
    }

    /// What changed is remembered in two pages of a book, of which the older is torn out.
    fn turn_the_page(&mut self) {
        let since = *self.remembered_since.get_or_insert_with(Instant::now);
        if since.elapsed() > REMEMBERED {
            self.changed_before = std::mem::take(&mut self.changed);
            self.remembered_since = Some(Instant::now());
        }
    }
}

/// Whether the tree of categories is another one after a change of this.
fn tells_of_categories(tag: &str) -> bool {
    tag.starts_with("category:") || ["navigation", SHELVES, "all"].contains(&tag)
}

#[cfg(test)]
impl Index {
    /// Whether no page carries any tag.
    pub fn is_empty(&self) -> bool {
        self.copies.is_empty()
    }
}
