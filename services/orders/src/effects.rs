//! What follows an order's end outside its own database: the ordered goods leave the cart, money that
//! must not be kept is returned. Each is remembered until it is done, and may be repeated.

use crate::{Error, Orders, invoices::Credit, letters::Tidings, queries, record::OrderRecord};
use accounts::SessionId;
use domain::order::{OrderNews, PaymentStanding};
use payments::Refunded;
use serde_json::json;
use uuid::Uuid;

/// What an order has left to be done.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub(crate) struct Effect {
    /// The order.
    pub id: Uuid,
    /// What was ordered is to leave the cart.
    pub cart_to_empty: bool,
    /// What was paid is to go back.
    pub refund_due: bool,
}

impl Orders {
    pub(crate) async fn finish(&self, effect: Effect) -> Result<(), Error> {
        if effect.refund_due {
            self.refund(effect.id).await?;
        }
        if effect.cart_to_empty {
            let order = queries::load(&self.pool, effect.id).await?;
            self.empty_cart(&order).await?;
            queries::set_cart_emptied(&self.pool, effect.id).await?;
        }
        Ok(())
    }

    /// Takes what was ordered out of the cart, and leaves what was put into it since.
    pub(crate) async fn empty_cart(&self, order: &OrderRecord) -> Result<(), Error> {
        let session = SessionId::from(order.cart_id.clone());
        // Versions are 32 bits wide in the session.
        let version = u32::try_from(order.cart_version).unwrap_or_default();
        let ordered = queries::list_ordered(&self.pool, order.id).await?;
        Ok(self.sessions.take_out(&session, order.id, version, &ordered).await?)
    }

    /// Returns the money of an order as far as that can be done now; the rest is the sweeper's.
    pub(crate) async fn try_refund(&self, id: Uuid) {
        if let Err(error) = self.refund(id).await {
            tracing::warn!(order = %id, %error, "the money will be returned later");
        }
    }

    async fn refund(&self, id: Uuid) -> Result<(), Error> {
        if let Refunded::Pending(_) = self.payments.refund_all(id, "order cancelled").await? {
            return Ok(());
        }
        let order = queries::load(&self.pool, id).await?;
        let mut transaction = self.pool.begin().await?;
        if !queries::clear_refund_due(&mut transaction, id).await? {
            // Somebody else was faster, and has told it.
            return Ok(());
        }
        queries::record_event(&mut transaction, id, "refunded", &json!({})).await?;
        // All of it went back at once, so there is no other refund of this order.
        let tidings = Tidings::Refund { refund: String::new(), amount: order.total()? };
        queries::letters::write(&mut transaction, id, &tidings).await?;
        // Only what was invoiced is credited: an order that ended unpaid has no invoice.
        if order.paid_at.is_some() {
            let credit = Credit::of_all(order.total()?);
            queries::invoices::ask_for_credit_note(&mut transaction, id, &credit).await?;
        }
        let (state, cancel_reason) = (order.state()?, order.cancel_reason()?);
        let news = OrderNews { state, payment: PaymentStanding::Refunded, cancel_reason };
        queries::tell(&mut transaction, &order, &news).await?;
        transaction.commit().await?;
        Ok(())
    }
}
