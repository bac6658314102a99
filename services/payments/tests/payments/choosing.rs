//! A provider that does not answer is left alone for a while; new attempts are made at another meanwhile, and
//! none changes sides.

use crate::world::{RETURN_URL, World, adapter, price};
use async_trait::async_trait;
use domain::payment::AttemptState;
use http::HeaderMap;
use jiff::{Timestamp, civil::Date};
use payments::{
    Breaker, Error, Payments, Provider, ProviderError, Providers, Threshold, WebhookError,
    provider::{
        CaptureOrder, Charge, Listed, Lookup, ProviderEvent, ProviderPayment, ProviderRefund,
        RefundOrder,
    },
    providers::sandbox::Patience,
};
use serde_json::json;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::sync::Semaphore;
use uuid::Uuid;

/// A provider that knows no payment, counts who asks, and answers as it is told.
struct Counting {
    asked: AtomicU32,
    error: Mutex<Option<ProviderError>>,
    /// Whoever asks waits for one.
    answers: Semaphore,
}

impl Counting {
    async fn answer<T>(&self, nothing: T) -> Result<T, ProviderError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.answers.acquire().await.unwrap().forget();
        self.error.lock().unwrap().clone().map_or(Ok(nothing), Err)
    }

    fn says(&self, error: Option<ProviderError>) {
        *self.error.lock().unwrap() = error;
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

fn gone() -> ProviderError {
    ProviderError::Unavailable { reason: "gone".into() }
}

fn silent() -> ProviderError {
    ProviderError::Unknown { reason: "no answer".into() }
}

#[async_trait]
impl Provider for Counting {
    fn name(&self) -> &'static str {
        "counting"
    }

    async fn find(&self, _: Lookup<'_>) -> Result<Option<ProviderPayment>, ProviderError> {
        self.answer(None).await
    }

    async fn create(&self, _: &Charge) -> Result<ProviderPayment, ProviderError> {
        Err(gone())
    }

    async fn capture(&self, _: &CaptureOrder) -> Result<ProviderPayment, ProviderError> {
        Err(gone())
    }

    async fn cancel(&self, _: &str) -> Result<ProviderPayment, ProviderError> {
        Err(gone())
    }

    async fn refund(&self, _: &RefundOrder) -> Result<ProviderRefund, ProviderError> {
        Err(gone())
    }

    async fn list(&self, _: Date, _: Option<&str>) -> Result<Listed, ProviderError> {
        Err(gone())
    }

    fn verify_webhook(
        &self,
        _: &HeaderMap,
        _: &[u8],
        _: Timestamp,
    ) -> Result<ProviderEvent, WebhookError> {
        Err(WebhookError::BadSignature)
    }
}

/// A breaker that opens after three failures, for an instant, and the provider behind it.
fn breaker() -> (Arc<Breaker>, Arc<Counting>) {
    let provider = Arc::new(Counting {
        asked: AtomicU32::new(0),
        error: Mutex::new(None),
        answers: Semaphore::new(1_000),
    });
    let threshold = Threshold { failures: 3, rest: Duration::from_millis(50) };
    (Arc::new(Breaker::new(provider.clone(), threshold)), provider)
}

async fn ask(breaker: &Breaker) -> Result<Option<ProviderPayment>, ProviderError> {
    breaker.find(Lookup::Id("pay_1")).await
}

/// Waits until it may be tried again.
async fn rested(breaker: &Breaker) {
    while !breaker.is_available() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_provider_that_fails_several_times_in_a_row_is_left_alone() {
    let (breaker, provider) = breaker();
    // What it refuses, it has answered; and what it answers in between is forgiven.
    let refusal = ProviderError::Rejected { code: "no".into(), message: String::new() };
    let sequence = [gone(), silent(), refusal, gone(), silent()].map(Some);
    for (number, error) in
        sequence.into_iter().chain([None, Some(silent()), Some(gone())]).enumerate()
    {
        provider.says(error.clone());
        assert_eq!(ask(&breaker).await.err(), error, "{number}");
        assert!(breaker.is_available(), "{number}");
    }
    provider.says(Some(silent()));
    assert_eq!(ask(&breaker).await, Err(silent()));
    assert!(!breaker.is_available());
    let before = provider.asked();
    let refused = ask(&breaker).await;
    assert!(matches!(&refused, Err(ProviderError::Unavailable { reason }) if reason != "gone"));
    assert_eq!(provider.asked(), before, "nothing was sent");
}

#[tokio::test]
async fn one_request_tries_whether_it_is_back_and_the_others_do_not_wait_for_it() {
    let (breaker, provider) = breaker();
    provider.says(Some(gone()));
    for _ in 0..3 {
        ask(&breaker).await.unwrap_err();
    }
    for is_back in [false, true] {
        rested(&breaker).await;
        let before = provider.asked();
        provider.says((!is_back).then(gone));
        // Nothing is answered until it is said so.
        let held = provider
            .answers
            .acquire_many(u32::try_from(provider.answers.available_permits()).unwrap());
        let held = held.await.unwrap();
        let trying = tokio::spawn({
            let breaker = Arc::clone(&breaker);
            async move { ask(&breaker).await }
        });
        while provider.asked() == before {
            tokio::task::yield_now().await;
        }
        for _ in 0..8 {
            ask(&breaker).await.unwrap_err();
        }
        assert_eq!(provider.asked(), before + 1);
        drop(held);
        assert_eq!(trying.await.unwrap().is_ok(), is_back);
    }
    ask(&breaker).await.unwrap();
    assert!(breaker.is_available());
}

#[tokio::test]
async fn a_trial_that_is_given_up_does_not_leave_it_alone_for_ever() {
    let (breaker, provider) = breaker();
    provider.says(Some(gone()));
    for _ in 0..3 {
        ask(&breaker).await.unwrap_err();
    }
    rested(&breaker).await;
    let permits = u32::try_from(provider.answers.available_permits()).unwrap();
    let held = provider.answers.acquire_many(permits).await.unwrap();
    let patience = Duration::from_millis(1);
    tokio::time::timeout(patience, ask(&breaker)).await.unwrap_err();
    drop(held);
    provider.says(None);
    rested(&breaker).await;
    ask(&breaker).await.unwrap();
}

#[tokio::test]
async fn while_one_is_left_alone_new_attempts_are_made_at_the_other_and_none_changes_sides() {
    let (first, second) = (World::new().await, World::new().await);
    let threshold = Threshold { failures: 2, rest: Duration::from_secs(3_600) };
    let behind = |name, world: &World| -> Arc<dyn Provider> {
        let provider = adapter(world.psp(), Patience::default()).named(name);
        Arc::new(Breaker::new(Arc::new(provider), threshold))
    };
    let providers = Providers::new(behind("sandbox", &first), vec![behind("second", &second)]);
    let payments = Payments::with(first.database.pool.clone(), providers);
    let order = async || {
        let order = Uuid::now_v7();
        payments.open_intent(order, price()).await.unwrap();
        order
    };
    let pay = async |order| payments.pay(order, RETURN_URL, Some("tok_ok")).await;

    let early = order().await;
    assert_eq!(pay(early).await.unwrap().provider, "sandbox");
    first.faults(json!({"outage": true})).await;
    let stuck = order().await;
    pay(stuck).await.unwrap_err();
    let moved = order().await;
    let attempt = pay(moved).await.unwrap();
    assert_eq!((attempt.provider.as_str(), attempt.state), ("second", AttemptState::Succeeded));
    // The one that may have reached the first stays there, however often it is asked for.
    let refused = pay(stuck).await;
    assert!(
        matches!(refused, Err(Error::Provider(ProviderError::Unavailable { .. }))),
        "{refused:?}"
    );
    first.faults(json!({"outage": false})).await;
    assert_eq!((first.at_provider().await.len(), second.at_provider().await.len()), (1, 1));

    // What is at the second is gone on with there: posted, given back, and held against its list.
    payments.post_capture(moved).await.unwrap();
    payments.refund_all(moved, "returned").await.unwrap();
    assert_eq!(second.only_payment().await["refunded_minor"], 1_900);
    let unknown = payments.receive_webhook_of("third", &HeaderMap::new(), b"").await;
    assert!(matches!(unknown, Err(WebhookError::UnknownProvider { .. })), "{unknown:?}");
    let webhook = second.webhooks(1).await.remove(0);
    let heard = payments.receive_webhook_of("second", &webhook.headers, &webhook.body).await;
    assert_eq!(heard.unwrap().map(|heard| heard.order), Some(moved));
}
