//! The secret a browser holds and the name it is stored under.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::TryRngCore;
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// The content of the session cookie: 256 random bits. Whoever holds it is the visitor, so it is
/// never logged and never stored; see [`SessionId`].
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken([u8; 32]);

/// What a session is stored under: the SHA-256 of its token, in hexadecimal. A copy of the database
/// gives nobody a session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionId(String);

/// A text that is no session token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a session token")]
pub struct NotAToken;

impl SessionToken {
    /// A new token from the operating system's random source.
    pub fn random() -> Self {
        let mut bytes = [0; 32];
        match rand::rngs::OsRng.try_fill_bytes(&mut bytes) {
            Ok(()) => Self(bytes),
            // Without randomness no secret can be made, and a weak one must not be.
            Err(error) => panic!("the operating system gives no random bytes: {error}"),
        }
    }

    /// The name it is stored under.
    pub fn id(&self) -> SessionId {
        let digest = Sha256::digest(self.0);
        SessionId(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The text for the cookie.
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

impl FromStr for SessionToken {
    type Err = NotAToken;
    fn from_str(text: &str) -> Result<Self, NotAToken> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NotAToken)?;
        Ok(Self(bytes.try_into().map_err(|_| NotAToken)?))
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(…)")
    }
}

impl SessionId {
    /// The hexadecimal text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for SessionId {
    fn from(text: String) -> Self {
        Self(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_and_shows_itself_to_nobody() {
        let token = SessionToken::random();
        assert_eq!(token.expose().parse::<SessionToken>().unwrap(), token);
        assert_eq!(format!("{token:?}"), "SessionToken(…)");
        assert_ne!(token.id().as_str(), token.expose());
        assert_eq!(token.id().as_str().len(), 64);
    }

    #[test]
    fn what_is_no_token_is_refused() {
        for text in ["", "abc", "../../etc", &"A".repeat(44), &"!".repeat(43)] {
            assert!(text.parse::<SessionToken>().is_err(), "{text}");
        }
    }
}
