//! What is no page of the cache: pages for one visitor, and server functions. They are passed through,
//! unless a database that they need is away.

use super::{Edge, PAGE_LIMIT, encoding::Encoding, page::X_CACHE};
use crate::{guard, pulses::With};
use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};

impl Edge {
    /// The answer of the store, with the headers of pages for what is HTML.
    pub(super) async fn bypass(&self, mut request: Request, next: Next) -> Response {
        request.extensions_mut().insert(self.local.reading(0));
        let encoding = Encoding::accepted_at_once(request.headers());
        let (with, wants_page) = (With::of(request.uri()), guard::wants_page(request.headers()));
        // Who hangs up stops nothing half-way, and neither does this: what may not stop has a task.
        let answering = async { self.finished(next.run(request).await, encoding).await };
        match self.pulses.unless_away(with, answering).await {
            Some(answer) => answer,
            None => guard::unavailable(wants_page.then_some(&*self.failure)),
        }
    }

    async fn finished(&self, response: Response, encoding: Encoding) -> Response {
        let is_html = response
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        if !is_html {
            return response;
        }
        let (mut parts, body) = response.into_parts();
        let html = to_bytes(body, PAGE_LIMIT).await.unwrap_or_default();
        parts.headers.extend(self.of_pages.clone());
        parts.headers.insert(X_CACHE, HeaderValue::from_static("bypass"));
        parts.headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        parts
            .headers
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("private, no-store"));
        let body = match encoding.header() {
            Some(name) => {
                parts.headers.insert(header::CONTENT_ENCODING, name);
                encoding.encode_at_once(&html)
            }
            None => html,
        };
        parts.headers.insert(header::CONTENT_LENGTH, body.len().into());
        Response::from_parts(parts, Body::from(body))
    }
}
