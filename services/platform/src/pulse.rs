//! Whether a store of data answers. It is asked all the time, over a connection of its own, so that nobody
//! finds out by waiting: what needs a store that is away can be refused, or given up, at once, and begins
//! again by itself as soon as the store answers.

use crate::{Error, mongodb, postgres};
use std::time::Duration;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// How long it rests between two questions.
const EVERY: Duration = Duration::from_millis(250);
/// How long a store may take to answer, which is a thousand times what it needs.
const PATIENCE: Duration = Duration::from_secs(1);
/// So many questions in a row are not answered by a store that is away. One may be lost.
const MISSES: u32 = 2;

/// Who is asked.
enum Asked {
    Postgres(postgres::Asked),
    Mongodb(::mongodb::Database),
}

impl Asked {
    async fn ping(&mut self) -> Result<(), Error> {
        match self {
            Self::Postgres(asked) => asked.ping().await,
            Self::Mongodb(database) => mongodb::ping(database).await,
        }
    }
}

/// What is known of one store. Cheap to clone.
#[derive(Clone)]
pub struct Pulse {
    /// Whose it is.
    pub name: &'static str,
    is_away: watch::Receiver<bool>,
}

impl Pulse {
    /// That of a PostgreSQL database, until `stop`.
    pub fn of_postgres(url: &str, name: &'static str, stop: CancellationToken) -> Self {
        Self::begin(name, Asked::Postgres(postgres::Asked::new(url)), stop)
    }

    /// That of MongoDB, until `stop`.
    ///
    /// # Errors
    /// If the URL is none of MongoDB's.
    pub async fn of_mongodb(url: &str, stop: CancellationToken) -> Result<Self, Error> {
        let database = mongodb::connect_alone(url).await?;
        Ok(Self::begin("mongodb", Asked::Mongodb(database), stop))
    }

    fn begin(name: &'static str, mut asked: Asked, stop: CancellationToken) -> Self {
        let (told, is_away) = watch::channel(false);
        tokio::spawn(stop.run_until_cancelled_owned(async move {
            let mut misses = 0;
            loop {
                match timeout(PATIENCE, asked.ping()).await {
                    Ok(Ok(())) => misses = 0,
                    _ => misses += 1,
                }
                let was_away = told.send_replace(misses >= MISSES);
                match (was_away, misses >= MISSES) {
                    (false, true) => tracing::warn!(name, "it is away"),
                    (true, false) => tracing::info!(name, "it is there again"),
                    _ => {}
                }
                sleep(EVERY).await;
            }
        }));
        Self { name, is_away }
    }

    /// Whether it does not answer.
    pub fn is_away(&self) -> bool {
        *self.is_away.borrow()
    }

    /// Waits until it does not answer.
    pub async fn away(&mut self) {
        if self.is_away.wait_for(|is_away| *is_away).await.is_err() {
            // Nobody asks any more: the process ends.
            std::future::pending::<()>().await;
        }
    }
}
