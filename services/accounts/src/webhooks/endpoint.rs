//! Endpoints: who wants to be told what, and where.

use super::{
    Webhooks,
    destination::{self, Reach, Unreachable},
    secret::SigningSecret,
};
use crate::queries::endpoints as queries;
use jiff::Timestamp;
use std::time::Duration;
use uuid::Uuid;

/// After a secret was replaced, messages are signed with both for so long.
pub const FORMER_SECRET_VALID: Duration = Duration::from_secs(24 * 3_600);

/// Why nobody is told at an address.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// Nothing can be sent there.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// It wants to hear of nothing.
    #[error("an endpoint has to want something")]
    WantsNothing,
    /// The database could not be used.
    #[error("PostgreSQL: {0}")]
    Storage(#[from] sqlx::Error),
}

/// An endpoint as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointNow {
    /// Its name.
    pub id: Uuid,
    /// Where it is.
    pub url: String,
    /// Of which types it wants to hear.
    pub types: Vec<String>,
    /// Of which places; of all if there are none.
    pub places: Vec<String>,
    /// Since when there is it.
    pub created_at: Timestamp,
    /// Since when nothing is sent to it.
    pub disabled_at: Option<Timestamp>,
    /// How many messages have not been taken yet.
    pub waiting: i64,
    /// How many are not sent any more because they were never taken.
    pub dead: i64,
}

impl Webhooks {
    /// Has somebody told at this address what is told from now on, of these types and places (of all, if none is
    /// named). The secret is shown this once.
    pub async fn add(
        &self,
        url: &str,
        reach: Reach,
        types: &[String],
        places: &[String],
    ) -> Result<(Uuid, SigningSecret), AddError> {
        let url = destination::check(url, reach)?;
        if types.is_empty() {
            return Err(AddError::WantsNothing);
        }
        let (id, secret) = (Uuid::now_v7(), SigningSecret::random());
        let kept = self.seal.close(id, &secret);
        queries::add_endpoint(&self.pool, id, url.as_str(), types, places, &kept).await?;
        Ok((id, secret))
    }

    /// All endpoints, the oldest first.
    pub async fn list(&self) -> Result<Vec<EndpointNow>, sqlx::Error> {
        queries::list_endpoints(&self.pool).await
    }

    /// Gives an endpoint a new secret; `None` if there is no such endpoint. For a day messages are signed with the
    /// one before as well, and with no earlier one.
    pub async fn rotate(&self, id: Uuid) -> Result<Option<SigningSecret>, sqlx::Error> {
        let secret = SigningSecret::random();
        let kept = self.seal.close(id, &secret);
        let done = queries::rotate(&self.pool, id, &kept, FORMER_SECRET_VALID).await?;
        Ok(done.then_some(secret))
    }

    /// Sends an endpoint nothing any more; whether there is such an endpoint. What is told meanwhile waits for it.
    pub async fn disable(&self, id: Uuid) -> Result<bool, sqlx::Error> {
        queries::disable(&self.pool, id).await
    }

    /// Sends an endpoint what waits for it, and what is told from now on; whether there is such an endpoint.
    pub async fn enable(&self, id: Uuid) -> Result<bool, sqlx::Error> {
        queries::enable(&self.pool, id).await
    }
}
