//! What the API says of itself, and that it says all.

use super::{Program, key, told};
use crate::world::Store;
use reqwest::Method;
use serde_json::Value;

/// Every route: its method, its address and the scopes that it says let a key in.
fn routes(document: &Value) -> Vec<(Method, String, Vec<String>)> {
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let scopes = operation["security"].as_array().into_iter().flatten();
            let scopes = scopes.map(|one| one["key"][0].as_str().unwrap().to_owned());
            let scopes: Vec<_> = scopes.collect();
            assert!(!scopes.is_empty(), "{method} {path} says no scope");
            routes.push((method, path.clone(), scopes));
        }
    }
    routes
}

#[tokio::test]
async fn no_route_escapes_the_gate() {
    let store = Store::open().await;
    let document: Value = store.get("/api/openapi.json").await.json().await.unwrap();
    let routes = routes(&document);
    assert!(!routes.is_empty());
    for (method, path, scopes) in routes {
        let what = format!("{method} {path}");
        let url = format!("{}{path}", store.url);
        let stranger = store.client.request(method.clone(), url).body("{");
        let refused = told(stranger.send().await.unwrap()).await;
        assert_eq!(refused.problem(), (401, "unauthenticated"), "{what}");
        // A key that may do all but this.
        let all = accounts::Scope::ALL.map(|(_, name)| name);
        let is_other = |name: &&str| !scopes.iter().any(|scope| scope == name);
        let others: Vec<_> = all.into_iter().filter(is_other).collect();
        let program = Program { store: &store, key: key(&store, &others.join(",")).await };
        let refused = program.ask(method.clone(), &path).body("{").send().await.unwrap();
        assert_eq!(told(refused).await.problem(), (403, "scope_missing"), "{what}");
        // And one that may do this alone is let in, whatever it is answered then.
        for scope in scopes {
            let program = Program { store: &store, key: key(&store, &scope).await };
            let let_in = program.ask(method.clone(), &path).body("{").send();
            let let_in = let_in.await.unwrap().status().as_u16();
            assert!(![401, 403, 404, 405].contains(&let_in), "{what}: {let_in}");
        }
    }
}

#[tokio::test]
async fn the_document_and_its_page_are_for_everybody_and_asked_for_by_tag() {
    let store = Store::open().await;
    for (path, kind) in
        [("/api/openapi.json", "application/json"), ("/api", "text/html; charset=utf-8")]
    {
        let first = store.get(path).await;
        assert_eq!(
            (first.status().as_u16(), &first.headers()["content-type"]),
            (200, &kind.parse().unwrap())
        );
        assert_eq!(first.headers()["cache-control"], "public, no-cache");
        assert!(first.headers().get("set-cookie").is_none());
        let tag = first.headers()["etag"].clone();
        let again = store.client.get(format!("{}{path}", store.url)).header("if-none-match", tag);
        assert_eq!(again.send().await.unwrap().status(), 304, "{path}");
    }
    let page = store.get("/api").await;
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    let html = page.text().await.unwrap();
    for told in ["/api/v1/inventory/levels", "inventory:read", "idempotency_key_reused", "on_hand"]
    {
        assert!(html.contains(told), "{told}");
    }
}

#[tokio::test]
async fn the_document_shows_what_is_answered() {
    let store = Store::open().await;
    let document: Value = store.get("/api/openapi.json").await.json().await.unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["servers"][0]["url"], *store.url);
    for (_, item) in document["paths"].as_object().unwrap() {
        for (_, operation) in item.as_object().unwrap() {
            let responses = operation["responses"].as_object().unwrap();
            for status in ["400", "401", "403", "422", "429", "503", "default"] {
                let problem = &responses[status]["content"]["application/problem+json"]["schema"];
                assert_eq!(problem["$ref"], "#/components/schemas/Problem", "{operation}");
            }
            assert!(operation["summary"].is_string() && operation["operationId"].is_string());
        }
    }
}
