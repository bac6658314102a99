//! The ledger: every change of a level is a movement, and a level is the sum of its movements.
//! Movements are written by the statement that changes the level; here are their names, and the proof
//! that the sums are right.

use crate::{Error, Inventory, queries};
use domain::Sku;
use std::fmt;

/// How many partitions of the ledger stand ready behind the one that is being written.
const PARTITIONS_AHEAD: u32 = 2;

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
    /// The order was cancelled after it was paid: its pieces can be sold again.
    Cancelled,
    /// Pieces left the house.
    Shipped,
    /// Pieces came back from a customer.
    Returned,
    /// Pieces were thrown away.
    Scrapped,
    /// Pieces left for another warehouse.
    TransferredOut,
    /// Pieces came from another warehouse.
    TransferredIn,
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
            Self::Cancelled => "cancelled",
            Self::Shipped => "shipped",
            Self::Returned => "returned",
            Self::Scrapped => "scrapped",
            Self::TransferredOut => "transferred_out",
            Self::TransferredIn => "transferred_in",
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
    /// Pieces paid for, against what orders have and was not sent yet.
    AllocatedForOrders,
    /// Pieces promised, against what may be.
    Promised,
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OnHand => "on hand",
            Self::Held => "held",
            Self::Allocated => "allocated",
            Self::HeldForOrders => "held for orders",
            Self::AllocatedForOrders => "allocated for orders",
            Self::Promised => "promised",
        })
    }
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
    /// What it should be: the sum of the movements or of the holds, or the most that may be promised.
    pub expected: i64,
}

/// What was compared, and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    /// How many levels there are.
    pub levels: i64,
    /// How many movements they are the sum of.
    pub movements: i64,
    /// How many holds there are, whatever became of them.
    pub holds: i64,
    /// Every number that is not what it should be, by SKU and warehouse.
    pub differences: Vec<Difference>,
}

impl Inventory {
    /// Compares every level with the sum of its movements and with the holds on it, as of one
    /// instant. Empty when all is right. It reads the whole ledger: a job for the night.
    pub async fn verify(&self) -> Result<Vec<Difference>, Error> {
        Ok(self.audit().await?.differences)
    }

    /// [`verify`](Self::verify), with how much there was to compare.
    pub async fn audit(&self) -> Result<Audit, Error> {
        let mut transaction = queries::audit::begin(&self.pool).await?;
        let differences = queries::audit::differences(&mut transaction).await?;
        let (levels, movements, holds) = queries::audit::counts(&mut transaction).await?;
        transaction.commit().await?;
        Ok(Audit { levels, movements, holds, differences })
    }

    /// Sees to it that the next partitions of the ledger are there before they are needed, and answers how
    /// many were made. For the worker, every now and then; a ledger that nobody does this for goes on in a
    /// partition for everything else.
    pub async fn extend_ledger(&self) -> Result<u32, Error> {
        Ok(queries::audit::open_partitions(&self.pool, PARTITIONS_AHEAD).await?)
    }
}
