//! What a provider said about an attempt, recorded if it is news.
//!
//! Nothing is believed that contradicts what was asked; a state only ever moves forward; and money that
//! arrives for an attempt that had ended makes room for itself.

use crate::{
    Attempt, Error, Payments,
    error::violated_constraint,
    provider::ProviderPayment,
    queries::{self, attempts::News},
};
use domain::payment::{AttemptState, CaptureMode};

impl Payments {
    /// Records what the provider said about an attempt, if it is news, and gives the attempt as it
    /// then is.
    pub(crate) async fn record(
        &self,
        attempt: &Attempt,
        payment: &ProviderPayment,
    ) -> Result<Attempt, Error> {
        let contradiction = |what| {
            let payment = payment.id.clone();
            tracing::error!(attempt = %attempt.id, payment, what, "the provider contradicts us");
            Err(Error::Contradiction { attempt: attempt.id, payment, what })
        };
        if payment.reference != attempt.id.to_string() {
            return contradiction("reference");
        }
        if payment.amount != attempt.amount {
            return contradiction("amount");
        }
        let has_taken = payment.captured.minor() > 0;
        if payment.captured.currency() != attempt.amount.currency()
            || payment.captured.minor() > attempt.amount.minor()
            || has_taken != (payment.state == AttemptState::Succeeded)
            || (attempt.capture == CaptureMode::AtOnce
                && has_taken
                && payment.captured != attempt.amount)
        {
            return contradiction("captured amount");
        }
        let within = 0..=payment.captured.minor();
        if payment.fee.is_some_and(|fee| {
            !within.contains(&fee.minor()) || fee.currency() != attempt.amount.currency()
        }) {
            return contradiction("fee");
        }
        if attempt.provider_reference.as_ref().is_some_and(|known| *known != payment.id) {
            return contradiction("id");
        }
        let news = News {
            state: payment.state,
            provider_reference: Some(&payment.id),
            decline_code: payment
                .decline_code
                .as_deref()
                .filter(|_| payment.state == AttemptState::Declined),
            redirect_url: payment
                .redirect_url
                .as_deref()
                .filter(|_| payment.state == AttemptState::RequiresAction),
            captured: has_taken.then_some(payment.captured),
            fee: payment.fee.filter(|_| has_taken),
            expires_at: payment.expires_at.filter(|_| payment.state == AttemptState::Authorised),
        };
        let attempt = self.note(attempt, &news).await?;
        self.learn_fee(&attempt, payment).await?;
        Ok(attempt)
    }

    /// The provider will not open a payment in these words, and has opened none.
    pub(crate) async fn note_rejection(
        &self,
        attempt: &Attempt,
        code: String,
    ) -> Result<Attempt, Error> {
        let news = News {
            state: AttemptState::Declined,
            provider_reference: None,
            decline_code: Some(&code),
            redirect_url: None,
            captured: None,
            fee: None,
            expires_at: None,
        };
        self.note(attempt, &news).await
    }

    async fn note(&self, attempt: &Attempt, news: &News<'_>) -> Result<Attempt, Error> {
        let noted = match queries::attempts::note(&self.pool, attempt.id, news).await {
            Err(error) if violated_constraint(&error) == Some(queries::attempts::ONE_CAPTURE) => {
                self.make_room(attempt).await?;
                queries::attempts::note(&self.pool, attempt.id, news).await
            }
            noted => noted,
        };
        match noted? {
            Some(changed) => {
                if attempt.state.is_final() {
                    tracing::error!(
                        attempt = %changed.id,
                        was = attempt.state.as_str(),
                        "money arrived for an attempt that had ended"
                    );
                }
                tracing::info!(
                    attempt = %changed.id,
                    was = attempt.state.as_str(),
                    state = changed.state.as_str(),
                    "attempt changed"
                );
                Ok(changed)
            }
            None => self.reload(attempt).await,
        }
    }

    /// An attempt that had ended took money after all: another that was begun since must not take it
    /// too. If it has, a person has to decide; the error is told until one does.
    async fn make_room(&self, attempt: &Attempt) -> Result<(), Error> {
        if let Some(rival) = queries::attempts::find_rival(&self.pool, attempt).await? {
            // Boxed, because what is called off is recorded like any other news.
            let ended = Box::pin(self.call_off(&rival)).await?;
            if matches!(ended.state, AttemptState::Declined | AttemptState::Cancelled) {
                return Ok(());
            }
        }
        tracing::error!(attempt = %attempt.id, "an order was charged twice by its provider");
        let payment = attempt.provider_reference.clone().unwrap_or_default();
        Err(Error::Contradiction { attempt: attempt.id, payment, what: "second capture" })
    }

    pub(crate) async fn reload(&self, attempt: &Attempt) -> Result<Attempt, Error> {
        Ok(queries::attempts::load(&self.pool, attempt.id).await?)
    }
}
