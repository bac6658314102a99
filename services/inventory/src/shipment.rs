//! What became of the pieces that a paid order has, as the order asks for it: how many each warehouse has sent, and
//! how many will not come any more. Which of them lay in one parcel the ledger does not say.

use crate::{Error, Inventory, act::cancel_locked, end, queries};
use domain::{Sku, stock::Allocation};
use uuid::Uuid;

/// The topic under which the outbox tells that pieces of an order were sent or cancelled; the key is the order. It says
/// that something changed, and [`Inventory::shipments_of`] says what.
pub const TOPIC: &str = "shipment";

/// Pieces of one SKU that an order has in one warehouse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipment {
    /// The warehouse's code.
    pub warehouse: String,
    /// What people call it.
    pub warehouse_name: String,
    /// The SKU; of a bundle its components.
    pub sku: Sku,
    /// All pieces that the order was given there when it was paid.
    pub quantity: u32,
    /// How many of them were sent. It only grows.
    pub sent: u32,
    /// How many of them will not be sent. It only grows.
    pub cancelled: u32,
}

/// Why an order was not called off. All its pieces are still its own.
#[derive(Debug, thiserror::Error)]
pub enum CallOffError {
    /// Some of it has left.
    #[error("pieces of the order were sent")]
    Sent,
    /// The database could not be used.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl From<sqlx::Error> for CallOffError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl Inventory {
    /// What became of the pieces of a paid order, by warehouse and SKU; nothing for one that has none. One statement.
    pub async fn shipments_of(&self, order: Uuid) -> Result<Vec<Shipment>, Error> {
        Ok(queries::shipments::list(&self.pool, order).await?)
    }

    /// Gives back all that a paid order has, if nothing of it was sent, and has the warehouses told; else nothing
    /// happens. It excludes whoever tells that something was sent: one of the two finds the other's work done. Safe to
    /// repeat: what was called off stays so, and is not given back twice.
    pub async fn call_off(&self, order: Uuid) -> Result<Vec<Allocation>, CallOffError> {
        let mut transaction = self.pool.begin().await?;
        let called_off = async {
            queries::holds::lock_references(&mut transaction, &[order]).await?;
            // What was sent changes only for who has the levels locked.
            queries::shelves::lock(&mut transaction, &[order], &[]).await?;
            if queries::shipments::any_sent(&mut transaction, order).await? {
                return Err(CallOffError::Sent);
            }
            Ok(cancel_locked(&mut transaction, order).await?)
        };
        let called_off = called_off.await;
        end(transaction, called_off).await
    }
}
