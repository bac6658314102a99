//! How the money of an order stands, as it is stored with the order: the one place that writes it after the order was
//! finished (`finalise` writes that it is paid). It follows the books of `payments`, and is never ahead of them.

use crate::{Error, Orders, invoices::Credit, letters::Tidings, queries, record::OrderRecord};
use domain::{
    Money,
    order::{Actor, Happened, PaymentStatus},
};
use sqlx::PgConnection;
use uuid::Uuid;

impl Orders {
    /// Brings the stored status of an order that was paid or has ended up to what is in the books. Whose doing it was
    /// goes into the timeline. Safe to repeat.
    pub(crate) async fn note_payment(&self, id: Uuid, by: Actor) -> Result<(), Error> {
        let mut transaction = self.pool.begin().await?;
        let order = queries::lock(&mut transaction, id).await?;
        self.note_money(&mut transaction, &order, by).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The same for whoever holds the order's lock. The books are read while it is held, so that what is written only
    /// goes forward.
    pub(crate) async fn note_money(
        &self,
        transaction: &mut PgConnection,
        order: &OrderRecord,
        by: Actor,
    ) -> Result<(), Error> {
        if order.is_awaiting() {
            // What was received is written when the order is finished.
            return Ok(());
        }
        let Some(capture) = self.payments.captured(order.id).await? else { return Ok(()) };
        let refunded = capture.refunded.minor();
        let status = PaymentStatus::of(capture.amount.minor(), refunded);
        if (status, refunded) == (order.payment_status()?, order.refunded_minor) {
            return Ok(());
        }
        queries::status::set_payment(transaction, order.id, status, refunded).await?;
        let given_back = refunded - order.refunded_minor;
        if given_back > 0 {
            let amount = Money::new(given_back, order.currency()?);
            let happened = Happened::Refunded { amount: Some(amount) };
            queries::timeline::record(transaction, order.id, by, &happened, None).await?;
            // What went back in all tells one time from the others, for it only grows.
            let refund = refunded.to_string();
            // Only what was invoiced is credited: an order that ended unpaid has no invoice.
            if order.paid_at.is_some() {
                let credit = Credit { refund: refund.clone(), amount, pieces: Vec::new() };
                queries::invoices::ask_for_credit_note(transaction, order.id, &credit).await?;
            }
            let tidings = Tidings::Refund { refund, amount };
            queries::letters::write(transaction, order.id, &tidings).await?;
        }
        Ok(())
    }
}
