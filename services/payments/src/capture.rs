//! Taking what was authorised, or part of it, or giving it up.
//!
//! How much is taken is decided once and committed before the provider is asked, so that an answer that
//! was lost is asked for again in the same words. What is not taken goes back to the shopper by itself.

use crate::{Attempt, Error, Payments, ProviderError, Standing, provider::CaptureOrder, queries};
use domain::{money::Money, payment::AttemptState};
use uuid::Uuid;

/// How much of what was authorised is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaptureAmount {
    /// All of it.
    All,
    /// So much; the rest is released.
    Part(Money),
}

impl CaptureAmount {
    fn of(self, attempt: &Attempt) -> Result<Money, Error> {
        let Self::Part(amount) = self else { return Ok(attempt.amount) };
        let authorised = attempt.amount;
        let is_within = (1..=authorised.minor()).contains(&amount.minor());
        match is_within && amount.currency() == authorised.currency() {
            true => Ok(amount),
            false => Err(Error::NotWithinAuthorised { attempt: attempt.id, authorised, amount }),
        }
    }
}

impl Payments {
    /// Takes what was authorised for an order, once: who asks for the same again gets the same attempt.
    /// It is posted by [`Payments::post_capture`], as any money is.
    ///
    /// # Errors
    /// [`Error::NothingAuthorised`] if nothing is, or not any more: it was given up, or the provider's
    /// time for it ended. [`Error::NotWithinAuthorised`]. [`Error::CapturedOtherwise`] if another amount
    /// was decided on before. [`Error::Provider`] if the provider does not say what came of it: the
    /// decision stays, and asking again or [`Payments::refresh`] goes on with it.
    pub async fn capture(&self, order: Uuid, what: CaptureAmount) -> Result<Attempt, Error> {
        let Standing { last_attempt, .. } = self.standing(order).await?;
        let attempt = last_attempt.ok_or(Error::NothingAuthorised { order })?;
        let amount = what.of(&attempt)?;
        let attempt = match attempt.state {
            AttemptState::Authorised => {
                match queries::attempts::decide_capture(&self.pool, attempt.id, amount).await? {
                    Some(decided) => self.take(&decided, amount).await?,
                    None => self.reload(&attempt).await?,
                }
            }
            _ => attempt,
        };
        match (attempt.state, attempt.captured) {
            (AttemptState::Succeeded, Some(taken)) if taken == amount => Ok(attempt),
            (AttemptState::Succeeded | AttemptState::Authorised, taken) => {
                let decided = queries::attempts::find_decision(&self.pool, &attempt).await?;
                let decided = taken.or(decided).unwrap_or(attempt.amount);
                Err(Error::CapturedOtherwise { attempt: attempt.id, decided, asked: amount })
            }
            _ => Err(Error::NothingAuthorised { order }),
        }
    }

    /// Gives up what was authorised for an order and not taken, and says how the attempt ended: it may
    /// have been taken before. The order may be paid otherwise; [`Payments::cancel`] closes it too.
    ///
    /// # Errors
    /// [`Error::NothingAuthorised`]; [`Error::Provider`] if it is not known whether it was given up.
    pub async fn void(&self, order: Uuid) -> Result<Attempt, Error> {
        let Standing { last_attempt, .. } = self.standing(order).await?;
        match last_attempt {
            Some(attempt) if attempt.state == AttemptState::Authorised => {
                self.call_off(&attempt).await
            }
            _ => Err(Error::NothingAuthorised { order }),
        }
    }

    /// Goes on with a capture that was decided on and has no outcome.
    pub(crate) async fn finish_capture(&self, order: Uuid) -> Result<(), Error> {
        let Standing { last_attempt, .. } = self.standing(order).await?;
        let authorised = last_attempt.filter(|last| last.state == AttemptState::Authorised);
        let Some(attempt) = authorised else { return Ok(()) };
        if let Some(amount) = queries::attempts::find_decision(&self.pool, &attempt).await? {
            self.take(&attempt, amount).await?;
        }
        Ok(())
    }

    /// Asks the provider for what was decided on, and gives the attempt as it then is: taken, or ended
    /// otherwise.
    async fn take(&self, attempt: &Attempt, amount: Money) -> Result<Attempt, Error> {
        self.speak_for(attempt)?;
        let Some(payment) = attempt.provider_reference.clone() else {
            return self.reload(attempt).await;
        };
        let order = CaptureOrder { attempt: attempt.id, payment, amount };
        let error = match self.provider.capture(&order).await {
            Ok(payment) => return self.record(attempt, &payment).await,
            Err(error) => error,
        };
        // It may have been taken although no answer came, or released before the request did.
        match self.ask(attempt).await {
            Ok(asked) if asked.state != AttemptState::Authorised => Ok(asked),
            _ => {
                tracing::warn!(attempt = %attempt.id, %error, "a capture has no outcome");
                if let ProviderError::Rejected { code, .. } = &error {
                    tracing::error!(attempt = %attempt.id, code, "a capture is refused");
                }
                Err(error.into())
            }
        }
    }
}
