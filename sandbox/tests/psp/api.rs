//! The merchant's API: who may ask, keys, lists, cancelling, refunds, bad input.

use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{SECRET, World, created, problem, proposal};

#[tokio::test]
async fn a_stranger_is_turned_away() {
    let world = World::new().await;
    let url = world.url("/v1/payments");
    let bare = world.client.get(&url).send().await.unwrap();
    assert_eq!(bare.headers()["www-authenticate"], "Bearer");
    assert_eq!(problem(bare).await, (401, "unauthorized".into()));
    for value in
        ["Bearer wrong", "Bearer ", "Basic sk_test_merchant", &format!("Bearer {SECRET}x"), SECRET]
    {
        let request = world.client.get(&url).header("authorization", value);
        assert_eq!(request.send().await.unwrap().status(), 401, "{value:?}");
    }
    assert_eq!(world.get("/v1/payments").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_same_request_under_the_same_key_gets_the_same_answer() {
    let world = World::new().await;
    let body = proposal(Some("tok_ok"));
    let send = || world.post("/v1/payments", "attempt-1", &body).send();
    let first = send().await.unwrap();
    assert_eq!(first.status(), 201);
    assert!(!first.headers().contains_key("idempotent-replayed"));
    let again = send().await.unwrap();
    assert_eq!(again.status(), 201);
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(first.text().await.unwrap(), again.text().await.unwrap());
    world.shop.receives(1).await;
    world.shop.receives_no_more_than(1).await;
}

#[tokio::test]
async fn another_request_under_the_same_key_is_refused() {
    let world = World::new().await;
    let first = world.post("/v1/payments", "attempt-1", &proposal(None)).send();
    let payment = created(first.await.unwrap()).await;
    let mut other = proposal(None);
    other["amount_minor"] = 1.into();
    let refused = world.post("/v1/payments", "attempt-1", &other).send();
    assert_eq!(problem(refused.await.unwrap()).await, (422, "idempotency_mismatch".into()));
    let refund = world.refund(&payment, "attempt-1", 1).await;
    assert_eq!(problem(refund).await, (422, "idempotency_mismatch".into()));
}

#[tokio::test]
async fn a_repetition_while_the_first_is_in_flight_is_told_to_come_back() {
    let world = World::new().await;
    world.set_faults(json!({"latency_ms": 400})).await;
    let body = proposal(Some("tok_ok"));
    let first = tokio::spawn(world.post("/v1/payments", "attempt-1", &body).send());
    tokio::time::sleep(Duration::from_millis(150)).await;
    let second = world.post("/v1/payments", "attempt-1", &body).send().await;
    assert_eq!(problem(second.unwrap()).await, (409, "idempotency_in_flight".into()));
    let payment = created(first.await.unwrap().unwrap()).await;
    let third = world.post("/v1/payments", "attempt-1", &body).send().await;
    assert_eq!(created(third.unwrap()).await, payment);
}

#[tokio::test]
async fn a_client_that_hangs_up_leaves_its_key_free() {
    let world = World::new().await;
    world.set_faults(json!({"latency_ms": 300})).await;
    let request = world.post("/v1/payments", "attempt-1", &proposal(None));
    let impatient = request.timeout(Duration::from_millis(50)).send().await;
    assert!(impatient.unwrap_err().is_timeout());
    tokio::time::sleep(Duration::from_millis(400)).await;
    world.set_faults(json!({"latency_ms": 0})).await;
    let answer = world.post("/v1/payments", "attempt-1", &proposal(None)).send();
    created(answer.await.unwrap()).await;
}

#[tokio::test]
async fn many_repetitions_at_once_charge_once() {
    let world = World::new().await;
    let body = proposal(Some("tok_ok"));
    let requests: Vec<_> = (0..40)
        .map(|_| tokio::spawn(world.post("/v1/payments", "attempt-1", &body).send()))
        .collect();
    let mut answers: Vec<Value> = Vec::new();
    for request in requests {
        let answer = request.await.unwrap().unwrap();
        if answer.status() == 201 {
            answers.push(answer.json().await.unwrap());
        } else {
            assert_eq!(problem(answer).await.0, 409);
        }
    }
    assert!(!answers.is_empty());
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    let list: Value =
        world.get("/v1/payments?reference=V-1").send().await.unwrap().json().await.unwrap();
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_payment_is_shown_with_all_its_fields() {
    let world = World::new().await;
    let payment = world.open(None).await;
    let id = payment["id"].as_str().unwrap();
    assert!(id.starts_with("pay_"), "{id}");
    assert_eq!(payment["reference"], "V-1");
    assert_eq!(payment["amount_minor"], 1_900);
    assert_eq!(payment["currency"], "EUR");
    assert_eq!(payment["status"], "requires_action");
    assert_eq!(payment["decline_code"], Value::Null);
    assert_eq!(payment["refunded_minor"], 0);
    assert_eq!(payment["redirect_url"], world.url(&format!("/pay/{id}")));
    assert_eq!(payment["version"], 1);
    assert_eq!(payment["metadata"], json!({"order": "1"}));
    assert!(payment["created_at"].as_str().unwrap().ends_with('Z'));
    assert!(!payment.to_string().contains("shop.example"));
    assert_eq!(world.payment(&payment).await, payment);
}

#[tokio::test]
async fn payments_are_listed_by_reference_by_time_and_in_parts() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for number in 0..5 {
        let mut body = proposal(None);
        body["reference"] = format!("V-{number}").into();
        let key = format!("attempt-{number}");
        let answer = world.post("/v1/payments", &key, &body).send().await.unwrap();
        ids.push(created(answer).await);
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    let list = async |query: String| -> Value {
        let path = format!("/v1/payments?{query}");
        world.get(&path).send().await.unwrap().json().await.unwrap()
    };

    let by_reference = list("reference=V-3".into()).await;
    assert_eq!(by_reference["data"], json!([ids[3]]));
    assert_eq!(list("reference=V-9".into()).await["data"], json!([]));

    let after = ids[1]["created_at"].as_str().unwrap();
    let later = list(format!("created_after={after}")).await;
    assert_eq!(later["data"], json!(ids[2..]));
    assert_eq!(later["has_more"], false);
    assert_eq!(list("created_after=0".into()).await["data"], json!(ids));

    let first = list("created_after=0&limit=2".into()).await;
    assert_eq!(first["data"], json!(ids[..2]));
    assert_eq!(first["has_more"], true);
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = list(format!("created_after=0&limit=3&cursor={cursor}")).await;
    assert_eq!(rest["data"], json!(ids[2..]));
    assert_eq!(rest["next_cursor"], Value::Null);

    for query in ["created_after=yesterday", "limit=-1", "limit=many"] {
        let answer = world.get(&format!("/v1/payments?{query}")).send().await;
        assert_eq!(problem(answer.unwrap()).await, (400, "invalid_query".into()));
    }
}

#[tokio::test]
async fn a_waiting_payment_can_be_cancelled_and_is_not_charged_afterwards() {
    let world = World::new().await;
    let payment = world.open(None).await;
    let answer = world.cancel(&payment).await;
    assert_eq!(answer.status(), 200);
    let cancelled: Value = answer.json().await.unwrap();
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(cancelled["version"], 2);
    let again: Value = world.cancel(&payment).await.json().await.unwrap();
    assert_eq!(again, cancelled);
    assert_eq!(world.pay(&payment, "success").await.status(), 409);
    assert_eq!(world.payment(&payment).await, cancelled);
    world.shop.receives(1).await;
    world.shop.receives_no_more_than(1).await;
    assert_eq!(world.shop.kinds(), ["payment.cancelled"]);
}

#[tokio::test]
async fn a_slow_payment_that_is_cancelled_never_succeeds() {
    let world = World::new().await;
    let payment = world.open(Some("tok_slow")).await;
    assert_eq!(world.cancel(&payment).await.status(), 200);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(world.payment(&payment).await["status"], "cancelled");
    assert_eq!(world.shop.kinds(), ["payment.cancelled"]);
}

#[tokio::test]
async fn a_payment_that_was_taken_cannot_be_cancelled() {
    let world = World::new().await;
    let payment = world.open(Some("tok_ok")).await;
    assert_eq!(
        problem(world.cancel(&payment).await).await,
        (409, "payment_already_succeeded".into())
    );
}

#[tokio::test]
async fn refunds_never_exceed_what_was_taken() {
    let world = World::new().await;
    let payment = world.open(Some("tok_ok")).await;
    let refund = created(world.refund(&payment, "r-1", 1_000).await).await;
    assert!(refund["id"].as_str().unwrap().starts_with("re_"));
    assert_eq!(refund["amount_minor"], 1_000);
    assert_eq!(refund["currency"], "EUR");
    assert_eq!(refund["status"], "succeeded");
    assert_eq!(refund["payment_id"], payment["id"]);
    assert_eq!(refund["payment"]["refunded_minor"], 1_000);

    let too_much = world.refund(&payment, "r-2", 901).await;
    assert_eq!(problem(too_much).await, (422, "refund_exceeds_captured".into()));
    for nothing in [0, -1] {
        let refused = world.refund(&payment, "r-3", nothing).await;
        assert_eq!(problem(refused).await, (422, "invalid_request".into()));
    }
    // A refused request leaves its key free.
    created(world.refund(&payment, "r-2", 900).await).await;
    let again = created(world.refund(&payment, "r-1", 1_000).await).await;
    assert_eq!(again, refund);
    let now = world.payment(&payment).await;
    assert_eq!(now["refunded_minor"], 1_900);
    assert_eq!(now["status"], "succeeded");
    assert_eq!(now["refunds"].as_array().unwrap().len(), 2);
    world.shop.receives(3).await;
    world.shop.receives_no_more_than(3).await;
}

#[tokio::test]
async fn many_refunds_at_once_never_exceed_what_was_taken() {
    let world = World::new().await;
    let payment = world.open(Some("tok_ok")).await;
    let requests: Vec<_> = (0..10)
        .map(|number| world.refund_request(&payment, &format!("r-{number}"), 500))
        .map(|request| tokio::spawn(request.send()))
        .collect();
    let mut statuses = Vec::new();
    for request in requests {
        statuses.push(request.await.unwrap().unwrap().status().as_u16());
    }
    let refunded = statuses.iter().filter(|status| **status == 201).count();
    assert_eq!(refunded, 3, "{statuses:?}");
    assert_eq!(world.payment(&payment).await["refunded_minor"], 1_500);
}

#[tokio::test]
async fn what_was_not_taken_cannot_be_refunded() {
    let world = World::new().await;
    for token in [None, Some("tok_declined"), Some("tok_slow")] {
        let payment = world.open(token).await;
        assert_eq!(
            problem(world.refund(&payment, "r-1", 1).await).await,
            (409, "payment_state_conflict".into())
        );
    }
}

#[tokio::test]
async fn bad_requests_are_answered_with_a_code() {
    let world = World::new().await;
    let with = |field: &str, value: Value| {
        let mut body = proposal(None);
        body[field] = value;
        body
    };
    let cases = [
        (with("amount_minor", json!(0)), 422, "invalid_request"),
        (with("amount_minor", json!(-5)), 422, "invalid_request"),
        (with("amount_minor", json!(1.5)), 400, "invalid_json"),
        (with("amount_minor", json!(1e30)), 400, "invalid_json"),
        (with("amount_minor", json!("1900")), 400, "invalid_json"),
        (with("currency", json!("EURO")), 422, "invalid_request"),
        (with("return_url", json!("javascript:1")), 422, "invalid_request"),
        (with("token", json!("tok_free")), 422, "invalid_request"),
        (with("reference", json!("")), 422, "invalid_request"),
        (with("metadata", json!({"a": 1})), 400, "invalid_json"),
        (json!([]), 400, "invalid_json"),
        (json!({}), 400, "invalid_json"),
    ];
    for (body, status, code) in cases {
        let answer = world.post("/v1/payments", "k", &body).send().await.unwrap();
        assert_eq!(problem(answer).await, (status, code.to_owned()), "{body}");
    }

    let bearer = |path: &str| world.client.post(world.url(path)).bearer_auth(SECRET);
    let no_key = bearer("/v1/payments").json(&proposal(None)).send().await;
    assert_eq!(problem(no_key.unwrap()).await, (400, "idempotency_key_required".into()));
    let send = async |body: Vec<u8>| {
        let request = bearer("/v1/payments").header("idempotency-key", "k");
        problem(request.body(body).send().await.unwrap()).await
    };
    assert_eq!(send(b"{".to_vec()).await, (400, "invalid_json".into()));
    assert_eq!(send(vec![0xff; 10]).await, (400, "invalid_json".into()));
    assert_eq!(send(vec![b' '; 64 * 1024 + 1]).await, (413, "body_too_large".into()));

    for path in ["/v1/payments/pay_0", "/v1/payments/%ff", "/v1/nothing"] {
        let answer = world.get(path).send().await.unwrap();
        assert_eq!(problem(answer).await.0, 404, "{path}");
    }
    let answer = bearer("/v1/payments/pay_0/cancel").send().await.unwrap();
    assert_eq!(problem(answer).await, (404, "payment_not_found".into()));
    let put = world.client.put(world.url("/v1/payments"));
    let answer = put.bearer_auth(SECRET).send().await.unwrap();
    assert_eq!(problem(answer).await, (405, "method_not_allowed".into()));
}
