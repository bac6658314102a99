//! Idempotency keys: a request that is sent again gets the answer it would have got.
//!
//! A key belongs to the first request that used it. The same request again gets the kept answer;
//! another request under the same key is refused; a repetition while the first is still at work
//! is told to come back. Only answers of requests that had an effect are kept: a request refused
//! for its form leaves its key free. In-flight keys live in memory, because a process that died
//! has nothing in flight.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Longest key taken, in bytes.
const MAX_KEY_BYTES: usize = 255;

/// A key as the client chose it: 1 to 255 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Takes a header's value, if it is a key.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=MAX_KEY_BYTES).contains(&text.len());
        let visible = text.bytes().all(|b| b.is_ascii_graphic());
        (fits && visible).then(|| Self(text.to_owned()))
    }
}

/// Tells one request from another: a digest of what it asks, of whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of a request. Spacing and order of the JSON's fields do not count, since
    /// `request` is the parsed body.
    ///
    /// # Errors
    /// The request cannot be written as JSON.
    pub fn of(target: &str, request: &impl Serialize) -> Result<Self, serde_json::Error> {
        let mut digest = Sha256::new();
        digest.update(target);
        digest.update([0]);
        digest.update(serde_json::to_vec(request)?);
        Ok(Self(STANDARD.encode(digest.finalize())))
    }
}

/// An answer that is given again to whoever repeats the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptAnswer {
    /// The key it belongs to.
    pub key: IdempotencyKey,
    /// The request it belongs to.
    pub fingerprint: Fingerprint,
    /// The HTTP status.
    pub status: u16,
    /// The exact body.
    pub body: String,
}

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyConflict {
    /// The key belongs to another request.
    #[error("this idempotency key was used with another request")]
    Mismatch,
    /// The first request under this key is not done.
    #[error("the first request with this idempotency key is still in flight")]
    InFlight,
}

/// All keys ever used.
#[derive(Debug, Default)]
pub struct Keys {
    answered: HashMap<IdempotencyKey, KeptAnswer>,
    in_flight: HashMap<IdempotencyKey, Fingerprint>,
}

impl Keys {
    /// Takes the key for a request, or gives the answer that the request had before.
    ///
    /// # Errors
    /// The key belongs to another request, or to one that is at work.
    pub fn claim(
        &mut self,
        key: &IdempotencyKey,
        fingerprint: &Fingerprint,
    ) -> Result<Option<KeptAnswer>, KeyConflict> {
        if let Some(answer) = self.answered.get(key) {
            return if answer.fingerprint == *fingerprint {
                Ok(Some(answer.clone()))
            } else {
                Err(KeyConflict::Mismatch)
            };
        }
        match self.in_flight.get(key) {
            Some(other) if other == fingerprint => Err(KeyConflict::InFlight),
            Some(_) => Err(KeyConflict::Mismatch),
            None => {
                self.in_flight.insert(key.clone(), fingerprint.clone());
                Ok(None)
            }
        }
    }

    /// The request that had the key is over, with or without an answer.
    pub fn release(&mut self, key: &IdempotencyKey) {
        self.in_flight.remove(key);
    }

    /// Keeps an answer under its key.
    pub fn keep(&mut self, answer: KeptAnswer) {
        self.answered.insert(answer.key.clone(), answer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(amount_minor: i64) -> Fingerprint {
        Fingerprint::of("create", &amount_minor).expect("a number is JSON")
    }

    #[test]
    fn a_key_belongs_to_the_first_request_that_used_it() {
        let key = IdempotencyKey::parse("attempt-1").expect("a key");
        let mut keys = Keys::default();
        assert_eq!(keys.claim(&key, &fingerprint(1)), Ok(None));
        assert_eq!(keys.claim(&key, &fingerprint(1)), Err(KeyConflict::InFlight));
        assert_eq!(keys.claim(&key, &fingerprint(2)), Err(KeyConflict::Mismatch));

        let answer = KeptAnswer {
            key: key.clone(),
            fingerprint: fingerprint(1),
            status: 201,
            body: "{}".into(),
        };
        keys.keep(answer.clone());
        keys.release(&key);
        assert_eq!(keys.claim(&key, &fingerprint(1)), Ok(Some(answer)));
        assert_eq!(keys.claim(&key, &fingerprint(2)), Err(KeyConflict::Mismatch));
    }

    #[test]
    fn a_request_that_had_no_effect_leaves_its_key_free() {
        let key = IdempotencyKey::parse("attempt-1").expect("a key");
        let mut keys = Keys::default();
        assert_eq!(keys.claim(&key, &fingerprint(1)), Ok(None));
        keys.release(&key);
        assert_eq!(keys.claim(&key, &fingerprint(2)), Ok(None));
    }

    #[test]
    fn a_key_is_visible_ascii_of_a_bounded_length() {
        for text in ["", "two words", "clé", "tab\t", &"x".repeat(256)] {
            assert_eq!(IdempotencyKey::parse(text), None, "{text:?}");
        }
        assert!(IdempotencyKey::parse(&"x".repeat(255)).is_some());
    }
}
