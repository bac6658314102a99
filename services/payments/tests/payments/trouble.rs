//! Paying while answers are lost, late, or nobody is there.

use crate::world::{RETURN_URL, World, adapter, settings};
use domain::payment::{AttemptState, CaptureMode};
use payments::{
    Error, Payments, ProviderError,
    provider::{Charge, Lookup, Provider},
    providers::sandbox::{Patience, Sandbox},
};
use serde_json::json;
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

#[tokio::test]
async fn a_lost_answer_ends_in_exactly_one_capture() {
    let world = World::new().await;
    world.faults(json!({"lose_answers": 1})).await;
    for token in ["tok_ok", "tok_lost_answer"] {
        let order = world.order().await;
        let paid = world.payments.pay(order, RETURN_URL, Some(token)).await.unwrap();
        assert_eq!(paid.state, AttemptState::Succeeded, "{token}");
        let again = world.payments.pay(order, RETURN_URL, Some(token)).await.unwrap();
        assert_eq!(again.id, paid.id, "{token}");
    }
    assert_eq!(world.at_provider().await.len(), 2);
    let captures = "select count(*) from attempts where state = 'succeeded'";
    assert_eq!(world.count(captures).await, 2);
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_asked_for() {
    let (world, delays) = World::with_slow_wire().await;
    delays.answer.store(2_000, Ordering::Relaxed);
    let order = world.order().await;
    let attempt = world.payments.pay(order, RETURN_URL, Some("tok_ok")).await.unwrap();
    assert_eq!(attempt.state, AttemptState::Succeeded);
    assert_eq!(world.only_payment().await["reference"], attempt.id.to_string());
}

#[tokio::test]
async fn a_request_that_arrives_after_we_gave_up_is_found_later() {
    let (world, delays) = World::with_slow_wire().await;
    delays.request.store(2_000, Ordering::Relaxed);
    let order = world.order().await;
    let attempt = world.payments.pay(order, RETURN_URL, Some("tok_ok")).await.unwrap();
    assert_eq!(attempt.state, AttemptState::Recorded);
    assert!(world.at_provider().await.is_empty());
    world.webhooks(1).await;
    assert_eq!(world.payments.list_unfinished(Duration::ZERO, 10).await.unwrap(), [order]);
    let standing = world.payments.refresh(order).await.unwrap();
    assert!(standing.is_captured());
    assert_eq!(standing.last_attempt.unwrap().id, attempt.id);
    assert_eq!(world.at_provider().await.len(), 1);
}

#[tokio::test]
async fn no_connection_to_the_database_is_held_while_the_provider_thinks() {
    let world = World::new().await;
    world.faults(json!({"latency_ms": 2_500})).await;
    let single = platform::postgres::connect(&world.database.url, payments::SCHEMA, 1);
    let payments =
        Payments::new(single.await.unwrap(), Arc::new(adapter(world.psp(), Patience::default())));
    let (slow, other) = (world.order().await, world.order().await);
    let paying = tokio::spawn({
        let payments = payments.clone();
        async move { payments.pay(slow, RETURN_URL, Some("tok_ok")).await.unwrap() }
    });
    // What is being asked for is committed before it is asked.
    while world.payments.standing(slow).await.unwrap().under_way().is_none() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let answered = tokio::time::timeout(Duration::from_secs(1), payments.standing(other));
    answered.await.expect("the only connection is free").unwrap();
    assert!(!paying.is_finished());
    assert_eq!(paying.await.unwrap().state, AttemptState::Succeeded);
}

#[tokio::test]
async fn a_provider_that_is_down_is_a_clear_error_and_paying_goes_on_afterwards() {
    let mut world = World::new().await;
    let order = world.order().await;
    world.stop_psp().await;
    let refused = world.payments.pay(order, RETURN_URL, Some("tok_ok")).await;
    assert!(
        matches!(refused, Err(Error::Provider(ProviderError::Unavailable { .. }))),
        "{refused:?}"
    );
    let unfinished = world.payments.standing(order).await.unwrap();
    let attempt = unfinished.under_way().unwrap().clone();
    assert_eq!(attempt.state, AttemptState::Recorded);
    assert!(matches!(world.payments.refresh(order).await, Err(Error::Provider(_))));

    world.start_psp().await;
    let standing = world.payments.refresh(order).await.unwrap();
    assert_eq!(standing.under_way().unwrap().state, AttemptState::Recorded);
    let paid = world.payments.pay(order, RETURN_URL, Some("tok_ok")).await.unwrap();
    assert_eq!((paid.id, paid.state), (attempt.id, AttemptState::Succeeded));
    assert_eq!(world.at_provider().await.len(), 1);
}

#[tokio::test]
async fn a_provider_that_went_down_after_charging_is_asked_when_it_is_back() {
    let (mut world, delays) = World::with_slow_wire().await;
    delays.request.store(2_000, Ordering::Relaxed);
    let order = world.order().await;
    let attempt = world.payments.pay(order, RETURN_URL, Some("tok_ok")).await.unwrap();
    assert_eq!(attempt.state, AttemptState::Recorded);
    world.webhooks(1).await;
    world.stop_psp().await;
    assert!(matches!(world.payments.refresh(order).await, Err(Error::Provider(_))));
    let again = world.payments.pay(order, RETURN_URL, Some("tok_ok")).await.unwrap();
    assert_eq!((again.id, again.state), (attempt.id, AttemptState::Recorded));

    world.start_psp().await;
    assert!(world.payments.refresh(order).await.unwrap().is_captured());
    assert_eq!(world.only_payment().await["reference"], attempt.id.to_string());
}

#[tokio::test]
async fn an_outage_with_an_answer_is_an_error_like_one_without() {
    let world = World::new().await;
    world.faults(json!({"outage": true})).await;
    let order = world.order().await;
    let refused = world.payments.pay(order, RETURN_URL, None).await;
    assert!(
        matches!(&refused, Err(Error::Provider(ProviderError::Unavailable { reason }))
            if reason.contains("outage")),
        "{refused:?}"
    );
    world.faults(json!({"outage": false})).await;
    let attempt = world.payments.pay(order, RETURN_URL, None).await.unwrap();
    assert_eq!(attempt.state, AttemptState::RequiresAction);
    assert_eq!(world.count("select count(*) from attempts").await, 1);
}

#[tokio::test]
async fn another_token_ends_a_request_that_never_arrived_before_a_new_one_is_made() {
    let world = World::new().await;
    let order = world.order().await;
    world.faults(json!({"outage": true})).await;
    world.payments.pay(order, RETURN_URL, Some("tok_ok")).await.unwrap_err();
    let lost = world.payments.standing(order).await.unwrap().last_attempt.unwrap();
    world.faults(json!({"outage": false})).await;

    let paid = world.payments.pay(order, RETURN_URL, Some("tok_lost_answer")).await.unwrap();
    assert_eq!(paid.state, AttemptState::Succeeded);
    assert_ne!(paid.id, lost.id);
    // The first request arrives after all, and finds its name taken by a cancelled payment.
    let provider = adapter(world.psp(), Patience::default());
    let late = Charge {
        attempt: lost.id,
        amount: lost.amount,
        capture: CaptureMode::AtOnce,
        return_url: RETURN_URL.into(),
        token: Some("tok_ok".into()),
    };
    let refused = provider.create(&late).await;
    assert!(matches!(refused, Err(ProviderError::Unknown { .. })), "{refused:?}");
    let payments = world.at_provider().await;
    let taken: Vec<_> = payments.iter().filter(|p| p["status"] == "succeeded").collect();
    assert_eq!(taken.len(), 1, "{payments:?}");
}

#[tokio::test]
async fn another_token_overtakes_a_request_on_its_way_which_then_charges_nothing() {
    let (world, delays) = World::with_slow_wire().await;
    delays.request.store(2_000, Ordering::Relaxed);
    let order = world.order().await;
    let first = world.payments.pay(order, RETURN_URL, Some("tok_ok")).await.unwrap();
    assert_eq!(first.state, AttemptState::Recorded);

    delays.request.store(0, Ordering::Relaxed);
    let second = world.payments.pay(order, RETURN_URL, Some("tok_lost_answer")).await.unwrap();
    assert_eq!(second.state, AttemptState::Succeeded);
    assert_ne!(second.id, first.id);
    // By then the first request has arrived.
    tokio::time::sleep(Duration::from_millis(2_200)).await;
    let mut standing: Vec<String> = world
        .at_provider()
        .await
        .iter()
        .map(|payment| payment["status"].as_str().unwrap().to_owned())
        .collect();
    standing.sort();
    assert_eq!(standing, ["cancelled", "succeeded"]);
    assert_eq!(world.payments.captured(order).await.unwrap().unwrap().attempt, second.id);
}

#[tokio::test]
async fn another_token_while_the_first_is_being_charged_charges_nothing() {
    let world = World::new().await;
    world.faults(json!({"latency_ms": 2_000})).await;
    let order = world.order().await;
    let (first, second) =
        tokio::join!(world.payments.pay(order, RETURN_URL, Some("tok_ok")), async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            world.payments.pay(order, RETURN_URL, Some("tok_slow")).await
        });
    assert!(matches!(second, Err(Error::Provider(ProviderError::Unknown { .. }))), "{second:?}");
    assert_eq!(first.unwrap().state, AttemptState::Succeeded);
    assert_eq!(world.only_payment().await["status"], "succeeded");
}

#[tokio::test]
async fn a_wrong_secret_is_an_error_and_takes_nothing() {
    let world = World::new().await;
    let mut wrong = settings(world.psp(), Patience::default());
    wrong.secret = "sk_wrong".into();
    let payments =
        Payments::new(world.database.pool.clone(), Arc::new(Sandbox::new(wrong).unwrap()));
    let order = world.order().await;
    let refused = payments.pay(order, RETURN_URL, Some("tok_ok")).await;
    assert!(
        matches!(refused, Err(Error::Provider(ProviderError::Unavailable { .. }))),
        "{refused:?}"
    );
    assert!(world.at_provider().await.is_empty());
}

#[tokio::test]
async fn an_address_that_names_a_path_cannot_leave_it() {
    let world = World::new().await;
    let provider = adapter(world.psp(), Patience::default());
    for id in ["", "../payments", "..", "a/b", "pay_?x", "%2e%2e"] {
        let found = provider.find(Lookup::Id(id)).await;
        assert!(!matches!(found, Ok(Some(_))), "{id:?}: {found:?}");
    }
}

#[tokio::test]
async fn no_secret_is_shown() {
    let world = World::new().await;
    let settings = settings(world.psp(), Patience::default());
    let order = world.order().await;
    let attempt = world.payments.pay(order, RETURN_URL, Some("tok_challenge")).await.unwrap();
    let charge = Charge {
        attempt: attempt.id,
        amount: attempt.amount,
        capture: CaptureMode::AtOnce,
        return_url: RETURN_URL.into(),
        token: Some("tok_challenge".into()),
    };
    let shown = format!(
        "{settings:?} {:?} {attempt:?} {charge:?}",
        adapter(world.psp(), Patience::default())
    );
    for secret in ["sk_test", "whsec", "key=k", "tok_challenge"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
