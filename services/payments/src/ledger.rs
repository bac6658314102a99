//! The ledger: what came and went, in double entry. Only additions; the database refuses the rest.
//!
//! A debit is above zero, a credit below. When a customer pays, what the provider owes us grows and
//! what the customer owes us shrinks; a refund is the same the other way. What the money was for
//! (revenue, tax, delivery) is in `sale`; the accounts are in `account`.

use crate::{
    Attempt, Error, Happening, PaymentEvent, Payments,
    account::{Account, Cause, Posting},
    provider::ProviderPayment,
    queries,
};
use domain::{
    money::Money,
    payment::{AttemptState, IntentState},
};
use uuid::Uuid;

/// Money that an attempt has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// Whose order.
    pub order: Uuid,
    /// What was owed.
    pub intent: Uuid,
    /// The attempt that took it.
    pub attempt: Uuid,
    /// Where it was taken.
    pub provider: String,
    /// The provider's name for the payment.
    pub provider_reference: String,
    /// How much was taken.
    pub amount: Money,
    /// How much of it has gone back.
    pub refunded: Money,
    /// Where the intent is: `Open` or `Cancelled` until the capture is posted.
    pub intent_state: IntentState,
}

/// What came of posting a capture. Either way it is posted, and the intent is paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// By this call.
    Now(Capture),
    /// By an earlier one.
    Before(Capture),
}

impl Settled {
    /// The capture, whoever posted it.
    pub fn capture(&self) -> &Capture {
        match self {
            Self::Now(capture) | Self::Before(capture) => capture,
        }
    }
}

/// What an account holds in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// The account's code.
    pub account: String,
    /// Sum of its debits.
    pub debit: Money,
    /// Sum of its credits, as an amount above zero.
    pub credit: Money,
}

impl Balance {
    /// What the account holds: above zero if its debits are more than its credits.
    pub fn net_minor(&self) -> i64 {
        self.debit.minor() - self.credit.minor()
    }
}

impl Payments {
    /// The money that was taken for an order, posted or not.
    ///
    /// # Errors
    /// The database's only.
    pub async fn captured(&self, order: Uuid) -> Result<Option<Capture>, Error> {
        Ok(queries::ledger::find_capture(&self.pool, order).await?)
    }

    /// Posts what was taken for an order to the ledger, makes the intent paid and tells of it, all in
    /// one transaction and once however often it is called.
    ///
    /// # Errors
    /// [`Error::NothingCaptured`].
    pub async fn post_capture(&self, order: Uuid) -> Result<Settled, Error> {
        let capture = self.captured(order).await?.ok_or(Error::NothingCaptured { order })?;
        if !capture.intent_state.may_become(IntentState::Paid) {
            return Ok(Settled::Before(capture));
        }
        let clearing = Account::ProviderClearing(&capture.provider);
        let cause = Cause::Capture(capture.attempt);
        let posting =
            Posting::transfer(cause, clearing, Account::CustomerReceivable, capture.amount);
        let mut transaction = self.pool.begin().await?;
        if !queries::ledger::post(&mut transaction, &posting).await? {
            // Another caller was faster, and has made the intent paid in the same transaction.
            transaction.rollback().await?;
            return Ok(Settled::Before(Capture { intent_state: IntentState::Paid, ..capture }));
        }
        let fee =
            queries::intents::mark_paid(&mut transaction, capture.intent, capture.attempt).await?;
        if let Some(fee) = fee {
            let posting = fee_posting(capture.attempt, &capture.provider, fee);
            queries::ledger::post(&mut transaction, &posting).await?;
        }
        let event = PaymentEvent {
            event: Happening::Captured,
            order,
            intent: capture.intent,
            attempt: capture.attempt,
            amount: capture.amount,
        };
        event.publish(&mut transaction).await?;
        transaction.commit().await?;
        tracing::info!(%order, attempt = %capture.attempt, amount = %capture.amount, "capture posted");
        Ok(Settled::Now(Capture { intent_state: IntentState::Paid, ..capture }))
    }

    /// Notes what the provider keeps for itself of what an attempt took, if it did not say so when it took
    /// it, and posts it if the capture is posted.
    pub(crate) async fn learn_fee(
        &self,
        attempt: &Attempt,
        payment: &ProviderPayment,
    ) -> Result<(), Error> {
        let is_news = attempt.state == AttemptState::Succeeded && attempt.fee.is_none();
        let Some(fee) = payment.fee.filter(|_| is_news) else { return Ok(()) };
        let mut transaction = self.pool.begin().await?;
        // The attempt is locked from here on: who posts its capture meanwhile waits, and finds the fee.
        if queries::attempts::note_fee(&mut transaction, attempt.id, fee).await?
            && queries::ledger::is_capture_posted(&mut transaction, attempt.id).await?
            && fee.minor() != 0
        {
            let posting = fee_posting(attempt.id, &attempt.provider, fee);
            queries::ledger::post(&mut transaction, &posting).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Posts what the provider keeps of what an attempt took, as far as that is known and its capture is
    /// posted; nothing happens if it is posted.
    pub(crate) async fn post_fee(&self, attempt: &Attempt) -> Result<(), Error> {
        let Some(fee) = attempt.fee.filter(|fee| fee.minor() != 0) else { return Ok(()) };
        let mut transaction = self.pool.begin().await?;
        if queries::ledger::is_capture_posted(&mut transaction, attempt.id).await? {
            let posting = fee_posting(attempt.id, &attempt.provider, fee);
            queries::ledger::post(&mut transaction, &posting).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// What the postings about an order put on each account. Nothing is left on what customers owe us once
    /// the order is paid and its sale posted, or all of its money went back.
    ///
    /// # Errors
    /// The database's only.
    pub async fn books(&self, order: Uuid) -> Result<Vec<Balance>, Error> {
        Ok(queries::ledger::books(&self.pool, order).await?)
    }

    /// What every account holds, by account and currency. The debits of a currency and its credits
    /// are equal, or the books are wrong.
    ///
    /// # Errors
    /// The database's only.
    pub async fn trial_balance(&self) -> Result<Vec<Balance>, Error> {
        Ok(queries::ledger::trial_balance(&self.pool).await?)
    }
}

fn fee_posting(attempt: Uuid, provider: &str, fee: Money) -> Posting<'_> {
    Posting::transfer(Cause::Fee(attempt), Account::Fee, Account::ProviderClearing(provider), fee)
}
