//! Whether who asks has the answer already, by its entity tag (RFC 9110, 13.1.2).

use axum::http::{HeaderMap, header};

/// Whether one of the tags in `If-None-Match` is this one, weak or strong, or any will do.
pub fn is_known(request: &HeaderMap, tag: &[u8]) -> bool {
    request.get_all(header::IF_NONE_MATCH).iter().any(|value| {
        // What a browser sends, as a rule: the tag as it was given.
        value.as_bytes() == tag
            || value
                .as_bytes()
                .split(|byte| *byte == b',')
                .map(<[u8]>::trim_ascii)
                .any(|known| known == b"*" || known.strip_prefix(b"W/").unwrap_or(known) == tag)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knows(told: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for told in told {
            headers.append(header::IF_NONE_MATCH, told.parse().unwrap());
        }
        is_known(&headers, b"\"x\"")
    }

    #[test]
    fn a_tag_is_known_weak_or_strong_among_others_and_under_a_star() {
        for told in ["\"x\"", "W/\"x\"", "\"y\", W/\"x\"", " \"x\" ", "*"] {
            assert!(knows(&[told]), "{told}");
        }
        assert!(knows(&["\"y\"", "\"x\""]));
        for told in ["", "x", "\"y\"", "\"x", "w/\"x\""] {
            assert!(!knows(&[told]), "{told}");
        }
        assert!(!knows(&[]));
    }
}
