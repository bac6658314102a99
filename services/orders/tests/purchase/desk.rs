//! What the provider does by itself: it does not answer, refuses, changes its mind, gives money back by
//! hand, and tells of it by webhook.

use crate::{
    flaky::Mood,
    world::{CHAIR, LAMP, SECRET, WEBHOOK_SECRET, World},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    checkout::Refusal,
    order::{CancelReason, OrderState, PaymentStanding},
};
use hmac::{Hmac, Mac};
use orders::{PayStep, PlaceError};
use serde_json::{Value, json};
use std::time::Duration;

const TOLD: &str = "select count(*) from outbox";

/// A webhook about the only payment there is, as the provider signs it.
async fn webhook(world: &World, id: &str) -> bool {
    let payment: Option<String> =
        sqlx::query_scalar("select provider_reference from payments.attempts")
            .fetch_one(&world.pool)
            .await
            .unwrap();
    let (headers, body) = signed(id, payment.as_deref());
    world.orders.receive_webhook(&headers, body.as_bytes()).await.unwrap()
}

/// The head and the body of a webhook about this payment, as the provider signs it.
pub fn signed(id: &str, payment: Option<&str>) -> (http::HeaderMap, String) {
    let body = json!({ "type": "payment.changed", "data": { "payment": { "id": payment } } });
    let body = body.to_string();
    let at = jiff::Timestamp::now().as_second().to_string();
    let key = STANDARD.decode(WEBHOOK_SECRET.trim_start_matches("whsec_")).unwrap();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{at}.{body}").as_bytes());
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    let mut headers = http::HeaderMap::new();
    headers.insert("webhook-id", id.parse().unwrap());
    headers.insert("webhook-timestamp", at.parse().unwrap());
    headers.insert("webhook-signature", signature.parse().unwrap());
    (headers, body)
}

/// Somebody at the provider's desk gives money back.
async fn refund_by_hand(world: &World, minor: i64) {
    let list = format!("{}/v1/payments", world.provider_url);
    let list = world.client.get(list).bearer_auth(SECRET).send().await.unwrap();
    let list: Value = serde_json::from_str(&list.text().await.unwrap()).unwrap();
    let id = list["data"][0]["id"].as_str().unwrap();
    let url = format!("{}/v1/payments/{id}/refunds", world.provider_url);
    let request = world.client.post(url).bearer_auth(SECRET).header("idempotency-key", "by-hand");
    let request = request
        .header("content-type", "application/json")
        .body(json!({ "amount_minor": minor }).to_string());
    assert!(request.send().await.unwrap().status().is_success());
}

#[tokio::test]
async fn a_payment_that_never_reached_the_provider_can_be_paid_at_once() {
    let world = World::new().await;
    let shopper = world.shopper(LAMP, 1).await;
    world.flaky.be(Mood::Deaf);
    let placed = world.place(&shopper).await.unwrap();
    assert_eq!(placed.pay, PayStep::Done);
    assert_eq!(world.look(&placed).await.payment, PaymentStanding::Open, "there is a button");
    let refused = world.orders.pay_again(&placed.number, &placed.key).await;
    let Err(PlaceError::Refused(refusal)) = refused else { panic!("{refused:?}") };
    assert_eq!(*refusal, Refusal::PaymentUnavailable);
    world.flaky.be(Mood::Well);
    let again = world.orders.pay_again(&placed.number, &placed.key).await.unwrap().unwrap();
    world.choose(&again, "success").await;
    assert_eq!(world.look(&placed).await.state, OrderState::Paid);
    assert_eq!(world.scalar("select count(*) from payments.attempts").await, 1);
    world.assert_in_order().await;
}

#[tokio::test]
async fn an_order_is_not_given_up_while_nobody_knows_whether_it_was_paid() {
    let world = World::new().await;
    let shopper = world.shopper(LAMP, 1).await;
    let first = world.place(&shopper).await.unwrap();
    world.choose(&first.pay, "success").await;
    let two = domain::Quantity::new(2).unwrap();
    world.orders.set_quantity(&shopper, &crate::world::sku(LAMP), two).await.unwrap();
    world.flaky.be(Mood::Mute);
    let refused = world.place(&shopper).await;
    let Err(PlaceError::Refused(refusal)) = refused else { panic!("{refused:?}") };
    assert_eq!(*refusal, Refusal::PaymentUnavailable);
    world.flaky.be(Mood::Well);
    assert_eq!(world.look(&first).await.state, OrderState::Paid);
}

#[tokio::test]
async fn half_a_cancellation_is_finished_by_whoever_comes_next() {
    for by_sweeper in [true, false] {
        let world = World::new().await;
        let placed = world.place(&world.shopper(CHAIR, 1).await).await.unwrap();
        let order: uuid::Uuid =
            sqlx::query_scalar("select id from orders").fetch_one(&world.pool).await.unwrap();
        // As if the process had ended between the two services.
        world.payments.cancel(order).await.unwrap();
        match by_sweeper {
            true => {
                let over = "select count(*) from orders where state = 'cancelled'";
                world.sweep_until(over, 1).await
            }
            false => {
                let again = world.orders.pay_again(&placed.number, &placed.key).await.unwrap();
                assert_eq!(again, Some(PayStep::Done));
            }
        }
        let seen = world.look(&placed).await;
        assert_eq!(seen.cancel_reason, Some(CancelReason::Superseded));
        assert_eq!(world.left(CHAIR).await, 1);
        world.assert_in_order().await;
    }
}

#[tokio::test]
async fn money_that_comes_after_the_order_ended_goes_back() {
    let world = World::with_time_to_pay(Duration::from_millis(200)).await;
    let placed = world.place(&world.shopper(CHAIR, 1).await).await.unwrap();
    world.flaky.be(Mood::Lying);
    tokio::time::sleep(Duration::from_millis(300)).await;
    world.sweep_until("select count(*) from orders where state = 'cancelled'", 1).await;
    world.flaky.be(Mood::Well);
    world.choose(&placed.pay, "success").await;
    assert!(webhook(&world, "evt_late").await);
    assert_eq!(world.look(&placed).await.payment, PaymentStanding::Refunded);
    assert_eq!(world.left(CHAIR).await, 1);
    assert_eq!(world.scalar("select count(*) from events where kind = 'refunded'").await, 1);
    // It came, it went back, and nothing was sold.
    let moved = "select count(*) from payments.postings where kind <> 'fee'";
    assert_eq!(world.scalar(moved).await, 2);
    world.assert_in_order().await;
}

#[tokio::test]
async fn a_webhook_that_comes_again_tells_nothing_again() {
    let world = World::new().await;
    let placed = world.place(&world.shopper(LAMP, 1).await).await.unwrap();
    world.choose(&placed.pay, "declined").await;
    assert!(webhook(&world, "evt_1").await);
    let told = world.scalar(TOLD).await;
    assert!(webhook(&world, "evt_1").await);
    assert_eq!(world.scalar(TOLD).await, told);
    assert!(webhook(&world, "evt_2").await);
    assert_eq!(world.scalar(TOLD).await, told + 1);
}

#[tokio::test]
async fn money_given_back_at_the_providers_desk_is_posted_and_shown() {
    let world = World::new().await;
    let placed = world.place(&world.shopper(LAMP, 1).await).await.unwrap();
    world.choose(&placed.pay, "success").await;
    assert_eq!(world.look(&placed).await.payment, PaymentStanding::Confirmed);
    refund_by_hand(&world, 2_489).await;
    for id in ["evt_1", "evt_2"] {
        assert!(webhook(&world, id).await);
    }
    assert_eq!(world.look(&placed).await.payment, PaymentStanding::Refunded);
    let refunds = "select count(*) from payments.postings where kind = 'refund'";
    assert_eq!(world.scalar(refunds).await, 1);
    let told = "select count(*) from outbox where payload ->> 'payment' = 'refunded'";
    assert!(world.scalar(told).await >= 1);
    world.assert_in_order().await;
}

#[tokio::test]
async fn a_refund_is_told_once_and_the_end_of_the_order_before_it() {
    let world = World::new().await;
    let placed = world.place(&world.shopper(CHAIR, 1).await).await.unwrap();
    let order: uuid::Uuid =
        sqlx::query_scalar("select id from orders").fetch_one(&world.pool).await.unwrap();
    world.inventory.release(order).await.unwrap();
    world.count("north", CHAIR, 0).await;
    world.choose(&placed.pay, "success").await;
    futures::future::join_all((0..6).map(|_| world.look(&placed))).await;
    for id in ["evt_1", "evt_2"] {
        webhook(&world, id).await;
    }
    world.sweep_until("select count(*) from orders where refund_due", 0).await;
    assert_eq!(world.scalar("select count(*) from events where kind = 'refunded'").await, 1);
    let told: Vec<(String, String, Option<String>)> = sqlx::query_as(
        "select payload ->> 'state', payload ->> 'payment', payload ->> 'cancel_reason'
         from outbox
         order by position",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap();
    let told: Vec<_> = told
        .iter()
        .filter(|(state, ..)| state == "cancelled")
        .map(|(_, payment, reason)| (payment.as_str(), reason.as_deref()))
        .collect();
    assert_eq!(
        told[..2],
        [("processing", Some("out_of_stock")), ("refunded", Some("out_of_stock"))]
    );
}

#[tokio::test]
async fn a_refund_that_is_refused_does_not_take_the_turn_of_the_others() {
    let world = World::new().await;
    let placed = world.place(&world.shopper(LAMP, 1).await).await.unwrap();
    world.choose(&placed.pay, "success").await;
    world.look(&placed).await;
    sqlx::query("update orders set refund_due = true").execute(&world.pool).await.unwrap();
    world.flaky.be(Mood::Stingy);
    for _ in 0..4 {
        world.orders.sweep().await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let tried: (i32, bool) =
        sqlx::query_as("select effect_tries, next_effect_at > now() from orders")
            .fetch_one(&world.pool)
            .await
            .unwrap();
    assert!(tried.0 >= 2, "{tried:?}");
    // Put off ever longer.
    let due = "update orders set effect_tries = 10, next_effect_at = now() returning now()::text";
    let due: String = sqlx::query_scalar(due).fetch_one(&world.pool).await.unwrap();
    world.orders.sweep().await.unwrap();
    let later = "select next_effect_at > $1::timestamptz + interval '500 ms' from orders";
    let later: bool =
        sqlx::query_scalar(later).bind(due).fetch_one(&world.pool).await.unwrap();
    assert!(later);
}

#[tokio::test]
async fn a_provider_that_hangs_does_not_keep_carts_from_being_emptied() {
    let world = World::new().await;
    let placed = world.place(&world.shopper(LAMP, 1).await).await.unwrap();
    world.choose(&placed.pay, "success").await;
    world.look(&placed).await;
    sqlx::query("update orders set cart_to_empty = true").execute(&world.pool).await.unwrap();
    world.place(&world.shopper(LAMP, 1).await).await.unwrap();
    world.flaky.be(Mood::Hanging);
    tokio::time::sleep(Duration::from_millis(20)).await;
    let sweeping = world.orders.sweep();
    let done = async {
        while world.scalar("select count(*) from orders where cart_to_empty").await != 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        _ = sweeping => panic!("the provider hangs"),
        () = done => {}
    }
}

#[tokio::test]
async fn whoever_pays_again_is_looked_at_as_soon_as_at_first() {
    let world = World::new().await;
    let placed = world.place(&world.shopper(LAMP, 1).await).await.unwrap();
    sqlx::query("update orders set checks = 9, next_check_at = now() + interval '30 s'")
        .execute(&world.pool)
        .await
        .unwrap();
    world.orders.pay_again(&placed.number, &placed.key).await.unwrap().unwrap();
    let soon =
        "select count(*) from orders where checks = 0 and next_check_at < now() + interval '1 s'";
    assert_eq!(world.scalar(soon).await, 1);
    // And never later than half a minute.
    sqlx::query("update orders set checks = 30, next_check_at = now()")
        .execute(&world.pool)
        .await
        .unwrap();
    let node = world.another_node().await;
    node.sweep().await.unwrap();
    let capped = "select count(*) from orders where next_check_at <= now() + interval '30 s'";
    assert_eq!(world.scalar(capped).await, 1);
}
