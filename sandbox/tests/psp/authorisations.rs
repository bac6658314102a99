//! Money that is set aside first, and taken by the merchant later.

use std::time::Duration;

use reqwest::Response;
use sandbox::psp::Timing;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{World, created, problem, proposal, quick};

async fn authorised(world: &World, token: Option<&str>) -> Value {
    let mut body = proposal(token);
    body["capture"] = "manual".into();
    let key = Uuid::now_v7().to_string();
    created(world.post("/v1/payments", &key, &body).send().await.unwrap()).await
}

async fn capture(world: &World, payment: &Value, key: &str, amount_minor: i64) -> Response {
    let path = format!("/v1/payments/{}/capture", payment["id"].as_str().unwrap());
    world.post(&path, key, &json!({ "amount_minor": amount_minor })).send().await.unwrap()
}

#[tokio::test]
async fn a_part_is_taken_once_and_the_rest_is_released() {
    let world = World::new().await;
    let payment = authorised(&world, Some("tok_ok")).await;
    assert_eq!(payment["status"], "authorised");
    assert_eq!((&payment["captured_minor"], &payment["fee_minor"]), (&json!(0), &Value::Null));
    assert!(payment["expires_at"].is_string());
    assert_eq!(problem(world.refund(&payment, "early", 1).await).await.0, 409);

    let refused = capture(&world, &payment, "too-much", 1_901).await;
    assert_eq!(problem(refused).await, (422, "capture_not_within_authorised".into()));
    for _ in 0..2 {
        let answer = capture(&world, &payment, "part", 1_000).await;
        assert_eq!(answer.status(), 200);
        let taken: Value = answer.json().await.unwrap();
        assert_eq!(taken["status"], "succeeded");
        assert_eq!((&taken["captured_minor"], &taken["fee_minor"]), (&json!(1_000), &json!(39)));
        assert!(taken["expires_at"].is_null());
    }
    let again = capture(&world, &payment, "again", 900).await;
    assert_eq!(problem(again).await, (409, "payment_already_succeeded".into()));
    let refused = world.refund(&payment, "all", 1_900).await;
    assert_eq!(problem(refused).await, (422, "refund_exceeds_captured".into()));
    world.shop.receives(2).await;
    assert_eq!(world.shop.kinds(), ["payment.authorised", "payment.succeeded"]);
}

#[tokio::test]
async fn a_buyer_on_the_page_confirms_and_is_not_charged_yet() {
    let world = World::new().await;
    for card in ["success", "slow_webhook"] {
        let payment = authorised(&world, None).await;
        world.pay(&payment, card).await;
        world.acknowledged(&payment).await;
        let payment = world.payment(&payment).await;
        assert_eq!(
            (&payment["status"], &payment["captured_minor"]),
            (&json!("authorised"), &json!(0))
        );
        assert_eq!(world.cancel(&payment).await.status(), 200);
        let late = capture(&world, &payment, &format!("late-{card}"), 1).await;
        assert_eq!(problem(late).await, (409, "payment_state_conflict".into()));
    }
}

#[tokio::test]
async fn an_authorisation_ends_by_itself_after_a_restart_too() {
    let authorisation = Duration::from_millis(600);
    let mut world = World::with(Timing { authorisation, ..quick() }).await;
    for restarts in [false, true] {
        let before = world.shop.deliveries().len();
        let payment = authorised(&world, Some("tok_ok")).await;
        if restarts {
            world.stop().await;
            world.start().await;
        }
        world.shop.receives(before + 2).await;
        assert_eq!(world.shop.kinds().last().unwrap(), "payment.cancelled");
        assert_eq!(world.payment(&payment).await["status"], "cancelled");
    }
}
