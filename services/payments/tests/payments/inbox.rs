//! What waits in the inbox is tried again until something is found that it is about.

use crate::world::{RETURN_URL, World};
use domain::{
    money::{Currency, Money},
    payment::AttemptState,
};
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(10);

/// Whatever waits is due now.
async fn make_due(world: &World) {
    sqlx::query("update provider_events set next_try_at = now() where processed_at is null")
        .execute(&world.database.pool)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_event_that_came_before_its_payment_was_known_is_acted_on_later() {
    let world = World::new().await;
    let order = Uuid::now_v7();
    world.payments.open_intent(order, Money::new(500, Currency::EUR)).await.unwrap();
    let attempt = Uuid::now_v7();
    world.foreign_payment(&attempt.to_string(), Some("tok_ok")).await;
    let webhook = world.webhooks(1).await.remove(0);
    assert_eq!(world.take_in(&webhook).await.unwrap(), None);
    // It is not due yet, and then it finds nothing, and waits longer.
    assert!(world.payments.retry_inbox(10, PATIENCE).await.unwrap().is_empty());
    assert_eq!(world.payments.inbox(10).await.unwrap()[0].tries, 1);
    make_due(&world).await;
    assert!(world.payments.retry_inbox(10, PATIENCE).await.unwrap().is_empty());
    let waiting = world.payments.inbox(10).await.unwrap().remove(0);
    assert_eq!(waiting.tries, 2);
    let wait = waiting.next_try_at.unwrap().duration_since(jiff::Timestamp::now());
    assert!((15..=20).contains(&wait.as_secs()), "{wait}");

    // A database that was restored, say, knows the attempt a little later.
    sqlx::query(
        "insert into attempts (id, intent, provider, amount_minor, currency, return_url)
         select $1, id, 'sandbox', amount_minor, currency, ''
         from intents",
    )
    .bind(attempt)
    .execute(&world.database.pool)
    .await
    .unwrap();
    make_due(&world).await;
    assert_eq!(world.payments.retry_inbox(10, PATIENCE).await.unwrap(), [order]);
    assert!(world.payments.inbox(10).await.unwrap().is_empty());
    let standing = world.payments.standing(order).await.unwrap();
    assert_eq!(standing.last_attempt.unwrap().state, AttemptState::Succeeded);
    assert_eq!(world.take_in(&webhook).await.unwrap(), Some(order), "it comes again");
}

#[tokio::test]
async fn several_that_try_at_once_do_not_try_the_same() {
    let world = World::new().await;
    for _ in 0..6 {
        world.foreign_payment(&Uuid::now_v7().to_string(), Some("tok_ok")).await;
    }
    for webhook in world.webhooks(6).await {
        world.take_in(&webhook).await.unwrap();
    }
    make_due(&world).await;
    let tries = || world.payments.retry_inbox(10, PATIENCE);
    let (one, two, three) = tokio::join!(tries(), tries(), tries());
    for outcome in [one, two, three] {
        assert!(outcome.unwrap().is_empty());
    }
    let waiting = world.payments.inbox(10).await.unwrap();
    assert_eq!(waiting.iter().map(|event| event.tries).collect::<Vec<_>>(), [2; 6]);
}

#[tokio::test]
async fn an_event_that_could_not_be_looked_up_is_tried_without_the_provider_sending_it_again() {
    let world = World::new().await;
    let order = world.order().await;
    world.payments.pay(order, RETURN_URL, Some("tok_slow")).await.unwrap();
    let webhook = world.webhooks(1).await.remove(0);
    world.faults(json!({"outage": true})).await;
    world.take_in(&webhook).await.unwrap_err();
    let waiting = world.payments.inbox(10).await.unwrap().remove(0);
    assert!(waiting.problem.unwrap().contains("not available"));
    make_due(&world).await;
    assert!(world.payments.retry_inbox(10, PATIENCE).await.unwrap().is_empty());
    world.faults(json!({"outage": false})).await;
    make_due(&world).await;
    assert_eq!(world.payments.retry_inbox(10, PATIENCE).await.unwrap(), [order]);
    assert!(world.payments.standing(order).await.unwrap().is_captured());
}
