//! The document for people, at `/api`: written by the server from the document for programs, in the look of
//! the shop, by day and by night. It has no script, and loads nothing, from anywhere.

mod parts;

use super::conditional;
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use leptos::prelude::*;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use utoipa::openapi::OpenApi;

/// The shop's colours and sizes, and how they are used here. The page carries them itself: a node of the API
/// serves no files.
const STYLE: &str =
    concat!(include_str!("../../../style/tokens.css"), include_str!("../../../style/api.css"));

/// The page as it is sent.
pub struct Page {
    html: String,
    tag: String,
    policy: HeaderValue,
}

impl Page {
    /// Writes it down.
    pub fn new(document: &OpenApi) -> anyhow::Result<Arc<Self>> {
        let document = serde_json::to_value(document)?;
        let html = Owner::new().with(|| parts::page(&document, STYLE).to_html());
        let style = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'"
        );
        Ok(Arc::new(Self { tag: conditional::tag(html.as_bytes()), policy: policy.parse()?, html }))
    }
}

/// `GET /api`: for everybody.
pub async fn show(State(page): State<Arc<Page>>, headers: HeaderMap) -> Response {
    let kind = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, page.policy.clone()),
    ];
    let answer = (kind, page.html.clone()).into_response();
    conditional::conditional(&headers, &page.tag, "public, no-cache", answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::document::about;

    #[test]
    fn the_page_is_whole_and_loads_nothing_from_anywhere() {
        let mut document = about("https://shop.example");
        document.info.description = Some("<script>alert(1)</script> with `a < b`".to_owned());
        let page = Page::new(&document).unwrap();
        assert!(page.html.starts_with("<!DOCTYPE html><html lang=\"en\">"), "{}", page.html);
        assert!(page.html.ends_with("</html>"));
        assert!(page.html.contains("<code>a &lt; b</code>"), "{}", page.html);
        assert!(!page.html.contains('`'), "code is not marked as such: {}", page.html);
        for loads in ["<script", "<link", "<img", "url(", "@import", "src="] {
            assert!(!page.html.contains(loads), "{loads}");
        }
        // What stands between the tags is what the policy allows.
        let style = page.html.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
        assert_eq!(style, STYLE);
    }

    #[test]
    fn every_code_of_a_problem_has_the_anchor_that_problems_name() {
        let page = Page::new(&about("https://shop.example")).unwrap();
        for (_, name, ..) in crate::api::problem::Code::ALL {
            assert!(page.html.contains(&format!("id=\"{name}\"")), "{name}");
        }
    }
}
