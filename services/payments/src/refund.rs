//! Money that goes back: recorded before the provider is asked, posted after it has said yes.

use crate::{
    Capture, Error, Happening, PaymentEvent, Payments, ProviderError,
    error::violated_constraint,
    ledger::{Account, Cause, Transfer},
    provider::{Lookup, ProviderPayment, RefundOrder},
    queries,
};
use domain::money::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

/// The idempotency key of the refund that gives back all that is left.
const EVERYTHING: &str = "everything";

/// Where a refund is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    /// Recorded; the provider may or may not have heard of it.
    Recorded,
    /// The money went back.
    Succeeded,
    /// The provider will not give it back.
    Failed,
}

impl RefundState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Recorded, Self::Succeeded, Self::Failed];

    /// Whether a refund may go from this state to that one.
    pub fn may_become(self, next: Self) -> bool {
        self == Self::Recorded && next != Self::Recorded
    }

    /// The state's name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }

    /// The state of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// Money that goes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Its name, and the idempotency key that the provider hears.
    pub id: Uuid,
    /// The attempt whose money it is.
    pub attempt: Uuid,
    /// How much, above zero.
    pub amount: Money,
    /// Why, in the words of whoever asked.
    pub reason: String,
    /// Where it is.
    pub state: RefundState,
    /// The provider's name for it, once it has said one.
    pub provider_reference: Option<String>,
    /// When it was recorded.
    pub created_at: Timestamp,
}

/// What came of asking for the money of an order to go back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refunded {
    /// It went back, by this call.
    Now(Refund),
    /// All of it had gone back before.
    Before,
    /// The provider has not said yes yet. [`Payments::refresh`] asks again, under the same name.
    Pending(Refund),
}

impl Payments {
    /// Gives back all that was captured for an order and has not gone back, once however often it is
    /// called. `reason` is kept with the refund and never shown to the provider. A capture that was
    /// not posted is posted first, so that the ledger knows what goes back. When the provider refuses
    /// because of what was given back there by hand, that is posted and the rest is given back.
    ///
    /// # Errors
    /// [`Error::NothingCaptured`]; [`Error::RefundRefused`] if the provider will not: the refund is
    /// recorded as failed and may be asked for again.
    pub async fn refund_all(&self, order: Uuid, reason: &str) -> Result<Refunded, Error> {
        match self.refund_rest(order, reason).await {
            Err(Error::RefundRefused { refund, code }) => {
                let capture =
                    self.captured(order).await?.ok_or(Error::NothingCaptured { order })?;
                let payment = Lookup::Id(&capture.provider_reference);
                let posted = match self.provider.find(payment).await? {
                    Some(payment) => self.post_made_refunds(order, &payment).await?,
                    None => 0,
                };
                match posted {
                    0 => Err(Error::RefundRefused { refund, code }),
                    _ => self.refund_rest(order, reason).await,
                }
            }
            outcome => outcome,
        }
    }

    async fn refund_rest(&self, order: Uuid, reason: &str) -> Result<Refunded, Error> {
        let capture = self.post_capture(order).await?.capture().clone();
        let recorded = queries::refunds::record_remaining(
            &self.pool,
            Uuid::now_v7(),
            capture.attempt,
            EVERYTHING,
            reason,
        )
        .await;
        match recorded {
            Ok(Some(refund)) => return self.finish(&capture, refund).await,
            // Nothing is left to give back, or the same refund was recorded before.
            Ok(None) => {}
            // Another refund was recorded in this moment and has taken what was left.
            Err(error)
                if violated_constraint(&error) == Some(queries::refunds::WITHIN_CAPTURED) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(self.finish_refunds(order).await?.unwrap_or(Refunded::Before))
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

    async fn finish(&self, capture: &Capture, refund: Refund) -> Result<Refunded, Error> {
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
        let transfer = Transfer {
            debit: Account::CustomerReceivable,
            credit: Account::ProviderClearing(&capture.provider),
            amount: refund.amount,
        };
        queries::ledger::post(&mut transaction, Cause::Refund(refund.id), &transfer).await?;
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
