//! Sending an event once, signed. Three headers go with every attempt: `webhook-id` (the event's id),
//! `webhook-timestamp` (unix seconds of this attempt) and `webhook-signature`. When to try again is not
//! decided here but in `courier`.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use reqwest::{Client, Url, redirect};

use crate::signature::Signer;

use super::book::AttemptOutcome;
use super::event::Event;

const AGENT: &str = concat!("vitrine-sandbox-psp/", env!("CARGO_PKG_VERSION"));

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
