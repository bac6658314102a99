//! What the provider tells by itself: believed only when it is signed, and then only as an occasion
//! to ask.

use crate::world::{Arrived, RETURN_URL, World, signed};
use domain::payment::AttemptState;
use payments::WebhookError;
use serde_json::{Value, json};
use uuid::Uuid;

/// An order whose shopper has chosen this card on the provider's page and gone away.
async fn paid_on_page(world: &World, card: &str) -> Uuid {
    let order = world.order().await;
    let attempt = world.payments.pay(order, RETURN_URL, None).await.unwrap();
    world.fill_in(&attempt.redirect_url.unwrap(), "card", card).await;
    order
}

async fn state(world: &World, order: Uuid) -> AttemptState {
    world.payments.standing(order).await.unwrap().last_attempt.unwrap().state
}

const EVENTS: &str = "select count(*) from provider_events";
const UNPROCESSED: &str = "select count(*) from provider_events where processed_at is null";

#[tokio::test]
async fn a_webhook_alone_brings_the_outcome() {
    let world = World::new().await;
    for (card, outcome) in [
        ("success", AttemptState::Succeeded),
        ("declined", AttemptState::Declined),
        ("answer_lost", AttemptState::Succeeded),
        ("slow_webhook", AttemptState::Succeeded),
    ] {
        let order = paid_on_page(&world, card).await;
        assert_eq!(state(&world, order).await, AttemptState::RequiresAction);
        let webhook = world.webhooks(1).await.remove(0);
        assert_eq!(world.take_in(&webhook).await.unwrap(), Some(order), "{card}");
        assert_eq!(state(&world, order).await, outcome, "{card}");
    }
    assert_eq!(world.count(UNPROCESSED).await, 0);
}

#[tokio::test]
async fn repeated_and_reordered_webhooks_end_in_the_same_state() {
    let world = World::new().await;
    let order = paid_on_page(&world, "repeated_webhooks").await;
    let arrived = world.webhooks(4).await;
    let kinds: Vec<String> = arrived.iter().map(Arrived::kind).collect();
    assert_eq!(kinds[0], "payment.succeeded");
    assert_eq!(kinds[3], "payment.processing");

    for _ in 0..10 {
        for webhook in arrived.iter().rev() {
            assert_eq!(world.take_in(webhook).await.unwrap(), Some(order));
            assert_eq!(state(&world, order).await, AttemptState::Succeeded);
        }
    }
    assert_eq!(world.count(EVENTS).await, 2);
    assert_eq!(world.count("select sum(deliveries) from provider_events").await, 40);
    world.payments.post_capture(order).await.unwrap();
    assert_eq!(world.take_in(&arrived[0]).await.unwrap(), Some(order));
    assert_eq!(world.count("select count(*) from postings where kind = 'capture'").await, 1);
}

#[tokio::test]
async fn the_same_webhook_many_times_at_once_has_one_effect() {
    let world = World::new().await;
    let order = paid_on_page(&world, "success").await;
    let webhook = world.webhooks(1).await.remove(0);
    let mut deliveries = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (payments, webhook) = (world.payments.clone(), webhook.clone());
        deliveries.spawn(async move {
            let heard = payments.receive_webhook(&webhook.headers, &webhook.body).await.unwrap();
            let order = heard.map(|heard| heard.order);
            payments.post_capture(order.unwrap()).await.unwrap();
            order
        });
    }
    assert_eq!(deliveries.join_all().await, [Some(order); 10]);
    assert_eq!(world.count(EVENTS).await, 1);
    assert_eq!(world.count("select count(*) from postings where kind = 'capture'").await, 1);
    assert_eq!(world.count("select count(*) from outbox").await, 1);
}

#[tokio::test]
async fn a_forged_webhook_is_refused_and_leaves_no_trace() {
    let world = World::new().await;
    let order = paid_on_page(&world, "success").await;
    let genuine = world.webhooks(1).await.remove(0);

    let mut other_body = genuine.clone();
    let body = String::from_utf8(genuine.body.to_vec()).unwrap();
    other_body.body = body.replace("1900", "1901").into();
    let mut other_id = genuine.clone();
    other_id.headers.insert("webhook-id", "evt_other".parse().unwrap());
    let mut unsigned = genuine.clone();
    unsigned.headers.insert("webhook-signature", "v1,AAAA".parse().unwrap());
    for forged in [other_body, other_id, unsigned] {
        let refused = world.take_in(&forged).await.unwrap_err();
        assert!(matches!(refused, WebhookError::BadSignature), "{refused}");
        assert!(refused.is_senders_fault());
    }
    let mut bare = genuine.clone();
    bare.headers.remove("webhook-signature");
    let refused = world.take_in(&bare).await.unwrap_err();
    assert!(matches!(refused, WebhookError::BadHeader { name: "webhook-signature" }), "{refused}");

    assert_eq!(world.count(EVENTS).await, 0);
    assert_eq!(state(&world, order).await, AttemptState::RequiresAction);
    assert_eq!(world.take_in(&genuine).await.unwrap(), Some(order));
}

#[tokio::test]
async fn a_webhook_that_is_replayed_later_is_refused() {
    let world = World::new().await;
    let body = json!({"type": "payment.succeeded", "data": {"payment": {"id": "pay_1"}}});
    for age in [302, -302] {
        let refused = world.take_in(&signed("evt_1", age, &body.to_string())).await.unwrap_err();
        assert!(matches!(refused, WebhookError::Stale { .. }), "{refused}");
        assert!(refused.is_senders_fault());
    }
    assert_eq!(world.count(EVENTS).await, 0);
}

#[tokio::test]
async fn a_signed_body_that_cannot_be_read_is_refused() {
    let world = World::new().await;
    for body in ["", "null", "[]", "{}", r#"{"type": 1, "data": {}}"#, r#"{"type": "x"}"#] {
        let refused = world.take_in(&signed("evt_1", 0, body)).await.unwrap_err();
        assert!(matches!(refused, WebhookError::Malformed { .. }), "{body:?}: {refused}");
    }
    assert_eq!(world.count(EVENTS).await, 0);
}

#[tokio::test]
async fn an_event_about_no_payment_of_ours_is_kept_and_has_no_effect() {
    let world = World::new().await;
    world.foreign_payment("another shop's", Some("tok_ok")).await;
    world.foreign_payment(&Uuid::now_v7().to_string(), Some("tok_ok")).await;
    for webhook in world.webhooks(2).await {
        assert_eq!(world.take_in(&webhook).await.unwrap(), None);
    }
    let nobodys = json!({"type": "payment.succeeded", "data": {"payment": {"id": "pay_none"}}});
    let other = json!({"type": "payout.sent", "data": {}, "note": "\u{0000}"});
    for (id, body) in [("evt_1", nobodys), ("evt_2", other)] {
        let webhook = signed(id, 0, &body.to_string());
        assert_eq!(world.take_in(&webhook).await.unwrap(), None);
    }
    assert_eq!(world.count(EVENTS).await, 4);
    assert_eq!(world.count(UNPROCESSED).await, 0);
}

#[tokio::test]
async fn what_an_event_says_is_not_believed_what_the_provider_answers_is() {
    let world = World::new().await;
    let order = world.order().await;
    let attempt = world.payments.pay(order, RETURN_URL, None).await.unwrap();
    let lie = json!({
        "type": "payment.succeeded",
        "data": {"payment": {"id": attempt.provider_reference, "status": "succeeded"}},
    });
    let webhook = signed("evt_1", 0, &lie.to_string());
    assert_eq!(world.take_in(&webhook).await.unwrap(), Some(order));
    assert_eq!(state(&world, order).await, AttemptState::RequiresAction);
}

#[tokio::test]
async fn a_payment_under_our_name_over_another_amount_is_not_recorded() {
    let world = World::new().await;
    let order = world.order().await;
    world.faults(json!({"outage": true})).await;
    world.payments.pay(order, RETURN_URL, Some("tok_ok")).await.unwrap_err();
    world.faults(json!({"outage": false})).await;
    let attempt = world.payments.standing(order).await.unwrap().last_attempt.unwrap();
    world.foreign_payment(&attempt.id.to_string(), Some("tok_ok")).await;
    let webhook = world.webhooks(1).await.remove(0);
    let refused = world.take_in(&webhook).await.unwrap_err();
    let what = match &refused {
        WebhookError::Processing(payments::Error::Contradiction { what, .. }) => *what,
        other => panic!("{other}"),
    };
    assert_eq!(what, "amount");
    assert_eq!(state(&world, order).await, AttemptState::Recorded);
    assert_eq!(world.count(UNPROCESSED).await, 1);
}

#[tokio::test]
async fn while_the_provider_does_not_answer_an_event_waits_to_be_delivered_again() {
    let world = World::new().await;
    let order = paid_on_page(&world, "success").await;
    let webhook = world.webhooks(1).await.remove(0);
    world.faults(json!({"outage": true})).await;
    let refused = world.take_in(&webhook).await.unwrap_err();
    assert!(!refused.is_senders_fault(), "{refused}");
    assert_eq!((world.count(EVENTS).await, world.count(UNPROCESSED).await), (1, 1));

    world.faults(json!({"outage": false})).await;
    assert_eq!(world.take_in(&webhook).await.unwrap(), Some(order));
    assert_eq!(world.count(UNPROCESSED).await, 0);
    assert_eq!(state(&world, order).await, AttemptState::Succeeded);
    let payload: String = sqlx::query_scalar("select payload from provider_events")
        .fetch_one(&world.database.pool)
        .await
        .unwrap();
    assert_eq!(serde_json::from_str::<Value>(&payload).unwrap()["type"], "payment.succeeded");
}

/// Believed cancelled, as if the provider had said so, while its page still takes the money; another
/// attempt was begun since. The pages of the two.
async fn two_pages(world: &World, order: Uuid) -> [String; 2] {
    let first = world.payments.pay(order, RETURN_URL, None).await.unwrap();
    sqlx::query(
        "update attempts
         set state = 'cancelled',
           return_url = null,
           redirect_url = null
         where id = $1",
    )
    .bind(first.id)
    .execute(&world.database.pool)
    .await
    .unwrap();
    let second = world.payments.pay(order, RETURN_URL, None).await.unwrap();
    assert_ne!(first.id, second.id);
    [first, second].map(|attempt| attempt.redirect_url.unwrap())
}

#[tokio::test]
async fn money_that_arrives_after_an_ending_is_recorded_and_no_other_attempt_takes_any() {
    let world = World::new().await;
    let order = world.order().await;
    let [first, _] = two_pages(&world, order).await;
    world.fill_in(&first, "card", "success").await;
    let webhook = world.webhooks(1).await.remove(0);
    assert_eq!(world.take_in(&webhook).await.unwrap(), Some(order));
    let standing = world.payments.standing(order).await.unwrap();
    assert!(standing.is_captured() && standing.under_way().is_none());
    let mut at_provider: Vec<_> = world.at_provider().await;
    at_provider.retain(|payment| payment["status"] != "cancelled");
    assert_eq!(at_provider.len(), 1);
    world.payments.post_capture(order).await.unwrap();
}

#[tokio::test]
async fn an_order_that_its_provider_charged_twice_is_not_passed_over_in_silence() {
    let world = World::new().await;
    let order = world.order().await;
    let [first, second] = two_pages(&world, order).await;
    world.fill_in(&second, "card", "success").await;
    world.fill_in(&first, "card", "success").await;
    let mut refused = 0;
    for webhook in world.webhooks(2).await {
        match world.take_in(&webhook).await {
            Ok(about) => assert_eq!(about, Some(order)),
            Err(WebhookError::Processing(payments::Error::Contradiction { what, .. })) => {
                assert_eq!(what, "second capture");
                refused += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((refused, world.count(UNPROCESSED).await), (1, 1));
}
