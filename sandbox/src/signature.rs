//! Signatures of webhooks, after the Standard Webhooks specification (<https://www.standardwebhooks.com>): a
//! message is signed by `v1,` and the base64 of the HMAC-SHA256 over `id.timestamp.body`. The key is what
//! follows `whsec_` in the secret, decoded from base64; a secret without that prefix is taken as raw bytes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

const SECRET_PREFIX: &str = "whsec_";
const VERSION: &str = "v1,";
/// A signature is believed for so long, in seconds, before and after the instant it names.
const TOLERANCE_SECONDS: u64 = 300;

/// The secret is empty, or what follows `whsec_` is not base64.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the webhook secret must be `whsec_` and base64, or any other text that is not empty")]
pub struct UnusableSecret;

/// Signs webhooks with one secret, and tells which are signed with it.
#[derive(Clone)]
pub struct Signer(Hmac<Sha256>);

impl Signer {
    /// Takes the key out of a secret.
    ///
    /// # Errors
    /// There is no key in it.
    pub fn new(secret: &SecretString) -> Result<Self, UnusableSecret> {
        let text = secret.expose_secret();
        let key = match text.strip_prefix(SECRET_PREFIX) {
            Some(encoded) => STANDARD.decode(encoded).map_err(|_| UnusableSecret)?,
            None => text.as_bytes().to_vec(),
        };
        if key.is_empty() {
            return Err(UnusableSecret);
        }
        Hmac::new_from_slice(&key).map(Self).map_err(|_| UnusableSecret)
    }

    /// The value of `webhook-signature`. `timestamp` is in unix seconds.
    pub fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        let mac = self.over(id, &timestamp.to_string(), body.as_bytes());
        format!("{VERSION}{}", STANDARD.encode(mac.finalize().into_bytes()))
    }

    /// Whether one of the signatures, with spaces between them, is this secret's for the message, and its
    /// timestamp is not long ago.
    pub fn knows(
        &self,
        id: &str,
        timestamp: &str,
        body: &[u8],
        signatures: &str,
        now: Timestamp,
    ) -> bool {
        let is_recent = timestamp
            .parse::<i64>()
            .is_ok_and(|signed_at| now.as_second().abs_diff(signed_at) <= TOLERANCE_SECONDS);
        let is_ours = |signature: &str| {
            let code = signature.strip_prefix(VERSION).and_then(|code| STANDARD.decode(code).ok());
            code.is_some_and(|code| self.over(id, timestamp, body).verify_slice(&code).is_ok())
        };
        is_recent && signatures.split(' ').any(is_ours)
    }

    fn over(&self, id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &str = r#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn signer() -> Signer {
        Signer::new(&SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).unwrap()
    }

    /// The example that the specification's own libraries test themselves against.
    #[test]
    fn the_signature_is_that_of_the_specification() {
        assert_eq!(signer().sign(ID, 1_614_265_330, BODY), SIGNATURE);
    }

    #[test]
    fn a_secret_without_a_key_is_refused() {
        for text in ["", "whsec_", "whsec_not base64"] {
            assert!(Signer::new(&SecretString::from(text)).is_err(), "{text:?}");
        }
        assert!(Signer::new(&SecretString::from("any other text")).is_ok());
    }

    #[test]
    fn a_message_is_believed_with_one_right_signature_and_for_five_minutes() {
        let knows = |timestamp: &str, body: &str, signatures: &str, now| {
            let now = Timestamp::from_second(now).unwrap();
            signer().knows(ID, timestamp, body.as_bytes(), signatures, now)
        };
        let at = 1_614_265_330;
        assert!(knows("1614265330", BODY, SIGNATURE, at));
        // While the secret is changed a message carries the old one's signature and the new one's.
        assert!(knows("1614265330", BODY, &format!("v1,AAAA v2,b {SIGNATURE}"), at));
        assert!(knows("1614265330", BODY, SIGNATURE, at + 300));
        assert!(!knows("1614265330", BODY, SIGNATURE, at + 301));
        assert!(!knows("1614265330", BODY, SIGNATURE, at - 301));
        assert!(!knows("1614265331", BODY, SIGNATURE, at));
        assert!(!knows("1614265330", r#"{"test": 2432232315}"#, SIGNATURE, at));
        for wrong in ["", "v1,", "v1,AAAA", SIGNATURE.trim_start_matches("v1,")] {
            assert!(!knows("1614265330", BODY, wrong, at), "{wrong:?}");
        }
        assert!(!knows("", BODY, SIGNATURE, at));
    }
}
