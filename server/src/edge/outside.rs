//! For how long caches between here and the visitor may serve a page (RFC 9111, RFC 5861).

use axum::http::HeaderValue;
use std::time::Duration;

/// So many seconds a page may be kept that shows more than can be named: nobody is told when it changes.
const UNNAMED: u64 = 10;
/// And one that nobody vouches for.
const UNVOUCHED: u64 = 1;

/// Whether a node knows that a page shows everything as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vouched {
    /// Caches in front may keep it for as long as they are allowed to: they will be told of changes.
    Yes,
    /// It is older, or nothing is heard of changes: they shall ask again in a second.
    No,
}

/// What such caches are allowed. Browsers ask each time.
#[derive(Debug, Clone, Copy)]
pub struct Outside {
    /// In seconds: without asking, and again as long while they ask.
    shared: u64,
    /// In seconds: when nothing newer is to be had.
    stale: u64,
}

impl Outside {
    /// A cache may keep a page for `shared` without asking, and serve it for `stale` when none is to be had.
    pub fn new(shared: Duration, stale: Duration) -> Self {
        Self { shared: shared.as_secs(), stale: stale.as_secs() }
    }

    /// Of a page of which caches are told when it changes.
    pub fn named(self) -> HeaderValue {
        self.cache_control(u64::MAX)
    }

    /// Of a page of which they are not.
    pub fn unnamed(self) -> HeaderValue {
        self.cache_control(UNNAMED)
    }

    /// Of a page that nobody vouches for.
    pub fn unvouched(self) -> HeaderValue {
        self.cache_control(UNVOUCHED)
    }

    fn cache_control(self, most: u64) -> HeaderValue {
        let (kept, stale) = (self.shared.min(most), self.stale);
        HeaderValue::from_str(&format!(
            "public, max-age=0, s-maxage={kept}, stale-while-revalidate={kept}, \
             stale-if-error={stale}"
        ))
        // Written of numbers and plain letters.
        .unwrap_or(HeaderValue::from_static("no-store"))
    }
}
