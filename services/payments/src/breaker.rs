//! A provider behind a circuit breaker: one that does not answer is left alone for a while, so that nobody
//! waits for what will not come, and it is not asked by everybody at once when it is back.
//!
//! Nothing is kept but counts in memory, for each process by itself. What is refused here was not sent, so that
//! an attempt stays as it is recorded and is gone on with later.

use crate::{
    ProviderError, WebhookError,
    provider::{
        CaptureOrder, Charge, Listed, Lookup, Provider, ProviderEvent, ProviderPayment,
        ProviderRefund, RefundOrder,
    },
};
use async_trait::async_trait;
use http::HeaderMap;
use jiff::{Timestamp, civil::Date};
use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// When a provider is left alone, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    /// After so many failures in a row: 5. That it refuses something is no failure.
    pub failures: u32,
    /// For this long; then one request tries whether it is back: 2 s.
    pub rest: Duration,
}

impl Default for Threshold {
    fn default() -> Self {
        Self { failures: 5, rest: Duration::from_secs(2) }
    }
}

/// Whether a provider is asked.
#[derive(Debug, Clone, Copy)]
enum Circuit {
    /// It is; so many requests in a row failed.
    Closed { failures: u32 },
    /// It is left alone until then.
    Open { until: Instant },
    /// One request tries it; the others are refused.
    Trying,
}

/// A provider that is left alone while it does not answer.
pub struct Breaker {
    provider: Arc<dyn Provider>,
    threshold: Threshold,
    circuit: Mutex<Circuit>,
}

/// A request that is let through. If it is given up before it has an answer, it counts as failed.
struct Passage<'a> {
    breaker: &'a Breaker,
    is_over: bool,
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.breaker.note(false);
        }
    }
}

impl Breaker {
    /// This provider behind a breaker.
    pub fn new(provider: Arc<dyn Provider>, threshold: Threshold) -> Self {
        Self { provider, threshold, circuit: Mutex::new(Circuit::Closed { failures: 0 }) }
    }

    async fn ask<T>(
        &self,
        request: impl Future<Output = Result<T, ProviderError>> + Send,
    ) -> Result<T, ProviderError> {
        let mut passage = self.pass()?;
        let answer = request.await;
        passage.is_over = true;
        self.note(matches!(answer, Ok(_) | Err(ProviderError::Rejected { .. })));
        answer
    }

    fn pass(&self) -> Result<Passage<'_>, ProviderError> {
        let mut circuit = self.lock();
        match *circuit {
            Circuit::Closed { .. } => {}
            Circuit::Open { until } if Instant::now() >= until => *circuit = Circuit::Trying,
            Circuit::Open { .. } | Circuit::Trying => {
                let reason = "not asked: it has not answered lately".to_owned();
                return Err(ProviderError::Unavailable { reason });
            }
        }
        Ok(Passage { breaker: self, is_over: false })
    }

    fn note(&self, has_answered: bool) {
        let name = self.provider.name();
        let mut circuit = self.lock();
        let open = Circuit::Open { until: Instant::now() + self.threshold.rest };
        *circuit = match (*circuit, has_answered) {
            // What was sent before it was left alone says nothing of now, unless it answers.
            (Circuit::Open { .. }, false) => return,
            (Circuit::Closed { failures }, false) if failures + 1 < self.threshold.failures => {
                Circuit::Closed { failures: failures + 1 }
            }
            (_, false) => {
                tracing::error!(provider = name, "the provider does not answer and is left alone");
                open
            }
            (Circuit::Closed { .. }, true) => Circuit::Closed { failures: 0 },
            (Circuit::Open { .. } | Circuit::Trying, true) => {
                tracing::warn!(provider = name, "the provider answers again");
                Circuit::Closed { failures: 0 }
            }
        };
    }

    fn lock(&self) -> MutexGuard<'_, Circuit> {
        self.circuit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Provider for Breaker {
    fn name(&self) -> &'static str {
        self.provider.name()
    }

    fn is_available(&self) -> bool {
        let may_be_asked = match *self.lock() {
            Circuit::Closed { .. } => true,
            Circuit::Open { until } => Instant::now() >= until,
            Circuit::Trying => false,
        };
        may_be_asked && self.provider.is_available()
    }

    async fn create(&self, charge: &Charge) -> Result<ProviderPayment, ProviderError> {
        self.ask(self.provider.create(charge)).await
    }

    async fn find(&self, lookup: Lookup<'_>) -> Result<Option<ProviderPayment>, ProviderError> {
        self.ask(self.provider.find(lookup)).await
    }

    async fn capture(&self, order: &CaptureOrder) -> Result<ProviderPayment, ProviderError> {
        self.ask(self.provider.capture(order)).await
    }

    async fn cancel(&self, payment: &str) -> Result<ProviderPayment, ProviderError> {
        self.ask(self.provider.cancel(payment)).await
    }

    async fn refund(&self, order: &RefundOrder) -> Result<ProviderRefund, ProviderError> {
        self.ask(self.provider.refund(order)).await
    }

    async fn list(&self, day: Date, cursor: Option<&str>) -> Result<Listed, ProviderError> {
        self.ask(self.provider.list(day, cursor)).await
    }

    fn verify_webhook(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<ProviderEvent, WebhookError> {
        self.provider.verify_webhook(headers, body, now)
    }
}
