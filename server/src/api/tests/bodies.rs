//! Bodies that are not as they should be: nothing is done, and all that is wrong is told.

use super::node::{LIMIT, Nodes, Told, ask};
use axum::body::{Body, Bytes};
use std::io;

fn told(told: &Told) -> (u16, String) {
    assert_eq!(told.headers["content-type"], "application/problem+json", "{told:?}");
    (told.status, told.code())
}

#[tokio::test]
async fn what_cannot_be_read_is_malformed_and_what_can_but_does_not_fit_is_invalid() {
    let nodes = Nodes::new().await;
    let node = nodes.node().await;
    let fine = r#"{"crates": [{"sku": "LAMP", "pieces": 1}]}"#;
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    let twice = r#"{"crates": [{"sku": "LAMP", "pieces": 1, "pieces": 1000}]}"#;
    for body in ["", "{", "nonsense", twice, &deep, r#"{"crates": 1e999}"#, &fine[..fine.len() - 1]]
    {
        let answer = ask(&node, nodes.post("", body.to_owned())).await;
        assert_eq!(told(&answer), (400, "malformed".to_owned()), "{body:.60}");
    }
    let answer = ask(&node, nodes.post("", b"{\"crates\": \"\xff\"}".to_vec())).await;
    assert_eq!(told(&answer), (400, "malformed".to_owned()));
    for (body, wrong) in [
        ("[]", ["#"].as_slice()),
        ("null", &["#"]),
        (r#"{"crates": []}"#, &["#/crates"]),
        (
            r#"{"crates": [{"sku": "A", "pieces": 0}, {"sku": "B", "pieces": -1}, {"sku": "C", "pieces": 0.5}]}"#,
            &["#/crates/0/pieces", "#/crates/1/pieces", "#/crates/2/pieces"],
        ),
        (r#"{"crates": [{"sku": "A", "pieces": 9999999999999999999999}]}"#, &["#/crates/0/pieces"]),
        (r#"{"crates": [{"sku": "A", "pieces": "1"}]}"#, &["#/crates/0/pieces"]),
        (
            r#"{"crates": [{"sku": "a b", "pieces": 1, "price": 1}], "total": 0}"#,
            &["#/crates/0/price", "#/crates/0/sku", "#/total"],
        ),
        (r#"{"crates": [{}]}"#, &["#/crates/0/pieces", "#/crates/0/sku"]),
    ] {
        let answer = ask(&node, nodes.post("", body)).await;
        assert_eq!(told(&answer), (422, "invalid".to_owned()), "{body}");
        let found: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
        let errors = found["errors"].as_array().unwrap();
        let mut found: Vec<_> = errors.iter().map(|e| e["pointer"].as_str().unwrap()).collect();
        // One place may be wrong in two ways.
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, wrong, "{body}");
    }
    let answer = ask(&node, nodes.post("", fine.replace('1', "1.0"))).await;
    assert_eq!((answer.status, nodes.done()), (200, 1), "{answer:?}");
}

#[tokio::test]
async fn a_body_of_another_kind_too_large_or_cut_off_is_refused_before_anything_is_done() {
    let nodes = Nodes::new().await;
    let node = nodes.node().await;
    let fine = r#"{"crates": [{"sku": "LAMP", "pieces": 1}]}"#;
    for kind in ["", "text/plain", "application/x-www-form-urlencoded", "application/xml"] {
        let mut request = nodes.post("", fine);
        request.headers_mut().remove("content-type");
        if !kind.is_empty() {
            request.headers_mut().insert("content-type", kind.parse().unwrap());
        }
        let answer = ask(&node, request).await;
        assert_eq!(told(&answer), (415, "unsupported_media_type".to_owned()), "{kind}");
    }
    let padded = format!("{fine}{}", " ".repeat(LIMIT - fine.len()));
    assert_eq!(ask(&node, nodes.post("", padded.clone())).await.status, 200);
    let too_large = format!("{padded} ");
    let chunks = [Ok::<_, io::Error>(Bytes::from(too_large.clone()))];
    let without_length = Body::from_stream(futures::stream::iter(chunks));
    let mut lying = nodes.post("", fine);
    lying.headers_mut().insert("content-length", "100001".parse().unwrap());
    for request in [nodes.post("", too_large), nodes.post("", without_length), lying] {
        assert_eq!(told(&ask(&node, request).await), (413, "too_large".to_owned()));
    }
    let broken =
        [Ok(Bytes::from_static(b"{\"crates\": [{\"sku\"")), Err(io::Error::other("cut off"))];
    let cut_off = Body::from_stream(futures::stream::iter(broken));
    let answer = ask(&node, nodes.post("a", cut_off)).await;
    assert_eq!(told(&answer), (400, "malformed".to_owned()));
    // Its name is free still: it had asked for nothing.
    assert_eq!(ask(&node, nodes.post("a", fine)).await.text, "2: 1");
}
