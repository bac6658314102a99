//! Webhooks: signatures, retries, repetitions, and an order that is not the order of events.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::world::{WEBHOOK_SECRET, World};

#[tokio::test]
async fn the_signature_can_be_verified_with_the_shared_secret() {
    let world = World::new().await;
    world.open(Some("tok_ok")).await;
    let told = world.shop.receives(1).await.remove(0);
    assert_eq!(told.header("content-type"), "application/json");
    assert_eq!(told.header("webhook-id"), told.json()["id"]);
    let sent: i64 = told.header("webhook-timestamp").parse().unwrap();
    assert!((sent - jiff::Timestamp::now().as_second()).abs() <= 5);

    let key = WEBHOOK_SECRET.strip_prefix("whsec_").unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&STANDARD.decode(key).unwrap()).unwrap();
    mac.update(told.header("webhook-id").as_bytes());
    mac.update(b".");
    mac.update(told.header("webhook-timestamp").as_bytes());
    mac.update(b".");
    mac.update(told.body.as_bytes());
    let (version, signature) = told.header("webhook-signature").split_once(',').unwrap();
    assert_eq!(version, "v1");
    mac.verify_slice(&STANDARD.decode(signature).unwrap()).unwrap();
}

#[tokio::test]
async fn a_refused_webhook_comes_again_unchanged_until_it_is_taken() {
    let world = World::new().await;
    world.shop.answers(500);
    let payment = world.open(Some("tok_ok")).await;
    world.shop.receives(3).await;
    world.shop.answers(302);
    let so_far = world.shop.deliveries().len();
    world.shop.receives(so_far + 1).await;
    world.shop.answers(200);
    world.acknowledged(&payment).await;
    let deliveries = world.shop.deliveries();
    let taken = deliveries.iter().filter(|d| d.answered == 200).count();
    assert_eq!(taken, 1);
    assert!(deliveries.iter().all(|d| d.body == deliveries[0].body));
    let id = deliveries[0].header("webhook-id");
    assert!(deliveries.iter().all(|d| d.header("webhook-id") == id));
    // 20 ms, 40 ms, 80 ms …
    assert!(deliveries[1].at - deliveries[0].at >= Duration::from_millis(20));
    assert!(deliveries[2].at - deliveries[1].at >= Duration::from_millis(40));
    world.shop.receives_no_more_than(deliveries.len()).await;
    let attempts = &world.events(&payment).await[0]["attempts"];
    assert_eq!(attempts.as_array().unwrap().len(), deliveries.len());
    assert_eq!(attempts[0]["answered"], 500);
}

#[tokio::test]
async fn repeated_webhooks_come_twice_and_the_older_after_the_newer() {
    let world = World::new().await;
    let payment = world.open(None).await;
    world.pay(&payment, "repeated_webhooks").await;
    let deliveries = world.shop.receives(4).await;
    assert_eq!(
        world.shop.kinds(),
        ["payment.succeeded", "payment.succeeded", "payment.processing", "payment.processing"]
    );
    assert_eq!(deliveries[0].body, deliveries[1].body);
    assert_eq!(deliveries[2].body, deliveries[3].body);
    let ids: Vec<_> = deliveries.iter().map(|d| d.header("webhook-id")).collect();
    assert_eq!((ids[0], ids[2]), (ids[1], ids[3]));
    assert_ne!(ids[0], ids[2]);
    let newer = &deliveries[0].json()["data"]["payment"];
    let older = &deliveries[2].json()["data"]["payment"];
    assert_eq!((&newer["status"], &newer["version"]), (&"succeeded".into(), &3.into()));
    assert_eq!((&older["status"], &older["version"]), (&"processing".into(), &2.into()));
    assert_eq!(world.payment(&payment).await, *newer);
    world.shop.receives_no_more_than(4).await;
}

#[tokio::test]
async fn a_refund_is_told_with_its_amount() {
    let world = World::new().await;
    let payment = world.open(Some("tok_ok")).await;
    world.shop.receives(1).await;
    world.refund(&payment, "r-1", 700).await;
    let told = world.shop.receives(2).await.remove(1).json();
    assert_eq!(told["type"], "refund.succeeded");
    assert_eq!(told["data"]["payment"]["refunded_minor"], 700);
    assert_eq!(told["data"]["refund"]["amount_minor"], 700);
}

#[tokio::test]
async fn an_acknowledged_event_can_be_sent_again_by_hand() {
    let world = World::new().await;
    let payment = world.open(Some("tok_ok")).await;
    world.acknowledged(&payment).await;
    let event = world.events(&payment).await[0]["id"].as_str().unwrap().to_owned();
    let resend = async |id: &str| {
        let url = world.url(&format!("/test/events/{id}/resend"));
        world.client.post(url).send().await.unwrap().status()
    };
    assert_eq!(resend(&event).await, 202);
    assert_eq!(resend("evt_0").await, 404);
    let deliveries = world.shop.receives(2).await;
    assert_eq!(deliveries[0].body, deliveries[1].body);
    let form = format!("/panel/events/{event}/resend");
    assert_eq!(world.press(&form, &[]).await.status(), 303);
    world.shop.receives(3).await;
}
