//! The signature of the Standard Webhooks specification (<https://www.standardwebhooks.com>), which
//! several providers use; an adapter whose provider does checks its webhooks with this.
//!
//! Three headers go with a webhook: `webhook-id` (the event's id), `webhook-timestamp` (unix seconds)
//! and `webhook-signature`, a list separated by spaces of `v1,` and the base64 of the HMAC-SHA256
//! over `id.timestamp.body`. There are several while the sender changes its secret. What the body
//! says is not read here.

use crate::WebhookError;
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use http::HeaderMap;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use std::fmt;

/// How old a webhook may be, or how far ahead the sender's clock: 300 s, by the specification's own
/// libraries.
pub const TOLERANCE_SECONDS: i64 = 300;

const ID: &str = "webhook-id";
const TIMESTAMP: &str = "webhook-timestamp";
const SIGNATURE: &str = "webhook-signature";

/// The secret is empty, or what follows `whsec_` is not base64.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the webhook secret must be `whsec_` and base64, or any other text that is not empty")]
pub struct UnusableSecret;

/// Checks webhooks against one secret.
#[derive(Clone)]
pub struct StandardSignature(Hmac<Sha256>);

/// The key is not shown.
impl fmt::Debug for StandardSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StandardSignature")
    }
}

impl StandardSignature {
    /// Takes the key out of a secret: what follows `whsec_`, decoded from base64, or else the bytes
    /// of the text.
    pub fn new(secret: &SecretString) -> Result<Self, UnusableSecret> {
        let text = secret.expose_secret();
        let key = match text.strip_prefix("whsec_") {
            Some(encoded) => STANDARD.decode(encoded).map_err(|_| UnusableSecret)?,
            None => text.as_bytes().to_vec(),
        };
        if key.is_empty() {
            return Err(UnusableSecret);
        }
        Hmac::new_from_slice(&key).map(Self).map_err(|_| UnusableSecret)
    }

    /// Checks signature and age, and gives the event's id. The age is looked at only once the
    /// signature was right, and the signature is compared in constant time.
    ///
    /// # Errors
    /// Never [`WebhookError::Processing`].
    pub fn verify<'a>(
        &self,
        headers: &'a HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<&'a str, WebhookError> {
        let id = header(headers, ID)?;
        let sent_at = header(headers, TIMESTAMP)?;
        let signed = self.0.clone().chain_update(id).chain_update(".");
        let signed = signed.chain_update(sent_at).chain_update(".").chain_update(body);
        let is_right = header(headers, SIGNATURE)?
            .split(' ')
            .filter_map(|signature| STANDARD.decode(signature.strip_prefix("v1,")?).ok())
            .any(|signature| signed.clone().verify_slice(&signature).is_ok());
        if !is_right {
            return Err(WebhookError::BadSignature);
        }
        let sent_at: i64 =
            sent_at.parse().map_err(|_| WebhookError::BadHeader { name: TIMESTAMP })?;
        let age_seconds = now.as_second().saturating_sub(sent_at);
        if !(-TOLERANCE_SECONDS..=TOLERANCE_SECONDS).contains(&age_seconds) {
            return Err(WebhookError::Stale { age_seconds });
        }
        Ok(id)
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, WebhookError> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .filter(|value| !value.is_empty())
        .ok_or(WebhookError::BadHeader { name })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the specification's own libraries test themselves against.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SENT_AT: i64 = 1_614_265_330;
    const RIGHT: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn headers(signature: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ID, "msg_p5jXN8AQM9LWM0D4loKWxJek".parse().unwrap());
        headers.insert(TIMESTAMP, SENT_AT.to_string().parse().unwrap());
        headers.insert(SIGNATURE, signature.parse().unwrap());
        headers
    }

    fn verify(headers: &HeaderMap, body: &[u8], seconds_later: i64) -> Result<(), WebhookError> {
        let signature = StandardSignature::new(&SecretString::from(SECRET)).unwrap();
        let now = Timestamp::from_second(SENT_AT + seconds_later).unwrap();
        signature.verify(headers, body, now).map(|id| {
            assert_eq!(id, "msg_p5jXN8AQM9LWM0D4loKWxJek");
        })
    }

    #[test]
    fn the_example_of_the_specification_is_believed() {
        verify(&headers(RIGHT), BODY, 0).unwrap();
        verify(&headers(&format!("v1,AAAA v2,{RIGHT} {RIGHT}")), BODY, 0).unwrap();
    }

    #[test]
    fn five_minutes_either_way_are_tolerated_and_not_a_second_more() {
        verify(&headers(RIGHT), BODY, 300).unwrap();
        verify(&headers(RIGHT), BODY, -300).unwrap();
        let late = verify(&headers(RIGHT), BODY, 301);
        assert!(matches!(late, Err(WebhookError::Stale { age_seconds: 301 })), "{late:?}");
        let early = verify(&headers(RIGHT), BODY, -301);
        assert!(matches!(early, Err(WebhookError::Stale { age_seconds: -301 })), "{early:?}");
    }

    #[test]
    fn a_change_of_body_id_time_or_signature_is_noticed() {
        let forged = |headers: &HeaderMap, body: &[u8]| {
            let outcome = verify(headers, body, 0);
            assert!(matches!(outcome, Err(WebhookError::BadSignature)), "{outcome:?}");
        };
        forged(&headers(RIGHT), br#"{"test": 2432232315}"#);
        forged(&headers("v1,"), BODY);
        forged(&headers("v1,not base64"), BODY);
        forged(&headers(&RIGHT.replace("v1,", "")), BODY);
        forged(&headers(&RIGHT.replace("v1,g", "v1,h")), BODY);
        for (name, value) in [(ID, "msg_other"), (TIMESTAMP, "1614265331"), (TIMESTAMP, "now")] {
            let mut changed = headers(RIGHT);
            changed.insert(name, value.parse().unwrap());
            forged(&changed, BODY);
        }
    }

    #[test]
    fn a_missing_header_is_named() {
        for name in [ID, TIMESTAMP, SIGNATURE] {
            let mut headers = headers(RIGHT);
            headers.remove(name);
            let outcome = verify(&headers, BODY, 0);
            assert!(
                matches!(outcome, Err(WebhookError::BadHeader { name: named }) if named == name),
                "{outcome:?}"
            );
        }
    }

    #[test]
    fn a_secret_without_a_key_is_refused_and_none_is_shown() {
        for text in ["", "whsec_", "whsec_not base64"] {
            assert!(StandardSignature::new(&SecretString::from(text)).is_err(), "{text:?}");
        }
        let signature = StandardSignature::new(&SecretString::from("any other text")).unwrap();
        assert_eq!(format!("{signature:?}"), "StandardSignature");
    }
}
