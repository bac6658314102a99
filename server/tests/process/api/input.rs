//! Bad input: a client's mistake is told in full, and is never a fault of ours.

use super::{LEVELS, Program, told};
use crate::world::Store;
use reqwest::Method;

#[tokio::test]
async fn a_query_that_does_not_fit_is_told_with_all_that_is_wrong() {
    let store = Store::open().await;
    let program = Program::with(&store, "inventory:read").await;
    let many = "sku=A&".repeat(101);
    for (query, wrong) in [
        ("limit=0", [("limit", "too_small")].as_slice()),
        ("limit=501", &[("limit", "too_large")]),
        ("limit=-1&colour=red", &[("colour", "unknown_field"), ("limit", "too_small")]),
        ("limit=0.5", &[("limit", "wrong_type")]),
        ("limit=1e309", &[("limit", "wrong_type")]),
        ("limit=99999999999999999999", &[("limit", "wrong_type")]),
        ("limit=1&limit=1", &[("limit", "repeated")]),
        ("after=x", &[("after", "wrong_form")]),
        ("after=%2F..", &[("after", "wrong_form")]),
        ("sku=", &[("sku/0", "too_short"), ("sku/0", "wrong_form")]),
        ("sku=A&sku=%C3%A9", &[("sku/1", "wrong_form")]),
        ("sku=a%20or%201%3D1", &[("sku/0", "wrong_form")]),
        (&many, &[("sku", "too_many")]),
    ] {
        let told = program.get(&format!("{LEVELS}?{query}")).await;
        assert_eq!(told.problem(), (422, "invalid"), "{query}");
        let errors = told.body["errors"].as_array().unwrap();
        let mut found: Vec<_> = errors
            .iter()
            .map(|e| (e["parameter"].as_str().unwrap(), e["code"].as_str().unwrap()))
            .collect();
        found.sort_unstable();
        assert_eq!(found, wrong, "{query}: {errors:?}");
    }
    for query in ["sku=%00", "sku=%FF", "%00", "warehouse=%00"] {
        let told = program.get(&format!("{LEVELS}?{query}")).await;
        assert_eq!(told.problem(), (400, "malformed"), "{query}");
    }
    // What would be SQL is a name like any other.
    let told = program.get(&format!("{LEVELS}?sku=';--&warehouse='%20or%20''='")).await;
    assert_eq!((told.status, told.body["items"].as_array().unwrap().len()), (200, 0));
}

#[tokio::test]
async fn an_address_that_there_is_not_and_a_method_that_it_does_not_know_are_told_so() {
    let store = Store::open().await;
    let program = Program::with(&store, "inventory:read").await;
    for path in
        ["/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v1/inventory/levels/x", "/api/v1/%00"]
    {
        assert_eq!(program.get(path).await.problem(), (404, "not_found"), "{path}");
    }
    for method in [Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let told = told(program.ask(method.clone(), LEVELS).send().await.unwrap()).await;
        assert_eq!(told.problem(), (405, "method_not_allowed"), "{method}");
        assert!(told.header("allow").contains("GET"), "{told:?}");
    }
    let head = program.ask(Method::HEAD, LEVELS).send().await.unwrap();
    assert_eq!(head.status(), 200);
    let moved = store.get("/api/").await;
    assert_eq!(
        (moved.status().as_u16(), &moved.headers()["location"]),
        (308, &"/api".parse().unwrap())
    );
}

#[tokio::test]
async fn a_request_has_the_name_that_it_was_given_and_no_page_knows_of_it() {
    let store = Store::open().await;
    let program = Program::with(&store, "inventory:read").await;
    let named =
        program.ask(Method::GET, LEVELS).header("x-request-id", "mine-1").send().await.unwrap();
    assert_eq!(named.headers()["x-request-id"], "mine-1");
    for header in ["x-cache", "set-cookie"] {
        assert!(named.headers().get(header).is_none(), "{header}");
    }
    // A browser on another site that asks with no key is refused for that, not for where it is.
    let foreign =
        store.client.get(format!("{}{LEVELS}", store.url)).header("origin", "https://evil.test");
    assert_eq!(told(foreign.send().await.unwrap()).await.problem().0, 401);
    let foreign = program.ask(Method::GET, LEVELS).header("origin", "https://app.test");
    assert_eq!(foreign.send().await.unwrap().status(), 200);
}
