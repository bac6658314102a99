//! How an order ends without being carried out. It holds the order's lock, as finishing it does, so that
//! the two exclude each other; it may be repeated.

use crate::{Error, Orders, Step, queries, record::OrderRecord};
use domain::order::{CancelReason, OrderNews, OrderState, PaymentStanding};
use payments::CancelOutcome;
use serde_json::json;
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
        if !order.state()?.may_become(OrderState::Cancelled) {
            return Ok(order.is_paid().then_some(order));
        }
        self.inventory.release(id).await.map_err(Error::inventory)?;
        self.reached(Step::StockReleased)?;
        self.end(&mut transaction, &order, reason, payment).await?;
        transaction.commit().await?;
        Ok(None)
    }

    /// Writes the end of an order whose lock is held, and tells of it.
    pub(crate) async fn end(
        &self,
        transaction: &mut PgConnection,
        order: &OrderRecord,
        reason: CancelReason,
        payment: PaymentStanding,
    ) -> Result<(), Error> {
        queries::mark_cancelled(transaction, order.id, reason).await?;
        let facts = json!({ "reason": reason });
        queries::record_event(transaction, order.id, "cancelled", &facts).await?;
        let state = OrderState::Cancelled;
        let news = OrderNews { state, payment, cancel_reason: Some(reason) };
        queries::tell(transaction, order, &news).await?;
        Ok(())
    }
}
