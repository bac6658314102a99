//! The inbox: what a provider tells by itself.
//!
//! A webhook is believed to be the provider's when its signature is right, and then only taken as an
//! occasion: how the payment stands is asked of the provider. So it does not matter in which order
//! webhooks come, how often, or how late.

use crate::{Error, Payments, Provider, ProviderError, provider::Lookup, queries};
use http::HeaderMap;
use jiff::Timestamp;
use std::sync::Arc;
use uuid::Uuid;

/// Why a webhook had no effect.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// A header is missing or is not what it should be.
    #[error("the header {name} is missing or unreadable")]
    BadHeader {
        /// Which one.
        name: &'static str,
    },
    /// It was not signed with our secret, or was changed on its way.
    #[error("the signature is wrong")]
    BadSignature,
    /// It was signed with our secret, too long ago to be new or too far in the future.
    #[error("the webhook is {age_seconds} s old")]
    Stale {
        /// Its age; below zero if it comes from the future.
        age_seconds: i64,
    },
    /// The signature is right and the body is nothing that the adapter understands.
    #[error("the body cannot be read: {reason}")]
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
    /// It came to the address of a provider that this process does not speak to.
    #[error("there is no provider {name:?}")]
    UnknownProvider {
        /// The name in the address.
        name: String,
    },
    /// It is genuine, and what follows from it could not be found out or recorded. The provider has to
    /// deliver it again.
    #[error(transparent)]
    Processing(#[from] Error),
}

impl WebhookError {
    /// Whether the sender is at fault, so that sending the same again is useless (answer 4xx). Else
    /// we are, and it should be sent again (answer 5xx).
    pub fn is_senders_fault(&self) -> bool {
        !matches!(self, Self::Processing(_))
    }
}

impl From<sqlx::Error> for WebhookError {
    fn from(error: sqlx::Error) -> Self {
        Self::Processing(error.into())
    }
}

impl From<ProviderError> for WebhookError {
    fn from(error: ProviderError) -> Self {
        Self::Processing(error.into())
    }
}

impl Payments {
    /// Takes in a webhook of the provider and gives the order it is about, if it is about one of
    /// ours, so that the caller can go on with it. A repeated delivery has no effect of its own and
    /// gives the order again, as no news.
    ///
    /// # Errors
    /// See [`WebhookError::is_senders_fault`] for what to answer.
    pub async fn receive_webhook(
        &self,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Option<Heard>, WebhookError> {
        self.receive(self.providers.preferred(), headers, body).await
    }

    /// The same for the provider of this name.
    ///
    /// # Errors
    /// As [`Payments::receive_webhook`]; [`WebhookError::UnknownProvider`].
    pub async fn receive_webhook_of(
        &self,
        provider: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Option<Heard>, WebhookError> {
        let name = provider.to_owned();
        let known = self.providers.named(provider);
        let provider = known.ok_or(WebhookError::UnknownProvider { name })?;
        self.receive(provider, headers, body).await
    }

    async fn receive(
        &self,
        provider: &Arc<dyn Provider>,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Option<Heard>, WebhookError> {
        let event = match provider.verify_webhook(headers, body, Timestamp::now()) {
            Ok(event) => event,
            Err(error) => {
                tracing::warn!(provider = provider.name(), %error, "a webhook is refused");
                return Err(error);
            }
        };
        let payload = std::str::from_utf8(body)
            .map_err(|error| WebhookError::Malformed { reason: error.to_string() })?;
        let kept = queries::inbox::keep(&self.pool, provider.name(), &event, payload).await?;
        if kept.is_processed {
            tracing::info!(event = event.id, deliveries = kept.deliveries, "a webhook came again");
            return Ok(kept.order.map(|order| Heard { order, is_news: false }));
        }
        Ok(self
            .act_on(provider, &event.id, event.payment.as_deref())
            .await?
            .map(|order| Heard { order, is_news: true }))
    }

    /// Acts on an event that is kept, and gives the order it was about. One about a payment that is none of
    /// ours, or of which nothing could be found out, stays in the inbox and is tried again.
    pub(crate) async fn act_on(
        &self,
        provider: &Arc<dyn Provider>,
        event: &str,
        payment: Option<&str>,
    ) -> Result<Option<Uuid>, WebhookError> {
        let name = provider.name();
        let Some(payment) = payment else {
            tracing::info!(event, "a webhook is about no payment");
            queries::inbox::mark_processed(&self.pool, name, event, None).await?;
            return Ok(None);
        };
        match self.follow_up(provider, payment).await {
            Ok(Some(Subject { attempt, order })) => {
                queries::inbox::mark_processed(&self.pool, name, event, Some(attempt)).await?;
                Ok(Some(order))
            }
            Ok(None) => {
                tracing::error!(event, payment, "a webhook is about no payment of ours");
                let problem = "no payment of ours";
                queries::inbox::put_off(&self.pool, name, event, problem).await?;
                Ok(None)
            }
            Err(error) => {
                let problem = error.to_string();
                queries::inbox::put_off(&self.pool, name, event, &problem).await?;
                Err(error)
            }
        }
    }

    /// Asks the provider about a payment and records what it says; what it is to us.
    async fn follow_up(
        &self,
        provider: &Arc<dyn Provider>,
        payment: &str,
    ) -> Result<Option<Subject>, WebhookError> {
        let Some(payment) = provider.find(Lookup::Id(payment)).await? else {
            return Ok(None);
        };
        let Ok(reference) = payment.reference.parse::<Uuid>() else { return Ok(None) };
        let name = provider.name();
        let known = queries::attempts::find_with_order(&self.pool, reference, name).await?;
        let Some((attempt, order)) = known else { return Ok(None) };
        let attempt = self.record(&attempt, &payment).await?;
        match self.finish_refunds(order).await {
            Ok(_) | Err(Error::RefundRefused { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        self.post_made_refunds(order, &payment).await?;
        self.note_disputes(order, &attempt, &payment).await?;
        Ok(Some(Subject { attempt: attempt.id, order }))
    }
}

/// The order that a webhook was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// The order.
    pub order: Uuid,
    /// Whether the webhook was heard for the first time.
    pub is_news: bool,
}

/// What an event is about.
#[derive(Debug, Clone, Copy)]
struct Subject {
    attempt: Uuid,
    order: Uuid,
}
