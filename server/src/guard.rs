//! What stands in front of every route: limits, headers, and answers for those who are turned away.

use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::json;
use std::{any::Any, sync::Arc};
use tower_http::csrf::{CsrfLayer, ProtectionError};

/// The largest body any request may have: a checkout form is a hundredth of it.
pub const BODY_LIMIT: usize = 64 * 1024;

/// An error answer: a stable code for programs, a sentence for people.
pub fn problem(status: StatusCode, code: &str, message: &str) -> Response {
    let body = Json(json!({ "code": code, "message": message }));
    (status, [(header::CACHE_CONTROL, "no-store")], body).into_response()
}

/// How a foreign request is answered.
type Rejection = fn(ProtectionError) -> Response;

/// Refuses unsafe requests that a browser sent from another site, by Origin and Sec-Fetch-Site.
/// Requests without either come from programs, which carry no visitor's cookie unasked.
pub fn foreign_requests(public_url: &str) -> anyhow::Result<CsrfLayer<Rejection>> {
    let reject: Rejection = |_| {
        problem(StatusCode::FORBIDDEN, "foreign_origin", "This request came from another site.")
    };
    Ok(CsrfLayer::new().add_trusted_origin(public_url)?.with_rejection_response(reject))
}

/// The headers that every answer of the store carries. `secure` says that the world reaches it over
/// https: then browsers are told to come back over https only (RFC 6797).
pub fn headers(secure: bool) -> HeaderMap {
    const HEADERS: [(HeaderName, &str); 5] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
    ];
    const HTTPS_ONLY: (HeaderName, &str) =
        (header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains");
    let headers = HEADERS.into_iter().chain(secure.then_some(HTTPS_ONLY));
    headers.map(|(name, value)| (name, HeaderValue::from_static(value))).collect()
}

/// Adds the headers that every answer carries.
pub async fn add_headers(
    State(headers): State<Arc<HeaderMap>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in headers.iter() {
        response.headers_mut().entry(name).or_insert_with(|| value.clone());
    }
    response
}

/// Gives a code to refusals that the layers below answer in bare text, and to a browser that asked
/// for a page the page that says so when one could not be made.
pub async fn explain_refusals(
    State(failure): State<Arc<str>>,
    request: Request,
    next: Next,
) -> Response {
    let accept = request.headers().get(header::ACCEPT).cloned();
    let wants_page = request.method() == Method::GET
        && accept.is_some_and(|kinds| kinds.to_str().is_ok_and(|text| text.contains("text/html")));
    let response = next.run(request).await;
    if wants_page && response.extensions().get::<Broken>().is_some() {
        return failure_page(&failure, StatusCode::INTERNAL_SERVER_ERROR);
    }
    let bare = !response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| {
        kind.as_bytes().starts_with(b"application/json")
            || kind.as_bytes().starts_with(b"text/html")
    });
    match response.status() {
        StatusCode::PAYLOAD_TOO_LARGE if bare => {
            problem(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The request is too large.")
        }
        StatusCode::METHOD_NOT_ALLOWED if bare => problem(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "This cannot be asked for in this way.",
        ),
        StatusCode::TOO_MANY_REQUESTS => {
            let wait = response.headers().get(header::RETRY_AFTER).cloned();
            let mut answer = problem(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_requests",
                "That was a little fast. Please try again in a moment.",
            );
            answer
                .headers_mut()
                .insert(header::RETRY_AFTER, wait.unwrap_or(HeaderValue::from_static("1")));
            answer
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE
        | StatusCode::UNPROCESSABLE_ENTITY
        | StatusCode::BAD_REQUEST
            if bare =>
        {
            problem(StatusCode::BAD_REQUEST, "malformed", "The request could not be read.")
        }
        _ => response,
    }
}

/// Marks an answer in whose making the program failed.
#[derive(Clone, Copy)]
struct Broken;

/// The page for when a page could not be made.
pub fn failure_page(document: &str, status: StatusCode) -> Response {
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        // The page has a stylesheet and its typeface, and no script.
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; \
             base-uri 'none'; frame-ancestors 'none'",
        ),
    ];
    (status, headers, document.to_owned()).into_response()
}

/// The answer to a request during which the program failed. What it was stands in the log.
pub fn after_panic(cause: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let cause = cause
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| cause.downcast_ref::<&str>().copied())
        .unwrap_or("unknown");
    tracing::error!(cause, "a request ended in a panic");
    let mut answer = problem(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "Something went wrong on our side. Please try again.",
    );
    answer.extensions_mut().insert(Broken);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{Router, middleware, routing::get};
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    async fn broken() -> StatusCode {
        panic!("planted")
    }

    async fn ask(accept: &str) -> (StatusCode, String) {
        let router = Router::new()
            .route("/", get(broken))
            .layer(CatchPanicLayer::custom(after_panic))
            .layer(middleware::from_fn_with_state(Arc::from("<h1>Sorry</h1>"), explain_refusals));
        let request = Request::get("/").header(header::ACCEPT, accept).body(Body::empty()).unwrap();
        let answer = router.oneshot(request).await.unwrap();
        let status = answer.status();
        let body = axum::body::to_bytes(answer.into_body(), BODY_LIMIT).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_panic_is_a_page_for_people_and_a_code_for_programs() {
        let (status, body) = ask("text/html").await;
        assert_eq!((status.as_u16(), body.as_str()), (500, "<h1>Sorry</h1>"));
        let (status, body) = ask("application/json").await;
        assert_eq!(status.as_u16(), 500);
        assert!(body.contains("\"internal\"") && !body.contains("planted"));
    }
}
