//! Giving up a payment, so that no money can arrive afterwards.

use crate::world::{RETURN_URL, World, adapter};
use domain::payment::{AttemptState, CaptureMode, IntentState};
use payments::{
    CancelOutcome, Error, ProviderError,
    provider::{Charge, Provider},
    providers::sandbox::Patience,
};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn what_was_never_tried_is_cancelled_and_stays_so() {
    let world = World::new().await;
    let order = world.order().await;
    for _ in 0..2 {
        assert_eq!(world.payments.cancel(order).await.unwrap(), CancelOutcome::Cancelled);
    }
    let refused = world.payments.pay(order, RETURN_URL, Some("tok_ok")).await;
    assert!(
        matches!(refused, Err(Error::Closed { state: IntentState::Cancelled, .. })),
        "{refused:?}"
    );
    assert!(world.at_provider().await.is_empty());
}

#[tokio::test]
async fn an_attempt_under_way_is_cancelled_at_the_provider_first() {
    let world = World::new().await;
    for token in [None, Some("tok_challenge"), Some("tok_slow"), Some("tok_declined")] {
        let order = world.order().await;
        world.payments.pay(order, RETURN_URL, token).await.unwrap();
        assert_eq!(world.payments.cancel(order).await.unwrap(), CancelOutcome::Cancelled);
        let standing = world.payments.standing(order).await.unwrap();
        assert_eq!(standing.intent.state, IntentState::Cancelled, "{token:?}");
        assert!(standing.last_attempt.unwrap().state.is_final(), "{token:?}");
    }
    for payment in world.at_provider().await {
        assert!(payment["status"] == "cancelled" || payment["status"] == "declined", "{payment}");
    }
}

#[tokio::test]
async fn what_had_succeeded_unknown_to_us_is_found_paid() {
    let world = World::new().await;
    let order = world.order().await;
    let attempt = world.payments.pay(order, RETURN_URL, None).await.unwrap();
    world.fill_in(&attempt.redirect_url.unwrap(), "card", "success").await;
    for _ in 0..2 {
        assert_eq!(world.payments.cancel(order).await.unwrap(), CancelOutcome::AlreadyPaid);
    }
    assert!(world.payments.standing(order).await.unwrap().is_captured());
    world.payments.post_capture(order).await.unwrap();
    assert_eq!(world.payments.cancel(order).await.unwrap(), CancelOutcome::AlreadyPaid);
    world.payments.refund_all(order, "no stock").await.unwrap();
    assert_eq!(world.payments.cancel(order).await.unwrap(), CancelOutcome::AlreadyRefunded);
}

#[tokio::test]
async fn a_request_that_never_arrived_cannot_charge_after_it_was_cancelled() {
    let world = World::new().await;
    for token in [None, Some("tok_ok")] {
        let order = world.order().await;
        world.faults(json!({"outage": true})).await;
        world.payments.pay(order, RETURN_URL, token).await.unwrap_err();
        let undecided = world.payments.cancel(order).await;
        assert!(
            matches!(undecided, Err(Error::Provider(ProviderError::Unavailable { .. }))),
            "{undecided:?}"
        );
        let standing = world.payments.standing(order).await.unwrap();
        assert_eq!(standing.intent.state, IntentState::Open);
        let attempt = standing.last_attempt.unwrap();

        world.faults(json!({"outage": false})).await;
        assert_eq!(world.payments.cancel(order).await.unwrap(), CancelOutcome::Cancelled);
        let late = Charge {
            attempt: attempt.id,
            amount: attempt.amount,
            capture: CaptureMode::AtOnce,
            return_url: RETURN_URL.into(),
            token: token.map(Into::into),
        };
        // It is given the answer of the cancelled payment, or none.
        let _ = adapter(world.psp(), Patience::default()).create(&late).await;
        let standing = world.payments.refresh(order).await.unwrap();
        assert_eq!(standing.last_attempt.unwrap().state, AttemptState::Cancelled);
    }
    let payments = world.at_provider().await;
    assert_eq!(payments.len(), 2);
    assert!(payments.iter().all(|payment| payment["status"] == "cancelled"), "{payments:?}");
}

#[tokio::test]
async fn paying_and_cancelling_at_once_ends_one_way_for_both() {
    let world = World::new().await;
    let mut cancelled = 0;
    for round in 0..40_u64 {
        let order = world.order().await;
        let later = Duration::from_micros(round / 2 * 300);
        // Now the one has a start, now the other.
        let (pay_after, cancel_after) =
            if round % 2 == 0 { (later, Duration::ZERO) } else { (Duration::ZERO, later) };
        let (paid, outcome) = tokio::join!(
            async {
                tokio::time::sleep(pay_after).await;
                world.payments.pay(order, RETURN_URL, Some("tok_ok")).await
            },
            async {
                tokio::time::sleep(cancel_after).await;
                world.payments.cancel(order).await
            }
        );
        let standing = world.payments.refresh(order).await.unwrap();
        match outcome {
            Ok(CancelOutcome::Cancelled) => {
                cancelled += 1;
                assert_eq!(standing.intent.state, IntentState::Cancelled);
                assert!(!standing.is_captured());
                assert!(standing.under_way().is_none());
                assert!(!matches!(paid, Ok(attempt) if attempt.state == AttemptState::Succeeded));
            }
            Ok(CancelOutcome::AlreadyPaid) => assert!(standing.is_captured()),
            // It could not be told, and nothing was given up.
            Err(Error::Provider(_) | Error::Undecided { .. }) => {
                assert_eq!(standing.intent.state, IntentState::Open);
            }
            other => panic!("{other:?}"),
        }
    }
    let taken = world.at_provider().await;
    let taken = taken.iter().filter(|payment| payment["status"] == "succeeded").count();
    let captured = world.count("select count(*) from attempts where state = 'succeeded'").await;
    assert_eq!(i64::try_from(taken).unwrap(), captured);
    assert!(cancelled > 0 && captured > 0, "{cancelled} cancelled, {captured} captured");
}
