//! Takes what is due and sends it, a few letters at a time. Several postmen, on any machines, share the work by rows: who
//! takes a letter has a lease on it, and another takes it when nothing was heard of it in time. Nothing is sent while a
//! transaction is open.
//!
//! So a letter is sent twice in one case alone: a mail server has taken it, and the postman dies, or loses the answer or
//! the database, before that was written down. Its name (`Message-ID`) is then the same, by which a receiver can tell.

use super::{
    Letters, Mailer, Tidings,
    content::Content,
    in_one_line,
    mailer::{NotTaken, Post},
    schedule,
};
use crate::{
    Error,
    queries::{self, letters::Due},
};
use platform::Backoff;
use std::time::{Duration, SystemTime};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How many letters are under way at a time: mail servers do not like more of one client.
const AT_ONCE: usize = 4;
/// How often is looked for what is due.
const EVERY: Duration = Duration::from_millis(500);

/// Sends what there is to send. Cheap to clone.
#[derive(Clone)]
pub struct Postman {
    letters: Letters,
    mailer: Mailer,
}

impl Postman {
    /// For these letters, by this mail server.
    pub fn new(letters: Letters, mailer: Mailer) -> Self {
        Self { letters, mailer }
    }

    /// Who takes a letter has sent it and written that down within this time, or another takes it. It is twice what a
    /// mail server may take: the rest is the database's.
    fn lease(&self) -> Duration {
        self.mailer.patience() * 2
    }

    /// Sends until it is told to stop; what is under way then is finished, which takes a mail server's time at most.
    pub async fn run(self, stop: CancellationToken) {
        let mut backoff = Backoff::new(EVERY, Duration::from_secs(5));
        let mut under_way = JoinSet::new();
        while !stop.is_cancelled() {
            match self.take(&mut under_way).await {
                Ok(_) => backoff.reset(),
                Err(error) => {
                    tracing::warn!(%error, "letters will be sent later");
                    stop.run_until_cancelled(backoff.wait()).await;
                }
            }
            tokio::select! {
                // There is room for the next.
                Some(_) = under_way.join_next() => {}
                () = tokio::time::sleep(EVERY) => {}
                () = stop.cancelled() => {}
            }
        }
        while under_way.join_next().await.is_some() {}
    }

    /// Sends what is due now, a few letters, and answers how many that were.
    pub async fn round(&self) -> Result<usize, Error> {
        let mut under_way = JoinSet::new();
        let taken = self.take(&mut under_way).await?;
        while under_way.join_next().await.is_some() {}
        Ok(taken)
    }

    /// Takes as much as there is room for, and begins to send it.
    async fn take(&self, under_way: &mut JoinSet<()>) -> Result<usize, Error> {
        let room = AT_ONCE.saturating_sub(under_way.len());
        if room == 0 {
            return Ok(0);
        }
        let limit = i64::try_from(room).unwrap_or(i64::MAX);
        let due = queries::letters::take(&self.letters.pool, limit, self.lease()).await?;
        let taken = due.len();
        for due in due {
            let postman = self.clone();
            under_way.spawn(async move { postman.deliver(due).await });
        }
        Ok(taken)
    }

    async fn deliver(&self, due: Due) {
        let sent = match self.write(&due).await {
            Ok(post) => self.mailer.send(post).await,
            Err(Unwritten::ForNow(error)) => {
                // Its lease ends, and it is written anew.
                tracing::warn!(letter = %due.id, %error, "a letter could not be written");
                return;
            }
            Err(Unwritten::Unread(words)) => {
                Err(NotTaken { words: in_one_line(&words), is_final: false })
            }
            Err(Unwritten::ForGood(words)) => {
                Err(NotTaken { words: in_one_line(&words), is_final: true })
            }
        };
        if let Err(error) = self.note(&due, sent).await {
            tracing::warn!(letter = %due.id, %error, "what became of a letter was not written down");
        }
    }

    async fn note(&self, due: &Due, sent: Result<(), NotTaken>) -> Result<(), Error> {
        let pool = &self.letters.pool;
        let (letter, order) = (due.id, due.order_id);
        match sent {
            Ok(()) => {
                queries::letters::note_sent(pool, due).await?;
                tracing::info!(%letter, %order, kind = due.kind, "letter sent");
            }
            Err(NotTaken { words, is_final }) => {
                let wait = match is_final {
                    true => None,
                    false => schedule::wait(due.attempts.unsigned_abs(), rand::random()),
                };
                queries::letters::note_failed(pool, due, &words, wait).await?;
                let given_up = wait.is_none();
                tracing::warn!(%letter, %order, given_up, failure = words, "a letter was not taken");
            }
        }
        Ok(())
    }

    /// The letter in words, from the order as it is frozen.
    async fn write(&self, due: &Due) -> Result<Post, Unwritten> {
        let pool = &self.letters.pool;
        let order = queries::load(pool, due.order_id).await.map_err(Error::from)?;
        let (lines, address) =
            queries::lines_and_address(pool, due.order_id).await.map_err(Error::from)?;
        let page = format!("{}{}", self.letters.public_url, order.path());
        // A letter tells what happened, and not how it all stands by now.
        let view = order.bought(lines, &address)?;
        let tidings: Tidings = serde_json::from_value(due.tidings.0.clone())
            .map_err(|error| Unwritten::Unread(format!("this release cannot read it: {error}")))?;
        let content = Content::new(&view, page, &tidings);
        let written = content.write().map_err(|error| Unwritten::ForGood(error.to_string()))?;
        Ok(Post {
            id: due.id,
            to_name: view.address.full_name().to_owned(),
            to: view.email.as_str().to_owned(),
            written_at: SystemTime::from(due.written_at.to_jiff()),
            written,
        })
    }
}

/// Why there is no letter to send.
enum Unwritten {
    /// The database is away.
    ForNow(Error),
    /// It was written by another release, and may be read by that.
    Unread(String),
    /// What is stored cannot be put into words.
    ForGood(String),
}

impl From<Error> for Unwritten {
    fn from(error: Error) -> Self {
        match error {
            Error::Unreadable { .. } => Self::ForGood(error.to_string()),
            error => Self::ForNow(error),
        }
    }
}
