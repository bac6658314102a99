//! The test panel and the faults it can switch on.

use serde_json::{Value, json};

use crate::world::{World, created, location, problem, proposal};

#[tokio::test]
async fn an_outage_answers_every_merchant_with_503_and_ends() {
    let world = World::new().await;
    world.set_faults(json!({"outage": true})).await;
    let list = world.get("/v1/payments").send().await.unwrap();
    assert_eq!(problem(list).await, (503, "outage".into()));
    let open = world.post("/v1/payments", "k", &proposal(None)).send();
    assert_eq!(problem(open.await.unwrap()).await.0, 503);
    assert_eq!(world.get("/health").send().await.unwrap().status(), 200);
    assert_eq!(world.get("/").send().await.unwrap().status(), 200);
    world.set_faults(json!({"outage": false})).await;
    world.open(None).await;
}

#[tokio::test]
async fn lost_answers_are_lost_after_the_work_is_done() {
    let world = World::new().await;
    world.set_faults(json!({"lose_answers": 2})).await;
    let body = proposal(Some("tok_ok"));
    let send = || world.post("/v1/payments", "attempt-1", &body).send();
    assert!(send().await.is_err());
    // Reading is not lost, nor is what was refused.
    assert_eq!(world.get("/v1/payments").send().await.unwrap().status(), 200);
    let refused = world.post("/v1/payments", "k", &json!({})).send().await;
    assert_eq!(refused.unwrap().status(), 400);
    assert!(send().await.is_err());
    let payment = created(send().await.unwrap()).await;
    assert_eq!(payment["status"], "succeeded");
    world.shop.receives(1).await;
    world.shop.receives_no_more_than(1).await;
}

#[tokio::test]
async fn withheld_webhooks_do_not_reach_the_shop_and_are_tried_again() {
    let world = World::new().await;
    world.set_faults(json!({"fail_webhooks": 2})).await;
    let payment = world.open(Some("tok_ok")).await;
    world.acknowledged(&payment).await;
    assert_eq!(world.shop.deliveries().len(), 1);
    let attempts = world.events(&payment).await[0]["attempts"].clone();
    assert_eq!(attempts.as_array().unwrap().len(), 3);
    assert_eq!(attempts[0]["failure"], "withheld by a fault");
    assert_eq!(attempts[2]["answered"], 204);
}

#[tokio::test]
async fn faults_are_changed_one_by_one_and_nonsense_is_refused() {
    let world = World::new().await;
    world.set_faults(json!({"lose_answers": 1})).await;
    world.set_faults(json!({"fail_webhooks": 3})).await;
    let answer = world.get("/test/faults").send().await.unwrap();
    assert_eq!(
        answer.json::<Value>().await.unwrap(),
        json!({"outage": false, "lose_answers": 1, "fail_webhooks": 3, "latency_ms": 0, "withhold_fees": false})
    );
    for body in [json!({"lose_answer": 1}), json!({"lose_answers": -1}), json!(1)] {
        let request = world.client.post(world.url("/test/faults")).json(&body);
        let answer = request.send().await.unwrap();
        assert_eq!(problem(answer).await, (400, "invalid_json".into()));
    }
}

#[tokio::test]
async fn the_panel_s_forms_set_faults_and_refund_once() {
    let world = World::new().await;
    let faults =
        [("outage", "on"), ("lose_answers", "0"), ("fail_webhooks", "0"), ("latency_ms", "0")];
    assert_eq!(location(&world.press("/panel/faults", &faults).await), "/");
    assert_eq!(world.get("/v1/payments").send().await.unwrap().status(), 503);
    world.press("/panel/faults", &faults[1..]).await;
    let bad = world.press("/panel/faults", &[("lose_answers", "x")]).await;
    assert_eq!(bad.status(), 422);

    let payment = world.open(Some("tok_ok")).await;
    let path = format!("/panel/payments/{}/refund", payment["id"].as_str().unwrap());
    let form = [("amount_minor", "500"), ("key", "panel-1")];
    assert_eq!(location(&world.press(&path, &form).await), "/");
    assert_eq!(location(&world.press(&path, &form).await), "/");
    assert_eq!(world.payment(&payment).await["refunded_minor"], 500);
    let too_much = [("amount_minor", "1500"), ("key", "panel-2")];
    assert_eq!(world.press(&path, &too_much).await.status(), 422);
    let panel = world.get("/").send().await.unwrap().text().await.unwrap();
    assert!(panel.contains("5.00 EUR refunded") && panel.contains("refund.succeeded"));
}
