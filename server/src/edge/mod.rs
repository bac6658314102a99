//! The edge: pages that are the same for everyone are rendered once and then served as they are, from
//! this node's memory ([`local`]) or from the cache that all nodes share ([`shared`]). What changes is
//! heard of by every node ([`mod@follow`]). The render of such a page sees nothing of the request but its
//! address: no cookie, no header, so that no visitor and no forwarded host can get into a cached byte.

mod bypass;
mod csp;
mod encoding;
mod follow;
mod front;
mod front_cache;
mod index;
mod kept;
mod key;
mod local;
mod nodes;
mod outside;
mod page;
mod purger;
mod render;
mod shared;
mod tags;
mod untold;

pub use csp::policy;
pub use follow::follow;
pub use front::Front;
pub use local::Purge;
pub use nodes::Report;
pub use purger::{Outcome, Purger, purge_and_wait};
pub use shared::PageStore;

use crate::{
    config, guard,
    pulses::{Pulses, With},
};
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use futures::{FutureExt, StreamExt, stream};
use kept::{Kept, Standing};
use local::{Lifetimes, Local};
use outside::Vouched;
use page::{Common, Page, Source, X_CACHE};
use render::{Rendered, Renderer};
use shared::Found;
use std::{
    collections::HashSet,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

/// The largest page that is looked at; ours are a hundredth of it.
const PAGE_LIMIT: usize = 8 * 1024 * 1024;
/// How long a page may take when there is an older copy to fall back on.
const RENEWED_WITHIN: Duration = Duration::from_secs(1);
/// How many pages are made anew at once after a change, before anybody asks for them, and how many
/// of them at the same time.
const RENEWED: usize = 256;
const RENEWED_AT_ONCE: usize = 4;
/// How often a page is made again that is outdated when it is done.
const TRIES: usize = 3;
/// How long it is remembered that there is nothing under an address, and for how many addresses.
const MISSING_FOR: Duration = Duration::from_secs(10);
const MISSING_BYTES: u64 = 4 * 1024 * 1024;

/// Pages that are the same for everyone. Cheap to clone.
#[derive(Clone)]
pub struct Edge {
    local: Local,
    /// Addresses under which there is nothing, with the page that says so.
    missing: Local,
    shared: PageStore,
    renderer: Renderer,
    common: Arc<Common>,
    common_of_missing: Arc<Common>,
    lifetimes: Lifetimes,
    /// What every answer of the store carries, and what every page tells the browser of itself.
    of_answers: HeaderMap,
    of_pages: HeaderMap,
    failure: Arc<str>,
    /// Which databases answer.
    pulses: Pulses,
    /// How many answers came from where.
    served: Arc<[AtomicU64; 4]>,
    /// What is being made, so that many who ask for one page wait for one render.
    making: moka::future::Cache<String, Made>,
}

/// What came of making a page.
#[derive(Clone)]
enum Made {
    /// A page, kept in memory by now, and where it came from.
    Page(Arc<Kept>, Source),
    /// There is nothing under this address; the page that says so.
    Missing(Arc<Kept>),
    /// It could not be made; the older copy from the shared cache, if there is one.
    Failed(Option<Arc<Kept>>),
    /// A page that may not be kept. It is sent as it is.
    Unkept(Arc<(http::response::Parts, bytes::Bytes)>),
}

/// What an edge is made of.
pub struct Parts {
    /// Renders every page of the store.
    pub pages: Router,
    /// The shared cache.
    pub shared: PageStore,
    /// How long pages live and how much room they have.
    pub settings: config::Edge,
    /// What every answer of the store carries.
    pub headers: HeaderMap,
    /// The content security policy of every page.
    pub policy: HeaderValue,
    /// What a browser needs before it can paint a page.
    pub early_hints: HeaderValue,
    /// The page for when a page cannot be made.
    pub failure: Arc<str>,
    /// Which databases answer.
    pub pulses: Pulses,
}

impl Edge {
    /// An edge that has no page yet.
    pub fn new(parts: Parts) -> Self {
        let settings = &parts.settings;
        let lifetimes = Lifetimes {
            fresh: Duration::from_secs(settings.fresh_seconds),
            unheard: Duration::from_secs(1),
            stale: Duration::from_secs(settings.stale_seconds),
        };
        let lifetimes_of_missing =
            Lifetimes { fresh: MISSING_FOR, unheard: Duration::from_secs(1), stale: MISSING_FOR };
        let of_pages = HeaderMap::from_iter([
            (header::CONTENT_SECURITY_POLICY, parts.policy),
            (header::LINK, parts.early_hints),
        ]);
        let mut headers = parts.headers.clone();
        headers.extend(of_pages.clone());
        let shared_for = Duration::from_secs(settings.shared_cache_seconds);
        // Only a guard against leaks: entries are removed when they are made.
        let making = moka::future::Cache::builder()
            .max_capacity(10_000)
            .time_to_live(Duration::from_secs(60))
            .build();
        Self {
            local: Local::new(settings.memory_megabytes << 20, lifetimes),
            missing: Local::new(MISSING_BYTES, lifetimes_of_missing),
            shared: parts.shared,
            renderer: Renderer::new(parts.pages),
            of_answers: parts.headers,
            of_pages,
            common_of_missing: Arc::new(Common::new(
                headers.clone(),
                shared_for.min(MISSING_FOR),
                MISSING_FOR,
            )),
            common: Arc::new(Common::new(headers, shared_for, lifetimes.stale)),
            lifetimes,
            failure: parts.failure,
            pulses: parts.pulses,
            served: Arc::default(),
            making,
        }
    }

    /// The answer to a request for the page of this key, if this node can give it at once.
    fn at_hand(&self, key: &str, method: &Method, headers: &HeaderMap) -> Option<Response> {
        if let Some((copy, standing)) = self.local.find(key) {
            return match standing {
                Standing::Fresh => Some(self.answer(&copy, method, headers, Source::Local)),
                Standing::Stale => {
                    if copy.claim_renewal() {
                        let (edge, key) = (self.clone(), key.to_owned());
                        tokio::spawn(async move { edge.make(&key).await });
                    }
                    Some(self.answer(&copy, method, headers, Source::Stale))
                }
                Standing::Withheld => None,
            };
        }
        match self.missing.find(key)? {
            (copy, Standing::Fresh) => Some(self.answer(&copy, method, headers, Source::Local)),
            _ => None,
        }
    }

    fn answer(
        &self,
        copy: &Arc<Kept>,
        method: &Method,
        headers: &HeaderMap,
        source: Source,
    ) -> Response {
        self.served[source as usize].fetch_add(1, Relaxed);
        let before = copy.page.encodings();
        let is_vouched = source != Source::Stale && !copy.is_outdated() && self.local.hears();
        let vouched = if is_vouched { Vouched::Yes } else { Vouched::No };
        let response = copy.page.answer(method, headers, source, vouched);
        if copy.page.encodings() != before && copy.page.is_found() {
            self.local.weigh_again(copy);
        }
        response
    }

    /// The answer to a request for the page of this key, which was not at hand.
    async fn fetched(&self, key: &str, method: &Method, headers: &HeaderMap) -> Response {
        let older = self.local.find(key).map(|(copy, _)| copy);
        let made = match &older {
            Some(older) if older.failed_lately() => Made::Failed(None),
            // The making goes on when nobody waits for it any more.
            Some(older) => {
                let (edge, key) = (self.clone(), key.to_owned());
                let making = tokio::spawn(async move { edge.make(&key).await });
                let made = match tokio::time::timeout(RENEWED_WITHIN, making).await {
                    Ok(Ok(made)) => made,
                    Ok(Err(_)) | Err(_) => Made::Failed(None),
                };
                // Only a try that failed puts the next one off, or a page that many ask for would
                // never be tried again.
                if matches!(made, Made::Failed(_)) {
                    older.note_failure();
                }
                made
            }
            // Nothing outside catches what breaks in a render; what it was is in the log.
            None => {
                let making = AssertUnwindSafe(self.make(key)).catch_unwind().await;
                making.unwrap_or(Made::Failed(None))
            }
        };
        match made {
            Made::Page(copy, source) => self.answer(&copy, method, headers, source),
            Made::Missing(copy) => self.answer(&copy, method, headers, Source::Miss),
            Made::Failed(spare) => match older.or(spare) {
                Some(copy) => self.answer(&copy, method, headers, Source::Stale),
                None => {
                    let status = StatusCode::SERVICE_UNAVAILABLE;
                    self.dressed(guard::failure_page(&self.failure, status), headers)
                }
            },
            Made::Unkept(answer) => {
                let (parts, body) = &*answer;
                let body = if method == Method::HEAD { Body::empty() } else { body.clone().into() };
                let mut answer = Response::from_parts(parts.clone(), body);
                answer.headers_mut().extend(self.of_pages.clone());
                answer.headers_mut().insert(X_CACHE, HeaderValue::from_static("miss"));
                self.dressed(answer, headers)
            }
        }
    }

    /// An answer that is not a kept page, with what every answer of the store carries.
    fn dressed(&self, mut answer: Response, request: &HeaderMap) -> Response {
        let headers = answer.headers_mut();
        for (name, value) in &self.of_answers {
            headers.entry(name).or_insert_with(|| value.clone());
        }
        if let Some(id) = request.get(guard::X_REQUEST_ID) {
            headers.insert(guard::X_REQUEST_ID, id.clone());
        }
        answer
    }

    /// Makes the page of a key: once, however many ask for it on this node at the same time. What was
    /// outdated by a change before it was done is made again.
    async fn make(&self, key: &str) -> Made {
        let mut tries = 0;
        loop {
            let made = self.making.get_with(key.to_owned(), self.make_alone(key)).await;
            self.making.invalidate(key).await;
            tries += 1;
            match &made {
                Made::Page(copy, _) if copy.is_outdated() && tries < TRIES => {}
                _ => return made,
            }
        }
    }

    async fn make_alone(&self, key: &str) -> Made {
        let known = self.local.last_change();
        let (seen, spare, away) =
            match self.shared.find(key, self.lifetimes.fresh, &self.common).await {
                Some(Found::Page(page)) => {
                    return Made::Page(self.local.keep(key, page), Source::Shared);
                }
                Some(Found::Missing { seen, spare }) => (seen.max(known), spare, false),
                None => (known, None, true),
            };
        let rendered = match self.pulses.is_away(With::Shown) {
            // It would be waited for in vain.
            true => Rendered::Failed,
            false => self.renderer.render(key, seen, self.local.reading(seen)).await,
        };
        match rendered {
            Rendered::Page { head, html } => {
                let page = Page::rendered(head, &html, &self.common);
                if !away {
                    self.shared.keep(key, &page, self.lifetimes.fresh).await;
                }
                self.missing.remove(key);
                Made::Page(self.local.keep(key, page), Source::Miss)
            }
            Rendered::Missing { head, html } => {
                self.local.remove(key);
                let page = Page::rendered(head, &html, &self.common_of_missing).of_nothing();
                Made::Missing(self.missing.keep(key, page))
            }
            Rendered::Unkept { parts, body } => Made::Unkept(Arc::new((*parts, body))),
            // A page of the shared cache is here now, but counts as stale.
            Rendered::Failed => Made::Failed(spare.map(|page| {
                let copy = self.local.keep(key, page);
                copy.outdate();
                copy
            })),
        }
    }

    /// Makes those of these pages anew that somebody wanted lately, and sees to it that the others are
    /// not served any more unless nothing newer can be had.
    async fn renew(&self, copies: Vec<Arc<Kept>>) {
        let wanted = copies.iter().filter(|copy| copy.is_wanted());
        let keys: HashSet<Arc<str>> = wanted.map(|copy| copy.key.clone()).take(RENEWED).collect();
        let renewals = stream::iter(keys)
            .map(|key| async move { self.make(&key).await })
            .buffer_unordered(RENEWED_AT_ONCE)
            .for_each(|_| async {});
        // What takes longer is made when somebody asks.
        let _ = tokio::time::timeout(RENEWED_WITHIN, renewals).await;
        for copy in copies {
            copy.withhold();
            if let Some((newer, Standing::Stale)) = self.local.find(&copy.key) {
                newer.withhold();
            }
        }
    }

    /// What there is to say of this node.
    fn report(&self, settled: u64) -> Report {
        let (pages, bytes) = self.local.size();
        let served = [0, 1, 2, 3].map(|source| self.served[source].load(Relaxed));
        Report { settled, pages, bytes, served, rendered: self.renderer.begun() }
    }

    /// Takes a change in; answers which copies it has outdated.
    fn change(&self, number: u64, tags: &[String], purge: Purge) -> Vec<Arc<Kept>> {
        self.missing.change(number, tags, Purge::Hard);
        self.local.change(number, tags, purge)
    }

    /// Some changes up to this number may have been missed.
    fn doubt(&self, number: u64) -> Vec<Arc<Kept>> {
        self.missing.doubt(number);
        self.local.doubt(number)
    }

    /// Every change until now has been heard of.
    fn heard(&self, lease: Duration) {
        self.missing.heard(lease);
        self.local.heard(lease);
    }
}

/// The layer around everything that renders pages, for those that are not the edge's own.
pub async fn serve(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    edge.bypass(request, next).await
}
