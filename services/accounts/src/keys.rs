//! The keys that programs are let in by.

use crate::{
    key::{ApiKey, KeyHash, KeyId, KeyKind},
    queries,
    scope::{Scope, Scopes},
};
use jiff::Timestamp;
use sqlx::PgPool;

/// A key as it is kept: everything but its secret.
#[derive(Debug, Clone)]
pub struct KeyRecord {
    /// By what people speak of it.
    pub id: KeyId,
    /// What it is for, in its owner's words.
    pub name: String,
    /// Who it is for.
    pub kind: KeyKind,
    /// What it may be used for.
    pub scopes: Scopes,
    /// What its secret is told by.
    pub hash: KeyHash,
    /// Since when there is it.
    pub created_at: Timestamp,
    /// When it was last used, to the minute; `None` if never.
    pub last_used_at: Option<Timestamp>,
    /// Since when it lets nobody in; `None` while it does.
    pub revoked_at: Option<Timestamp>,
}

impl KeyRecord {
    /// Whether it lets in whoever holds this key.
    pub fn admits(&self, key: &ApiKey) -> bool {
        // The hashes are compared in any case: how long it takes tells nothing of what is stored.
        let is_it = self.hash.is(&key.hash());
        is_it && self.kind == key.kind() && self.revoked_at.is_none()
    }
}

/// Why no key was made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// A key needs a name of 1 to 100 characters.
    #[error("a key needs a name of 1 to 100 characters")]
    Name,
    /// Whoever has the app would have more than a visitor may.
    #[error("a publishable key may not have {scope}: whoever has the app has the key")]
    TooMuch {
        /// The scope that is not harmless.
        scope: Scope,
    },
    /// The database could not be used.
    #[error("PostgreSQL: {0}")]
    Storage(#[from] sqlx::Error),
}

/// What became of a key that was to be revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// It lets nobody in any more.
    Now,
    /// It did not before, either.
    Before,
    /// There is no such key.
    Unknown,
}

/// All keys. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Keys {
    pool: PgPool,
}

impl Keys {
    /// The keys on a pool whose connections see [`crate::SCHEMA`].
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Makes a key. Its secret is in what is returned and nowhere else.
    pub async fn create(
        &self,
        name: &str,
        kind: KeyKind,
        scopes: &Scopes,
    ) -> Result<ApiKey, CreateError> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > 100 || name.contains(char::is_control) {
            return Err(CreateError::Name);
        }
        if kind == KeyKind::Publishable
            && let Some(scope) = scopes.iter().find(|scope| !scope.is_harmless())
        {
            return Err(CreateError::TooMuch { scope });
        }
        let key = ApiKey::random(kind);
        queries::add(&self.pool, &key, name, scopes).await?;
        Ok(key)
    }

    /// All keys, the newest first, also those that were revoked.
    pub async fn list(&self) -> Result<Vec<KeyRecord>, sqlx::Error> {
        queries::list(&self.pool).await
    }

    /// The key of this id, also one that was revoked.
    pub async fn find(&self, id: &KeyId) -> Result<Option<KeyRecord>, sqlx::Error> {
        queries::find(&self.pool, id).await
    }

    /// Lets nobody in by this key any more, for good.
    pub async fn revoke(&self, id: &KeyId) -> Result<Revoked, sqlx::Error> {
        if queries::revoke(&self.pool, id).await? {
            return Ok(Revoked::Now);
        }
        Ok(match queries::find(&self.pool, id).await? {
            Some(_) => Revoked::Before,
            None => Revoked::Unknown,
        })
    }

    /// Writes down that a key is being used, if that was not written within the last minute: at most one
    /// write a minute for each key, however many nodes it is used on.
    pub async fn note_use(&self, id: &KeyId) -> Result<(), sqlx::Error> {
        queries::note_use(&self.pool, id).await
    }
}
