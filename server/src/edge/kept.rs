//! A page in a node's memory and how it stands: what may be done with it, and who makes it anew.

use super::page::Page;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// A page that somebody asked for within this time before a change is made anew at once, before
/// anybody asks again.
const WANTED: Duration = Duration::from_secs(60);
/// A page that could not be made anew is tried again after this time.
const TRY_AGAIN: Duration = Duration::from_secs(1);

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
    /// Under which number the index finds it.
    number: AtomicU32,
}

/// The number of a copy that the index does not know.
const UNKNOWN: u32 = u32::MAX;

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
    /// A page that is fresh from now on.
    pub fn new(key: &str, page: Page) -> Self {
        Self {
            key: key.into(),
            page,
            state: AtomicU8::new(FRESH),
            since: Instant::now(),
            asked: AtomicU64::new(0),
            next_try: AtomicU64::new(0),
            failed_until: AtomicU64::new(0),
            weighed_again: AtomicU8::new(0),
            number: AtomicU32::new(UNKNOWN),
        }
    }

    /// Milliseconds since it is here.
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
    pub fn remove(&self) {
        self.state.store(GONE, Relaxed);
    }

    /// From now on it is served while a newer one is being made.
    pub fn outdate(&self) {
        let _ = self.state.compare_exchange(FRESH, STALE, Relaxed, Relaxed);
    }

    /// How it stands, if it is fresh for so many milliseconds; `None` if what it showed is gone. To be
    /// called when somebody asks for it.
    pub fn standing(&self, fresh_for: u64) -> Option<Standing> {
        let here = self.millis();
        // Written once a second at most: it is the same for all who ask meanwhile.
        if here.saturating_sub(self.asked.load(Relaxed)) >= 1_000 {
            self.asked.store(here, Relaxed);
        }
        match self.state.load(Relaxed) {
            FRESH if here < fresh_for => Some(Standing::Fresh),
            FRESH | STALE => Some(Standing::Stale),
            WITHHELD => Some(Standing::Withheld),
            _ => None,
        }
    }

    /// The index finds it under this number.
    pub fn note_number(&self, number: u32) {
        self.number.store(number, Relaxed);
    }

    /// Under which number the index found it, once.
    pub fn take_number(&self) -> Option<u32> {
        Some(self.number.swap(UNKNOWN, Relaxed)).filter(|number| *number != UNKNOWN)
    }

    /// It is about to take the place of itself.
    pub fn note_weighing(&self) {
        self.weighed_again.fetch_add(1, Relaxed);
    }

    /// Whether it leaves its place only to itself; once for each time that was noted.
    pub fn is_weighed_again(&self) -> bool {
        let one_less = |times: u8| times.checked_sub(1);
        self.weighed_again.fetch_update(Relaxed, Relaxed, one_less).is_ok()
    }
}
