//! One try at getting the money of an intent.
//!
//! The order of things is the whole point: the attempt is committed, then the provider is asked
//! under the attempt's name, then what it said is recorded. Wherever that stops, whoever comes next
//! finds the attempt and asks again under the same name.

use crate::{
    Error, Payments, ProviderError, Standing,
    error::violated_constraint,
    provider::{Charge, Lookup, ProviderPayment},
    queries::{self, attempts::NewAttempt},
};
use domain::{
    money::Money,
    payment::{AttemptState, CaptureMode, IntentState},
};
use jiff::Timestamp;
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// How often paying starts over because the attempt that it found came to an end meanwhile.
const PAY_ROUNDS: usize = 3;

/// One try at getting the money of an intent.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Its name, and the reference and idempotency key that the provider hears.
    pub id: Uuid,
    /// What it tries to get the money of.
    pub intent: Uuid,
    /// Where it was made.
    pub provider: String,
    /// The provider's name for the payment, once it has said one.
    pub provider_reference: Option<String>,
    /// How much it tries to get.
    pub amount: Money,
    /// Whether the money is taken at once.
    pub capture: CaptureMode,
    /// How much it has taken, once it has succeeded.
    pub captured: Option<Money>,
    /// What the provider keeps for itself of what was taken, once it has said so.
    pub fee: Option<Money>,
    /// When what is authorised is released by itself, as the provider told it.
    pub expires_at: Option<Timestamp>,
    /// Where it is.
    pub state: AttemptState,
    /// Why it was declined, in the provider's words.
    pub decline_code: Option<String>,
    /// Where the shopper has to act, while it requires action.
    pub redirect_url: Option<String>,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Where the shopper comes back to; forgotten once the attempt has ended.
    pub(crate) return_url: Option<SecretString>,
    /// Tells whether a request carries the token that the first one carried.
    pub(crate) token_digest: Option<Vec<u8>>,
}

impl Attempt {
    fn charge(&self, token: Option<&str>) -> Option<Charge> {
        Some(Charge {
            attempt: self.id,
            amount: self.amount,
            capture: self.capture,
            return_url: self.return_url.clone()?,
            token: token.map(SecretString::from),
        })
    }
}

impl Payments {
    /// Tries to get what is owed for an order, with a token or, without one, on the provider's page
    /// ([`Attempt::redirect_url`]).
    ///
    /// Asking twice, one after the other or at once, never charges twice: an attempt under way is
    /// gone on with, and a payment that succeeded is given back as it is. After a declined or
    /// cancelled attempt a new one is made. An attempt that comes back `Recorded` or `Processing`
    /// has no outcome yet; [`Payments::refresh`] or a webhook will bring it.
    ///
    /// # Errors
    /// [`Error::Closed`] if the intent was cancelled or refunded. [`Error::Provider`] if the provider
    /// is not available: the attempt stays recorded, and paying again goes on with it.
    pub async fn pay(
        &self,
        order: Uuid,
        return_url: &str,
        token: Option<&str>,
    ) -> Result<Attempt, Error> {
        self.pay_by(CaptureMode::AtOnce, order, return_url, token).await
    }

    /// As [`Payments::pay`], but the money is only set aside: the attempt ends up `Authorised`, until
    /// [`Payments::capture`] takes it, [`Payments::void`] or [`Payments::cancel`] gives it up, or the
    /// provider's time for it ends.
    ///
    /// # Errors
    /// As [`Payments::pay`].
    pub async fn authorise(
        &self,
        order: Uuid,
        return_url: &str,
        token: Option<&str>,
    ) -> Result<Attempt, Error> {
        self.pay_by(CaptureMode::Later, order, return_url, token).await
    }

    async fn pay_by(
        &self,
        capture: CaptureMode,
        order: Uuid,
        return_url: &str,
        token: Option<&str>,
    ) -> Result<Attempt, Error> {
        let token_digest = token.map(digest);
        for _ in 0..PAY_ROUNDS {
            let new = NewAttempt {
                id: Uuid::now_v7(),
                order,
                provider: self.provider.name(),
                capture,
                return_url,
                token_digest: token_digest.as_deref(),
            };
            let recorded = queries::attempts::record(&self.pool, &new).await;
            match recorded {
                Ok(Some(attempt)) => return self.submit(&attempt, token).await,
                Ok(None) => {}
                // The intent was closed in this moment; its state says by what.
                Err(error)
                    if violated_constraint(&error) == Some(queries::attempts::BEGIN_WHILE_OPEN) => {
                }
                Err(error) => return Err(error.into()),
            }
            let Standing { intent, last_attempt } = self.standing(order).await?;
            if matches!(intent.state, IntentState::Cancelled | IntentState::Refunded) {
                return Err(Error::Closed { order, state: intent.state });
            }
            let Some(attempt) = last_attempt else { continue };
            match attempt.state {
                AttemptState::Authorised | AttemptState::Succeeded => return Ok(attempt),
                // It ended between the two statements: there is room for a new one.
                AttemptState::Declined | AttemptState::Cancelled => {}
                AttemptState::RequiresAction | AttemptState::Processing => {
                    return Ok(self.ask(&attempt).await.unwrap_or_else(|error| {
                        tracing::warn!(attempt = %attempt.id, %error, "a payment is gone on with unasked");
                        attempt
                    }));
                }
                AttemptState::Recorded
                    if attempt.token_digest == token_digest && attempt.capture == capture =>
                {
                    return self.submit(&attempt, token).await;
                }
                AttemptState::Recorded => {
                    // Other words under the same name would not be the same request. If the first
                    // request reached the provider its payment is gone on with, else it is ended.
                    let asked = self.ask(&attempt).await?;
                    if asked.state != AttemptState::Recorded {
                        return Ok(asked);
                    }
                    self.call_off(&attempt).await?;
                }
            }
        }
        Err(Error::Undecided { order })
    }

    /// Asks the provider about everything of an order that has not come to an end, attempts and
    /// refunds, and records what it says.
    ///
    /// # Errors
    /// [`Error::Provider`] if it does not say; [`Payments::standing`] tells what was known before.
    pub async fn refresh(&self, order: Uuid) -> Result<Standing, Error> {
        let standing = self.standing(order).await?;
        if let Some(attempt) = standing.under_way() {
            self.ask(attempt).await?;
            self.finish_capture(order).await?;
        }
        self.finish_refunds(order).await?;
        self.standing(order).await
    }

    /// Ends an attempt at the provider, whether the provider has heard of it or not, and says how it
    /// ended. It may have succeeded before.
    pub(crate) async fn call_off(&self, attempt: &Attempt) -> Result<Attempt, Error> {
        let found = self.look_up(attempt).await?;
        let payment = match found {
            Some(payment) => payment,
            None => {
                // Its request may still be on its way. Taking its idempotency key for a payment that
                // charges nobody makes sure that it comes too late.
                let Some(charge) = attempt.charge(None) else { return self.reload(attempt).await };
                match self.provider.create(&charge).await {
                    Ok(payment) => payment,
                    Err(ProviderError::Rejected { code, .. }) if attempt.token_digest.is_none() => {
                        return self.note_rejection(attempt, code).await;
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        };
        let payment = self.provider.cancel(&payment.id).await?;
        self.record(attempt, &payment).await
    }

    async fn submit(&self, attempt: &Attempt, token: Option<&str>) -> Result<Attempt, Error> {
        self.speak_for(attempt)?;
        let Some(charge) = attempt.charge(token) else { return self.reload(attempt).await };
        let error = match self.provider.create(&charge).await {
            Ok(payment) => return self.record(attempt, &payment).await,
            Err(error) => error,
        };
        // An answer that is not there may belong to a payment that is.
        let found = self.look_up(attempt).await;
        if let Ok(Some(payment)) = &found {
            return self.record(attempt, payment).await;
        }
        tracing::warn!(attempt = %attempt.id, %error, "an attempt has no outcome");
        match (error, found) {
            (ProviderError::Rejected { code, .. }, Ok(_)) => {
                self.note_rejection(attempt, code).await
            }
            (ProviderError::Rejected { .. }, Err(error)) => Err(error),
            (error @ ProviderError::Unavailable { .. }, _) => Err(error.into()),
            // A webhook may have brought the outcome meanwhile.
            (ProviderError::Unknown { .. }, _) => self.reload(attempt).await,
        }
    }

    pub(crate) async fn ask(&self, attempt: &Attempt) -> Result<Attempt, Error> {
        match self.look_up(attempt).await? {
            Some(payment) => self.record(attempt, &payment).await,
            None => self.reload(attempt).await,
        }
    }

    async fn look_up(&self, attempt: &Attempt) -> Result<Option<ProviderPayment>, Error> {
        self.speak_for(attempt)?;
        let lookup = match &attempt.provider_reference {
            Some(id) => Lookup::Id(id),
            None => Lookup::Attempt(attempt.id),
        };
        Ok(self.provider.find(lookup).await?)
    }

    pub(crate) fn speak_for(&self, attempt: &Attempt) -> Result<(), Error> {
        if attempt.provider == self.provider.name() {
            return Ok(());
        }
        Err(Error::OtherProvider { attempt: attempt.id, provider: attempt.provider.clone() })
    }
}

fn digest(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}
