//! What crawlers ask for first: `/robots.txt`.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use std::sync::Arc;

/// `GET /robots.txt`: everything may be read but what is personal. The state is
/// where the world reaches the store.
pub async fn robots(State(public_url): State<Arc<str>>) -> Response {
    let text = format!(
        "User-agent: *\nDisallow: /api/\nDisallow: /cart\nDisallow: /checkout\nDisallow: /orders/\n\
         Disallow: /events\nDisallow: /line/*/place\n\nSitemap: {public_url}/sitemap.xml\n"
    );
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}
