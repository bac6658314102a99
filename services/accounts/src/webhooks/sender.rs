//! One message on its way to one endpoint: signed, sent, and the answer heard. Nothing here knows of a database.

use super::{
    destination::{self, Guarded, Lookup, Reach, System, Unreachable},
    secret::SigningSecret,
};
use jiff::Timestamp;
use reqwest::{Client, Response, StatusCode, header::CONTENT_TYPE, redirect::Policy};
use standardwebhooks::{
    HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook,
};
use std::{error::Error as _, time::Duration};
use uuid::Uuid;

/// An answer is waited for so long, with everything that comes before it.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// So much of an answer is read. Nobody needs more than its status.
const MOST_READ: usize = 64 * 1024;
/// So much of what was the matter is kept.
const LONGEST_FAILURE: usize = 500;
/// So much of an answer's words is kept with it.
const LONGEST_WORDS: usize = 200;
/// So many connections to an endpoint are kept open for the next message.
const IDLE_CONNECTIONS: usize = 2;
/// And for so long: an address that has moved is found again soon.
const IDLE: Duration = Duration::from_secs(30);

/// What is sent, to where.
pub(crate) struct Letter {
    /// The message's id, the same however often it is sent.
    pub id: Uuid,
    pub url: String,
    pub body: String,
    /// Signed with each of these.
    pub secrets: Vec<SigningSecret>,
}

/// What was heard of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    /// The answer's, if there was one.
    pub status: Option<u16>,
    /// What was the matter, if it was not taken.
    pub failure: Option<String>,
}

/// Sends. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Sender {
    client: Client,
    reach: Reach,
}

impl Sender {
    pub fn new(reach: Reach) -> Result<Self, reqwest::Error> {
        Self::with_lookup(reach, System)
    }

    pub fn with_lookup(reach: Reach, lookup: impl Lookup) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .user_agent(concat!("Vitrine/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(std::sync::Arc::new(Guarded::new(lookup, reach)))
            // A proxy would resolve names by itself, and a redirect lead to where nobody has looked.
            .no_proxy()
            .redirect(Policy::none())
            .timeout(PATIENCE)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .pool_idle_timeout(IDLE)
            .build()?;
        Ok(Self { client, reach })
    }

    /// Sends a letter and hears what is said to it. Every 2xx says that it was taken.
    pub async fn send(&self, letter: &Letter) -> Heard {
        // Looked at again: what is allowed may have been configured anew.
        let url = match destination::check(&letter.url, self.reach) {
            Ok(url) => url,
            Err(wrong) => return nothing(wrong.to_string()),
        };
        let sent_at = Timestamp::now().as_second();
        let signatures = signatures(letter, sent_at);
        let request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(HEADER_WEBHOOK_ID, letter.id.to_string())
            .header(HEADER_WEBHOOK_TIMESTAMP, sent_at)
            .header(HEADER_WEBHOOK_SIGNATURE, signatures)
            .body(letter.body.clone());
        match request.send().await {
            Ok(response) => heard(response).await,
            Err(error) => nothing(told(error)),
        }
    }
}

/// What the receiver compares with: a signature for each secret, the newest first.
fn signatures(letter: &Letter, sent_at: i64) -> String {
    let id = letter.id.to_string();
    let sign = |secret: &SigningSecret| {
        Webhook::from_bytes(secret.bytes().to_vec())
            .and_then(|webhook| webhook.sign(&id, sent_at, letter.body.as_bytes()))
            // It fails for keys that are no base64 and bodies that are no UTF-8, and these are neither.
            .unwrap_or_default()
    };
    letter.secrets.iter().map(sign).collect::<Vec<_>>().join(" ")
}

async fn heard(mut response: Response) -> Heard {
    let status = response.status();
    let mut words = Vec::new();
    // Read, so that the connection can be used again; what is too long or does not end costs the connection.
    while words.len() < MOST_READ {
        match response.chunk().await {
            Ok(Some(more)) => words.extend_from_slice(&more),
            Ok(None) | Err(_) => break,
        }
    }
    let failure = (!status.is_success()).then(|| refusal(status, &words));
    Heard { status: Some(status.as_u16()), failure }
}

fn refusal(status: StatusCode, words: &[u8]) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let words: String =
        String::from_utf8_lossy(words).chars().map(plain).take(LONGEST_WORDS).collect();
    match words.trim() {
        "" => status.to_string(),
        words => format!("{status}: {words}"),
    }
}

fn nothing(failure: String) -> Heard {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let failure: String = failure.chars().map(plain).take(LONGEST_FAILURE).collect();
    Heard { status: None, failure: Some(failure) }
}

/// Why there was no answer. The URL is left out: a receiver may have put a secret of its own in it.
fn told(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} seconds", PATIENCE.as_secs());
    }
    let error = error.without_url();
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        if let Some(unreachable) = cause.downcast_ref::<Unreachable>() {
            return unreachable.to_string();
        }
        words = format!("{words}: {cause}");
        next = cause.source();
    }
    words
}
