//! The session cookie: HttpOnly, SameSite=Lax, and over https with the `__Host-` prefix, which binds
//! it to this host, to https and to the root path (RFC 6265bis, section 4.1.3.2).

use crate::SessionToken;
use http::{HeaderMap, HeaderValue, header::COOKIE};

const PLAIN: &str = "session";
const SECURE: &str = "__Host-session";
/// How long a browser keeps it: as long as a session lives after its last change. So it is set again
/// with each of them.
pub const MAX_AGE_SECONDS: i64 = 30 * 24 * 3600;

/// The token a request carries, if it carries one. Over https only the prefixed name counts: another
/// host of the same site could have planted the plain one.
pub fn read(headers: &HeaderMap, secure: bool) -> Option<SessionToken> {
    let name = if secure { SECURE } else { PLAIN };
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .and_then(|(_, value)| value.parse().ok())
}

/// The `Set-Cookie` value that gives a browser its token.
pub fn set(token: &SessionToken, secure: bool) -> HeaderValue {
    let (name, flag) = if secure { (SECURE, "; Secure") } else { (PLAIN, "") };
    let text = format!(
        "{name}={}; Path=/; Max-Age={MAX_AGE_SECONDS}; HttpOnly; SameSite=Lax{flag}",
        token.expose()
    );
    // Base64 and the attributes above are visible ASCII, which every header may carry.
    let mut value = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(cookie: &str) -> HeaderMap {
        HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(cookie).unwrap())])
    }

    #[test]
    fn the_token_set_is_the_token_read() {
        let token = SessionToken::random();
        for secure in [false, true] {
            let value = set(&token, secure);
            let pair = value.to_str().unwrap().split(';').next().unwrap().to_owned();
            assert_eq!(read(&request(&format!("theme=dark; {pair}")), secure), Some(token.clone()));
        }
    }

    #[test]
    fn over_https_a_plain_cookie_counts_for_nothing() {
        let plain = format!("session={}", SessionToken::random().expose());
        assert_eq!(read(&request(&plain), true), None);
        let value = set(&SessionToken::random(), true);
        let text = value.to_str().unwrap();
        assert!(text.starts_with("__Host-session=") && text.contains("; Secure"));
        assert!(
            text.contains("HttpOnly") && text.contains("SameSite=Lax") && text.contains("Path=/;")
        );
    }
}
