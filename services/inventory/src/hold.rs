//! Holds: pieces set aside for an order until it is paid or the time runs out. The order is known by
//! its reference alone. Whether an expired hold may be given back is decided by the caller, who can
//! ask the payment provider first; the clock that says it has expired is the database's.

use crate::{
    Error, Inventory,
    combiner::Full,
    end,
    preview::checked,
    queries,
    together::{Hold, Waiting},
};
use domain::{
    Sku,
    stock::{Allocation, Demand, Destination, HoldState, Shortage},
};
use sqlx::PgConnection;
use std::{collections::BTreeMap, time::Duration};
use uuid::Uuid;

/// The longest that pieces are set aside without a word from the order; a longer wish is cut to it.
pub const LONGEST_HOLD: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Why no pieces were set aside. Nothing of the call was done: what the order held before, it holds.
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    /// There are too few pieces; every SKU that is short is told.
    #[error("out of stock: {}", told(.0))]
    OutOfStock(Vec<Shortage>),
    /// Nothing was asked for.
    #[error("nothing was asked for")]
    NothingDemanded,
    /// A line without pieces.
    #[error("no pieces of {sku} were asked for")]
    NoPieces {
        /// The line's SKU.
        sku: Sku,
    },
    /// The order was paid already, and what it has is its own.
    #[error("the pieces of order {reference} are allocated already")]
    AlreadyAllocated {
        /// The order.
        reference: Uuid,
    },
    /// So many want pieces just now that nobody else may wait.
    #[error("too many want pieces just now")]
    Busy,
    /// The database could not be used.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Why an order's pieces could not be made its own.
#[derive(Debug, thiserror::Error)]
pub enum AllocateError {
    /// The hold had been given back and the pieces are gone since; every SKU that is short is told.
    #[error("out of stock: {}", told(.0))]
    OutOfStock(Vec<Shortage>),
    /// Nothing was ever held for this order.
    #[error("nothing was ever held for order {reference}")]
    NeverHeld {
        /// The order.
        reference: Uuid,
    },
    /// The database could not be used.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// Why an order's pieces were not given back.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// The order was paid: its pieces come back by cancelling or returning, not by releasing.
    #[error("the pieces of order {reference} are allocated already")]
    AlreadyAllocated {
        /// The order.
        reference: Uuid,
    },
    /// The database could not be used.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// An order's own pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocated {
    /// The pieces, by SKU and warehouse.
    pub allocations: Vec<Allocation>,
    /// How they became the order's own.
    pub taken: Taken,
}

/// How pieces became an order's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// They were held for it.
    FromHold,
    /// The hold had been given back, and the pieces were taken anew, perhaps from elsewhere.
    Anew,
    /// They were its own already.
    Before,
}

fn told(shortages: &[Shortage]) -> String {
    shortages.iter().map(Shortage::to_string).collect::<Vec<_>>().join(", ")
}

impl Inventory {
    /// Sets pieces aside for an order for `ttl`, and says from which warehouses they come.
    ///
    /// Safe to repeat: the same demands again get the same answer, and the expiry is put off. Other
    /// demands replace the earlier hold in one transaction; if they cannot be served, the earlier
    /// hold stays. Lines of one SKU are summed. A hold that had been given back is made anew.
    ///
    /// Under contention everyone is answered: who comes first is served, and who finds too few left
    /// is told how many.
    ///
    /// Three statements between begin and commit, however many lines, and however many orders are served
    /// together: lock the orders, lock and read the levels, write. (Four when an earlier hold is replaced.)
    pub async fn hold(
        &self,
        reference: Uuid,
        demands: &[Demand],
        ttl: Duration,
    ) -> Result<Vec<Allocation>, HoldError> {
        self.hold_for(reference, demands, None, ttl).await
    }

    /// The same for an order that goes there: the warehouses are chosen with that in mind. Of bundles their
    /// components are held, and what is short is told of the SKU that was asked for.
    pub async fn hold_for(
        &self,
        reference: Uuid,
        demands: &[Demand],
        destination: Option<Destination>,
        ttl: Duration,
    ) -> Result<Vec<Allocation>, HoldError> {
        let hold = Hold { wanted: checked(demands)?, destination, ttl };
        let (waiting, answered) = Waiting::to_hold(reference, hold);
        self.combiner.join(&self.pool, waiting).map_err(|Full| HoldError::Busy)?;
        answered.await.unwrap_or_else(|_| Err(unanswered().into()))
    }

    /// Puts the expiry of an order's hold off to `ttl` from now, never nearer. `false` when the order
    /// holds nothing (any more).
    ///
    /// Two statements between begin and commit.
    pub async fn extend(&self, reference: Uuid, ttl: Duration) -> Result<bool, Error> {
        let mut transaction = self.pool.begin().await?;
        queries::holds::lock_references(&mut transaction, &[reference]).await?;
        let extended = queries::holds::extend(&mut transaction, &[(reference, ttl)]).await?;
        transaction.commit().await?;
        Ok(extended > 0)
    }

    /// Makes the pieces held for an order its own, because it was paid.
    ///
    /// Safe to repeat. A hold whose time has run out serves as long as nobody gave it back. If it was
    /// given back, the pieces are taken anew in the same transaction; if they are gone, the caller
    /// is told and has money to return.
    ///
    /// Three statements between begin and commit; four when the pieces are taken anew; two when they
    /// were the order's own before.
    pub async fn allocate(&self, reference: Uuid) -> Result<Allocated, AllocateError> {
        let (waiting, answered) = Waiting::to_allocate(reference);
        // What is paid for is never turned away.
        self.combiner.join(&self.pool, waiting).map_err(|Full| unanswered())?;
        answered.await.unwrap_or_else(|_| Err(unanswered().into()))
    }

    /// Gives back what is held for an order and returns it. Safe to repeat: nothing is given back
    /// when nothing is held (any more). What was allocated is not given back like this.
    ///
    /// Three statements between begin and commit.
    pub async fn release(&self, reference: Uuid) -> Result<Vec<Allocation>, ReleaseError> {
        let mut transaction = self.pool.begin().await?;
        let released = release_locked(&mut transaction, reference).await;
        end(transaction, released).await
    }

    /// How many pieces of each SKU are held for these orders, all of them together, and how many of a bundle its
    /// components that are held make: with what can be bought besides, never more than there is. One statement.
    pub async fn held_for(&self, references: &[Uuid]) -> Result<BTreeMap<Sku, u32>, Error> {
        let held = queries::holds::held_for(&self.pool, references).await?;
        Ok(held.into_iter().map(|demand| (demand.sku, demand.quantity)).collect())
    }

    /// Orders whose hold has run out by the database's clock and was not given back, the longest
    /// overdue first, at most `limit` of them.
    ///
    /// For the sweeper, who asks the payment provider about each before it calls
    /// [`expire_holds`](Self::expire_holds). An order that is still being paid should be
    /// [extended](Self::extend), or it comes first in every list.
    pub async fn list_expired(&self, limit: u32) -> Result<Vec<Uuid>, Error> {
        Ok(queries::holds::expired(&self.pool, limit).await?)
    }

    /// Gives back what is held for these orders where the time has run out, and returns the orders
    /// for which it did. Not for one that was extended or paid since the caller listed it, nor for
    /// one that somebody else is at work on in this moment: that one is listed again.
    ///
    /// One transaction for each order, of three statements. An error leaves given back what came before
    /// it in the list.
    pub async fn expire_holds(&self, references: &[Uuid]) -> Result<Vec<Uuid>, Error> {
        let mut expired = Vec::new();
        for &reference in references {
            let mut transaction = self.pool.begin().await?;
            let ended = expire_locked(&mut transaction, reference).await;
            if end(transaction, ended).await? {
                expired.push(reference);
            }
        }
        Ok(expired)
    }
}

/// The task that was to answer has ended without.
fn unanswered() -> Error {
    Error::Database(sqlx::Error::WorkerCrashed)
}

async fn release_locked(
    connection: &mut PgConnection,
    reference: Uuid,
) -> Result<Vec<Allocation>, ReleaseError> {
    // A statement of its own: the next one then sees what the last holder of the lock committed.
    queries::holds::lock_references(connection, &[reference]).await?;
    let room = queries::shelves::lock(connection, &[reference], &[]).await?;
    let standing = room.standing(reference);
    match standing.state() {
        None | Some(HoldState::Released) => Ok(Vec::new()),
        Some(HoldState::Held) => {
            queries::holds::release(connection, &[reference], "released").await?;
            Ok(standing.allocations())
        }
        Some(_) => Err(ReleaseError::AlreadyAllocated { reference }),
    }
}

/// Whether the hold had run out and was given back; nothing is waited for but the levels.
async fn expire_locked(connection: &mut PgConnection, reference: Uuid) -> Result<bool, Error> {
    if !queries::holds::try_lock_reference(connection, reference).await? {
        return Ok(false);
    }
    let room = queries::shelves::lock(connection, &[reference], &[]).await?;
    let standing = room.standing(reference);
    let overdue = standing.state() == Some(HoldState::Held) && standing.expired();
    if overdue {
        queries::holds::release(connection, &[reference], "expired").await?;
    }
    Ok(overdue)
}
