//! Phase three of a purchase, and its opposite. There is one way to finish an order, taken by the
//! shopper's return, the webhook, the status page and the sweeper, whichever comes first; and one way
//! to end it without payment. Both hold the order's lock, so they exclude each other, and both may be
//! repeated.

use crate::{Error, Orders, queries, record::OrderRecord};
use accounts::SessionId;
use domain::order::{CancelReason, OrderState, PaymentStanding};
use inventory::AllocateError;
use payments::{CancelOutcome, Refunded};
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

/// How long the confirmation of a paid order waits for the sessions.
const SESSIONS_WITHIN: Duration = Duration::from_secs(1);

impl Orders {
    /// News of a payment, from wherever: asks the provider for the truth and finishes the order if
    /// the money is there. Tells the order's page in any case.
    pub async fn settle(&self, id: Uuid) -> Result<(), Error> {
        let Some(order) = queries::find(&self.pool, id).await? else {
            tracing::warn!(order = %id, "news of a payment for an order that was never written");
            return Ok(());
        };
        let before = self.standing(&order).await?;
        match self.payments.refresh(id).await {
            Ok(standing) if standing.is_captured() => return self.finalise(id).await,
            Ok(_) => {}
            // Its payment was not begun yet.
            Err(payments::Error::UnknownOrder { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        let now = self.standing(&order).await?;
        if now != before {
            let mut connection = self.pool.acquire().await?;
            queries::tell(&mut connection, &order, &order.state, now).await?;
        }
        Ok(())
    }

    /// A provider's webhook: verified and kept by `payments`, then settled like any other news.
    /// Answers whether it was news of an order of ours.
    pub async fn receive_webhook(
        &self,
        headers: &http::HeaderMap,
        body: &[u8],
    ) -> Result<bool, WebhookFailure> {
        let Some(order) = self.payments.receive_webhook(headers, body).await? else {
            return Ok(false);
        };
        self.announce(order).await?;
        Ok(true)
    }

    /// Finishes the order if its money is there, else tells its page how the payment stands.
    async fn announce(&self, id: Uuid) -> Result<(), Error> {
        if self.payments.captured(id).await?.is_some() {
            return self.finalise(id).await;
        }
        if let Some(order) = queries::find(&self.pool, id).await? {
            let standing = self.standing(&order).await?;
            let mut connection = self.pool.acquire().await?;
            queries::tell(&mut connection, &order, &order.state, standing).await?;
        }
        Ok(())
    }

    /// Finishes an order whose money was taken: the ledger is posted, the held stock becomes the
    /// order's own, the cart is emptied, the order is paid. Whoever comes second finds it done.
    pub(crate) async fn finalise(&self, id: Uuid) -> Result<(), Error> {
        let Some(order) = self.secure(id).await? else { return Ok(()) };
        // Before anyone is told, so that nobody who hears of it still sees the old cart; and while no
        // lock is held, for sessions that are away may take their time. Nobody can end the order
        // meanwhile: its money is there.
        let emptied = tokio::time::timeout(SESSIONS_WITHIN, self.empty_cart(&order)).await;
        let cart_to_empty = !matches!(emptied, Ok(Ok(())));
        if cart_to_empty {
            tracing::warn!(order = %id, ?emptied, "the cart will be emptied by the sweeper");
        }
        let mut transaction = self.pool.begin().await?;
        if !queries::lock(&mut transaction, id).await?.is_awaiting() {
            return Ok(());
        }
        queries::mark_paid(&mut transaction, id, cart_to_empty).await?;
        queries::record_event(&mut transaction, id, "paid", &json!({})).await?;
        let state = OrderState::Paid.as_str();
        queries::tell(&mut transaction, &order, state, PaymentStanding::Confirmed).await?;
        transaction.commit().await?;
        tracing::info!(order = %id, number = order.number, "order paid");
        Ok(())
    }

    /// Secures what the order needs, under its lock: the money is in the books, the stock is the
    /// order's. Answers nothing if the order had ended or ends here, for want of stock.
    async fn secure(&self, id: Uuid) -> Result<Option<OrderRecord>, Error> {
        let mut transaction = self.pool.begin().await?;
        let order = queries::lock(&mut transaction, id).await?;
        if order.is_paid() {
            return Ok(None);
        }
        self.payments.post_capture(id).await?;
        if order.state()? == OrderState::Cancelled {
            // Money for an order that has ended goes back.
            queries::set_refund_due(&mut *transaction, id, true).await?;
            transaction.commit().await?;
            self.finish_effects(id, false, true).await?;
            return Ok(None);
        }
        match self.inventory.allocate(id).await {
            Ok(_) => Ok(Some(order)),
            Err(AllocateError::OutOfStock(_) | AllocateError::NeverHeld { .. }) => {
                let reason = CancelReason::OutOfStock;
                queries::mark_cancelled(&mut transaction, id, reason).await?;
                queries::set_refund_due(&mut *transaction, id, true).await?;
                let facts = json!({ "reason": reason });
                queries::record_event(&mut transaction, id, "cancelled", &facts).await?;
                transaction.commit().await?;
                self.finish_effects(id, false, true).await?;
                Ok(None)
            }
            Err(error) => Err(Error::inventory(error)),
        }
    }

    async fn empty_cart(&self, order: &OrderRecord) -> Result<(), Error> {
        let session = SessionId::from(order.cart_id.clone());
        // Versions are 32 bits wide in the session.
        let version = u32::try_from(order.cart_version).unwrap_or_default();
        Ok(self.sessions.empty_cart(&session, version).await?)
    }

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
        match self.payments.cancel(id).await? {
            CancelOutcome::Cancelled | CancelOutcome::AlreadyRefunded => {}
            CancelOutcome::AlreadyPaid => {
                self.finalise(id).await?;
                let order = queries::load(&self.pool, id).await?;
                return Ok(order.is_paid().then_some(order));
            }
        }
        let mut transaction = self.pool.begin().await?;
        let order = queries::lock(&mut transaction, id).await?;
        if !order.is_awaiting() {
            return Ok(order.is_paid().then_some(order));
        }
        self.inventory.release(id).await.map_err(Error::inventory)?;
        queries::mark_cancelled(&mut transaction, id, reason).await?;
        queries::record_event(&mut transaction, id, "cancelled", &json!({ "reason": reason }))
            .await?;
        let state = OrderState::Cancelled.as_str();
        queries::tell(&mut transaction, &order, state, PaymentStanding::Open).await?;
        transaction.commit().await?;
        Ok(None)
    }

    /// What follows an order's end outside its own database: the ordered cart is emptied, money that
    /// must not be kept is returned. Each is remembered until it is done.
    pub(crate) async fn finish_effects(
        &self,
        id: Uuid,
        cart_to_empty: bool,
        refund_due: bool,
    ) -> Result<(), Error> {
        let order = queries::load(&self.pool, id).await?;
        if cart_to_empty {
            self.empty_cart(&order).await?;
            queries::set_cart_emptied(&self.pool, id).await?;
        }
        if refund_due {
            if let Refunded::Pending(_) = self.payments.refund_all(id, "order cancelled").await? {
                return Ok(());
            }
            let mut transaction = self.pool.begin().await?;
            queries::set_refund_due(&mut *transaction, id, false).await?;
            queries::record_event(&mut transaction, id, "refunded", &json!({})).await?;
            queries::tell(&mut transaction, &order, &order.state, PaymentStanding::Refunded)
                .await?;
            transaction.commit().await?;
        }
        Ok(())
    }
}

/// Why a webhook was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum WebhookFailure {
    /// It was not the provider's, or could not be read, or could not be looked up.
    #[error(transparent)]
    Webhook(#[from] payments::WebhookError),
    /// It was accepted, but the order could not be finished; the provider should send it again.
    #[error(transparent)]
    Failed(#[from] Error),
}
