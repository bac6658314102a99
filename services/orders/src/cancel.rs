//! How an order ends without being carried out. It holds the order's lock, as finishing it does, so that
//! the two exclude each other; it may be repeated.

use crate::{Error, Orders, Step, queries, record::OrderRecord};
use domain::order::{Actor, CancelReason, Happened, OrderNews, OrderState, PaymentStanding};
use payments::CancelOutcome;
use sqlx::PgConnection;
use uuid::Uuid;

impl Orders {
    /// Ends an order that was not paid: the provider is told first, so that no money can follow. If it
    /// turns out that the money had been taken, the order is finished instead and returned.
    pub(crate) async fn cancel(
        &self,
        id: Uuid,
        reason: CancelReason,
    ) -> Result<Option<OrderRecord>, Error> {
        // Opened first if it was not, so that it can be closed: whoever is about to pay finds it so.
        let total = queries::load(&self.pool, id).await?.total()?;
        self.payments.open_intent(id, total).await?;
        let payment = match self.payments.cancel(id).await? {
            CancelOutcome::Cancelled => PaymentStanding::Open,
            CancelOutcome::AlreadyRefunded => PaymentStanding::Refunded,
            CancelOutcome::AlreadyPaid => {
                self.finalise(id).await?;
                let order = queries::load(&self.pool, id).await?;
                return Ok(order.is_paid().then_some(order));
            }
        };
        self.reached(Step::PaymentCalledOff)?;
        let mut transaction = self.pool.begin().await?;
        let order = queries::lock(&mut transaction, id).await?;
        if !order.is_awaiting() {
            return Ok(order.is_paid().then_some(order));
        }
        self.inventory.release(id).await.map_err(Error::inventory)?;
        self.reached(Step::StockReleased)?;
        let by = match reason {
            CancelReason::Shopper | CancelReason::Superseded => Actor::Shopper,
            CancelReason::Staff => Actor::Staff,
            CancelReason::Expired | CancelReason::OutOfStock => Actor::Store,
        };
        let ending = Ending { reason, by, why: None, payment };
        self.end(&mut transaction, &order, &ending).await?;
        transaction.commit().await?;
        Ok(None)
    }

    /// Writes the end of an order whose lock is held, and tells of it.
    pub(crate) async fn end(
        &self,
        transaction: &mut PgConnection,
        order: &OrderRecord,
        Ending { reason, by, why, payment }: &Ending<'_>,
    ) -> Result<(), Error> {
        queries::mark_cancelled(transaction, order.id, *reason).await?;
        let happened = Happened::Cancelled { reason: *reason };
        queries::timeline::record(transaction, order.id, *by, &happened, *why).await?;
        let (state, cancel_reason) = (OrderState::Cancelled, Some(*reason));
        let news = OrderNews { state, cancel_reason, ..order.news(*payment)? };
        queries::tell(transaction, order, &news).await?;
        Ok(())
    }
}

/// How an order ends.
pub(crate) struct Ending<'a> {
    pub reason: CancelReason,
    /// Whose doing it is.
    pub by: Actor,
    /// Why, in their words.
    pub why: Option<&'a str>,
    /// How its payment stands at the end.
    pub payment: PaymentStanding,
}
