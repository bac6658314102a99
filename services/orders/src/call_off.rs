//! Cancelling an order for whoever does not want it any more: the shopper, or the store. One that awaits its payment
//! ends as one that is never paid does (`cancel`). Of a paid one the pieces are given back first, which excludes whoever
//! sends them, and then the money. That it is wanted is remembered before, so that the sweeper goes on with what stops
//! half-way; once a parcel has left it is refused.

use crate::{Error, Orders, Step, cancel::Ending, queries};
use domain::{
    OrderNumber,
    order::{Actor, CancelReason, FulfilmentStatus, Happened, OrderState, PaymentStanding},
};
use inventory::CallOffError;
use uuid::Uuid;

/// Why an order was not cancelled.
#[derive(Debug, thiserror::Error)]
pub enum CancelFailure {
    /// Something of it was sent. It is carried out.
    #[error("a parcel of the order has left")]
    Sent,
    /// The provider does not say whether it was paid; nothing was done, and it may be tried again.
    #[error("nobody knows whether the order was paid")]
    PaymentUnavailable,
    /// A part of the store failed. The sweeper goes on with what was begun.
    #[error(transparent)]
    Failed(Error),
}

impl From<Error> for CancelFailure {
    fn from(error: Error) -> Self {
        match error.is_provider_silent() {
            true => Self::PaymentUnavailable,
            false => Self::Failed(error),
        }
    }
}

impl From<sqlx::Error> for CancelFailure {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl Orders {
    /// Cancels an order for whoever holds its key; `None` when there is no such order. What was cancelled before stays
    /// so. Once begun it goes on to its end, even if whoever asked for it goes away.
    pub async fn cancel_for_shopper(
        &self,
        number: &OrderNumber,
        key: &str,
    ) -> Result<Option<()>, CancelFailure> {
        let Some(order) = self.unlocked(number, key).await? else { return Ok(None) };
        let orders = self.clone();
        let called_off = async move { orders.call_off(order.id, Actor::Shopper, None).await };
        crate::to_the_end(called_off).await.map(Some)
    }

    /// Cancels an order for somebody who works for the store, and says why; `None` when there is no such order. What was
    /// cancelled before stays so.
    pub async fn cancel_for_staff(
        &self,
        number: &OrderNumber,
        why: &str,
    ) -> Result<Option<()>, CancelFailure> {
        let Some(order) = queries::find_by_number(&self.pool, number).await? else {
            return Ok(None);
        };
        let (orders, why) = (self.clone(), why.to_owned());
        let called_off = async move { orders.call_off(order.id, Actor::Staff, Some(&why)).await };
        crate::to_the_end(called_off).await.map(Some)
    }

    async fn call_off(&self, id: Uuid, by: Actor, why: Option<&str>) -> Result<(), CancelFailure> {
        let order = queries::load(&self.pool, id).await?;
        if order.is_awaiting() && self.cancel(id, reason_of(by)).await?.is_none() {
            return Ok(());
        }
        // It was paid, now or before.
        if self.begin_calling_off(id, by, why).await? {
            self.reached(Step::CallingOff)?;
            self.finish_calling_off(id).await?;
        }
        Ok(())
    }

    /// Remembers that a paid order is to be cancelled; `false` if it is already.
    async fn begin_calling_off(
        &self,
        id: Uuid,
        by: Actor,
        why: Option<&str>,
    ) -> Result<bool, CancelFailure> {
        let mut transaction = self.pool.begin().await?;
        let order = queries::lock(&mut transaction, id).await?;
        if order.state()? == OrderState::Cancelled {
            return Ok(false);
        }
        if order.fulfilment()? != FulfilmentStatus::Unfulfilled {
            return Err(CancelFailure::Sent);
        }
        queries::cancelling::remember(&mut transaction, id, by, why).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Brings a cancellation to its end that was begun. Inventory is asked under the order's lock, as when the order is
    /// finished: it decides between this and whoever tells that a parcel has left.
    pub(crate) async fn finish_calling_off(&self, id: Uuid) -> Result<(), CancelFailure> {
        let mut transaction = self.pool.begin().await?;
        let order = queries::lock(&mut transaction, id).await?;
        let Some((by, why)) = queries::cancelling::find(&mut transaction, id).await? else {
            // Somebody else was faster; how it ended, the order says.
            return match order.state()? {
                OrderState::Cancelled => Ok(()),
                OrderState::AwaitingPayment | OrderState::Paid => Err(CancelFailure::Sent),
            };
        };
        let by = Actor::parse(&by).ok_or_else(|| order.unreadable("actor"))?;
        match self.inventory.call_off(id).await {
            Ok(_) => {}
            Err(CallOffError::Sent) => {
                queries::cancelling::forget(&mut transaction, id).await?;
                let refused = Happened::CancelRefused;
                queries::timeline::record(&mut transaction, id, by, &refused, why.as_deref())
                    .await?;
                transaction.commit().await?;
                self.note_shipments(id).await?;
                return Err(CancelFailure::Sent);
            }
            Err(error) => return Err(Error::inventory(error).into()),
        }
        self.reached(Step::CalledOff)?;
        let ending = Ending {
            reason: reason_of(by),
            by,
            why: why.as_deref(),
            // The money is still on its way back.
            payment: PaymentStanding::Processing,
        };
        self.end(&mut transaction, &order, &ending).await?;
        queries::set_refund_due(&mut transaction, id).await?;
        transaction.commit().await?;
        tracing::info!(order = %id, number = order.number, ?by, "paid order cancelled");
        self.try_refund(id).await;
        Ok(())
    }
}

fn reason_of(by: Actor) -> CancelReason {
    match by {
        Actor::Shopper => CancelReason::Shopper,
        Actor::Staff | Actor::Provider | Actor::Warehouse | Actor::Store => CancelReason::Staff,
    }
}
