//! The ledger: what came and went, in double entry. Only additions; the database refuses the rest.
//!
//! A debit is above zero, a credit below. When a customer pays, what the provider owes us grows and
//! what the customer owes us shrinks; a refund is the same the other way. What the money was for
//! (revenue, tax, shipping) is not known here.

use crate::{Error, Happening, PaymentEvent, Payments, queries};
use domain::{money::Money, payment::IntentState};
use std::borrow::Cow;
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

/// What an entry is booked to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Account<'a> {
    /// What customers owe us for their orders.
    CustomerReceivable,
    /// What a provider has taken for us and not yet paid out.
    ProviderClearing(&'a str),
}

impl Account<'_> {
    pub(crate) fn code(self) -> Cow<'static, str> {
        match self {
            Self::CustomerReceivable => "customer_receivable".into(),
            Self::ProviderClearing(provider) => format!("provider_clearing/{provider}").into(),
        }
    }

    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::CustomerReceivable | Self::ProviderClearing(_) => "asset",
        }
    }
}

/// Why money moved; the database lets each cause be posted once.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cause {
    /// This attempt took it.
    Capture(Uuid),
    /// This refund gave it back.
    Refund(Uuid),
}

/// Money that moves from the credited account to the debited one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Transfer<'a> {
    pub(crate) debit: Account<'a>,
    pub(crate) credit: Account<'a>,
    pub(crate) amount: Money,
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
        let transfer = Transfer {
            debit: Account::ProviderClearing(&capture.provider),
            credit: Account::CustomerReceivable,
            amount: capture.amount,
        };
        let mut transaction = self.pool.begin().await?;
        let cause = Cause::Capture(capture.attempt);
        if !queries::ledger::post(&mut transaction, cause, &transfer).await? {
            // Another caller was faster, and has made the intent paid in the same transaction.
            transaction.rollback().await?;
            return Ok(Settled::Before(Capture { intent_state: IntentState::Paid, ..capture }));
        }
        queries::intents::mark_paid(&mut transaction, capture.intent).await?;
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

    /// What every account holds, by account and currency. The debits of a currency and its credits
    /// are equal, or the books are wrong.
    ///
    /// # Errors
    /// The database's only.
    pub async fn trial_balance(&self) -> Result<Vec<Balance>, Error> {
        Ok(queries::ledger::trial_balance(&self.pool).await?)
    }
}
