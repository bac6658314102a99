//! The frame of every page of the sandbox: escaping, the style, and the headers.
//!
//! Pages are plain documents without a script. The only style is the one below, named in the
//! content security policy by its hash. `form-action` is left out of the policy on purpose:
//! browsers apply it to the redirect that follows a form, and that leads to the merchant.

use std::sync::LazyLock;

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("style.css");

static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; \
         frame-ancestors 'none'"
    )
});

/// An icon of its own, so that browsers do not ask for one.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect x='1' y='3' width='14' height='10' rx='2' fill='%232c4a6e'/%3E%3Crect x='1' y='6' width='14' height='2' fill='%23fff'/%3E%3C/svg%3E";

/// How wide the page's column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// For reading and forms.
    Narrow,
    /// For tables.
    Wide,
}

/// Whose page it is: what stands above everything else on it.
#[derive(Debug, Clone, Copy)]
pub struct Site {
    /// What it is.
    pub name: &'static str,
    /// What it is not.
    pub note: &'static str,
}

/// A whole page. `main` is HTML; everything from outside in it must be escaped already.
pub fn page(site: Site, status: StatusCode, title: &str, width: Width, main: &str) -> Response {
    let (title, Site { name, note }) = (escape(title), site);
    let class = match width {
        Width::Narrow => "narrow",
        Width::Wide => "wide",
    };
    let document = format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<link rel="icon" href="{ICON}">
<style>{STYLE}</style>
</head>
<body class="{class}">
<header><p><strong>{name}</strong> – {note}</p></header>
<main>
{main}
</main>
</body>
</html>
"#
    );
    (status, headers(), document).into_response()
}

/// The headers of every page.
fn headers() -> [(HeaderName, &'static str); 6] {
    [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY.as_str()),
        (CACHE_CONTROL, "no-store"),
        // Not `no-referrer`: with it browsers send `Origin: null`, and forms would look foreign.
        (REFERRER_POLICY, "same-origin"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
    ]
}

/// Text made harmless for HTML, between tags and inside quoted attributes.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_cannot_become_markup() {
        assert_eq!(
            escape(r#"<a href="x" title='y'>&"#),
            "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;"
        );
    }
}
