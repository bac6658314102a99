//! Paying without a page: one test for each token.

use std::time::{Duration, Instant};

use crate::world::{World, created, location, proposal};

#[tokio::test]
async fn tok_ok_is_charged_at_once() {
    let world = World::new().await;
    let payment = world.open(Some("tok_ok")).await;
    assert_eq!(payment["status"], "succeeded");
    assert!(payment["redirect_url"].is_null());
    let told = world.shop.receives(1).await.remove(0).json();
    assert_eq!(told["type"], "payment.succeeded");
    assert_eq!(told["data"]["payment"], payment);
    assert!(told["id"].as_str().unwrap().starts_with("evt_"));
    assert!(told["created"].is_i64());
}

#[tokio::test]
async fn tok_declined_says_why() {
    let world = World::new().await;
    let payment = world.open(Some("tok_declined")).await;
    assert_eq!(payment["status"], "declined");
    assert_eq!(payment["decline_code"], "card_declined");
    world.shop.receives(1).await;
    assert_eq!(world.shop.kinds(), ["payment.declined"]);
}

#[tokio::test]
async fn tok_challenge_sends_the_buyer_to_the_challenge_page() {
    let world = World::new().await;
    let payment = world.open(Some("tok_challenge")).await;
    assert_eq!(payment["status"], "requires_action");
    let path = format!("/challenge/{}", payment["id"].as_str().unwrap());
    assert_eq!(payment["redirect_url"], world.url(&path));
    // The challenge cannot be gone around.
    let page = format!("/pay/{}", payment["id"].as_str().unwrap());
    assert_eq!(location(&world.get(&page).send().await.unwrap()), path);
    assert_eq!(location(&world.pay(&payment, "success").await), path);
    assert_eq!(world.payment(&payment).await["status"], "requires_action");

    world.press(&path, &[("decision", "confirm")]).await;
    assert_eq!(world.payment(&payment).await["status"], "succeeded");
    world.shop.receives(1).await;
    assert_eq!(world.shop.kinds(), ["payment.succeeded"]);
}

#[tokio::test]
async fn tok_slow_is_told_by_webhook_alone() {
    let world = World::new().await;
    let asked = Instant::now();
    let payment = world.open(Some("tok_slow")).await;
    assert_eq!(payment["status"], "processing");
    let told = world.shop.receives(1).await.remove(0);
    assert!(told.at - asked >= Duration::from_millis(390));
    assert_eq!(told.kind(), "payment.succeeded");
    assert_eq!(world.payment(&payment).await["status"], "succeeded");
    world.shop.receives_no_more_than(1).await;
}

#[tokio::test]
async fn tok_lost_answer_charges_and_loses_only_the_first_answer() {
    let world = World::new().await;
    let body = proposal(Some("tok_lost_answer"));
    let send = || world.post("/v1/payments", "attempt-1", &body).send();
    let lost = send().await.unwrap_err();
    assert!(lost.is_request() && lost.status().is_none(), "{lost:?}");
    let told = world.shop.receives(1).await.remove(0).json();
    assert_eq!(told["type"], "payment.succeeded");

    let answer = send().await.unwrap();
    assert_eq!(answer.headers()["idempotent-replayed"], "true");
    let payment = created(answer).await;
    assert_eq!(payment["status"], "succeeded");
    assert_eq!(payment, told["data"]["payment"]);
    assert_eq!(created(send().await.unwrap()).await, payment);
    world.shop.receives_no_more_than(1).await;
}
