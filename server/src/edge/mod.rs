//! The edge: pages that are the same for everyone are rendered once and then served from Redis. The
//! render of such a page sees nothing of the request but its address: no cookie, no header, so that
//! no visitor and no forwarded host can get into a cached byte.

mod csp;
mod key;
mod page;
mod store;

pub use store::PageStore;

use app::services::Tags;
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, Response as HttpResponse, header},
    middleware::Next,
    response::Response,
};
use bytes::Bytes;
use key::Plan;
use page::{Encoding, Head, Page};
use std::{sync::Arc, time::Duration};
use store::Found;

/// The largest page that is looked at; ours are a hundredth of it.
const PAGE_LIMIT: usize = 8 * 1024 * 1024;

const X_CACHE: HeaderName = HeaderName::from_static("x-cache");

/// What the edge layer needs.
#[derive(Clone)]
pub struct Edge {
    store: PageStore,
    payment_origin: Arc<str>,
    /// Renders under way, so that many who ask for one page wait for one render.
    rendering: moka::future::Cache<String, Arc<Rendered>>,
}

/// What came of a render.
enum Rendered {
    /// A page that may be kept.
    Page { head: Head, identity: Bytes, brotli: Bytes },
    /// Something else: not found, or failed. It is sent as it is and not kept.
    Other { response: Box<http::response::Parts>, body: Bytes },
}

impl Edge {
    /// An edge on this store. Forms of its pages may lead to the payment provider's origin.
    pub fn new(store: PageStore, payment_origin: &str) -> Self {
        // Only a guard against leaks: entries are removed when their render is done.
        let rendering = moka::future::Cache::builder()
            .max_capacity(10_000)
            .time_to_live(Duration::from_secs(60))
            .build();
        Self { store, payment_origin: payment_origin.into(), rendering }
    }
}

/// The layer around everything that renders pages.
pub async fn serve(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    match key::plan(request.method(), request.uri()) {
        Plan::Bypass => edge.bypass(request, next).await,
        Plan::Cached(key) => edge.cached(key, request, next).await,
    }
}

impl Edge {
    async fn cached(self, key: String, request: Request, next: Next) -> Response {
        let encoding = Encoding::accepted(request.headers());
        let head_only = request.method() == Method::HEAD;
        let generation = match self.store.find(&key, encoding).await {
            Ok(Found::Page(page)) => {
                return page.answer(request.headers(), head_only, "hit-shared");
            }
            Ok(Found::Missing { generation }) => Some(generation),
            Err(error) => {
                tracing::warn!(%error, "the page cache is away");
                None
            }
        };
        let rendered =
            self.rendering.get_with(key.clone(), self.render(key.clone(), generation, next)).await;
        self.rendering.invalidate(&key).await;
        match rendered.as_ref() {
            Rendered::Page { head, identity, brotli } => {
                let body = match encoding {
                    Encoding::Brotli => brotli,
                    Encoding::Identity => identity,
                };
                let page = Page { head: head.clone(), encoding, body: body.clone() };
                page.answer(request.headers(), head_only, "miss")
            }
            Rendered::Other { response, body } => {
                let body = if head_only { Bytes::new() } else { body.clone() };
                let mut answer = HttpResponse::from_parts((**response).clone(), Body::from(body));
                answer.headers_mut().insert(X_CACHE, HeaderValue::from_static("miss"));
                answer
            }
        }
    }

    /// Renders the page of an address, and keeps it if it is one.
    async fn render(&self, key: String, generation: Option<String>, next: Next) -> Arc<Rendered> {
        let tags = Tags::default();
        let mut request = Request::new(Body::empty());
        // The key was made of a URI's path and plain parameters.
        *request.uri_mut() = key.parse().unwrap_or_default();
        request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("text/html"));
        request.extensions_mut().insert(tags.clone());
        let (mut parts, body) = next.run(request).await.into_parts();
        let html = to_bytes(body, PAGE_LIMIT).await.unwrap_or_default();
        let policy = csp::policy(&String::from_utf8_lossy(&html), &self.payment_origin);
        let keepable = parts.status.is_success()
            && !parts.headers.contains_key(header::SET_COOKIE)
            && !parts.headers.get(header::CACHE_CONTROL).is_some_and(is_private);
        if !keepable {
            add_policy(&mut parts, &policy);
            return Arc::new(Rendered::Other { response: Box::new(parts), body: html });
        }
        let head = Head::new(&html, policy);
        let brotli = page::compress(&html);
        if let Some(generation) = generation {
            let kept =
                self.store.store(&key, &generation, &head, &html, &brotli, &tags.list()).await;
            if let Err(error) = kept {
                tracing::warn!(%error, key, "a page could not be kept");
            }
        }
        Arc::new(Rendered::Page { head, identity: html, brotli })
    }

    /// Pages for one visitor, server functions, what is not found: passed through, with a policy for
    /// what is HTML.
    async fn bypass(&self, request: Request, next: Next) -> Response {
        let encoding = Encoding::accepted(request.headers());
        let response = next.run(request).await;
        let is_html = response
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        if !is_html {
            return response;
        }
        let (mut parts, body) = response.into_parts();
        let html = to_bytes(body, PAGE_LIMIT).await.unwrap_or_default();
        let policy = csp::policy(&String::from_utf8_lossy(&html), &self.payment_origin);
        add_policy(&mut parts, &policy);
        parts.headers.insert(X_CACHE, HeaderValue::from_static("bypass"));
        parts.headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        parts
            .headers
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("private, no-store"));
        let body = match encoding {
            Encoding::Brotli => {
                parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
                page::compress(&html)
            }
            Encoding::Identity => html,
        };
        parts.headers.insert(header::CONTENT_LENGTH, body.len().into());
        HttpResponse::from_parts(parts, Body::from(body))
    }
}

fn is_private(value: &HeaderValue) -> bool {
    let text = value.to_str().unwrap_or("private");
    text.contains("private") || text.contains("no-store")
}

fn add_policy(parts: &mut http::response::Parts, policy: &str) {
    if let Ok(value) = HeaderValue::from_str(policy) {
        parts.headers.insert(header::CONTENT_SECURITY_POLICY, value);
    }
}
