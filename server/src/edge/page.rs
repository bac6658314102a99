//! A rendered page with everything that is sent of it: headers once, the body in each encoding.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::Write;

/// How a body is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Brotli (RFC 7932).
    Brotli,
    /// As it is.
    Identity,
}

impl Encoding {
    /// The best encoding a client takes.
    pub fn accepted(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::ACCEPT_ENCODING).iter();
        let takes_brotli = values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|v| v.split(','))
            .any(|coding| {
                let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
                let refused = matches!(
                    quality.trim().replace(' ', "").as_str(),
                    "q=0" | "q=0.0" | "q=0.00" | "q=0.000"
                );
                name.trim().eq_ignore_ascii_case("br") && !refused
            });
        if takes_brotli { Self::Brotli } else { Self::Identity }
    }
}

/// What is sent beside the body.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Head {
    /// `Content-Security-Policy`
    pub policy: String,
    /// A hash of the body; the entity tag of each encoding is made of it.
    pub hash: String,
}

/// A page in one encoding, ready to be sent.
#[derive(Debug, Clone)]
pub struct Page {
    /// What is sent beside the body.
    pub head: Head,
    /// How the body is encoded.
    pub encoding: Encoding,
    /// The body.
    pub body: Bytes,
}

impl Head {
    /// The head of a page with this body and policy.
    pub fn new(html: &[u8], policy: String) -> Self {
        Self { policy, hash: URL_SAFE_NO_PAD.encode(&Sha256::digest(html)[..16]) }
    }
}

/// Brotli at quality 5: a page is compressed once and sent many times, but a miss must not wait for
/// the last per cent.
pub fn compress(html: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(html.len() / 4);
    {
        let mut writer = brotli::CompressorWriter::new(&mut out, 32 * 1024, 5, 22);
        // Writing to memory cannot fail.
        let _ = writer.write_all(html);
    }
    out.into()
}

impl Page {
    /// The answer to a request for this page: 304 when the client has it already, without a body when
    /// only the head was asked for.
    pub fn answer(&self, request: &HeaderMap, head_only: bool, source: &'static str) -> Response {
        let suffix = if self.encoding == Encoding::Brotli { "-br" } else { "" };
        let tag = format!("\"{}{suffix}\"", self.head.hash);
        let known = request.get_all(header::IF_NONE_MATCH).iter().any(|value| {
            let tags = value.to_str().unwrap_or("").split(',').map(str::trim);
            tags.map(|t| t.strip_prefix("W/").unwrap_or(t)).any(|t| t == tag || t == "*")
        });
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        let text = |text: &str| HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""));
        headers.insert(header::ETAG, text(&tag));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=0, must-revalidate"),
        );
        headers.insert(HeaderName::from_static("x-cache"), HeaderValue::from_static(source));
        headers.insert(header::CONTENT_SECURITY_POLICY, text(&self.head.policy));
        if known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, html);
        headers.insert(header::CONTENT_LENGTH, self.body.len().into());
        if self.encoding == Encoding::Brotli {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
        }
        if !head_only {
            *response.body_mut() = Body::from(self.body.clone());
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn brotli_is_sent_to_those_who_take_it() {
        let accepted = |value| Encoding::accepted(&headers(header::ACCEPT_ENCODING, value));
        assert_eq!(accepted("gzip, deflate, br"), Encoding::Brotli);
        assert_eq!(accepted("br;q=0.5"), Encoding::Brotli);
        assert_eq!(accepted("gzip, br;q=0"), Encoding::Identity);
        assert_eq!(accepted("brotli"), Encoding::Identity);
        assert_eq!(Encoding::accepted(&HeaderMap::new()), Encoding::Identity);
    }

    #[test]
    fn who_has_the_page_is_sent_no_body() {
        let body = Bytes::from_static(b"<p>hello</p>");
        let head = Head::new(&body, "default-src 'none'".to_owned());
        let page = Page { head, encoding: Encoding::Identity, body };
        let first = page.answer(&HeaderMap::new(), false, "miss");
        let tag = first.headers()[header::ETAG].clone();
        let request = HeaderMap::from_iter([(header::IF_NONE_MATCH, tag)]);
        assert_eq!(page.answer(&request, false, "miss").status(), StatusCode::NOT_MODIFIED);
        let other = headers(header::IF_NONE_MATCH, "\"other\"");
        assert_eq!(page.answer(&other, false, "miss").status(), StatusCode::OK);
    }
}
