//! What the service relies on from any provider. An adapter that passes [`conforms`] over the wire
//! can take the sandbox's place; nothing in it names the sandbox.

use crate::world::{RETURN_URL, World, adapter, price};
use domain::{
    money::{Currency, Money},
    payment::{AttemptState, CaptureMode},
};
use payments::{
    ProviderError, RefundState,
    provider::{
        CaptureOrder, Charge, Lookup, MovementKind, Provider, ProviderPayment, RefundOrder,
    },
    providers::sandbox::Patience,
};
use std::{sync::Arc, time::Duration};
use tokio::task::JoinSet;
use uuid::Uuid;

const EUR: Currency = Currency::EUR;

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
        capture: CaptureMode::AtOnce,
        return_url: RETURN_URL.into(),
        token: token.map(Into::into),
    }
}

async fn conforms(provider: Arc<dyn Provider>, tokens: Tokens) {
    opens_one_payment_for_an_attempt(&provider, &tokens).await;
    says_how_a_payment_stands(&*provider, &tokens).await;
    ends_what_can_be_ended(&*provider, &tokens).await;
    takes_once_what_was_set_aside(&provider, &tokens).await;
    releases_what_was_set_aside(&*provider, &tokens).await;
    gives_back_once(&*provider, &tokens).await;
    lists_what_moved(&*provider, &tokens).await;
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

async fn set_aside(provider: &dyn Provider, tokens: &Tokens) -> (Uuid, ProviderPayment) {
    let charge = Charge { capture: CaptureMode::Later, ..charge(Some(tokens.succeeds)) };
    let payment = provider.create(&charge).await.unwrap();
    assert_eq!((payment.state, payment.captured.minor()), (AttemptState::Authorised, 0));
    assert!(payment.expires_at.is_some_and(|end| end > jiff::Timestamp::now()), "{payment:?}");
    (charge.attempt, payment)
}

async fn takes_once_what_was_set_aside(provider: &Arc<dyn Provider>, tokens: &Tokens) {
    let (attempt, payment) = set_aside(&**provider, tokens).await;
    let part =
        CaptureOrder { attempt, payment: payment.id.clone(), amount: Money::new(1_200, EUR) };
    let too_much =
        CaptureOrder { attempt: Uuid::now_v7(), amount: Money::new(1_901, EUR), ..part.clone() };
    let refused = provider.capture(&too_much).await;
    assert!(matches!(refused, Err(ProviderError::Rejected { .. })), "{refused:?}");

    let mut asking = JoinSet::new();
    for _ in 0..8 {
        let (provider, part) = (Arc::clone(provider), part.clone());
        asking.spawn(async move { provider.capture(&part).await.unwrap() });
    }
    for taken in asking.join_all().await {
        assert_eq!((taken.state, taken.captured), (AttemptState::Succeeded, part.amount));
    }
    let again = CaptureOrder { attempt: Uuid::now_v7(), amount: Money::new(1, EUR), ..part };
    let refused = provider.capture(&again).await;
    assert!(matches!(refused, Err(ProviderError::Rejected { .. })), "{refused:?}");
    let found = provider.find(Lookup::Id(&payment.id)).await.unwrap().unwrap();
    assert_eq!((found.captured.minor(), found.amount), (1_200, price()));
    assert!(found.fee.is_some_and(|fee| fee.minor() < 1_200), "{found:?}");
    // It is too late to give it up.
    assert_eq!(provider.cancel(&payment.id).await.unwrap().state, AttemptState::Succeeded);
}

async fn releases_what_was_set_aside(provider: &dyn Provider, tokens: &Tokens) {
    let (attempt, payment) = set_aside(provider, tokens).await;
    for _ in 0..2 {
        assert_eq!(provider.cancel(&payment.id).await.unwrap().state, AttemptState::Cancelled);
    }
    let late = CaptureOrder { attempt, payment: payment.id, amount: price() };
    let refused = provider.capture(&late).await;
    assert!(matches!(refused, Err(ProviderError::Rejected { .. })), "{refused:?}");
}

async fn gives_back_once(provider: &dyn Provider, tokens: &Tokens) {
    let payment = provider.create(&charge(Some(tokens.succeeds))).await.unwrap();
    let part = RefundOrder {
        refund: Uuid::now_v7(),
        payment: payment.id.clone(),
        amount: Money::new(600, EUR),
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

async fn lists_what_moved(provider: &dyn Provider, tokens: &Tokens) {
    let began = jiff::Timestamp::now();
    let charge = charge(Some(tokens.succeeds));
    let payment = provider.create(&charge).await.unwrap();
    let order = RefundOrder {
        refund: Uuid::now_v7(),
        payment: payment.id.clone(),
        amount: Money::new(600, EUR),
    };
    let refund = provider.refund(&order).await.unwrap();
    let mut found = Vec::new();
    // Midnight may lie between the two.
    let days =
        [began, jiff::Timestamp::now()].map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).date());
    for day in days.into_iter().collect::<std::collections::BTreeSet<_>>() {
        let mut cursor = None;
        loop {
            let part = provider.list(day, cursor.as_deref()).await.unwrap();
            found.extend(part.movements.into_iter().filter(|moved| moved.payment == payment.id));
            cursor = part.next;
            if cursor.is_none() {
                break;
            }
        }
    }
    let told: Vec<_> = found
        .iter()
        .map(|moved| (moved.kind, moved.id.as_str(), moved.reference.clone(), moved.amount))
        .collect();
    let reference = charge.attempt.to_string();
    assert_eq!(
        told,
        [
            (MovementKind::Capture, payment.id.as_str(), reference.clone(), price()),
            (MovementKind::Refund, refund.id.as_str(), reference, order.amount),
        ]
    );
    assert_eq!(found[0].fee, payment.fee);
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
