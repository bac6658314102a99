//! The pages in this node's memory, bounded by bytes, and which of them show what.
//!
//! A page that was being rendered while something changed must not count as fresh after the change.
//! Changes are numbered (see [`super::shared`]); a page carries the number of the last one that its
//! render could see, and this node remembers for a while which tags changed with which number.

use super::page::Page;
use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU8, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// A page that somebody asked for within this time before a change is made anew at once, before
/// anybody asks again.
const WANTED: Duration = Duration::from_secs(60);
/// A page that could not be made anew is tried again after this time.
const TRY_AGAIN: Duration = Duration::from_secs(1);
/// What changed is remembered at least this long: longer than any render takes.
const REMEMBERED: Duration = Duration::from_secs(120);

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

/// A page in memory and how it stands.
#[derive(Debug)]
pub struct Kept {
    /// Under which name it is kept.
    pub key: Arc<str>,
    /// The page itself.
    pub page: Page,
    state: AtomicU8,
    /// Since when it is here, by this node's own clock.
    since: Instant,
    /// When somebody last asked for it, and before when it shall not be tried to make it anew; in
    /// milliseconds since it is here.
    asked: AtomicU64,
    next_try: AtomicU64,
    /// Before when it counts as one that cannot be made anew.
    failed_until: AtomicU64,
    /// How often it is about to take the place of itself, because it takes more room now.
    weighed_again: AtomicU8,
}

/// What may be done with a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is served.
    Fresh,
    /// It is served while a newer one is being made.
    Stale,
    /// It is served only if no newer one can be made.
    Withheld,
}

const FRESH: u8 = 0;
const STALE: u8 = 1;
const WITHHELD: u8 = 2;
/// What it showed is gone: it is never served again.
const GONE: u8 = 3;

impl Kept {
    fn new(key: &str, page: Page) -> Self {
        Self {
            key: key.into(),
            page,
            state: AtomicU8::new(FRESH),
            since: Instant::now(),
            asked: AtomicU64::new(0),
            next_try: AtomicU64::new(0),
            failed_until: AtomicU64::new(0),
            weighed_again: AtomicU8::new(0),
        }
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether the caller, and nobody else for a while, shall make it anew.
    pub fn claim_renewal(&self) -> bool {
        let now = self.millis();
        let next = self.next_try.load(Relaxed);
        let later = now + TRY_AGAIN.as_millis() as u64;
        now >= next && self.next_try.compare_exchange(next, later, Relaxed, Relaxed).is_ok()
    }

    /// It could not be made anew just now.
    pub fn note_failure(&self) {
        self.failed_until.store(self.millis() + TRY_AGAIN.as_millis() as u64, Relaxed);
    }

    /// Whether it could not be made anew a moment ago.
    pub fn failed_lately(&self) -> bool {
        self.millis() < self.failed_until.load(Relaxed)
    }

    /// Whether somebody asked for it lately.
    pub fn is_wanted(&self) -> bool {
        self.millis().saturating_sub(self.asked.load(Relaxed)) < WANTED.as_millis() as u64
    }

    /// Whether something that it shows has changed since.
    pub fn is_outdated(&self) -> bool {
        self.state.load(Relaxed) != FRESH
    }

    /// From now on it is served only if no newer one can be made.
    pub fn withhold(&self) {
        let _ = self.state.compare_exchange(STALE, WITHHELD, Relaxed, Relaxed);
    }

    /// What it showed is gone.
    fn remove(&self) {
        self.state.store(GONE, Relaxed);
    }

    /// From now on it is served while a newer one is being made.
    pub fn outdate(&self) {
        let _ = self.state.compare_exchange(FRESH, STALE, Relaxed, Relaxed);
    }
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

/// Which copies carry a tag, and which tags changed lately. Tags are kept as their hashes: two that
/// share one are purged together, which costs a render and nothing else.
#[derive(Default)]
struct Index {
    hasher: RandomState,
    copies: HashMap<u64, HashMap<usize, Weak<Kept>>>,
    changed: HashMap<u64, u64>,
    changed_before: HashMap<u64, u64>,
    remembered_since: Option<Instant>,
    /// The number of the last change that was taken in.
    last: u64,
    /// The number of the last change before which nothing here can be vouched for.
    doubted: u64,
}

impl Local {
    /// Room for so many bytes of pages.
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
                let less_one = |times: u8| times.checked_sub(1);
                if copy.weighed_again.fetch_update(Relaxed, Relaxed, less_one).is_err() {
                    lock(&forgetting).forget(&copy);
                }
            })
            .build();
        let hearing = Hearing { begun: Instant::now(), until: AtomicU64::new(0) };
        Self { pages, index, lifetimes, hearing: Arc::new(hearing) }
    }

    /// A page and how it stands.
    pub fn find(&self, key: &str) -> Option<(Arc<Kept>, Standing)> {
        let copy = self.pages.get(key)?;
        let (state, here) = (copy.state.load(Relaxed), copy.millis());
        // Written once a second at most: it is the same for all who ask meanwhile.
        if here.saturating_sub(copy.asked.load(Relaxed)) >= 1_000 {
            copy.asked.store(here, Relaxed);
        }
        let standing = match state {
            FRESH if here < self.fresh_for() => Standing::Fresh,
            FRESH | STALE => Standing::Stale,
            WITHHELD => Standing::Withheld,
            _ => return None,
        };
        Some((copy, standing))
    }

    /// The number of the last change that this node knows of.
    pub fn last_change(&self) -> u64 {
        lock(&self.index).last
    }

    /// Keeps a page and answers with its copy. It counts as stale from the start if something that
    /// it shows has changed since its render began.
    pub fn keep(&self, key: &str, page: Page) -> Arc<Kept> {
        let copy = Arc::new(Kept::new(key, page));
        lock(&self.index).add(&copy);
        self.pages.insert(copy.key.clone(), copy.clone());
        copy
    }

    /// Says that a copy takes more room than when it was kept: it was made in another encoding.
    pub fn weigh_again(&self, copy: &Arc<Kept>) {
        let there = self.pages.get(&copy.key);
        if !there.is_some_and(|there| Arc::ptr_eq(&there, copy)) {
            return;
        }
        copy.weighed_again.fetch_add(1, Relaxed);
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
    copy.page.head.tags.iter().any(|tag| tags.contains(tag))
}

fn lock(index: &Mutex<Index>) -> MutexGuard<'_, Index> {
    index.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells copies apart for as long as they live.
fn identity(copy: &Arc<Kept>) -> usize {
    Arc::as_ptr(copy).addr()
}

impl Index {
    fn add(&mut self, copy: &Arc<Kept>) {
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

    fn forget(&mut self, copy: &Arc<Kept>) {
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

    fn change(&mut self, number: u64, tags: &[String]) -> Vec<Arc<Kept>> {
        self.turn_the_page();
        self.last = self.last.max(number);
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

    fn doubt(&mut self, number: u64) -> Vec<Arc<Kept>> {
        self.last = self.last.max(number);
        self.doubted = self.doubted.max(number);
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

#[cfg(test)]
mod tests {
    use super::{
        super::page::{Common, Head},
        *,
    };
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
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let common = Common::new(HeaderMap::new(), LONG, LONG);
        Page::rendered(Head::new(&html, tags, seen), &html, &common)
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
    fn memory_is_bounded_and_what_left_it_is_not_looked_for() {
        let local = local(60_000);
        for number in 0..200 {
            local.keep(&format!("/p/{number}"), page(1, &["product:1"]));
        }
        let (pages, bytes) = local.size();
        assert!(pages > 0 && pages < 60 && bytes <= 60_000, "{pages} pages, {bytes} bytes");
        local.pages.invalidate_all();
        local.pages.run_pending_tasks();
        assert!(lock(&local.index).copies.is_empty());
    }
}
