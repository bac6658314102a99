//! A provider that stops half-way or says what it should not, in front of the sandbox.

use async_trait::async_trait;
use domain::payment::AttemptState;
use http::HeaderMap;
use jiff::{Timestamp, civil::Date};
use payments::{
    Provider, ProviderError, WebhookError,
    provider::{
        CaptureOrder, Charge, Listed, Lookup, ProviderEvent, ProviderPayment, ProviderRefund,
        RefundOrder,
    },
    providers::sandbox::Sandbox,
};
use std::sync::Mutex;

/// How it misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Not at all.
    Well,
    /// Nothing reaches it.
    Deaf,
    /// What reaches it is done, and no answer comes back.
    Mute,
    /// It gives no money back.
    Stingy,
    /// It never answers.
    Hanging,
    /// It says of every payment that it was cancelled, while it goes on taking the money.
    Lying,
}

pub struct Flaky {
    sandbox: Sandbox,
    mood: Mutex<Mood>,
}

impl Flaky {
    pub fn new(sandbox: Sandbox) -> Self {
        Self { sandbox, mood: Mutex::new(Mood::Well) }
    }

    pub fn be(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    async fn mood(&self) -> Mood {
        let mood = *self.mood.lock().unwrap();
        if mood == Mood::Hanging {
            std::future::pending::<()>().await;
        }
        mood
    }
}

fn unknown() -> ProviderError {
    ProviderError::Unknown { reason: "it says nothing".into() }
}

#[async_trait]
impl Provider for Flaky {
    fn name(&self) -> &'static str {
        self.sandbox.name()
    }

    async fn create(&self, charge: &Charge) -> Result<ProviderPayment, ProviderError> {
        match self.mood().await {
            Mood::Deaf => Err(unknown()),
            Mood::Mute => {
                self.sandbox.create(charge).await?;
                Err(unknown())
            }
            _ => self.sandbox.create(charge).await,
        }
    }

    async fn find(&self, lookup: Lookup<'_>) -> Result<Option<ProviderPayment>, ProviderError> {
        match self.mood().await {
            Mood::Deaf | Mood::Mute => Err(unknown()),
            _ => self.sandbox.find(lookup).await,
        }
    }

    async fn capture(&self, order: &CaptureOrder) -> Result<ProviderPayment, ProviderError> {
        match self.mood().await {
            Mood::Deaf => Err(unknown()),
            Mood::Mute => {
                self.sandbox.capture(order).await?;
                Err(unknown())
            }
            _ => self.sandbox.capture(order).await,
        }
    }

    async fn cancel(&self, payment: &str) -> Result<ProviderPayment, ProviderError> {
        match self.mood().await {
            Mood::Deaf | Mood::Mute => Err(unknown()),
            Mood::Lying => {
                let payment = self.sandbox.find(Lookup::Id(payment)).await?.unwrap();
                let (state, redirect_url) = (AttemptState::Cancelled, None);
                Ok(ProviderPayment { state, redirect_url, ..payment })
            }
            _ => self.sandbox.cancel(payment).await,
        }
    }

    async fn refund(&self, order: &RefundOrder) -> Result<ProviderRefund, ProviderError> {
        match self.mood().await {
            Mood::Deaf | Mood::Mute => Err(unknown()),
            Mood::Stingy => Err(ProviderError::Rejected {
                code: "not_today".into(),
                message: "the desk is closed".into(),
            }),
            _ => self.sandbox.refund(order).await,
        }
    }

    async fn list(&self, day: Date, cursor: Option<&str>) -> Result<Listed, ProviderError> {
        match self.mood().await {
            Mood::Deaf | Mood::Mute => Err(unknown()),
            _ => self.sandbox.list(day, cursor).await,
        }
    }

    fn verify_webhook(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<ProviderEvent, WebhookError> {
        self.sandbox.verify_webhook(headers, body, now)
    }
}
