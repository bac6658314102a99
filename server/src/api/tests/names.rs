//! Requests with a name: done once, answered the same.

use super::node::{Nodes, ask};
use axum::{body::Body, http::HeaderValue};
use std::time::{Duration, Instant};

const BODY: &str = r#"{"crates": [{"sku": "LAMP", "pieces": 7}]}"#;

#[tokio::test]
async fn a_request_of_the_same_name_is_done_once_on_whatever_node_and_answered_the_same() {
    let nodes = Nodes::new().await;
    let (one, two) = (nodes.node().await, nodes.node().await);
    let first = ask(&one, nodes.post("a", BODY)).await;
    assert_eq!((first.status, &*first.text, first.is_again()), (200, "1: 7", false));
    for node in [&one, &two] {
        let again = ask(node, nodes.post("a", BODY)).await;
        assert_eq!((again.status, &*again.text, again.is_again()), (200, "1: 7", true));
        assert_eq!(again.headers["location"], "/there");
        assert_eq!(again.headers["content-type"], first.headers["content-type"]);
        // What belongs to the request is the request's own.
        assert!(again.headers.contains_key("ratelimit"));
    }
    assert_eq!(nodes.done(), 1);
    let other = r#"{"crates": [{"sku": "LAMP", "pieces": 8}]}"#;
    let reused = ask(&two, nodes.post("a", other)).await;
    assert_eq!((reused.status, &*reused.code()), (422, "idempotency_key_reused"));
    // Another name, no name, and the same name of another key are requests of their own.
    assert_eq!(ask(&one, nodes.post("b", other)).await.text, "2: 8");
    assert_eq!(ask(&one, nodes.post("", BODY)).await.text, "3: 7");
    let mut others = nodes.post("a", BODY);
    let bearer = HeaderValue::from_str(&format!("Bearer {}", nodes.other_key)).unwrap();
    others.headers_mut().insert("authorization", bearer);
    assert_eq!(ask(&one, others).await.text, "4: 7");
}

#[tokio::test]
async fn a_refusal_is_given_again_and_what_failed_on_our_side_is_tried_again() {
    let nodes = Nodes::new().await;
    let node = nodes.node().await;
    let refused = r#"{"crates": [{"sku": "LAMP", "pieces": 7}], "answer": 409}"#;
    for again in [false, true] {
        let told = ask(&node, nodes.post("a", refused)).await;
        assert_eq!((told.status, told.is_again()), (409, again));
        let told = ask(&node, nodes.post("b", r#"{"crates": []}"#)).await;
        assert_eq!((told.status, &*told.code(), told.is_again()), (422, "invalid", again));
    }
    assert_eq!(nodes.done(), 1);
    for (name, body) in [
        ("c", r#"{"crates": [{"sku": "LAMP", "pieces": 7}], "answer": 503}"#),
        ("d", r#"{"crates": [{"sku": "BROKEN", "pieces": 7}]}"#),
    ] {
        let before = nodes.done();
        for _ in 0..2 {
            let told = ask(&node, nodes.post(name, body)).await;
            assert!(told.status >= 500 && !told.is_again(), "{told:?}");
            assert!(!told.text.contains("planted"), "{told:?}");
        }
        assert_eq!(nodes.done(), before + 2);
    }
}

#[tokio::test]
async fn while_the_first_is_worked_on_the_second_is_told_so_on_another_node_too() {
    let nodes = Nodes::new().await;
    let (one, two) = (nodes.node().await, nodes.node().await);
    nodes.work.let_go.forget_permits(1_000);
    let first = tokio::spawn({
        let (node, request) = (one.clone(), nodes.post("a", BODY));
        async move { ask(&node, request).await }
    });
    nodes.one_is_begun().await;
    for node in [&one, &two] {
        let second = ask(node, nodes.post("a", BODY)).await;
        assert_eq!((second.status, &*second.code()), (409, "idempotency_in_flight"));
        assert_eq!(second.headers["retry-after"], "1");
    }
    nodes.work.let_go.add_permits(1);
    assert_eq!(first.await.unwrap().text, "1: 7");
    assert!(ask(&two, nodes.post("a", BODY)).await.is_again());
    assert_eq!(nodes.done(), 1);
}

#[tokio::test]
async fn who_hangs_up_finds_the_answer_when_it_asks_again() {
    let nodes = Nodes::new().await;
    let node = nodes.node().await;
    nodes.work.let_go.forget_permits(1_000);
    let asking = tokio::spawn({
        let (node, request) = (node.clone(), nodes.post("a", BODY));
        async move { ask(&node, request).await }
    });
    // Not before: whoever asked first would be the one that is worked on.
    nodes.one_is_begun().await;
    assert_eq!(ask(&node, nodes.post("a", BODY)).await.status, 409);
    asking.abort();
    nodes.work.let_go.add_permits(1);
    let begun = Instant::now();
    let found = loop {
        let told = ask(&node, nodes.post("a", BODY)).await;
        if told.status != 409 {
            break told;
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "it was stopped half-way");
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert_eq!((&*found.text, found.is_again(), nodes.done()), ("1: 7", true, 1));
}

#[tokio::test]
async fn a_name_that_is_none_is_told_so() {
    let nodes = Nodes::new().await;
    let node = nodes.node().await;
    for name in [" ", &"x".repeat(256), "two\tparts"] {
        let told = ask(&node, nodes.post(name, Body::from(BODY))).await;
        assert_eq!((told.status, &*told.code()), (400, "idempotency_key_invalid"), "{name}");
    }
    assert_eq!(nodes.done(), 0);
}
