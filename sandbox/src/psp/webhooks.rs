//! Signing an event and sending it once, after the Standard Webhooks specification
//! (<https://www.standardwebhooks.com>).
//!
//! Three headers go with every attempt: `webhook-id` (the event's id), `webhook-timestamp` (unix
//! seconds of this attempt) and `webhook-signature`, which is `v1,` and the base64 of the
//! HMAC-SHA256 over `id.timestamp.body`. The key is what follows `whsec_` in the secret, decoded
//! from base64; a secret without that prefix is taken as raw bytes. When to try again is not
//! decided here but in `courier`.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use reqwest::{Client, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use super::book::AttemptOutcome;
use super::event::Event;

const SECRET_PREFIX: &str = "whsec_";
const AGENT: &str = concat!("vitrine-sandbox-psp/", env!("CARGO_PKG_VERSION"));

/// The secret is empty, or what follows `whsec_` is not base64.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the webhook secret must be `whsec_` and base64, or any other text that is not empty")]
pub struct UnusableSecret;

/// Signs webhooks with one secret.
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
        let mut mac = self.0.clone();
        mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

/// Sends events to one merchant.
pub struct Sender {
    client: Client,
    url: Url,
    signer: Signer,
}

impl Sender {
    /// A sender to this address. It follows no redirect and uses no proxy of the environment.
    ///
    /// # Errors
    /// The HTTP client cannot be set up.
    pub fn new(url: Url, signer: Signer, timeout: Duration) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .timeout(timeout)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self { client, url, signer })
    }

    /// Sends an event once.
    pub async fn send(&self, event: &Event) -> AttemptOutcome {
        let timestamp = Timestamp::now().as_second();
        let id = event.id.to_string();
        let answer = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, AGENT)
            .header("webhook-id", &id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", self.signer.sign(&id, timestamp, &event.body))
            .body(event.body.clone())
            .send()
            .await;
        match answer {
            Ok(answer) => AttemptOutcome::Answered(answer.status().as_u16()),
            Err(error) if error.is_timeout() => AttemptOutcome::Unreachable("timed out".into()),
            Err(error) if error.is_connect() => {
                AttemptOutcome::Unreachable("could not connect".into())
            }
            Err(error) => AttemptOutcome::Unreachable(error.without_url().to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the specification's own libraries test themselves against.
    #[test]
    fn the_signature_is_that_of_the_specification() {
        let secret = SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signer = Signer::new(&secret).expect("a secret");
        assert_eq!(
            signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn a_secret_without_a_key_is_refused() {
        for text in ["", "whsec_", "whsec_not base64"] {
            assert!(Signer::new(&SecretString::from(text)).is_err(), "{text:?}");
        }
        assert!(Signer::new(&SecretString::from("any other text")).is_ok());
    }
}
