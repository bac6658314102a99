//! What became of messages: the attempts of an endpoint, the dead letters, and sending those anew.

use super::Webhooks;
use crate::queries::{endpoints::is_endpoint, letters as queries};
use jiff::Timestamp;
use std::time::Duration;
use uuid::Uuid;

/// What was taken is remembered for so long.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3_600);
/// How many rows one statement sweeps, so that none is long.
const SWEPT_AT_ONCE: i64 = 1_000;

/// One attempt to send something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When.
    pub at: Timestamp,
    /// The message's id.
    pub message: Uuid,
    /// Its type.
    pub kind: String,
    /// Which attempt it was, beginning with 1. One of which nothing was heard, because the machine was lost, is left
    /// out.
    pub number: i32,
    /// How long it took.
    pub milliseconds: i32,
    /// The answer's status, if there was an answer.
    pub status: Option<i16>,
    /// What was the matter, if the message was not taken.
    pub failure: Option<String>,
}

/// A message that is not sent any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The number by which it is sent anew.
    pub id: i64,
    /// The endpoint that never took it.
    pub endpoint: Uuid,
    /// Where that is.
    pub url: String,
    /// The message's id.
    pub message: Uuid,
    /// Its type.
    pub kind: String,
    /// How often it was tried.
    pub attempts: i32,
    /// Since when it is not tried any more.
    pub died_at: Timestamp,
    /// What was the matter the last time.
    pub failure: Option<String>,
}

impl Webhooks {
    /// The last attempts to send something to an endpoint, the latest first.
    pub async fn log(&self, endpoint: Uuid, limit: u32) -> Result<Vec<Attempt>, sqlx::Error> {
        queries::log(&self.pool, endpoint, limit).await
    }

    /// Whether there is such an endpoint.
    pub async fn is_known(&self, endpoint: Uuid) -> Result<bool, sqlx::Error> {
        is_endpoint(&self.pool, endpoint).await
    }

    /// Messages that are not sent any more, the oldest first.
    pub async fn dead(&self, limit: u32) -> Result<Vec<DeadLetter>, sqlx::Error> {
        queries::dead(&self.pool, limit).await
    }

    /// Sends a dead letter anew, with all its attempts before it; `false` if there is none of that number.
    pub async fn replay(&self, id: i64) -> Result<bool, sqlx::Error> {
        Ok(queries::replay(&self.pool, Some(id)).await? > 0)
    }

    /// Sends all dead letters anew; answers how many.
    pub async fn replay_all(&self) -> Result<u64, sqlx::Error> {
        queries::replay(&self.pool, None).await
    }

    /// Forgets what was taken long ago; answers how much. What waits or is dead is kept.
    pub async fn sweep(&self) -> Result<u64, sqlx::Error> {
        let mut swept = 0;
        loop {
            let done = queries::sweep(&self.pool, KEPT, SWEPT_AT_ONCE).await?;
            swept += done;
            if done < SWEPT_AT_ONCE.unsigned_abs() {
                return Ok(swept);
            }
        }
    }
}
