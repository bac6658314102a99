//! Waiting at start for databases that are not there yet.

use crate::config::Settings;
use anyhow::{Context, bail};
use platform::{Backoff, Error};
use std::{future::Future, time::Duration};
use tokio::time::{Instant, timeout, timeout_at};

/// How long one try may take: a server that hangs may answer the next.
const TRY: Duration = Duration::from_secs(5);

/// How long a command waits, for all databases together.
#[derive(Clone, Copy)]
pub struct Waiting {
    seconds: u64,
    until: Instant,
}

impl Waiting {
    /// From now on, as long as is configured.
    pub fn begin(settings: &Settings) -> Self {
        let seconds = settings.server.start_seconds;
        Self { seconds, until: Instant::now() + Duration::from_secs(seconds) }
    }

    /// Tries until it works or the time is over. What waiting does not mend is told at once.
    pub async fn until<T, F>(&self, what: &str, mut attempt: impl FnMut() -> F) -> anyhow::Result<T>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(2));
        let mut reason = "no answer".to_owned();
        let trying = async {
            loop {
                match timeout(TRY, attempt()).await {
                    Ok(Ok(value)) => return Ok(value),
                    Ok(Err(error)) if !error.is_absence() => return Err(error),
                    Ok(Err(error)) => reason = error.to_string(),
                    Err(_) => reason = "no answer".to_owned(),
                }
                tracing::warn!(reason, "waiting for {what}");
                backoff.wait().await;
            }
        };
        match timeout_at(self.until, trying).await {
            Ok(tried) => {
                tried.with_context(|| format!("{what} cannot be used as it is configured"))
            }
            Err(_) => bail!(
                "{what} did not answer within {} seconds: {reason}. `vitrine doctor` checks every \
                 dependency and says what to do",
                self.seconds
            ),
        }
    }
}
