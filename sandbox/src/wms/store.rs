//! The store's API as this software speaks it. What it is told and when is not decided here.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::USER_AGENT;
use reqwest::{Client, RequestBuilder, StatusCode, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::record::{Instruction, MoveKind, Pieces, Place};

const AGENT: &str = concat!("vitrine-sandbox-wms/", env!("CARGO_PKG_VERSION"));
/// The store may take so long to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Levels, and instructions, that are read at once.
const PAGE: usize = 200;
/// Movements, or counts, that are told at once.
pub const BATCH: usize = 500;
/// Instructions that are acknowledged at once.
pub const ACKNOWLEDGED_AT_ONCE: usize = 500;

/// Why the store was not reached, or did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No answer came, or none that can be read.
    #[error("the store does not answer: {0}")]
    Unanswered(#[from] reqwest::Error),
    /// It refused.
    #[error("the store answered {status}: {body}")]
    Refused {
        /// The status.
        status: StatusCode,
        /// The beginning of what it said.
        body: String,
    },
    /// A fault: the request or its answer was lost on the way.
    #[error("lost on the way")]
    Lost,
}

/// A movement as it is told.
#[derive(Debug, Clone, Serialize)]
pub struct ToldMovement {
    /// Our name for it.
    pub external_id: String,
    /// Its number in our own order.
    pub sequence: i64,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// How.
    pub kind: MoveKind,
    /// How many.
    pub quantity: i64,
    /// For which order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Uuid>,
    /// When.
    pub occurred_at: Timestamp,
}

/// What became of something that was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was written.
    Applied,
    /// It was written, and was in a count already.
    AppliedBeforeCount,
    /// It was written before.
    AlreadyApplied,
    /// The order has fewer pieces there.
    NotAllocated,
    /// It would take what is promised to orders.
    WouldTakePromised,
    /// The count is what was known.
    Agrees,
    /// The difference of the count was booked.
    Adjusted,
    /// The count was told before.
    AlreadyCounted,
    /// A later count was told before.
    Outdated,
    /// Fewer would be there than are promised.
    BelowPromised,
    /// Anything else: it is not what this software expects to hear.
    #[serde(other)]
    Other,
}

impl Outcome {
    /// Whether there is nothing left to tell.
    pub fn is_done(self) -> bool {
        use Outcome::{Adjusted, Agrees, AlreadyApplied, AlreadyCounted, Applied};
        let done = [Applied, Self::AppliedBeforeCount, AlreadyApplied, Agrees, Adjusted];
        done.contains(&self) || matches!(self, AlreadyCounted | Self::Outdated)
    }
}

/// A part of the store's feed.
#[derive(Debug, Deserialize)]
pub struct Feed {
    /// Instructions, in the order in which they were told.
    pub items: Vec<Instruction>,
    /// Where it goes on.
    pub next: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    items: Vec<Pieces>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Answers {
    items: Vec<Answer>,
}

#[derive(Deserialize)]
struct Answer {
    outcome: Outcome,
}

/// The store, reached by key.
#[derive(Debug)]
pub struct Store {
    client: Client,
    base: String,
    key: SecretString,
    source: String,
    warehouses: Vec<String>,
}

impl Store {
    /// The store at this address. No redirect is followed and no proxy of the environment used.
    ///
    /// # Errors
    /// The HTTP client cannot be set up.
    pub fn new(
        url: &Url,
        key: SecretString,
        source: String,
        warehouses: Vec<String>,
    ) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .timeout(PATIENCE)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()?;
        let base = format!("{}/api/v1/inventory", url.as_str().trim_end_matches('/'));
        Ok(Self { client, base, key, source, warehouses })
    }

    /// What the store believes lies in the warehouses.
    ///
    /// # Errors
    /// It does not say.
    pub async fn levels(&self) -> Result<Vec<Pieces>, StoreError> {
        let mut levels = Vec::new();
        let mut after = None;
        loop {
            let asked = self.client.get(format!("{}/levels", self.base));
            let page: Page = self.ask(self.page(asked, after.as_deref())).await?;
            levels.extend(page.items);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(levels),
            }
        }
    }

    /// What the store wants done, after this place of its feed.
    ///
    /// # Errors
    /// It does not say.
    pub async fn instructions(&self, after: Option<&str>) -> Result<Feed, StoreError> {
        let asked = self.client.get(format!("{}/instructions", self.base));
        self.ask(self.page(asked, after)).await
    }

    /// Acknowledges instructions.
    ///
    /// # Errors
    /// It is not known whether the store heard so.
    pub async fn acknowledge(&self, ids: &[Uuid]) -> Result<(), StoreError> {
        let url = format!("{}/instructions/acknowledgements", self.base);
        let asked = self.client.post(url).json(&json!({ "ids": ids }));
        self.ask::<serde::de::IgnoredAny>(asked).await.map(|_| ())
    }

    /// Tells movements; what became of each, in its place.
    ///
    /// # Errors
    /// It is not known what became of them.
    pub async fn tell(&self, movements: &[ToldMovement]) -> Result<Vec<Outcome>, StoreError> {
        let body = json!({ "source": self.source, "new_skus": "open", "movements": movements });
        let asked = self.client.post(format!("{}/movements", self.base)).json(&body);
        let answers: Answers = self.ask(asked).await?;
        Ok(answers.items.into_iter().map(|answer| answer.outcome).collect())
    }

    /// Tells what was counted at an instant; what became of each place, in the order of these.
    ///
    /// # Errors
    /// It is not known what became of it.
    pub async fn count(
        &self,
        as_of: Timestamp,
        levels: &[Pieces],
    ) -> Result<Vec<Outcome>, StoreError> {
        let source = &self.source;
        let body =
            json!({ "source": source, "as_of": as_of, "new_skus": "open", "levels": levels });
        let asked = self.client.put(format!("{}/levels", self.base)).json(&body);
        let answers: Answers = self.ask(asked).await?;
        Ok(answers.items.into_iter().map(|answer| answer.outcome).collect())
    }

    fn page(&self, asked: RequestBuilder, after: Option<&str>) -> RequestBuilder {
        let mut query: Vec<(&str, &str)> =
            self.warehouses.iter().map(|code| ("warehouse", code.as_str())).collect();
        let limit = PAGE.to_string();
        query.push(("limit", &limit));
        query.extend(after.map(|after| ("after", after)));
        asked.query(&query)
    }

    async fn ask<T: DeserializeOwned>(&self, asked: RequestBuilder) -> Result<T, StoreError> {
        let asked = asked.bearer_auth(self.key.expose_secret()).header(USER_AGENT, AGENT);
        let answer = asked.send().await.map_err(reqwest::Error::without_url)?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer.json().await.map_err(reqwest::Error::without_url)?);
        }
        let body = answer.text().await.unwrap_or_default();
        Err(StoreError::Refused { status, body: body.chars().take(300).collect() })
    }
}
