//! The pages in this node's memory, bounded by bytes, and whether this node can vouch for them.

use super::{
    index::Index,
    kept::{Kept, Standing},
    page::Page,
};
use catalogue::Reading;
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// How long a page may be served, and how.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    /// As it is, while this node hears of changes.
    pub fresh: Duration,
    /// As it is, while this node does not hear of changes.
    pub unheard: Duration,
    /// When no newer one can be had.
    pub stale: Duration,
}

/// What a change does to the pages that show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purge {
    /// They are served while newer ones are being made.
    Soft,
    /// They are not served any more.
    Hard,
}

/// The pages in this node's memory. Cheap to clone.
#[derive(Clone)]
pub struct Local {
    pages: moka::sync::Cache<Arc<str>, Arc<Kept>>,
    index: Arc<Mutex<Index>>,
    has_no_room: bool,
    lifetimes: Lifetimes,
    hearing: Arc<Hearing>,
}

/// Since when this node hears of every change.
#[derive(Debug)]
struct Hearing {
    begun: Instant,
    /// Until when it counts as hearing, in milliseconds since it began.
    until: AtomicU64,
}

impl Local {
    /// Room for so many bytes of pages; with none, nothing is kept.
    pub fn new(bytes: u64, lifetimes: Lifetimes) -> Self {
        let index = Arc::new(Mutex::new(Index::default()));
        let forgetting = index.clone();
        let pages = moka::sync::Cache::builder()
            .max_capacity(bytes)
            .weigher(|key: &Arc<str>, copy: &Arc<Kept>| {
                u32::try_from(key.len() + copy.page.weight()).unwrap_or(u32::MAX)
            })
            .time_to_live(lifetimes.stale)
            .eviction_listener(move |_, copy: Arc<Kept>, _| {
                if !copy.is_weighed_again() {
                    lock(&forgetting).forget(&copy);
                }
            })
            .build();
        let hearing = Hearing { begun: Instant::now(), until: AtomicU64::new(0) };
        Self { pages, index, has_no_room: bytes == 0, lifetimes, hearing: Arc::new(hearing) }
    }

    /// A page and how it stands.
    pub fn find(&self, key: &str) -> Option<(Arc<Kept>, Standing)> {
        let copy = self.pages.get(key)?;
        let standing = copy.standing(self.fresh_for())?;
        Some((copy, standing))
    }

    /// The number of the last change that this node knows of.
    pub fn last_change(&self) -> u64 {
        lock(&self.index).last
    }

    /// With what a page is read that is to show every change up to this number: what is remembered of
    /// the categories will do if all of these changes were heard of.
    pub fn reading(&self, seen: u64) -> Reading {
        let index = lock(&self.index);
        Reading::begin(index.epoch, self.hears() && seen <= index.last)
    }

    /// Keeps a page and answers with its copy. It counts as stale from the start if something that
    /// it shows has changed since its render began.
    pub fn keep(&self, key: &str, page: Page) -> Arc<Kept> {
        let copy = Arc::new(Kept::new(key, page));
        let mut index = lock(&self.index);
        index.add(&copy);
        if self.has_no_room {
            index.forget(&copy);
            return copy;
        }
        drop(index);
        self.pages.insert(copy.key.clone(), copy.clone());
        copy
    }

    /// Says that a copy takes more room than when it was kept: it was made in another encoding.
    pub fn weigh_again(&self, copy: &Arc<Kept>) {
        let there = self.pages.get(&copy.key);
        if !there.is_some_and(|there| Arc::ptr_eq(&there, copy)) {
            return;
        }
        copy.note_weighing();
        self.pages.insert(copy.key.clone(), copy.clone());
    }

    /// Forgets a page: what it showed is gone.
    pub fn remove(&self, key: &str) {
        if let Some(copy) = self.pages.remove(key) {
            copy.remove();
        }
    }

    /// Takes in the change with this number. Answers which copies show what has changed.
    pub fn change(&self, number: u64, tags: &[String], purge: Purge) -> Vec<Arc<Kept>> {
        let mut index = lock(&self.index);
        // A number was left out: what changed with it is not known.
        let missed = index.last != 0 && number > index.last + 1;
        let mut copies = if missed { index.doubt(number - 1) } else { Vec::new() };
        copies.extend(index.change(number, tags));
        drop(index);
        if purge == Purge::Hard {
            copies.iter().filter(|copy| shows(copy, tags)).for_each(|copy| copy.remove());
        }
        copies
    }

    /// Some changes up to this number may have been missed: nothing made before counts as fresh.
    pub fn doubt(&self, number: u64) -> Vec<Arc<Kept>> {
        lock(&self.index).doubt(number)
    }

    /// This node has heard of every change until now, and will say so again within `lease`.
    pub fn heard(&self, lease: Duration) {
        self.hearing.until.store(self.hearing.now() + lease.as_millis() as u64, Relaxed);
    }

    /// Whether this node hears of changes.
    pub fn hears(&self) -> bool {
        self.hearing.now() < self.hearing.until.load(Relaxed)
    }

    /// How many pages and bytes there are.
    pub fn size(&self) -> (u64, u64) {
        self.pages.run_pending_tasks();
        (self.pages.entry_count(), self.pages.weighted_size())
    }

    fn fresh_for(&self) -> u64 {
        let lifetime = if self.hears() { self.lifetimes.fresh } else { self.lifetimes.unheard };
        u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX)
    }
}

impl Hearing {
    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

fn shows(copy: &Kept, tags: &[String]) -> bool {
    copy.page.head.tags.iter().any(|tag| tags.iter().any(|gone| gone == tag))
}

fn lock(index: &Mutex<Index>) -> MutexGuard<'_, Index> {
    index.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            page::{Common, Head},
            tags::TagList,
        },
        *,
    };
    use crate::survey::SHELVES;
    use axum::http::HeaderMap;
    use bytes::Bytes;

    const LONG: Duration = Duration::from_secs(600);

    fn local(bytes: u64) -> Local {
        let lifetimes = Lifetimes { fresh: LONG, unheard: Duration::ZERO, stale: LONG };
        let local = Local::new(bytes, lifetimes);
        local.heard(LONG);
        local
    }

    fn page(seen: u64, tags: &[&str]) -> Page {
        let html = Bytes::from_static(b"<p>a page</p>");
        let common = Common::new(HeaderMap::new(), LONG, LONG);
        Page::rendered(Head::new(&html, TagList::new(tags).unwrap(), seen), &html, &common.into())
    }

    fn tags(tags: &[&str]) -> Vec<String> {
        tags.iter().map(|tag| (*tag).to_owned()).collect()
    }

    fn standing(local: &Local, key: &str) -> Option<Standing> {
        local.find(key).map(|(_, standing)| standing)
    }

    #[test]
    fn a_change_outdates_the_pages_that_show_it_and_no_others() {
        let local = local(1 << 20);
        local.keep("/p/a", page(1, &["product:1", "stock:A"]));
        local.keep("/p/b", page(1, &["product:2"]));
        let outdated = local.change(2, &tags(&["stock:A", "stock:C"]), Purge::Soft);
        assert_eq!(outdated.len(), 1);
        assert_eq!(standing(&local, "/p/a"), Some(Standing::Stale));
        assert_eq!(standing(&local, "/p/b"), Some(Standing::Fresh));
        outdated[0].withhold();
        assert_eq!(standing(&local, "/p/a"), Some(Standing::Withheld));
        local.keep("/p/a", page(2, &["product:1"]));
        assert_eq!(standing(&local, "/p/a"), Some(Standing::Fresh));
        assert_eq!(local.change(3, &tags(&["product:2"]), Purge::Hard).len(), 1);
        assert_eq!(standing(&local, "/p/b"), None);
    }

    #[test]
    fn a_page_whose_render_began_before_a_change_is_outdated_when_it_is_kept_after_it() {
        let local = local(1 << 20);
        local.change(5, &tags(&["product:1"]), Purge::Soft);
        local.keep("/p/a", page(4, &["product:1"]));
        local.keep("/p/b", page(5, &["product:1"]));
        assert_eq!(standing(&local, "/p/a"), Some(Standing::Stale));
        assert_eq!(standing(&local, "/p/b"), Some(Standing::Fresh));
    }

    #[test]
    fn a_change_that_was_missed_leaves_nothing_fresh() {
        let local = local(1 << 20);
        local.change(5, &[], Purge::Soft);
        local.keep("/p/a", page(5, &["product:1"]));
        assert_eq!(local.change(7, &tags(&["product:9"]), Purge::Soft).len(), 1);
        assert_eq!(standing(&local, "/p/a"), Some(Standing::Stale));
        local.keep("/p/b", page(5, &["product:1"]));
        assert_eq!(standing(&local, "/p/b"), Some(Standing::Stale));
        local.keep("/p/c", page(7, &["product:1"]));
        assert_eq!(standing(&local, "/p/c"), Some(Standing::Fresh));
    }

    #[test]
    fn a_node_that_hears_nothing_vouches_for_nothing() {
        let local = local(1 << 20);
        local.keep("/p/a", page(1, &["product:1"]));
        local.heard(Duration::ZERO);
        assert_eq!(standing(&local, "/p/a"), Some(Standing::Stale));
        local.heard(LONG);
        assert_eq!(standing(&local, "/p/a"), Some(Standing::Fresh));
    }

    #[test]
    fn what_is_remembered_of_the_categories_serves_only_who_has_heard_of_every_change() {
        let local = local(1 << 20);
        local.change(5, &tags(&["product:1"]), Purge::Soft);
        let first = local.reading(5);
        assert!(first.is_current() && !local.reading(6).is_current());
        local.change(6, &tags(&["shelf:rooms", "stock:A"]), Purge::Soft);
        assert_eq!(local.reading(6).epoch(), first.epoch());
        let mut epoch = first.epoch();
        // Told of, possibly missed, and not heard at all.
        for tell in [
            |local: &Local| drop(local.change(7, &tags(&["category:rooms"]), Purge::Soft)),
            |local: &Local| drop(local.change(8, &tags(&[SHELVES]), Purge::Soft)),
            |local: &Local| drop(local.change(10, &tags(&["stock:A"]), Purge::Soft)),
            |local: &Local| drop(local.doubt(10)),
        ] {
            tell(&local);
            assert!(local.reading(0).epoch() > epoch);
            epoch = local.reading(0).epoch();
        }
        local.heard(Duration::ZERO);
        assert!(!local.reading(0).is_current());
    }

    #[test]
    fn only_one_makes_a_page_anew() {
        let local = local(1 << 20);
        let copy = local.keep("/p/a", page(1, &[]));
        assert!(copy.claim_renewal());
        assert!(!copy.claim_renewal());
    }

    #[test]
    fn a_page_that_takes_more_room_still_hears_of_changes() {
        let local = local(1 << 20);
        let copy = local.keep("/p/a", page(1, &["product:1"]));
        local.weigh_again(&copy);
        local.weigh_again(&copy);
        assert_eq!(local.change(2, &tags(&["product:1"]), Purge::Soft).len(), 1);
        assert_eq!(standing(&local, "/p/a"), Some(Standing::Stale));
    }

    #[test]
    fn a_node_without_room_keeps_nothing_but_knows_what_has_changed() {
        let local = local(0);
        local.change(5, &tags(&["product:1"]), Purge::Soft);
        assert!(local.keep("/p/a", page(4, &["product:1"])).is_outdated());
        assert!(!local.keep("/p/a", page(5, &["product:1"])).is_outdated());
        assert_eq!(standing(&local, "/p/a"), None);
        assert!(lock(&local.index).is_empty());
    }

    #[test]
    fn memory_is_bounded_and_what_left_it_is_not_looked_for() {
        let room = 40 * page(1, &["product:1"]).weight() as u64;
        let local = local(room);
        for number in 0..200 {
            local.keep(&format!("/p/{number}"), page(1, &["product:1"]));
        }
        let (pages, bytes) = local.size();
        assert!(pages > 0 && pages <= 40 && bytes <= room, "{pages} pages, {bytes} bytes");
        local.pages.invalidate_all();
        local.pages.run_pending_tasks();
        assert!(lock(&local.index).is_empty());
    }
}
