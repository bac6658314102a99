//! Answers that are not sent again to who has them (RFC 9110, section 13).

use crate::entity_tag::is_known;
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// An answer under its tag: it may be kept as long as it is asked each time whether it still holds.
pub fn conditional(
    asked: &HeaderMap,
    tag: &str,
    kept_by: &'static str,
    answer: impl IntoResponse,
) -> Response {
    let mut response = match is_known(asked, tag.as_bytes()) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => answer.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept_by));
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// The same for a value in JSON, whose tag is made of all that is told: it changes with any number of it.
pub fn json(asked: &HeaderMap, value: &impl Serialize) -> Response {
    // A struct of texts and numbers can always be written.
    let body = serde_json::to_vec(value).unwrap_or_default();
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    conditional(asked, &tag(&body), "private, no-cache", (kind, body))
}

/// A tag for these bytes.
pub fn tag(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let text: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("\"{text}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_it_is_told_so_without_a_body() {
        let tag = tag(b"levels");
        let asked = |told: &str| {
            let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, told.parse().unwrap())]);
            conditional(&headers, &tag, "no-cache", "levels")
        };
        for (told, status) in [(tag.as_str(), 304), ("\"x\"", 200)] {
            let answer = asked(told);
            assert_eq!(
                (answer.status().as_u16(), &answer.headers()["etag"]),
                (status, &tag.parse().unwrap())
            );
        }
    }
}
