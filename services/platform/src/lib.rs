//! What every service stands on: connections to PostgreSQL, MongoDB and Redis, the outbox and the
//! event bus it feeds, answers that are given again, JSON as strangers send it, and databases of their own for
//! tests.
//!
//! Nothing of the business is here: no table of a service is named, no event is understood.

pub mod events;
pub mod follower;
pub mod idempotency;
pub mod json;
pub mod mongodb;
pub mod outbox;
pub mod postgres;
pub mod pulse;
pub mod redis;
#[cfg(feature = "testing")]
pub mod testing;

use std::time::Duration;

/// Why a store of data cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// PostgreSQL refused or could not be reached.
    #[error("PostgreSQL: {0}")]
    Postgres(#[from] sqlx::Error),
    /// A migration failed or was changed after it had run.
    #[error("migration: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// Migrations that the program relies on have not run.
    #[error("the schema is at migration {applied}, and {needed} is needed")]
    Unmigrated {
        /// The last one that ran; 0 if none did.
        applied: i64,
        /// The last one that the program was made with.
        needed: i64,
    },
    /// MongoDB refused or could not be reached.
    #[error("MongoDB: {0}")]
    Mongo(#[from] ::mongodb::error::Error),
    /// Redis refused or could not be reached.
    #[error("Redis: {0}")]
    Redis(#[from] ::redis::RedisError),
}

impl Error {
    /// Whether the store of data is away, so that waiting for it may help. A wrong password, a missing
    /// database or SQL that is refused stays so however long one waits.
    pub fn is_absence(&self) -> bool {
        match self {
            Self::Postgres(error) => postgres::is_absence(error),
            Self::Mongo(error) => mongodb::is_absence(error),
            Self::Redis(error) => redis::is_absence(error),
            Self::Migrate(_) | Self::Unmigrated { .. } => false,
        }
    }
}

/// Whether a store of data that is away lies behind this error, however many others are wrapped around it.
pub fn is_absence(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let is_absence = error.downcast_ref::<sqlx::Error>().is_some_and(postgres::is_absence)
            || error.downcast_ref::<::mongodb::error::Error>().is_some_and(mongodb::is_absence)
            || error.downcast_ref::<::redis::RedisError>().is_some_and(redis::is_absence);
        if is_absence {
            return true;
        }
        next = error.source();
    }
    false
}

/// Waits after a failure before the next try: doubled each time, up to `max`.
#[derive(Debug)]
pub struct Backoff {
    next: Duration,
    first: Duration,
    max: Duration,
}

impl Backoff {
    /// A wait that begins with `first` and never exceeds `max`.
    pub fn new(first: Duration, max: Duration) -> Self {
        Self { next: first, first, max }
    }

    /// Waits, and doubles the next wait.
    pub async fn wait(&mut self) {
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 2).min(self.max);
    }

    /// After a success the next wait is the first one again.
    pub fn reset(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An error of a service around one of a driver.
    #[derive(Debug, thiserror::Error)]
    #[error("orders: {0}")]
    struct Orders(#[source] Error);

    #[test]
    fn a_database_that_is_away_is_found_behind_the_errors_around_it() {
        let refused = || std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        assert!(is_absence(&Orders(sqlx::Error::Io(refused()).into())));
        assert!(is_absence(&Orders(sqlx::Error::PoolTimedOut.into())));
        assert!(is_absence(&Orders(::redis::RedisError::from(refused()).into())));
        assert!(is_absence(&::mongodb::error::Error::from(refused())));
        assert!(!is_absence(&Orders(sqlx::Error::RowNotFound.into())));
        assert!(!is_absence(&Orders(Error::Unmigrated { applied: 1, needed: 2 })));
    }
}
