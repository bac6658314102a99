//! Mails to customers. What is to be told is written into `letters` in the transaction of the change that it tells of,
//! once for each cause, and sent afterwards by a [`Postman`], of whom several may work beside each other. What a letter
//! says is made when it is sent (`content`), from what is frozen: the order and the [`Tidings`].
//!
//! No invoice is attached: it may not be issued yet. Every letter leads to the order's page, where it is.

mod content;
mod mailer;
mod postman;
mod schedule;
mod tidings;

pub use mailer::{MailSettings, Mailer, WrongMail};
pub use postman::Postman;
pub use tidings::{Dispatch, Packed, Tidings};

use crate::{
    Error,
    queries::{self, letters::LetterRecord},
};
use domain::letter::LetterState;
use jiff::Timestamp;
use sqlx::PgPool;
use std::sync::Arc;
use uuid::Uuid;

/// The letters; cheap to clone. It needs the orders' own database and nothing else.
#[derive(Clone)]
pub struct Letters {
    pool: PgPool,
    public_url: Arc<str>,
}

/// A letter that was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterNow {
    /// Its name.
    pub id: Uuid,
    /// The order's number.
    pub order: String,
    /// To whom it goes.
    pub to: String,
    /// What it tells of.
    pub kind: String,
    /// Whether it waits or was given up.
    pub state: LetterState,
    /// How often somebody began to send it.
    pub attempts: u32,
    /// When what it tells of happened.
    pub written_at: Timestamp,
    /// When it is sent next, while it waits.
    pub next_at: Timestamp,
    /// What was the matter the last time.
    pub failure: Option<String>,
}

/// How many letters were not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsent {
    /// So many wait.
    pub waiting: u64,
    /// So many were given up.
    pub given_up: u64,
}

impl Letters {
    /// The letters in a pool for [`crate::SCHEMA`], of the store that the world reaches at this address (without a
    /// slash at the end).
    pub fn new(pool: PgPool, public_url: &str) -> Self {
        Self { pool, public_url: public_url.into() }
    }

    /// Letters that were not sent: those that were given up first, then whoever waits longest.
    pub async fn list_unsent(&self, limit: u32) -> Result<Vec<LetterNow>, Error> {
        let unsent = queries::letters::list_unsent(&self.pool, limit.into()).await?;
        unsent.into_iter().map(LetterNow::read).collect()
    }

    /// How many those are.
    pub async fn count_unsent(&self) -> Result<Unsent, Error> {
        let (waiting, given_up) = queries::letters::count_unsent(&self.pool).await?;
        Ok(Unsent { waiting: waiting.unsigned_abs(), given_up: given_up.unsigned_abs() })
    }

    /// Sends a letter that was given up anew; whether there is one of this name.
    pub async fn retry(&self, id: Uuid) -> Result<bool, Error> {
        Ok(queries::letters::retry(&self.pool, Some(id)).await? > 0)
    }

    /// Sends every letter that was given up anew: how many those are.
    pub async fn retry_all(&self) -> Result<u64, Error> {
        Ok(queries::letters::retry(&self.pool, None).await?)
    }
}

impl LetterNow {
    fn read(record: LetterRecord) -> Result<Self, Error> {
        let LetterRecord { id, number, email, kind, state, attempts, .. } = record;
        let unknown = Error::Unreadable { order: id, what: "state of a letter" };
        Ok(Self {
            id,
            order: number,
            to: email,
            kind,
            state: LetterState::parse(&state).ok_or(unknown)?,
            attempts: attempts.unsigned_abs(),
            written_at: record.written_at.to_jiff(),
            next_at: record.next_at.to_jiff(),
            failure: record.failure,
        })
    }
}

/// What goes beyond its time or its size is told in so many characters.
const FAILURE_LENGTH: usize = 500;

/// Words as they fit into one line of a table: what a mail server says may be anything.
fn in_one_line(words: &str) -> String {
    let words: Vec<&str> = words.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let words = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    words.chars().take(FAILURE_LENGTH).collect()
}
