//! What ends whatever stopped half-way: orders whose shopper or webhook never came back, stock held
//! for nobody, carts not yet emptied, money not yet returned. Each pass is safe to repeat and to run
//! on several machines.

use crate::{Error, Orders, queries};
use domain::order::CancelReason;
use std::collections::HashSet;
use uuid::Uuid;

/// How many of each kind one pass looks at.
const LIMIT: i64 = 200;
/// How many expired holds one pass looks at.
const HOLDS: u32 = 200;

/// What one pass did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Orders whose payment was looked up.
    pub checked: usize,
    /// Orders that ended because the time to pay had run out.
    pub expired: usize,
    /// Holds released that belonged to no order.
    pub orphans: usize,
    /// Carts emptied and refunds made after the fact.
    pub effects: usize,
}

impl Orders {
    /// One pass. A failure with one order is logged and does not stop the others.
    pub async fn sweep(&self) -> Result<Swept, Error> {
        let mut swept = Swept::default();
        for id in queries::take_due(&self.pool, self.timing.first_check, LIMIT).await? {
            swept.checked += 1;
            match self.check(id).await {
                Ok(expired) => swept.expired += usize::from(expired),
                Err(error) => {
                    tracing::warn!(order = %id, %error, "the order will be looked at again")
                }
            }
        }
        swept.orphans = self.release_orphans().await?;
        for (id, cart, refund) in queries::list_unfinished_effects(&self.pool, LIMIT).await? {
            match self.finish_effects(id, cart, refund).await {
                Ok(()) => swept.effects += 1,
                Err(error) => tracing::warn!(order = %id, %error, "will be finished later"),
            }
        }
        Ok(swept)
    }

    /// Asks how an order's payment stands and ends the order if its time is over.
    async fn check(&self, id: Uuid) -> Result<bool, Error> {
        self.settle(id).await?;
        let order = queries::load(&self.pool, id).await?;
        if !(order.is_awaiting() && order.expired) {
            return Ok(false);
        }
        Ok(self.cancel(id, CancelReason::Expired).await?.is_none())
    }

    /// Stock that was held a moment before a crash, for an order that was never written or has ended.
    async fn release_orphans(&self) -> Result<usize, Error> {
        let expired = self.inventory.list_expired(HOLDS).await.map_err(Error::inventory)?;
        let awaiting: HashSet<Uuid> =
            queries::among_awaiting(&self.pool, &expired).await?.into_iter().collect();
        let orphans: Vec<Uuid> = expired.into_iter().filter(|id| !awaiting.contains(id)).collect();
        Ok(self.inventory.expire_holds(&orphans).await.map_err(Error::inventory)?.len())
    }
}
