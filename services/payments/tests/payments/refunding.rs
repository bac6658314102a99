//! Money that goes back, once.

use crate::world::{RETURN_URL, SECRET, World, price};
use domain::{
    money::{Currency, Money},
    payment::IntentState,
};
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

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

/// So many refunds of so much are asked for at once, each under a key of its own: what came of each.
async fn refund_at_once(
    world: &World,
    order: Uuid,
    minor: i64,
    count: usize,
) -> Vec<Result<Refunded, Error>> {
    let mut asking = JoinSet::new();
    for number in 0..count {
        let payments = world.payments.clone();
        let key = format!("line-{number}");
        asking.spawn(async move { payments.refund(order, &key, eur(minor), "returned").await });
    }
    asking.join_all().await
}

#[tokio::test]
async fn several_refunds_at_once_never_exceed_what_was_captured() {
    let world = World::new().await;
    let order = paid(&world).await;
    world.faults(json!({"latency_ms": 100})).await;
    let mut given = 0;
    for outcome in refund_at_once(&world, order, 300, 12).await {
        match outcome {
            Ok(Refunded::Now(refund)) => given += refund.amount.minor(),
            Err(Error::NotWithinCaptured { captured, asked, .. }) => {
                assert_eq!((captured, asked), (price(), eur(300)));
            }
            other => panic!("{other:?}"),
        }
    }
    // Six times 3.00 of 19.00; the last euro can still go back.
    assert_eq!(given, 1_800);
    assert_eq!(world.only_payment().await["refunded_minor"], 1_800);
    assert_eq!(world.count("select count(*) from refunds").await, 6);
    assert_eq!(world.count("select count(*) from postings where kind = 'refund'").await, 6);
    let last = world.payments.refund(order, "last", eur(100), "goodwill").await.unwrap();
    assert!(matches!(last, Refunded::Now(_)), "{last:?}");
    let standing = world.payments.standing(order).await.unwrap();
    assert_eq!(standing.intent.state, IntentState::Refunded);
    assert_eq!(world.payments.refunds(order).await.unwrap().len(), 7);
}

/// The test above sees too much going back where it does.
#[tokio::test]
async fn without_its_trigger_the_database_would_let_more_be_promised_than_was_captured() {
    let world = World::new().await;
    let order = paid(&world).await;
    sqlx::query("drop trigger refunds_legal_tg on refunds")
        .execute(&world.database.pool)
        .await
        .unwrap();
    refund_at_once(&world, order, 300, 12).await;
    assert!(world.count("select sum(amount_minor)::bigint from refunds").await > 1_900);
}

#[tokio::test]
async fn a_refund_under_one_key_goes_back_once_however_many_ask() {
    let world = World::new().await;
    let order = paid(&world).await;
    world.faults(json!({"latency_ms": 300})).await;
    let mut asking = JoinSet::new();
    for _ in 0..8 {
        let payments = world.payments.clone();
        asking.spawn(async move {
            payments.refund(order, "line 1", eur(700), "damaged").await.unwrap()
        });
    }
    let answers = asking.join_all().await;
    let now = answers.iter().filter(|answer| matches!(answer, Refunded::Now(_))).count();
    let earlier = answers.iter().filter(|answer| {
        matches!(answer, Refunded::Earlier(refund)
            if refund.state == RefundState::Succeeded && refund.amount == eur(700))
    });
    assert_eq!((now, earlier.count()), (1, 7), "{answers:?}");
    assert_eq!(world.only_payment().await["refunded_minor"], 700);
    let other = world.payments.refund(order, "line 1", eur(800), "damaged").await;
    assert!(
        matches!(other, Err(Error::RefundKeyReused { given, .. }) if given == eur(700)),
        "{other:?}"
    );
}

#[tokio::test]
async fn a_refund_of_nothing_or_in_another_currency_is_refused() {
    let world = World::new().await;
    let order = paid(&world).await;
    for amount in [eur(0), eur(-100), eur(1_901), Money::new(100, Currency::USD)] {
        let refused = world.payments.refund(order, "odd", amount, "?").await;
        assert!(matches!(refused, Err(Error::NotWithinCaptured { .. })), "{refused:?}");
    }
    assert_eq!(world.count("select count(*) from refunds").await, 0);
}

#[tokio::test]
async fn a_part_whose_answer_was_lost_goes_back_once_under_its_key() {
    let world = World::new().await;
    let order = paid(&world).await;
    world.faults(json!({"lose_answers": 1})).await;
    let pending = world.payments.refund(order, "a", eur(700), "damaged").await.unwrap();
    assert!(matches!(pending, Refunded::Pending(_)), "{pending:?}");
    // What is on its way back counts: only 12.00 are left to promise.
    let refused = world.payments.refund(order, "b", eur(1_201), "returned").await;
    assert!(matches!(refused, Err(Error::NotWithinCaptured { .. })), "{refused:?}");
    let again = world.payments.refund(order, "a", eur(700), "damaged").await.unwrap();
    assert!(matches!(again, Refunded::Now(_)), "{again:?}");
    assert_eq!(world.only_payment().await["refunded_minor"], 700);
}

#[tokio::test]
async fn what_was_given_back_by_hand_is_posted_when_a_part_is_refused_for_it() {
    let world = World::new().await;
    let order = paid(&world).await;
    by_hand(&world, 1_500).await;
    let refused = world.payments.refund(order, "a", eur(700), "damaged").await;
    assert!(matches!(refused, Err(Error::RefundRefused { .. })), "{refused:?}");
    let capture = world.payments.captured(order).await.unwrap().unwrap();
    assert_eq!(capture.refunded, eur(1_500));
    // The key is free again, for what is left.
    let rest = world.payments.refund(order, "a", eur(400), "damaged").await.unwrap();
    assert!(matches!(rest, Refunded::Now(_)), "{rest:?}");
}

/// Somebody gives money back by hand at the provider.
async fn by_hand(world: &World, minor: i64) {
    let payment = world.only_payment().await;
    let url =
        format!("http://{}/v1/payments/{}/refunds", world.psp(), payment["id"].as_str().unwrap());
    let request = world.client.post(url).bearer_auth(SECRET).json(&json!({"amount_minor": minor}));
    let answer = request.header("idempotency-key", "by-hand").send().await.unwrap();
    assert!(answer.status().is_success());
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
    assert_eq!(world.owed(order).await, 0);
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
    let part = world.payments.refund(order, "one line", eur(600), "damaged").await.unwrap();
    assert!(matches!(part, Refunded::Now(_)), "{part:?}");
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
    by_hand(&world, 1_500).await;
    let rest = world.payments.refund_all(order, "no stock").await.unwrap();
    let Refunded::Now(rest) = rest else { panic!("{rest:?}") };
    assert_eq!(rest.amount.minor(), 400);
    assert_eq!(world.count("select count(*) from refunds where state = 'failed'").await, 1);
    assert_eq!(world.count("select count(*) from postings where kind = 'refund'").await, 2);
    let capture = world.payments.captured(order).await.unwrap().unwrap();
    assert_eq!((capture.refunded, capture.intent_state), (price(), IntentState::Refunded));
    assert_eq!(world.owed(order).await, 0);
}
