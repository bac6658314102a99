//! Stock: which warehouse has how many of what, which pieces are set aside for which order, and the
//! ledger of everything that ever changed a number.
//!
//! The door is [`Inventory`]; its use-cases stand beside the nouns they are about: what an order has ([`hold`],
//! [`preview`], [`act`], [`shipment`]), what there is ([`level`], [`listing`], [`movement`], [`warehouse`], [`bundle`]), what is
//! on its way ([`purchase`], [`transfer`], [`expected`]), what other systems say ([`told`], [`count`], [`feed`],
//! [`reconcile`]) and by what names ([`identifier`]), and what they are told ([`instruction`]). From which
//! warehouses a wish is served is decided by [`domain::stock::allocate`], not here. What an order is, and
//! whether it was paid, this crate does not know: an order is a `reference`.
//!
//! Two rules make overselling impossible. A level changes only in the statement that writes the
//! movement it comes from, and the database refuses a level that promises more than there is and may be
//! promised beyond. And who changes stock locks first the orders' references, then all levels of the SKUs
//! concerned, each in one fixed order, so that decisions are made on what is true and nobody waits in a
//! circle. Many who want pieces at the same time are served by one transaction (`combiner`).

pub mod act;
pub mod bundle;
mod combiner;
pub mod count;
mod error;
pub mod event;
pub mod expected;
pub mod feed;
pub mod hold;
pub mod identifier;
pub mod instruction;
pub mod level;
pub mod listing;
pub mod movement;
pub mod preview;
pub mod purchase;
mod queries;
pub mod reconcile;
pub mod shipment;
mod standing;
mod telling;
mod together;
pub mod told;
pub mod transfer;
pub mod warehouse;

pub use act::{ActError, Done, Returned};
pub use bundle::BundleError;
pub use count::{Count, CountAnswer};
pub use error::Error;
pub use event::StockChanged;
pub use expected::{ExpectError, ExpectedReturn};
pub use feed::FeedNow;
pub use hold::{AllocateError, Allocated, HoldError, ReleaseError, Taken};
pub use identifier::{Identified, IdentifierError, Identifiers};
pub use instruction::{
    Acknowledged, Instruction, InstructionFilter, InstructionKind, InstructionLine,
    InstructionPage, Wanted,
};
pub use level::{BelowPromised, LevelError, Rules, StockNow};
pub use listing::{LevelFilter, LevelKey, LevelNow, LevelPage};
pub use movement::{Audit, Difference, ExternalId, MovementKind, Number};
pub use preview::Preview;
pub use purchase::{PurchaseError, PurchaseLine, PurchaseNow, PurchaseOrder, Receipt};
pub use reconcile::{Comparison, Discrepancy, PastMovement, Said, UntoldMovement};
pub use shipment::{CallOffError, Shipment};
pub use told::{Answer, Mode, TellError, ToldKind, ToldMovement, UnknownSkus};
pub use transfer::{Transfer, TransferError, TransferNow};
pub use warehouse::{
    Particulars, Warehouse, WarehouseAddress, WarehouseError, WarehouseKind, WarehouseNow,
};

use combiner::Combiner;
use sqlx::{PgPool, Postgres, Transaction};

/// The migrations of the service's schema.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations/inventory");
/// The PostgreSQL schema that is this service's alone.
pub const SCHEMA: &str = "inventory";

/// The inventory service. Cheap to clone; all clones share one pool of connections, and who wants pieces of them is
/// served together.
#[derive(Debug, Clone)]
pub struct Inventory {
    pool: PgPool,
    combiner: Combiner,
}

impl Inventory {
    /// The service on a pool whose connections see [`SCHEMA`].
    pub fn new(pool: PgPool) -> Self {
        Self { pool, combiner: Combiner::default() }
    }

    /// The service on the database that the URL names.
    pub async fn connect(url: &str, max_connections: u32) -> Result<Self, platform::Error> {
        platform::postgres::connect(url, SCHEMA, max_connections).await.map(Self::new)
    }

    /// Brings the schema up to date; safe to repeat.
    pub async fn migrate(url: &str) -> Result<(), platform::Error> {
        platform::postgres::migrate(url, SCHEMA, &MIGRATOR).await
    }

    /// The pool, for the relay that empties the outbox and for health checks.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }
}

/// Commits what went well and rolls back what did not. The rollback is not left to the drop of the
/// transaction: others wait for its locks.
async fn end<T, E: From<sqlx::Error>>(
    transaction: Transaction<'_, Postgres>,
    outcome: Result<T, E>,
) -> Result<T, E> {
    match outcome {
        Ok(value) => {
            transaction.commit().await?;
            Ok(value)
        }
        Err(reason) => {
            // A connection that cannot even roll back is closed, which does the same; the reason is
            // what the caller needs.
            let _ = transaction.rollback().await;
            Err(reason)
        }
    }
}
