//! The PostgreSQL schemas: one for each service, with the migrations that this release needs.

use crate::{config::Database, roles::Need};
use platform::Error;
use sqlx::{PgPool, migrate::Migrator};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// A service's place in PostgreSQL.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The schema's name.
    pub schema: &'static str,
    /// The database it is in.
    pub url: &'a str,
    /// What brings it up to date.
    pub migrator: &'static Migrator,
}

/// Where each service keeps its tables, and who stands on it.
pub fn places(database: &Database) -> [(Need, Place<'_>); 4] {
    let place = |schema, url, migrator| Place { schema, url, migrator };
    [
        (Need::Accounts, place(accounts::SCHEMA, database.accounts(), &accounts::MIGRATOR)),
        (Need::Inventory, place(inventory::SCHEMA, database.inventory(), &inventory::MIGRATOR)),
        (Need::Payments, place(payments::SCHEMA, database.payments(), &payments::MIGRATOR)),
        (Need::Orders, place(orders::SCHEMA, database.orders(), &orders::MIGRATOR)),
    ]
}

/// A connected schema; cheap to clone.
#[derive(Clone)]
pub struct Schema {
    /// Its name.
    pub name: &'static str,
    /// The pool of the service whose it is.
    pub pool: PgPool,
    migrator: &'static Migrator,
    /// Whether it was found up to date. It stays so: nothing takes migrations back under a store.
    is_current: Arc<AtomicBool>,
}

impl Schema {
    /// The schema of a place, behind this pool.
    pub fn new(place: Place<'_>, pool: PgPool) -> Self {
        let Place { schema: name, migrator, .. } = place;
        Self { name, pool, migrator, is_current: Arc::default() }
    }

    /// Whether the database answers and the schema is as this release needs it. One round trip.
    pub async fn ready(&self) -> Result<(), Error> {
        if self.is_current.load(Ordering::Relaxed) {
            return platform::postgres::ping(&self.pool).await;
        }
        platform::postgres::migrated(&self.pool, self.migrator).await?;
        self.is_current.store(true, Ordering::Relaxed);
        Ok(())
    }
}
