//! Between axum and Leptos: what every render and server function finds in its context, and the
//! status that a server function's error is answered with.

use crate::{client::ClientAddress, guard};
use accounts::cookie;
use admissions::Tickets;
use app::services::{Services, Tags, Visitor};
use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use catalogue::Reading;
use leptos::prelude::{provide_context, use_context};
use serde::Deserialize;

/// The header by which Leptos marks the answer of a server function that failed.
const SERVER_FN_ERROR: &str = "serverfnerror";

/// Provides the services, the visitor and the tags of the request.
pub fn context(services: Services, secure: bool) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        let parts = use_context::<Parts>();
        let mut services = services.clone();
        if let Some(reading) = parts.as_ref().and_then(|parts| parts.extensions.get::<Reading>()) {
            services.catalogue = services.catalogue.reading(reading.clone());
        }
        provide_context(services);
        let accepts = |kind: &str| {
            let accept = parts.as_ref().and_then(|parts| parts.headers.get(header::ACCEPT));
            accept.is_some_and(|value| value.to_str().is_ok_and(|text| text.contains(kind)))
        };
        let client = parts.as_ref().and_then(|parts| parts.extensions.get::<ClientAddress>());
        provide_context(Visitor {
            session: parts.as_ref().and_then(|parts| cookie::read(&parts.headers, secure)),
            tickets: parts
                .as_ref()
                .map(|parts| Tickets::read(&parts.headers, secure))
                .unwrap_or_default(),
            address: client.map(|client| client.limited()),
            embedded: parts.as_ref().is_some_and(|parts| guard::is_embedded(&parts.headers)),
            wants_html: accepts("text/html"),
            secure,
        });
        let tags = parts.as_ref().and_then(|parts| parts.extensions.get::<Tags>());
        provide_context(tags.cloned().unwrap_or_default());
    }
}

#[derive(Deserialize)]
struct Status {
    status: u16,
}

/// Leptos answers every failed server function with 500, or sends a plain form back to where it came
/// from (302), with the error in the address; here it gets the status its error names. Only a server
/// function itself says where a form is to go on: by 303.
pub async fn server_fn_status(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let failed = response.headers().contains_key(SERVER_FN_ERROR);
    if !failed || response.status() == StatusCode::SEE_OTHER {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(header::LOCATION);
    parts.status = StatusCode::INTERNAL_SERVER_ERROR;
    let Ok(body) = to_bytes(body, crate::guard::BODY_LIMIT).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let named = serde_json::from_slice::<Status>(&body).ok();
    if let Some(status) = named.and_then(|named| StatusCode::from_u16(named.status).ok()) {
        parts.status = status;
    }
    if parts.status == StatusCode::SERVICE_UNAVAILABLE {
        parts.headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
    }
    parts
        .headers
        .insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    parts.headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    Response::from_parts(parts, Body::from(body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{Router, http::Method, middleware, routing::post};
    use leptos::server_fn::axum::server_fn_paths;
    use tower::ServiceExt;

    /// What becomes of such an answer of Leptos, whose body names the status 400.
    async fn answered(status: StatusCode) -> Response {
        let headers = [(SERVER_FN_ERROR, "/api/cart/add"), ("location", "/p/lamp?__err=x")];
        let answer = (status, headers, r#"{"code":"malformed","message":"","status":400}"#);
        let router =
            Router::new().route("/", post(answer)).layer(middleware::from_fn(server_fn_status));
        router.oneshot(Request::post("/").body(Body::empty()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn only_the_store_itself_sends_a_form_on() {
        for status in [StatusCode::FOUND, StatusCode::INTERNAL_SERVER_ERROR] {
            let refused = answered(status).await;
            assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
            assert!(!refused.headers().contains_key(header::LOCATION));
        }
        let sent_on = answered(StatusCode::SEE_OTHER).await;
        assert_eq!(sent_on.status(), StatusCode::SEE_OTHER);
        assert_eq!(sent_on.headers()[header::LOCATION], "/p/lamp?__err=x");
    }

    #[tokio::test]
    async fn who_is_to_come_again_is_told_when() {
        let body = r#"{"code":"busy","message":"","status":503}"#;
        let busy = ([(SERVER_FN_ERROR, "/api/checkout/place")], body);
        let router =
            Router::new().route("/", post(busy)).layer(middleware::from_fn(server_fn_status));
        let answer = router.oneshot(Request::post("/").body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()[header::RETRY_AFTER], "5");
    }

    /// Every server function is a public endpoint. Whoever adds one says here who may call it, and
    /// makes sure that it is so.
    const WHO_MAY_CALL: &[(Method, &str, &str)] = &[
        (Method::POST, "/api/cart/add", "anyone; changes the caller's own cart"),
        (Method::GET, "/api/cart/get", "anyone; reads the caller's own cart"),
        (Method::POST, "/api/cart/remove", "anyone; changes the caller's own cart"),
        (Method::POST, "/api/cart/set", "anyone; changes the caller's own cart"),
        (Method::POST, "/api/checkout/place", "whoever has a session with a cart"),
        (Method::GET, "/api/line/place", "anyone, but no other site's page"),
        (Method::POST, "/api/orders/cancel", "whoever holds the order's key"),
        (Method::POST, "/api/orders/pay", "whoever holds the order's key"),
        (Method::POST, "/api/orders/return", "whoever holds the order's key"),
    ];

    #[test]
    fn every_server_function_says_who_may_call_it() {
        // The pages bring their server functions with them.
        let _pages = app::App;
        let mut found: Vec<_> = server_fn_paths().map(|(path, method)| (method, path)).collect();
        found.sort_by_key(|(_, path)| *path);
        let known: Vec<_> =
            WHO_MAY_CALL.iter().map(|(method, path, _)| (method.clone(), *path)).collect();
        assert_eq!(found, known);
    }
}
