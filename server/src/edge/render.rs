//! Renders the pages that are kept: from their address alone, a bounded number at a time.

use super::{PAGE_LIMIT, page::Head, tags::TagList};
use app::services::Tags;
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderValue, StatusCode, header},
};
use bytes::Bytes;
use catalogue::Reading;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::sync::Semaphore;
use tower::ServiceExt;

/// How many pages are rendered at the same time. More would only wait for each other.
const AT_ONCE: usize = 64;
/// How long a page may take, and how long it may wait for its turn.
const RENDERED_WITHIN: Duration = Duration::from_secs(5);
const TURN_WITHIN: Duration = Duration::from_secs(2);

/// What came of a render.
pub enum Rendered {
    /// A page that may be kept.
    Page {
        /// What is told of it.
        head: Head,
        /// Its body.
        html: Bytes,
    },
    /// There is nothing under this address, and a page that says so.
    Missing {
        /// What is told of it.
        head: Head,
        /// Its body.
        html: Bytes,
    },
    /// Something that may not be kept.
    Unkept {
        /// Its status and headers.
        parts: Box<http::response::Parts>,
        /// Its body.
        body: Bytes,
    },
    /// It could not be made now.
    Failed,
}

/// Renders pages. Cheap to clone.
#[derive(Clone)]
pub struct Renderer {
    pages: Router,
    turns: Arc<Semaphore>,
    begun: Arc<AtomicU64>,
}

impl Renderer {
    /// Renders what this router answers with.
    pub fn new(pages: Router) -> Self {
        Self { pages, turns: Arc::new(Semaphore::new(AT_ONCE)), begun: Arc::default() }
    }

    /// How many renders were begun.
    pub fn begun(&self) -> u64 {
        self.begun.load(Relaxed)
    }

    /// Renders the page of a key. `seen` is the number of the last change before now,
    /// `reading` what the catalogue is read with.
    pub async fn render(&self, key: &str, seen: u64, reading: Reading) -> Rendered {
        let Ok(Ok(_turn)) = tokio::time::timeout(TURN_WITHIN, self.turns.acquire()).await else {
            tracing::warn!(key, "too many pages are being rendered");
            return Rendered::Failed;
        };
        match tokio::time::timeout(RENDERED_WITHIN, self.render_now(key, seen, reading)).await {
            Ok(rendered) => rendered,
            Err(_) => {
                tracing::warn!(key, "a page took too long");
                Rendered::Failed
            }
        }
    }

    async fn render_now(&self, key: &str, seen: u64, reading: Reading) -> Rendered {
        self.begun.fetch_add(1, Relaxed);
        let tags = Tags::default();
        // So that it can be purged by its address, or with everything else.
        tags.add(format!("path:{}", key.split('?').next().unwrap_or(key)));
        tags.add("all");
        let mut request = Request::new(Body::empty());
        // The key was made of a URI's path and plain parameters.
        *request.uri_mut() = key.parse().unwrap_or_default();
        request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("text/html"));
        request.extensions_mut().insert(tags.clone());
        request.extensions_mut().insert(reading);
        // The error of a router is that it has none.
        let Ok(response) = self.pages.clone().oneshot(request).await;
        let (parts, body) = response.into_parts();
        if parts.status.is_server_error() {
            return Rendered::Failed;
        }
        let Ok(html) = to_bytes(body, PAGE_LIMIT).await else { return Rendered::Failed };
        let is_private = parts.headers.contains_key(header::SET_COOKIE)
            || parts.headers.get(header::CACHE_CONTROL).is_some_and(is_private);
        let is_kept = parts.status == StatusCode::OK || parts.status == StatusCode::NOT_FOUND;
        if is_private || !is_kept {
            return Rendered::Unkept { parts: Box::new(parts), body: html };
        }
        let tags = match TagList::new(&tags.list()) {
            Ok(tags) => tags,
            Err(error) => {
                tracing::error!(key, %error, "a page is not kept");
                return Rendered::Unkept { parts: Box::new(parts), body: html };
            }
        };
        let head = Head::new(&html, tags, seen);
        match parts.status {
            StatusCode::OK => Rendered::Page { head, html },
            _ => Rendered::Missing { head, html },
        }
    }
}

fn is_private(value: &HeaderValue) -> bool {
    let text = value.to_str().unwrap_or("private");
    text.contains("private") || text.contains("no-store")
}
