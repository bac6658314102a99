//! Which pages of a node's memory carry a tag, and which tags changed lately.
//!
//! A page that was being rendered while something changed must not count as fresh after the change.
//! Changes are numbered (see [`super::shared`]); a page carries the number of the last one that its
//! render could see, and it is remembered for a while which tags changed with which number.

use super::kept::Kept;
use crate::survey::SHELVES;
use slab::Slab;
use std::{
    collections::{
        BTreeSet, HashMap, HashSet,
        hash_map::{Entry, RandomState},
    },
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
    copies: Slab<Weak<Kept>>,
    carriers: HashMap<u64, Carriers>,
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

/// Under which numbers the copies that carry a tag are found. Most tags are carried by one page alone,
/// a few by all of them.
#[expect(
    clippy::box_collection,
    reason = "a set is thrice as large, and there is an entry for each tag"
)]
enum Carriers {
    One(u32),
    Many(Box<HashSet<u32>>),
}

impl Carriers {
    fn add(&mut self, copy: u32) {
        match self {
            Self::One(one) => *self = Self::Many(Box::new([*one, copy].into())),
            Self::Many(copies) => drop(copies.insert(copy)),
        }
    }

    /// Takes a copy out; answers whether none is left.
    fn remove(&mut self, copy: u32) -> bool {
        match self {
            Self::One(one) => *one == copy,
            Self::Many(copies) => copies.remove(&copy) && copies.is_empty(),
        }
    }

    fn iter(&self) -> impl Iterator<Item = u32> {
        let (one, many) = match self {
            Self::One(one) => (Some(*one), None),
            Self::Many(copies) => (None, Some(copies.iter().copied())),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }
}

impl Index {
    /// Takes a page in. It counts as stale from the start if something that it shows has changed since
    /// its render began.
    pub fn add(&mut self, copy: &Arc<Kept>) {
        // A page takes kilobytes: memory ends before numbers do.
        let number = u32::try_from(self.copies.insert(Arc::downgrade(copy))).unwrap_or(u32::MAX);
        copy.note_number(number);
        let head = &copy.page.head;
        let mut newest = self.doubted;
        for tag in head.tags.iter() {
            let tag = self.hasher.hash_one(tag);
            match self.carriers.entry(tag) {
                Entry::Vacant(place) => drop(place.insert(Carriers::One(number))),
                Entry::Occupied(mut carriers) => carriers.get_mut().add(number),
            }
            let changed = self.changed.get(&tag).or_else(|| self.changed_before.get(&tag));
            newest = newest.max(changed.copied().unwrap_or_default());
        }
        if newest > head.seen {
            copy.outdate();
        }
    }

    /// A page that has left the memory is not looked for any more.
    pub fn forget(&mut self, copy: &Kept) {
        let Some(number) = copy.take_number() else { return };
        self.copies.try_remove(number as usize);
        for tag in copy.page.head.tags.iter() {
            let tag = self.hasher.hash_one(tag);
            if let Entry::Occupied(mut carriers) = self.carriers.entry(tag)
                && carriers.get_mut().remove(number)
            {
                carriers.remove();
            }
        }
    }

    /// Takes in the change with this number; answers which pages it has outdated.
    pub fn change(&mut self, number: u64, tags: &[String]) -> Vec<Arc<Kept>> {
        self.turn_the_page();
        self.last = self.last.max(number);
        self.epoch += u64::from(tags.iter().any(|tag| tells_of_categories(tag)));
        let mut found = BTreeSet::new();
        for tag in tags {
            let tag = self.hasher.hash_one(tag);
            self.changed.insert(tag, number);
            found.extend(self.carriers.get(&tag).into_iter().flat_map(Carriers::iter));
        }
        let copies = found.into_iter().filter_map(|copy| self.copies.get(copy as usize)?.upgrade());
        let found: Vec<_> = copies.filter(|copy| copy.page.head.seen < number).collect();
        found.iter().for_each(|copy| copy.outdate());
        found
    }

    /// Some changes up to this number may have been missed: every page is outdated.
    pub fn doubt(&mut self, number: u64) -> Vec<Arc<Kept>> {
        self.last = self.last.max(number);
        self.doubted = self.doubted.max(number);
        self.epoch += 1;
        let all: Vec<_> = self.copies.iter().filter_map(|(_, copy)| copy.upgrade()).collect();
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
    /// Whether no page is looked for, and no tag carried.
    pub fn is_empty(&self) -> bool {
        self.copies.is_empty() && self.carriers.is_empty()
    }
}
