//! The keys that a node knows for a moment, so that not every request asks the database.

use accounts::{ApiKey, KeyId, KeyRecord, Keys};
use moka::{future, sync};
use std::{sync::Arc, time::Duration};

/// What was read of a key counts so long. A key that is revoked lets nobody in after that and the time that
/// one question takes: five seconds are promised.
const READ: Duration = Duration::from_secs(3);
/// A use is told to the database at most so often by each node.
const USED: Duration = Duration::from_secs(60);
/// How many keys are known at a time, also those that there are not.
const KNOWN: u64 = 10_000;

/// The keys, as far as they are known here. Cheap to clone.
#[derive(Clone)]
pub struct KnownKeys {
    keys: Keys,
    known: future::Cache<KeyId, Option<Arc<KeyRecord>>>,
    used: sync::Cache<KeyId, ()>,
}

impl KnownKeys {
    /// Nothing is known yet.
    pub fn new(keys: Keys) -> Self {
        Self {
            keys,
            known: future::Cache::builder().max_capacity(KNOWN).time_to_live(READ).build(),
            used: sync::Cache::builder().max_capacity(KNOWN).time_to_live(USED).build(),
        }
    }

    /// What is known of a key without asking: `None` if nothing, `Some(None)` if that there is none.
    pub async fn at_hand(&self, key: &ApiKey) -> Option<Option<Arc<KeyRecord>>> {
        self.known.get(key.id()).await
    }

    /// The key of this id; the database is asked once however many want to know.
    pub async fn find(&self, key: &ApiKey) -> Result<Option<Arc<KeyRecord>>, Arc<sqlx::Error>> {
        let look = async { Ok(self.keys.find(key.id()).await?.map(Arc::new)) };
        self.known.try_get_with(key.id().clone(), look).await
    }

    /// Writes down that a key is used, beside the request.
    pub fn note_use(&self, id: &KeyId) {
        if self.used.contains_key(id) {
            return;
        }
        self.used.insert(id.clone(), ());
        let (keys, id) = (self.keys.clone(), id.clone());
        tokio::spawn(async move {
            if let Err(error) = keys.note_use(&id).await {
                tracing::warn!(%error, key = %id, "the use of a key was not written down");
            }
        });
    }
}
