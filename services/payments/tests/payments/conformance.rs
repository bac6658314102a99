//! What the service relies on from any provider. An adapter that passes [`conforms`] over the wire
//! can take the sandbox's place; nothing in it names the sandbox.

use crate::world::{RETURN_URL, World, adapter, price};
use domain::{
    money::{Currency, Money},
    payment::AttemptState,
};
use payments::{
    ProviderError, RefundState,
    provider::{Charge, Lookup, Provider, RefundOrder},
    providers::sandbox::Patience,
};
use std::{sync::Arc, time::Duration};
use tokio::task::JoinSet;
use uuid::Uuid;

/// What a provider's test mode calls the means of payment that the test needs.
struct Tokens {
    /// Pays at once.
    succeeds: &'static str,
    /// Is declined at once.
    declined: &'static str,
    /// Is none.
    unknown: &'static str,
}

fn charge(token: Option<&str>) -> Charge {
    Charge {
        attempt: Uuid::now_v7(),
        amount: price(),
        return_url: RETURN_URL.into(),
        token: token.map(Into::into),
    }
}

async fn conforms(provider: Arc<dyn Provider>, tokens: Tokens) {
    opens_one_payment_for_an_attempt(&provider, &tokens).await;
    says_how_a_payment_stands(&*provider, &tokens).await;
    ends_what_can_be_ended(&*provider, &tokens).await;
    gives_back_once(&*provider, &tokens).await;
}

async fn opens_one_payment_for_an_attempt(provider: &Arc<dyn Provider>, tokens: &Tokens) {
    for token in [None, Some(tokens.succeeds)] {
        let charge = charge(token);
        let mut asking = JoinSet::new();
        for _ in 0..8 {
            let (provider, charge) = (Arc::clone(provider), charge.clone());
            asking.spawn(async move { provider.create(&charge).await.unwrap() });
        }
        let answers = asking.join_all().await;
        assert!(answers.iter().all(|payment| payment.id == answers[0].id), "{answers:?}");
        assert_eq!(answers[0].reference, charge.attempt.to_string());
        assert_eq!(answers[0].amount, charge.amount);
    }
    let refused = provider.create(&charge(Some(tokens.unknown))).await;
    assert!(matches!(refused, Err(ProviderError::Rejected { .. })), "{refused:?}");
}

async fn says_how_a_payment_stands(provider: &dyn Provider, tokens: &Tokens) {
    for (token, state) in [
        (None, AttemptState::RequiresAction),
        (Some(tokens.succeeds), AttemptState::Succeeded),
        (Some(tokens.declined), AttemptState::Declined),
    ] {
        let charge = charge(token);
        assert_eq!(provider.find(Lookup::Attempt(charge.attempt)).await, Ok(None));
        let created = provider.create(&charge).await.unwrap();
        assert_eq!(created.state, state);
        assert_eq!(created.redirect_url.is_some(), state == AttemptState::RequiresAction);
        assert_eq!(created.decline_code.is_some(), state == AttemptState::Declined);
        for lookup in [Lookup::Id(&created.id), Lookup::Attempt(charge.attempt)] {
            assert_eq!(provider.find(lookup).await, Ok(Some(created.clone())));
        }
    }
    assert_eq!(provider.find(Lookup::Id("nobody_has_this")).await, Ok(None));
}

async fn ends_what_can_be_ended(provider: &dyn Provider, tokens: &Tokens) {
    for (token, end) in [
        (None, AttemptState::Cancelled),
        (Some(tokens.succeeds), AttemptState::Succeeded),
        (Some(tokens.declined), AttemptState::Declined),
    ] {
        let charge = charge(token);
        let payment = provider.create(&charge).await.unwrap();
        for _ in 0..2 {
            assert_eq!(provider.cancel(&payment.id).await.unwrap().state, end);
        }
    }
    // A request that comes after its name was taken and given up charges nobody.
    let given_up = charge(None);
    let payment = provider.create(&given_up).await.unwrap();
    provider.cancel(&payment.id).await.unwrap();
    let late = Charge { token: Some(tokens.succeeds.into()), ..given_up };
    let _ = provider.create(&late).await;
    let found = provider.find(Lookup::Attempt(late.attempt)).await.unwrap().unwrap();
    assert_eq!((found.id, found.state), (payment.id, AttemptState::Cancelled));
}

async fn gives_back_once(provider: &dyn Provider, tokens: &Tokens) {
    let payment = provider.create(&charge(Some(tokens.succeeds))).await.unwrap();
    let part = RefundOrder {
        refund: Uuid::now_v7(),
        payment: payment.id.clone(),
        amount: Money::new(600, Currency::EUR),
    };
    let first = provider.refund(&part).await.unwrap();
    assert_eq!((first.amount, first.state), (part.amount, RefundState::Succeeded));
    assert_eq!(provider.refund(&part).await.unwrap(), first);
    let found = provider.find(Lookup::Id(&payment.id)).await.unwrap().unwrap();
    // It is told among the payment's refunds, under the name that it was given.
    assert_eq!((found.state, found.refunds), (AttemptState::Succeeded, vec![first]));

    let too_much = RefundOrder { refund: Uuid::now_v7(), amount: price(), ..part };
    let refused = provider.refund(&too_much).await;
    assert!(matches!(refused, Err(ProviderError::Rejected { .. })), "{refused:?}");
}

#[tokio::test]
async fn the_sandbox_adapter_conforms() {
    let world = World::new().await;
    let tokens = Tokens { succeeds: "tok_ok", declined: "tok_declined", unknown: "tok_of_nobody" };
    conforms(Arc::new(adapter(world.psp(), Patience::default())), tokens).await;
}

#[tokio::test]
async fn the_sandbox_adapter_gives_up_in_time() {
    let mut world = World::new().await;
    let patience =
        Patience { connect: Duration::from_millis(100), answer: Duration::from_millis(200) };
    let provider = adapter(world.psp(), patience);
    world.faults(serde_json::json!({"latency_ms": 5_000})).await;
    let begun = std::time::Instant::now();
    let slow = provider.create(&charge(None)).await;
    assert!(matches!(slow, Err(ProviderError::Unknown { .. })), "{slow:?}");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    world.faults(serde_json::json!({"latency_ms": 0})).await;
    world.stop_psp().await;
    let gone = provider.create(&charge(None)).await;
    assert!(matches!(gone, Err(ProviderError::Unavailable { .. })), "{gone:?}");
}
