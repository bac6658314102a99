//! Paying, as long as everybody answers.

use crate::world::{RETURN_URL, World, price};
use domain::{
    money::{Currency, Money},
    payment::{AttemptState, IntentState},
};
use payments::Error;
use serde_json::json;
use std::collections::HashSet;
use tokio::task::JoinSet;
use uuid::Uuid;

#[tokio::test]
async fn each_token_ends_as_its_card_says() {
    let world = World::new().await;
    for (token, state) in [
        ("tok_ok", AttemptState::Succeeded),
        ("tok_declined", AttemptState::Declined),
        ("tok_challenge", AttemptState::RequiresAction),
        ("tok_lost_answer", AttemptState::Succeeded),
        ("tok_slow", AttemptState::Processing),
    ] {
        let order = world.order().await;
        let attempt = world.payments.pay(order, RETURN_URL, Some(token)).await.unwrap();
        assert_eq!(attempt.state, state, "{token}");
        assert_eq!(attempt.amount, price(), "{token}");
        let is_declined = state == AttemptState::Declined;
        assert_eq!(attempt.decline_code.as_deref(), is_declined.then_some("card_declined"));
        assert_eq!(attempt.redirect_url.is_some(), state == AttemptState::RequiresAction);

        let standing = world.payments.standing(order).await.unwrap();
        assert_eq!(standing.is_captured(), state == AttemptState::Succeeded, "{token}");
        assert_eq!(standing.under_way().is_some(), !state.is_final(), "{token}");
        assert_eq!(standing.last_attempt.map(|last| last.id), Some(attempt.id), "{token}");
    }
    assert_eq!(world.at_provider().await.len(), 5);
}

#[tokio::test]
async fn without_a_token_the_shopper_pays_on_the_providers_page() {
    let world = World::new().await;
    let order = world.order().await;
    let attempt = world.payments.pay(order, RETURN_URL, None).await.unwrap();
    assert_eq!(attempt.state, AttemptState::RequiresAction);
    let page = attempt.redirect_url.unwrap();

    // The card's bank sends the shopper to a second page: the same state at another address.
    world.fill_in(&page, "card", "challenge").await;
    let standing = world.payments.refresh(order).await.unwrap();
    let challenge = standing.under_way().unwrap().redirect_url.clone().unwrap();
    assert_ne!(challenge, page);

    world.fill_in(&challenge, "decision", "confirm").await;
    let standing = world.payments.refresh(order).await.unwrap();
    assert!(standing.is_captured());
    let last = standing.last_attempt.unwrap();
    assert_eq!((last.id, last.state), (attempt.id, AttemptState::Succeeded));
    assert_eq!(last.redirect_url, None);
}

#[tokio::test]
async fn what_a_slow_card_comes_to_is_found_by_asking() {
    let world = World::new().await;
    let order = world.order().await;
    world.payments.pay(order, RETURN_URL, Some("tok_slow")).await.unwrap();
    assert!(!world.payments.refresh(order).await.unwrap().is_captured());
    world.webhooks(1).await;
    assert!(!world.payments.standing(order).await.unwrap().is_captured());
    assert!(world.payments.refresh(order).await.unwrap().is_captured());
}

#[tokio::test]
async fn after_a_declined_card_another_one_pays() {
    let world = World::new().await;
    let order = world.order().await;
    let declined = world.payments.pay(order, RETURN_URL, Some("tok_declined")).await.unwrap();
    let paid = world.payments.pay(order, RETURN_URL, Some("tok_ok")).await.unwrap();
    assert_ne!(declined.id, paid.id);
    assert_eq!(paid.state, AttemptState::Succeeded);
    let capture = world.payments.captured(order).await.unwrap().unwrap();
    assert_eq!((capture.attempt, capture.amount), (paid.id, price()));
}

#[tokio::test]
async fn a_payment_that_succeeded_is_not_tried_again() {
    let world = World::new().await;
    let order = world.order().await;
    let first = world.payments.pay(order, RETURN_URL, Some("tok_ok")).await.unwrap();
    let again = world.payments.pay(order, RETURN_URL, Some("tok_ok")).await.unwrap();
    world.payments.post_capture(order).await.unwrap();
    let other = world.payments.pay(order, RETURN_URL, None).await.unwrap();
    assert_eq!([again.id, other.id], [first.id; 2]);
    assert_eq!(world.only_payment().await["status"], "succeeded");
}

#[tokio::test]
async fn twenty_submits_at_once_are_one_attempt_and_one_page() {
    let world = World::new().await;
    world.faults(json!({"latency_ms": 1_000})).await;
    let order = world.order().await;
    let mut submits = JoinSet::new();
    for number in 0..20 {
        let payments = world.payments.clone();
        // Each tab has an address of its own to come back to: only the first one's is used.
        let return_url = format!("{RETURN_URL}&tab={number}");
        submits.spawn(async move { payments.pay(order, &return_url, None).await.unwrap() });
    }
    let attempts = submits.join_all().await;
    let ids: HashSet<Uuid> = attempts.iter().map(|attempt| attempt.id).collect();
    let pages: HashSet<_> = attempts.iter().map(|attempt| &attempt.redirect_url).collect();
    assert_eq!((ids.len(), pages.len()), (1, 1), "{pages:?}");
    assert!(attempts[0].redirect_url.is_some());
    assert_eq!(world.only_payment().await["reference"], attempts[0].id.to_string());
    assert_eq!(world.count("select count(*) from attempts").await, 1);
}

#[tokio::test]
async fn twenty_submits_at_once_charge_once() {
    let world = World::new().await;
    world.faults(json!({"latency_ms": 1_000})).await;
    let order = world.order().await;
    let mut submits = JoinSet::new();
    for _ in 0..20 {
        let payments = world.payments.clone();
        submits.spawn(async move { payments.pay(order, RETURN_URL, Some("tok_ok")).await });
    }
    for attempt in submits.join_all().await {
        assert_eq!(attempt.unwrap().state, AttemptState::Succeeded);
    }
    assert_eq!(world.only_payment().await["status"], "succeeded");
}

/// The tests above see a double charge where there is one.
#[tokio::test]
async fn without_its_index_the_database_would_let_twenty_submits_charge_twice() {
    let world = World::new().await;
    sqlx::query("drop index one_capture_per_intent_uq")
        .execute(&world.database.pool)
        .await
        .unwrap();
    world.faults(json!({"latency_ms": 1_000})).await;
    let order = world.order().await;
    let mut submits = JoinSet::new();
    for _ in 0..20 {
        let payments = world.payments.clone();
        submits.spawn(async move { payments.pay(order, RETURN_URL, Some("tok_ok")).await });
    }
    submits.join_all().await;
    assert!(world.at_provider().await.len() > 1);
}

#[tokio::test]
async fn an_intent_is_opened_once_and_over_one_amount() {
    let world = World::new().await;
    let order = Uuid::now_v7();
    let intent = world.payments.open_intent(order, price()).await.unwrap();
    assert_eq!((intent.order, intent.amount, intent.state), (order, price(), IntentState::Open));
    assert_eq!(world.payments.open_intent(order, price()).await.unwrap(), intent);

    for other in [Money::new(1_901, Currency::EUR), Money::new(1_900, Currency::USD)] {
        let refused = world.payments.open_intent(order, other).await;
        assert!(
            matches!(refused, Err(Error::AmountMismatch { owed, asked, .. })
                if owed == price() && asked == other),
            "{refused:?}"
        );
    }
    for nothing in [0, -5] {
        let amount = Money::new(nothing, Currency::EUR);
        let refused = world.payments.open_intent(Uuid::now_v7(), amount).await;
        assert!(matches!(refused, Err(Error::NotPositive { .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn an_order_without_an_intent_is_unknown() {
    let world = World::new().await;
    let order = Uuid::now_v7();
    let unknown = |error: Option<Error>| {
        assert!(matches!(error, Some(Error::UnknownOrder { order: named }) if named == order));
    };
    unknown(world.payments.pay(order, RETURN_URL, None).await.err());
    unknown(world.payments.standing(order).await.err());
    unknown(world.payments.refresh(order).await.err());
    unknown(world.payments.cancel(order).await.err());
    assert_eq!(world.payments.captured(order).await.unwrap(), None);
}

#[tokio::test]
async fn a_request_that_the_provider_refuses_ends_its_attempt_with_the_reason() {
    let world = World::new().await;
    let order = world.order().await;
    for (return_url, token) in [(RETURN_URL, Some("tok_of_nobody")), ("javascript:alert(1)", None)]
    {
        let refused = world.payments.pay(order, return_url, token).await.unwrap();
        assert_eq!(refused.state, AttemptState::Declined);
        assert_eq!(refused.decline_code.as_deref(), Some("invalid_request"));
    }
    assert!(world.at_provider().await.is_empty());
    let paid = world.payments.pay(order, RETURN_URL, Some("tok_ok")).await.unwrap();
    assert_eq!(paid.state, AttemptState::Succeeded);
}
