//! The ledger: every change of a level is a movement, and a level is the sum of its movements.
//! Movements are written by the statement that changes the level; here are their names, and the proof
//! that the sums are right.

use crate::{Error, Inventory, queries};
use domain::Sku;

/// What kind of thing changed a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MovementKind {
    /// Goods came in.
    Received,
    /// A count found more or fewer than were known.
    Adjusted,
    /// Pieces were set aside for an order.
    Held,
    /// Pieces that were set aside were given back.
    Released,
    /// The order was paid: the pieces set aside are its own.
    Allocated,
    /// Pieces left the house.
    Shipped,
    /// Pieces came back from a customer.
    Returned,
}

impl MovementKind {
    /// The kind's name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Adjusted => "adjusted",
            Self::Held => "held",
            Self::Released => "released",
            Self::Allocated => "allocated",
            Self::Shipped => "shipped",
            Self::Returned => "returned",
        }
    }
}

/// Another system's name for something it told us. Told again, it is written once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ExternalId {
    /// The system, e.g. the name of a connector.
    pub source: String,
    /// Its name for the event or document, unique within the system.
    pub id: String,
}

/// One of a level's numbers, and what it is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Number {
    /// Pieces in the warehouse, against the ledger.
    OnHand,
    /// Pieces set aside, against the ledger.
    Held,
    /// Pieces paid for, against the ledger.
    Allocated,
    /// Pieces set aside, against the holds that are still held.
    HeldForOrders,
}

/// A number that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The warehouse's code.
    pub warehouse: String,
    /// The SKU.
    pub sku: Sku,
    /// Which number differs, and from what.
    pub number: Number,
    /// What the level says.
    pub level: i64,
    /// What it should be: the sum of the movements or of the holds.
    pub expected: i64,
}

impl Inventory {
    /// Compares every level with the sum of its movements and with the holds on it, as of one
    /// instant. Empty when all is right. It reads the whole ledger: a job for the night.
    pub async fn verify(&self) -> Result<Vec<Difference>, Error> {
        Ok(queries::audit::differences(&self.pool).await?)
    }
}
