//! How a refund that is recorded comes to its end: the provider is asked under its name, and what went back
//! is posted, whoever asked for it.

use crate::{
    Capture, Error, Happening, PaymentEvent, Payments, ProviderError, Refund, RefundState,
    Refunded,
    account::{Account, Cause, Posting},
    provider::{Lookup, ProviderPayment, RefundOrder},
    queries, sale,
};
use sqlx::{PgConnection, Postgres, Transaction};
use uuid::Uuid;

impl Payments {
    /// Asks the provider what it gave back, and posts what of it is not posted; says how many refunds
    /// that were.
    pub(crate) async fn post_what_went_back(&self, order: Uuid) -> Result<usize, Error> {
        let capture = self.captured(order).await?.ok_or(Error::NothingCaptured { order })?;
        match self.provider.find(Lookup::Id(&capture.provider_reference)).await? {
            Some(payment) => self.post_made_refunds(order, &payment).await,
            None => Ok(0),
        }
    }

    /// Posts what the provider gave back without being asked by us, e.g. by hand at its desk, under
    /// its own name; says how many refunds that were.
    pub(crate) async fn post_made_refunds(
        &self,
        order: Uuid,
        payment: &ProviderPayment,
    ) -> Result<usize, Error> {
        if payment.refunds.is_empty() {
            return Ok(0);
        }
        let capture = self.post_capture(order).await?.capture().clone();
        if capture.provider_reference != payment.id {
            return Ok(0);
        }
        let mut posted = 0;
        for made in &payment.refunds {
            let mut transaction = self.pool.begin().await?;
            let (id, attempt) = (Uuid::now_v7(), capture.attempt);
            let recorded =
                queries::refunds::record_made(&mut transaction, id, attempt, made).await?;
            if recorded.is_none() {
                continue;
            }
            tracing::warn!(%order, refund = made.id, amount = %made.amount, "given back at the provider");
            self.post_refund(transaction, &capture, id, &made.id).await?;
            posted += 1;
        }
        Ok(posted)
    }

    /// Asks again for every refund of an order that has no outcome; what came of the last one.
    pub(crate) async fn finish_refunds(&self, order: Uuid) -> Result<Option<Refunded>, Error> {
        let open = queries::refunds::list_recorded(&self.pool, order).await?;
        if open.is_empty() {
            return Ok(None);
        }
        let capture = self.captured(order).await?.ok_or(Error::NothingCaptured { order })?;
        let mut last = None;
        for refund in open {
            last = Some(self.finish(&capture, refund).await?);
        }
        Ok(last)
    }

    pub(crate) async fn finish(
        &self,
        capture: &Capture,
        refund: Refund,
    ) -> Result<Refunded, Error> {
        if capture.provider != self.provider.name() {
            let provider = capture.provider.clone();
            return Err(Error::OtherProvider { attempt: capture.attempt, provider });
        }
        let order = RefundOrder {
            refund: refund.id,
            payment: capture.provider_reference.clone(),
            amount: refund.amount,
        };
        let given = match self.provider.refund(&order).await {
            Ok(given) => given,
            Err(ProviderError::Rejected { code, message }) => {
                tracing::error!(refund = %refund.id, code, message, "a refund is refused");
                queries::refunds::mark_failed(&self.pool, refund.id, &code).await?;
                return Err(Error::RefundRefused { refund: refund.id, code });
            }
            Err(error) => {
                tracing::warn!(refund = %refund.id, %error, "a refund has no outcome");
                return Ok(Refunded::Pending(refund));
            }
        };
        if given.amount != refund.amount {
            tracing::error!(refund = %refund.id, given = %given.amount, "another amount went back");
            return Err(Error::Contradiction {
                attempt: capture.attempt,
                payment: capture.provider_reference.clone(),
                what: "refunded amount",
            });
        }
        match given.state {
            RefundState::Recorded => Ok(Refunded::Pending(refund)),
            RefundState::Succeeded => {
                let transaction = self.pool.begin().await?;
                self.post_refund(transaction, capture, refund.id, &given.id).await
            }
            RefundState::Failed => {
                let code = "failed".to_owned();
                queries::refunds::mark_failed(&self.pool, refund.id, &code).await?;
                Err(Error::RefundRefused { refund: refund.id, code })
            }
        }
    }

    /// Posts every refund of an order that went back and is not posted. None should be.
    pub(crate) async fn post_lost_refunds(&self, order: Uuid) -> Result<(), Error> {
        let Some(capture) = self.captured(order).await? else { return Ok(()) };
        for refund in self.refunds(order).await? {
            if refund.state == RefundState::Succeeded && refund.attempt == capture.attempt {
                let mut transaction = self.pool.begin().await?;
                enter(&mut transaction, &capture, &refund).await?;
                transaction.commit().await?;
            }
        }
        Ok(())
    }

    /// Records that a refund went back, posts it and tells of it, in the one transaction and once.
    async fn post_refund(
        &self,
        mut transaction: Transaction<'_, Postgres>,
        capture: &Capture,
        refund: Uuid,
        provider_reference: &str,
    ) -> Result<Refunded, Error> {
        let changed =
            queries::refunds::mark_succeeded(&mut transaction, refund, provider_reference).await?;
        let Some(refund) = changed else {
            transaction.rollback().await?;
            return Ok(Refunded::Before);
        };
        enter(&mut transaction, capture, &refund).await?;
        queries::intents::mark_refunded(&mut transaction, capture.intent).await?;
        let event = PaymentEvent {
            event: Happening::Refunded,
            order: capture.order,
            intent: capture.intent,
            attempt: capture.attempt,
            amount: refund.amount,
        };
        event.publish(&mut transaction).await?;
        transaction.commit().await?;
        tracing::info!(order = %capture.order, refund = %refund.id, amount = %refund.amount, "refund posted");
        Ok(Refunded::Now(refund))
    }
}

/// Posts what a refund gave back, and gives up as much of the sale; each once.
async fn enter(
    transaction: &mut PgConnection,
    capture: &Capture,
    refund: &Refund,
) -> Result<(), sqlx::Error> {
    let clearing = Account::ProviderClearing(&capture.provider);
    let cause = Cause::Refund(refund.id);
    let posting = Posting::transfer(cause, Account::CustomerReceivable, clearing, refund.amount);
    queries::ledger::post(transaction, &posting).await?;
    // Whoever posts the sale meanwhile has done so, or will find this refund.
    queries::intents::lock(transaction, capture.order).await?;
    sale::reverse(transaction, capture.intent, refund).await
}
