//! Phase three of a purchase. There is one way to finish an order, taken by the shopper's return, the
//! webhook, the status page and the sweeper, whichever comes first. It holds the order's lock, as
//! ending an order without payment does (`cancel`), so that the two exclude each other; it may be
//! repeated, and what it leaves to be done later is in `effects`.

use crate::{
    Error, Orders, Step, cancel::Ending, fulfil::LOOKED_FOR_LATER, letters::Tidings, queries,
    record::OrderRecord,
};
use domain::{
    order::{Actor, CancelReason, Happened, OrderNews, OrderState, PaymentStanding},
    payment::IntentState,
};
use inventory::AllocateError;
use payments::Standing;
use std::time::Duration;
use uuid::Uuid;

/// How long the confirmation of a paid order waits for the sessions.
const SESSIONS_WITHIN: Duration = Duration::from_secs(1);

impl Orders {
    /// News of a payment, from wherever: asks the provider for the truth and brings the order to the
    /// end that its payment came to. Tells the order's page in any case.
    pub async fn settle(&self, id: Uuid) -> Result<(), Error> {
        let Some(order) = queries::find(&self.pool, id).await? else {
            tracing::warn!(order = %id, "news of a payment for an order that was never written");
            return Ok(());
        };
        let before = self.standing(&order).await?;
        match self.payments.refresh(id).await {
            Ok(standing) if self.conclude(&order, &standing).await? => return Ok(()),
            Ok(_) => {}
            // Its payment was not begun yet.
            Err(payments::Error::UnknownOrder { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        let now = self.standing(&order).await?;
        if now != before {
            self.tell_standing(&order, now).await?;
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
        let Some(heard) = self.payments.receive_webhook(headers, body).await? else {
            return Ok(false);
        };
        let id = heard.order;
        let Some(order) = queries::find(&self.pool, id).await.map_err(Error::from)? else {
            return Ok(true);
        };
        let standing = self.payments.standing(id).await.map_err(Error::from)?;
        let was_over = order.is_paid();
        // It may tell of money that was given back at the provider's desk.
        if !order.is_awaiting() {
            self.note_payment(id, Actor::Provider).await?;
        }
        if !self.conclude(&order, &standing).await? || was_over {
            // What came again was told when it came first.
            if heard.is_news {
                let standing = self.standing(&order).await?;
                self.tell_standing(&order, standing).await?;
            }
        }
        Ok(true)
    }

    /// Brings the order to the end that its payment came to, if it came to one: finished, if money is
    /// there; cancelled, if nothing can come any more. The latter is the second half of a
    /// cancellation that stopped between the two services.
    async fn conclude(&self, order: &OrderRecord, standing: &Standing) -> Result<bool, Error> {
        if standing.is_captured() {
            self.reached(Step::Captured)?;
            self.finalise(order.id).await?;
            return Ok(true);
        }
        let over = matches!(standing.intent.state, IntentState::Cancelled | IntentState::Refunded);
        if over && order.is_awaiting() {
            let reason =
                if order.expired { CancelReason::Expired } else { CancelReason::Superseded };
            self.cancel(order.id, reason).await?;
            return Ok(true);
        }
        Ok(false)
    }

    async fn tell_standing(
        &self,
        order: &OrderRecord,
        payment: PaymentStanding,
    ) -> Result<(), Error> {
        let mut connection = self.pool.acquire().await?;
        queries::tell(&mut connection, order, &order.news(payment)?).await?;
        Ok(())
    }

    /// Finishes an order whose money was taken: the ledger is posted, the held stock becomes the
    /// order's own, the cart is emptied, the order is paid. Whoever comes second finds it done.
    pub(crate) async fn finalise(&self, id: Uuid) -> Result<(), Error> {
        let orders = self.clone();
        crate::to_the_end(async move { orders.try_finalise(id).await }).await
    }

    async fn try_finalise(&self, id: Uuid) -> Result<(), Error> {
        let Some(Secured { order, given_back }) = self.secure(id).await? else { return Ok(()) };
        // Before anyone is told, so that nobody who hears of it still sees the old cart; and while no
        // lock is held, for sessions that are away may take their time. Nobody can end the order
        // meanwhile: its money is there.
        let emptied = tokio::time::timeout(SESSIONS_WITHIN, self.empty_cart(&order)).await;
        let cart_to_empty = !matches!(emptied, Ok(Ok(())));
        if cart_to_empty {
            tracing::warn!(order = %id, ?emptied, "the cart will be emptied by the sweeper");
        }
        self.reached(Step::CartEmptied)?;
        let mut transaction = self.pool.begin().await?;
        let order = queries::lock(&mut transaction, id).await?;
        if !order.state()?.may_become(OrderState::Paid) {
            return Ok(());
        }
        let first_look = self.timing.first_check * LOOKED_FOR_LATER;
        queries::mark_paid(&mut transaction, id, cart_to_empty, first_look).await?;
        let paid = Happened::Paid;
        queries::timeline::record(&mut transaction, id, Actor::Provider, &paid, None).await?;
        queries::letters::write(&mut transaction, id, &Tidings::Confirmation).await?;
        queries::invoices::ask_for_invoice(&mut transaction, id).await?;
        let confirmed = order.news(PaymentStanding::Confirmed)?;
        let news = OrderNews { state: OrderState::Paid, ..confirmed };
        queries::tell(&mut transaction, &order, &news).await?;
        transaction.commit().await?;
        tracing::info!(order = %id, number = order.number, "order paid");
        if given_back {
            self.note_payment(id, Actor::Provider).await?;
        }
        self.reached(Step::Paid)
    }

    /// Secures what the order needs, under its lock: the money is in the books, the stock is the
    /// order's. Answers nothing if the order had ended or ends here, for want of stock.
    async fn secure(&self, id: Uuid) -> Result<Option<Secured>, Error> {
        let mut transaction = self.pool.begin().await?;
        let order = queries::lock(&mut transaction, id).await?;
        if order.is_paid() {
            return Ok(None);
        }
        let settled = self.payments.post_capture(id).await?;
        if settled.capture().intent_state == IntentState::Refunded {
            // All of it went back already.
            return Ok(None);
        }
        self.reached(Step::Posted)?;
        if order.state()? == OrderState::Cancelled {
            // Money for an order that has ended goes back.
            queries::set_refund_due(&mut transaction, id).await?;
            transaction.commit().await?;
            self.reached(Step::RefundDue)?;
            self.try_refund(id).await;
            return Ok(None);
        }
        match self.inventory.allocate(id).await {
            Ok(_) => {
                self.payments.post_sale(id, &order.sale()?).await?;
                self.reached(Step::Allocated)?;
                let given_back = settled.capture().refunded.minor() > 0;
                Ok(Some(Secured { order, given_back }))
            }
            Err(AllocateError::OutOfStock(_) | AllocateError::NeverHeld { .. }) => {
                let ending = Ending {
                    reason: CancelReason::OutOfStock,
                    by: Actor::Store,
                    why: None,
                    // The money is still on its way back.
                    payment: PaymentStanding::Processing,
                };
                self.end(&mut transaction, &order, &ending).await?;
                queries::set_refund_due(&mut transaction, id).await?;
                transaction.commit().await?;
                self.reached(Step::RefundDue)?;
                self.try_refund(id).await;
                Ok(None)
            }
            Err(error) => Err(Error::inventory(error)),
        }
    }
}

/// An order whose money and stock are there.
struct Secured {
    order: OrderRecord,
    /// Whether some of the money went back at the provider's desk already.
    given_back: bool,
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
