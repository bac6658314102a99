//! Money that is set aside first, and taken later, in part, or not at all.

use crate::world::{RETURN_URL, World, price};
use domain::{
    money::{Currency, Money},
    payment::{AttemptState, IntentState},
};
use payments::{CancelOutcome, CaptureAmount, Error, ProviderError};
use serde_json::json;
use std::time::Duration;
use tokio::task::JoinSet;
use uuid::Uuid;

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

/// An order whose money is set aside.
async fn authorised(world: &World) -> Uuid {
    let order = world.order().await;
    let attempt = world.payments.authorise(order, RETURN_URL, Some("tok_ok")).await.unwrap();
    assert_eq!(attempt.state, AttemptState::Authorised);
    order
}

async fn state(world: &World, order: Uuid) -> AttemptState {
    world.payments.standing(order).await.unwrap().last_attempt.unwrap().state
}

#[tokio::test]
async fn what_is_authorised_is_not_taken_until_the_store_takes_it() {
    let world = World::new().await;
    let order = authorised(&world).await;
    let standing = world.payments.standing(order).await.unwrap();
    assert!(standing.is_authorised() && !standing.is_captured());
    let end = standing.last_attempt.unwrap().expires_at.unwrap();
    assert!(end > jiff::Timestamp::now() + jiff::SignedDuration::from_hours(6 * 24), "{end}");
    let early = world.payments.post_capture(order).await;
    assert!(matches!(early, Err(Error::NothingCaptured { .. })), "{early:?}");
    assert!(world.payments.list_unfinished(Duration::ZERO, 10).await.unwrap().is_empty());
    // Whoever pays again is not charged beside it.
    let again = world.payments.pay(order, RETURN_URL, Some("tok_ok")).await.unwrap();
    assert_eq!(again.state, AttemptState::Authorised);
    assert_eq!(world.only_payment().await["captured_minor"], 0);

    let taken = world.payments.capture(order, CaptureAmount::All).await.unwrap();
    assert_eq!((taken.state, taken.captured), (AttemptState::Succeeded, Some(price())));
    let settled = world.payments.post_capture(order).await.unwrap();
    assert_eq!(settled.capture().amount, price());
    assert_eq!(world.only_payment().await["captured_minor"], 1_900);
}

#[tokio::test]
async fn a_part_is_taken_the_rest_is_released_and_no_more_goes_back_than_was_taken() {
    let world = World::new().await;
    let order = authorised(&world).await;
    for amount in [eur(0), eur(-1), eur(1_901), Money::new(100, Currency::USD)] {
        let refused = world.payments.capture(order, CaptureAmount::Part(amount)).await;
        assert!(matches!(refused, Err(Error::NotWithinAuthorised { .. })), "{refused:?}");
    }
    let part = CaptureAmount::Part(eur(1_200));
    let taken = world.payments.capture(order, part).await.unwrap();
    assert_eq!((taken.captured, taken.amount), (Some(eur(1_200)), price()));
    assert_eq!(world.payments.capture(order, part).await.unwrap().id, taken.id);
    let more = world.payments.capture(order, CaptureAmount::All).await;
    assert!(
        matches!(more, Err(Error::CapturedOtherwise { decided, .. }) if decided == eur(1_200)),
        "{more:?}"
    );
    let capture = world.payments.post_capture(order).await.unwrap().capture().clone();
    assert_eq!((capture.amount, capture.intent_state), (eur(1_200), IntentState::Paid));

    world.payments.refund_all(order, "returned").await.unwrap();
    assert_eq!(world.only_payment().await["refunded_minor"], 1_200);
    let standing = world.payments.standing(order).await.unwrap();
    assert_eq!(standing.intent.state, IntentState::Refunded);
}

#[tokio::test]
async fn captures_at_once_of_two_amounts_take_one_of_them_once() {
    let world = World::new().await;
    let order = authorised(&world).await;
    world.faults(json!({"latency_ms": 300})).await;
    let mut capturing = JoinSet::new();
    for number in 0..8 {
        let payments = world.payments.clone();
        let amount = eur(if number % 2 == 0 { 700 } else { 900 });
        capturing.spawn(async move {
            (amount, payments.capture(order, CaptureAmount::Part(amount)).await)
        });
    }
    let mut taken = Vec::new();
    for (amount, outcome) in capturing.join_all().await {
        match outcome {
            Ok(attempt) => {
                assert_eq!(attempt.captured, Some(amount));
                taken.push(amount);
            }
            Err(Error::CapturedOtherwise { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(taken.len(), 4, "{taken:?}");
    assert_eq!(world.only_payment().await["captured_minor"], taken[0].minor());
}

#[tokio::test]
async fn a_capture_whose_answer_was_lost_is_found_taken() {
    let world = World::new().await;
    let order = authorised(&world).await;
    world.faults(json!({"lose_answers": 1})).await;
    let taken = world.payments.capture(order, CaptureAmount::Part(eur(500))).await.unwrap();
    assert_eq!((taken.state, taken.captured), (AttemptState::Succeeded, Some(eur(500))));
}

#[tokio::test]
async fn a_capture_that_was_decided_on_is_gone_on_with_after_an_outage() {
    let world = World::new().await;
    let order = authorised(&world).await;
    world.faults(json!({"outage": true})).await;
    let part = CaptureAmount::Part(eur(500));
    let unheard = world.payments.capture(order, part).await;
    assert!(
        matches!(unheard, Err(Error::Provider(ProviderError::Unavailable { .. }))),
        "{unheard:?}"
    );
    let other = world.payments.capture(order, CaptureAmount::All).await;
    assert!(
        matches!(other, Err(Error::CapturedOtherwise { decided, .. }) if decided == eur(500)),
        "{other:?}"
    );
    assert_eq!(world.payments.list_unfinished(Duration::ZERO, 10).await.unwrap(), [order]);
    world.faults(json!({"outage": false})).await;
    assert!(world.payments.refresh(order).await.unwrap().is_captured());
    assert_eq!(world.only_payment().await["captured_minor"], 500);
}

#[tokio::test]
async fn what_is_given_up_is_released_and_the_order_can_be_paid_otherwise() {
    let world = World::new().await;
    let order = authorised(&world).await;
    let ended = world.payments.void(order).await.unwrap();
    assert_eq!(ended.state, AttemptState::Cancelled);
    assert_eq!(world.only_payment().await["status"], "cancelled");
    for outcome in
        [world.payments.void(order).await, world.payments.capture(order, CaptureAmount::All).await]
    {
        assert!(matches!(outcome, Err(Error::NothingAuthorised { .. })), "{outcome:?}");
    }
    let paid = world.payments.pay(order, RETURN_URL, Some("tok_ok")).await.unwrap();
    assert_eq!(paid.state, AttemptState::Succeeded);
    let late = world.payments.void(order).await;
    assert!(matches!(late, Err(Error::NothingAuthorised { .. })), "{late:?}");
}

#[tokio::test]
async fn the_money_set_aside_for_an_order_that_ends_is_released() {
    let world = World::new().await;
    let order = authorised(&world).await;
    assert_eq!(world.payments.cancel(order).await.unwrap(), CancelOutcome::Cancelled);
    assert_eq!(world.only_payment().await["status"], "cancelled");
    let standing = world.payments.standing(order).await.unwrap();
    assert_eq!(standing.intent.state, IntentState::Cancelled);
}

#[tokio::test]
async fn an_authorisation_whose_time_is_over_is_heard_of_and_not_taken() {
    let world = World::new().await;
    for heard_by_webhook in [true, false] {
        let order = authorised(&world).await;
        let attempt = world.payments.standing(order).await.unwrap().last_attempt.unwrap();
        assert_eq!(world.webhooks(1).await[0].kind(), "payment.authorised");
        world.expire(attempt.provider_reference.as_deref().unwrap()).await;
        let webhook = world.webhooks(1).await.remove(0);
        assert_eq!(webhook.kind(), "payment.cancelled");
        if heard_by_webhook {
            assert_eq!(world.take_in(&webhook).await.unwrap(), Some(order));
            assert_eq!(state(&world, order).await, AttemptState::Cancelled);
        }
        let late = world.payments.capture(order, CaptureAmount::All).await;
        assert!(matches!(late, Err(Error::NothingAuthorised { .. })), "{late:?}");
        assert_eq!(state(&world, order).await, AttemptState::Cancelled);
    }
}

#[tokio::test]
async fn the_sweeper_is_told_of_an_authorisation_whose_time_should_be_over() {
    let world = World::new().await;
    let order = authorised(&world).await;
    sqlx::query("update attempts set expires_at = now() - interval '1 second'")
        .execute(&world.database.pool)
        .await
        .unwrap();
    assert_eq!(world.payments.list_unfinished(Duration::ZERO, 10).await.unwrap(), [order]);
}

#[tokio::test]
async fn capturing_and_giving_up_at_once_ends_one_way_for_both() {
    let world = World::new().await;
    let mut taken = 0;
    for round in 0..20_u64 {
        let order = authorised(&world).await;
        let later = Duration::from_micros(round / 2 * 300);
        let (capture_after, cancel_after) =
            if round % 2 == 0 { (later, Duration::ZERO) } else { (Duration::ZERO, later) };
        let (captured, cancelled) = tokio::join!(
            async {
                tokio::time::sleep(capture_after).await;
                world.payments.capture(order, CaptureAmount::All).await
            },
            async {
                tokio::time::sleep(cancel_after).await;
                world.payments.cancel(order).await.unwrap()
            }
        );
        match cancelled {
            CancelOutcome::Cancelled => assert!(captured.is_err(), "{captured:?}"),
            CancelOutcome::AlreadyPaid => {
                taken += 1;
                assert_eq!(captured.unwrap().captured, Some(price()));
            }
            CancelOutcome::AlreadyRefunded => panic!("nothing went back"),
        }
    }
    let at_provider = world.at_provider().await;
    let at_provider = at_provider.iter().filter(|p| p["status"] == "succeeded").count();
    assert_eq!(at_provider, taken);
}
