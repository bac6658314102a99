//! What follows an order's end outside its own database: the ordered goods leave the cart, money that
//! must not be kept is returned. Each is remembered until it is done, and may be repeated.

use crate::{Error, Orders, Step, queries, record::OrderRecord};
use accounts::SessionId;
use domain::order::{Actor, PaymentStanding};
use payments::Refunded;
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
        self.reached(Step::Refunded)?;
        let mut transaction = self.pool.begin().await?;
        let order = queries::lock(&mut transaction, id).await?;
        if !queries::clear_refund_due(&mut transaction, id).await? {
            // Somebody else was faster, and has told it.
            return Ok(());
        }
        self.note_money(&mut transaction, &order, Actor::Store).await?;
        queries::tell(&mut transaction, &order, &order.news(PaymentStanding::Refunded)?).await?;
        transaction.commit().await?;
        Ok(())
    }
}
