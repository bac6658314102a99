//! What ends whatever stopped half-way: orders whose shopper or webhook never came back, stock held
//! for nobody, carts not yet emptied, money not yet returned, cancellations, returns, parcels that nobody heard of. Each pass is safe to repeat and to run
//! on several machines.

use crate::{CancelFailure, Error, Orders, fulfil::LOOKED_FOR_LATER, queries};
use domain::order::CancelReason;
use futures::{StreamExt, stream};
use std::{collections::HashSet, future::Future, time::Duration};
use uuid::Uuid;

/// How many of the provider's events one pass tries.
const EVENTS: u32 = 50;
/// How many of each kind one pass looks at.
const LIMIT: i64 = 200;
/// How many expired holds one pass looks at.
const HOLDS: u32 = 200;
/// How many of a kind are worked on at once, so that one that hangs holds up no other.
const AT_ONCE: usize = 8;
/// How long one may take. It is longer than a provider takes that does not answer.
const EACH_WITHIN: Duration = Duration::from_secs(15);
/// How long a pass begins with new ones; what it does not come to is due again.
const BEGIN_WITHIN: Duration = Duration::from_secs(10);

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
    /// Cancellations brought to an end.
    pub called_off: usize,
    /// Orders of which something had been sent that nobody had heard of.
    pub sent: usize,
    /// Returns that were announced or paid back after the fact.
    pub returns: usize,
}

impl Orders {
    /// One pass. Its parts wait for nothing of each other, and a failure with one order is
    /// logged and does not stop the others.
    pub async fn sweep(&self) -> Result<Swept, Error> {
        let orphans = async {
            let released = tokio::time::timeout(EACH_WITHIN, self.release_orphans()).await;
            released.unwrap_or_else(|late| Err(Error::BrokeOff(late.to_string())))
        };
        let (looked_at, orphans, effects, called_off, sent, heard, returns) = tokio::join!(
            self.sweep_orders(),
            orphans,
            self.sweep_effects(),
            self.sweep_cancellations(),
            self.sweep_shipments(),
            self.sweep_inbox(),
            self.sweep_returns()
        );
        heard?;
        let ((checked, expired), orphans) = (looked_at?, orphans?);
        let (effects, called_off, sent, returns) = (effects?, called_off?, sent?, returns?);
        Ok(Swept { checked, expired, orphans, effects, called_off, sent, returns })
    }

    /// Looks at orders that await their payment: how many, and how many of them ended.
    async fn sweep_orders(&self) -> Result<(usize, usize), Error> {
        let due = queries::sweep::take_due(&self.pool, self.timing.first_check, LIMIT).await?;
        let ended = each(due, |id| id, |id| self.check(id)).await;
        Ok((ended.len(), ended.into_iter().filter(|ended| *ended == Some(true)).count()))
    }

    /// Tries the provider's events that could not be acted on, and brings the orders that they turn out to be
    /// about to the end that follows.
    async fn sweep_inbox(&self) -> Result<(), Error> {
        let heard = self.payments.retry_inbox(EVENTS, BEGIN_WITHIN).await?;
        each(heard, |id| id, |id| self.settle(id)).await;
        Ok(())
    }

    /// Does what ended orders have left to be done: how many had.
    async fn sweep_effects(&self) -> Result<usize, Error> {
        let first = self.timing.first_check;
        let mut due = queries::sweep::take_effects(&self.pool, first, LIMIT).await?;
        // Money first: a cart can wait.
        due.sort_by_key(|effect| !effect.refund_due);
        let done = each(due, |effect| effect.id, |effect| self.finish(effect)).await;
        Ok(done.into_iter().flatten().count())
    }

    /// Goes on with cancellations that stopped half-way: how many came to an end.
    async fn sweep_cancellations(&self) -> Result<usize, Error> {
        let begun = queries::cancelling::list(&self.pool, LIMIT).await?;
        let finish = |id| async move {
            match self.finish_calling_off(id).await {
                Err(CancelFailure::Failed(error)) => Err(error),
                // That it had left already is an end as well.
                _ => Ok(()),
            }
        };
        Ok(each(begun, |id| id, finish).await.into_iter().flatten().count())
    }

    /// Looks at paid orders of which not all was sent: how many had been sent something of.
    async fn sweep_shipments(&self) -> Result<usize, Error> {
        let first = self.timing.first_check * LOOKED_FOR_LATER;
        let due = queries::parcels::take_to_be_sent(&self.pool, first, LIMIT).await?;
        let new = each(due, |id| id, |id| self.note_shipments(id)).await;
        Ok(new.into_iter().filter(|new| *new == Some(true)).count())
    }

    /// Announces returns and pays them back: how many were due.
    async fn sweep_returns(&self) -> Result<usize, Error> {
        let due = queries::returns::take_due(&self.pool, self.timing.first_check, LIMIT).await?;
        let done = each(due, |id| id, |id| self.go_on_with_return(id)).await;
        Ok(done.into_iter().flatten().count())
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
            queries::sweep::among_awaiting(&self.pool, &expired).await?.into_iter().collect();
        let orphans: Vec<Uuid> = expired.into_iter().filter(|id| !awaiting.contains(id)).collect();
        Ok(self.inventory.expire_holds(&orphans).await.map_err(Error::inventory)?.len())
    }
}

/// Works on each, a few at once and each for a while only: what came of it, for those it came to.
/// Nothing is lost of what failed or was too slow, for it is due again.
async fn each<W: Copy, T, F>(
    due: Vec<W>,
    order: impl Fn(W) -> Uuid,
    work: impl Fn(W) -> F,
) -> Vec<Option<T>>
where
    F: Future<Output = Result<T, Error>>,
{
    let one = |due| {
        let (id, work) = (order(due), tokio::time::timeout(EACH_WITHIN, work(due)));
        async move {
            let error = match work.await {
                Ok(Ok(done)) => return Some(done),
                Ok(Err(error)) => error.to_string(),
                Err(late) => late.to_string(),
            };
            tracing::warn!(order = %id, error, "the order will be looked at again");
            None
        }
    };
    stream::iter(due)
        .take_until(tokio::time::sleep(BEGIN_WITHIN))
        .map(one)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await
}
