//! Warehouses: the places goods are sent from.

use crate::{Error, Inventory, queries};
use domain::Country;

/// A place goods are sent from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warehouse {
    /// Its code, 1 to 32 characters; levels and holds name it by this.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// Where it is.
    pub country: Country,
    /// Lower goes first among warehouses that could serve equally well.
    pub priority: i32,
}

impl Inventory {
    /// Makes the warehouses known, or brings name, country and priority of known ones up to date.
    /// Others stay as they are. Safe to repeat.
    pub async fn ensure_warehouses(&self, warehouses: &[Warehouse]) -> Result<(), Error> {
        queries::levels::ensure_warehouses(&self.pool, warehouses).await?;
        Ok(())
    }
}
