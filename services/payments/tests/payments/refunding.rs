//! Money that goes back, once.

use crate::world::{RETURN_URL, SECRET, World, price};
use domain::payment::IntentState;
use payments::{Error, RefundState, Refunded};
use serde_json::json;
use std::time::Duration;
use tokio::task::JoinSet;
use uuid::Uuid;

async fn paid(world: &World) -> Uuid {
    let order = world.order().await;
    world.payments.pay(order, RETURN_URL, Some("tok_ok")).await.unwrap();
    order
}

#[tokio::test]
async fn all_that_was_captured_goes_back_once_however_many_ask() {
    let world = World::new().await;
    let order = paid(&world).await;
    world.faults(json!({"latency_ms": 500})).await;
    let mut asking = JoinSet::new();
    for _ in 0..20 {
        let payments = world.payments.clone();
        asking.spawn(async move { payments.refund_all(order, "no stock").await.unwrap() });
    }
    let answers = asking.join_all().await;
    let posted = answers.iter().filter(|answer| matches!(answer, Refunded::Now(_))).count();
    assert_eq!(posted, 1, "{answers:?}");
    assert_eq!(world.payments.refund_all(order, "again").await.unwrap(), Refunded::Before);

    let payment = world.only_payment().await;
    assert_eq!(payment["refunded_minor"], 1_900);
    assert_eq!(payment["refunds"].as_array().unwrap().len(), 1);
    let capture = world.payments.captured(order).await.unwrap().unwrap();
    assert_eq!((capture.amount, capture.refunded), (price(), price()));
    assert_eq!(capture.intent_state, IntentState::Refunded);
    assert!(!world.payments.standing(order).await.unwrap().is_captured());
    for balance in world.payments.trial_balance().await.unwrap() {
        assert_eq!(balance.debit, balance.credit, "{}", balance.account);
    }
    let events: Vec<(String, i64)> = sqlx::query_as(
        "select payload ->> 'event', (payload -> 'amount' ->> 'minor')::bigint
         from outbox
         order by position",
    )
    .fetch_all(&world.database.pool)
    .await
    .unwrap();
    assert_eq!(events, [("captured".to_owned(), 1_900), ("refunded".to_owned(), 1_900)]);
    let refused = world.payments.pay(order, RETURN_URL, Some("tok_ok")).await;
    assert!(matches!(refused, Err(Error::Closed { state: IntentState::Refunded, .. })));
}

#[tokio::test]
async fn a_refund_whose_answer_was_lost_is_asked_for_again_under_its_name() {
    let world = World::new().await;
    let order = paid(&world).await;
    world.faults(json!({"lose_answers": 1})).await;
    let pending = world.payments.refund_all(order, "no stock").await.unwrap();
    let Refunded::Pending(refund) = pending else { panic!("{pending:?}") };
    assert_eq!((refund.amount, refund.state), (price(), RefundState::Recorded));
    assert_eq!(world.payments.list_unfinished(Duration::ZERO, 10).await.unwrap(), [order]);

    let standing = world.payments.refresh(order).await.unwrap();
    assert_eq!(standing.intent.state, IntentState::Refunded);
    assert!(world.payments.list_unfinished(Duration::ZERO, 10).await.unwrap().is_empty());
    assert_eq!(world.only_payment().await["refunds"].as_array().unwrap().len(), 1);
    assert_eq!(world.payments.refund_all(order, "again").await.unwrap(), Refunded::Before);
}

#[tokio::test]
async fn after_a_part_went_back_the_rest_goes_back() {
    let world = World::new().await;
    let order = paid(&world).await;
    let capture = world.payments.post_capture(order).await.unwrap().capture().clone();
    sqlx::query(
        "insert into refunds (id, attempt, amount_minor, idempotency_key, reason)
         values ($1, $2, 600, 'one line', 'damaged')",
    )
    .bind(Uuid::now_v7())
    .bind(capture.attempt)
    .execute(&world.database.pool)
    .await
    .unwrap();
    let standing = world.payments.refresh(order).await.unwrap();
    assert_eq!(standing.intent.state, IntentState::Paid);
    assert_eq!(world.payments.captured(order).await.unwrap().unwrap().refunded.minor(), 600);

    let rest = world.payments.refund_all(order, "returned").await.unwrap();
    let Refunded::Now(rest) = rest else { panic!("{rest:?}") };
    assert_eq!(rest.amount.minor(), 1_300);
    assert_eq!(world.only_payment().await["refunded_minor"], 1_900);
    let standing = world.payments.standing(order).await.unwrap();
    assert_eq!(standing.intent.state, IntentState::Refunded);
}

#[tokio::test]
async fn the_webhook_of_a_refund_finishes_it_too() {
    let world = World::new().await;
    let order = paid(&world).await;
    world.webhooks(1).await;
    world.faults(json!({"lose_answers": 1})).await;
    world.payments.refund_all(order, "no stock").await.unwrap();
    let webhook = world.webhooks(1).await.remove(0);
    assert_eq!(webhook.kind(), "refund.succeeded");
    assert_eq!(world.take_in(&webhook).await.unwrap(), Some(order));
    let standing = world.payments.standing(order).await.unwrap();
    assert_eq!(standing.intent.state, IntentState::Refunded);
}

#[tokio::test]
async fn what_was_not_captured_does_not_go_back() {
    let world = World::new().await;
    let order = world.order().await;
    for token in ["tok_declined", "tok_challenge"] {
        world.payments.pay(order, RETURN_URL, Some(token)).await.unwrap();
        let refused = world.payments.refund_all(order, "?").await;
        assert!(matches!(refused, Err(Error::NothingCaptured { .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn what_was_given_back_by_hand_counts_and_the_rest_goes_back() {
    let world = World::new().await;
    let order = paid(&world).await;
    // Somebody gave most of it back by hand at the provider.
    let payment = world.only_payment().await;
    let url =
        format!("http://{}/v1/payments/{}/refunds", world.psp(), payment["id"].as_str().unwrap());
    let request = world.client.post(url).bearer_auth(SECRET).json(&json!({"amount_minor": 1_500}));
    let by_hand = request.header("idempotency-key", "by hand").send().await.unwrap();
    assert_eq!(by_hand.status(), 400, "a key has no spaces");
    let url = by_hand.url().clone();
    let request = world.client.post(url).bearer_auth(SECRET).json(&json!({"amount_minor": 1_500}));
    let by_hand = request.header("idempotency-key", "by-hand").send().await.unwrap();
    assert!(by_hand.status().is_success());

    let rest = world.payments.refund_all(order, "no stock").await.unwrap();
    let Refunded::Now(rest) = rest else { panic!("{rest:?}") };
    assert_eq!(rest.amount.minor(), 400);
    assert_eq!(world.count("select count(*) from refunds where state = 'failed'").await, 1);
    assert_eq!(world.count("select count(*) from postings where kind = 'refund'").await, 2);
    let capture = world.payments.captured(order).await.unwrap().unwrap();
    assert_eq!((capture.refunded, capture.intent_state), (price(), IntentState::Refunded));
    for balance in world.payments.trial_balance().await.unwrap() {
        assert_eq!(balance.debit, balance.credit, "{}", balance.account);
    }
}
