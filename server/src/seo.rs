//! What crawlers ask for: `/robots.txt` and `/sitemap.xml`.

use crate::guard::problem;
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use catalogue::Catalogue;
use std::{fmt::Write, sync::Arc};

/// What the routes here need.
#[derive(Clone)]
pub struct Seo {
    /// What is sold.
    pub catalogue: Catalogue,
    /// Where the world reaches the store.
    pub public_url: Arc<str>,
}

/// `GET /robots.txt`: everything may be read but what is personal.
pub async fn robots(State(seo): State<Seo>) -> Response {
    let text = format!(
        "User-agent: *\nDisallow: /api/\nDisallow: /cart\nDisallow: /checkout\nDisallow: /orders/\n\
         Disallow: /events\n\nSitemap: {}/sitemap.xml\n",
        seo.public_url
    );
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// `GET /sitemap.xml`: the pages that want to be found (sitemaps.org 0.9).
pub async fn sitemap(State(seo): State<Seo>) -> Response {
    let entries = match seo.catalogue.sitemap().await {
        Ok(entries) => entries,
        Err(error) => {
            tracing::error!(%error, "the sitemap could not be made");
            return problem(StatusCode::SERVICE_UNAVAILABLE, "try_again", "Please try again.");
        }
    };
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n",
    );
    // Writing to a String cannot fail. Paths are slugs: there is nothing in them to escape.
    for path in ["/", "/credits"] {
        let _ = writeln!(xml, "<url><loc>{}{path}</loc></url>", seo.public_url);
    }
    for entry in entries {
        let (path, day) = (entry.path, entry.modified);
        let url = &seo.public_url;
        let _ = writeln!(xml, "<url><loc>{url}{path}</loc><lastmod>{day}</lastmod></url>");
    }
    xml.push_str("</urlset>\n");
    let headers = [
        (header::CONTENT_TYPE, "application/xml; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, xml).into_response()
}
