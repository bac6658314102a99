//! The frame around the API, without databases.

use super::*;
use axum::{
    body::to_bytes,
    http::{HeaderMap, Method},
};
use serde_json::Value;
use tower::ServiceExt;

async fn broken() -> StatusCode {
    panic!("planted")
}

async fn ask(method: Method, path: &str) -> (u16, HeaderMap, Value) {
    let router = Router::new()
        .route("/api/v1/broken", get(broken))
        .route("/api/v1/slow", get(StatusCode::SERVICE_UNAVAILABLE))
        .route("/api/v1/fine", get("fine"))
        .merge(for_everybody(&document::about("https://shop.example")).unwrap());
    let request = Request::builder().method(method).uri(path).header("x-request-id", "r-1");
    let answer = framed(router).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, headers, serde_json::from_slice(&body).unwrap_or_default())
}

#[tokio::test]
async fn whatever_happens_is_told_as_a_problem_that_names_the_request() {
    for (method, path, status, code) in [
        (Method::GET, "/api/v1/broken", 500, "internal"),
        (Method::GET, "/api/v1/slow", 503, "busy"),
        (Method::POST, "/api/v1/fine", 405, "method_not_allowed"),
        (Method::GET, "/api/v1", 404, "not_found"),
        (Method::DELETE, "/api/v1/nothing/here", 404, "not_found"),
        (Method::POST, "/api/openapi.json", 405, "method_not_allowed"),
    ] {
        let (told, headers, body) = ask(method, path).await;
        assert_eq!(
            (told, body["code"].as_str(), &body["status"]),
            (status, Some(code), &status.into())
        );
        assert_eq!(headers["content-type"], "application/problem+json", "{path}");
        assert_eq!(
            (&headers["cache-control"], &body["instance"]),
            (&HeaderValue::from_static("no-store"), &"urn:request:r-1".into())
        );
        assert!(!body.to_string().contains("planted"));
        assert_eq!(status == 405, headers.contains_key("allow"), "{path}");
        assert_eq!(status == 503, headers.contains_key("retry-after"), "{path}");
    }
    assert_eq!(ask(Method::GET, "/api/v1/fine").await.0, 200);
}

#[tokio::test]
async fn the_document_is_there_for_everybody_and_not_sent_twice() {
    let (status, headers, document) = ask(Method::GET, "/api/openapi.json").await;
    assert_eq!((status, document["openapi"].as_str()), (200, Some("3.1.0")));
    assert_eq!(headers["cache-control"], "public, no-cache");
    assert_eq!(document["servers"][0]["url"], "https://shop.example");
}

mod bodies;
mod names;
mod node;
