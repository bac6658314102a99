//! What stands in front of every route: limits, headers, and answers for those who are turned away.

use crate::api;
use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::json;
use std::{any::Any, sync::Arc};
use tower_http::csrf::{CsrfLayer, ProtectionError};

/// The largest body any request may have: a checkout form is a hundredth of it.
pub const BODY_LIMIT: usize = 64 * 1024;

/// How a request is named: by whoever asks, or else by us.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// An error answer: a stable code for programs, a sentence for people.
pub fn problem(status: StatusCode, code: &str, message: &str) -> Response {
    let body = Json(json!({ "code": code, "message": message }));
    (status, [(header::CACHE_CONTROL, "no-store")], body).into_response()
}

/// The answer to a request that another node of the store serves: 421, so that whoever routes sees at once
/// that it was routed wrong (RFC 9110, 15.5.20).
pub fn misdirected() -> Response {
    let words = "This node does not serve this address; another one of the store does.";
    problem(StatusCode::MISDIRECTED_REQUEST, "misdirected", words)
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

/// Whether another site's page asked for this by itself, for a picture or a frame, say, and not because the visitor
/// went somewhere (Fetch Metadata). A browser that tells nothing is taken to be looking.
pub fn is_embedded(headers: &HeaderMap) -> bool {
    let is = |name, told: &str| headers.get(name).is_some_and(|value: &HeaderValue| value == told);
    is("sec-fetch-site", "cross-site")
        && !(is("sec-fetch-mode", "navigate") && is("sec-fetch-dest", "document"))
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

/// What people read when no page of the shop's own could be made, as whole documents.
#[derive(Clone)]
pub struct Notices {
    /// Something went wrong.
    pub failure: Arc<str>,
    /// Too many forms were sent.
    pub too_fast: Arc<str>,
}

/// Gives a code to refusals that the layers below answer in bare text or not at all, and to a browser
/// that asked for a page, or sent a plain form, a page that says so.
pub async fn explain_refusals(
    State(notices): State<Notices>,
    request: Request,
    next: Next,
) -> Response {
    let wants_page = wants_page(request.headers());
    let response = next.run(request).await;
    if api::is_problem(response.headers()) {
        // Told in full already.
        return response;
    }
    if wants_page && response.extensions().get::<Broken>().is_some() {
        return failure_page(&notices.failure, StatusCode::INTERNAL_SERVER_ERROR);
    }
    let bare = !response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| {
        kind.as_bytes().starts_with(b"application/json")
            || kind.as_bytes().starts_with(b"text/html")
    });
    let status = response.status();
    let say = |document: &str, code: &str, message: &str| match wants_page {
        true => failure_page(document, status),
        false => problem(status, code, message),
    };
    match status {
        StatusCode::PAYLOAD_TOO_LARGE if bare => {
            problem(status, "too_large", "The request is too large.")
        }
        StatusCode::METHOD_NOT_ALLOWED if bare => {
            problem(status, "method_not_allowed", "This cannot be asked for in this way.")
        }
        // It took too long and was given up: nobody had a chance to say anything.
        StatusCode::SERVICE_UNAVAILABLE if bare => {
            let words = "This takes too long just now. Please try again.";
            later(HeaderValue::from_static("5"), say(&notices.failure, "busy", words))
        }
        StatusCode::TOO_MANY_REQUESTS => {
            let wait = response.headers().get(header::RETRY_AFTER).cloned();
            let words = "That was a little fast. Please try again in a moment.";
            let told = say(&notices.too_fast, "too_many_requests", words);
            later(wait.unwrap_or(HeaderValue::from_static("1")), told)
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

/// Whether who asks reads pages: a browser that looks at one, or sent a plain form.
pub fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT);
    accept.is_some_and(|kinds| kinds.to_str().is_ok_and(|text| text.contains("text/html")))
}

/// The answer while a database is away that it would be made with: a page, if one is given, else a code.
pub fn unavailable(page: Option<&str>) -> Response {
    let words = "This cannot be done just now. Please try again.";
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let told = page.map(|page| failure_page(page, status));
    later(
        HeaderValue::from_static("5"),
        told.unwrap_or_else(|| problem(status, "unavailable", words)),
    )
}

/// A page has one address: what ends in a slash is moved, for good, to the same without. The query goes
/// with it.
pub async fn without_last_slash(request: Request, next: Next) -> Response {
    let looks = matches!(*request.method(), Method::GET | Method::HEAD);
    match moved_to(request.uri()).filter(|_| looks) {
        Some(address) => {
            (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, address)]).into_response()
        }
        None => next.run(request).await,
    }
}

/// Where such an address is moved to. What a browser would read as the name of another host stays where
/// it is, and leads nowhere.
fn moved_to(uri: &Uri) -> Option<String> {
    let path = uri.path().strip_suffix('/')?.trim_end_matches('/');
    let host = path.starts_with("//") || path.contains('\\');
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    (!path.is_empty() && !host).then(|| format!("{path}{query}"))
}

/// Marks an answer in whose making the program failed.
#[derive(Clone, Copy)]
struct Broken;

/// An answer that says in how many seconds it is worth asking again.
fn later(seconds: HeaderValue, mut answer: Response) -> Response {
    answer.headers_mut().insert(header::RETRY_AFTER, seconds);
    answer
}

/// A document of ours in the place of a page that could not be made, kept by nobody.
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

/// Writes down why a request ended in a panic.
pub fn note_panic(cause: &(dyn Any + Send)) {
    let words = cause.downcast_ref::<String>().map(String::as_str);
    let words = words.or_else(|| cause.downcast_ref::<&str>().copied());
    tracing::error!(cause = words.unwrap_or("unknown"), "a request ended in a panic");
}

/// The id of a request, as it stands in the log; empty for one that has none.
pub fn request_id(headers: &HeaderMap) -> &str {
    headers.get(X_REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or("")
}

/// The answer to a request during which the program failed. What it was stands in the log.
pub fn after_panic(cause: Box<dyn Any + Send + 'static>) -> Response<Body> {
    note_panic(&*cause);
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
    use axum::{Router, middleware, routing::any};
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    async fn broken() -> StatusCode {
        panic!("planted")
    }

    async fn ask(method: Method, path: &str, accept: &str) -> Response {
        let notices =
            Notices { failure: "<h1>Sorry</h1>".into(), too_fast: "<h1>Slow</h1>".into() };
        let too_many = (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "7")]);
        let router = Router::new()
            .route("/broken", any(broken))
            .route("/slow", any(StatusCode::SERVICE_UNAVAILABLE))
            .route("/fast", any(too_many))
            .layer(middleware::from_fn(without_last_slash))
            .layer(CatchPanicLayer::custom(after_panic))
            .layer(middleware::from_fn_with_state(notices, explain_refusals));
        let request = Request::builder().method(method).uri(path).header(header::ACCEPT, accept);
        router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    async fn told(method: Method, path: &str, accept: &str) -> (u16, String, String) {
        let answer = ask(method, path, accept).await;
        let wait = answer.headers().get(header::RETRY_AFTER).cloned();
        let wait = wait.map(|wait| wait.to_str().unwrap().to_owned()).unwrap_or_default();
        let status = answer.status().as_u16();
        let body = axum::body::to_bytes(answer.into_body(), BODY_LIMIT).await.unwrap();
        (status, wait, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn who_is_turned_away_reads_a_page_and_a_program_a_code() {
        for (path, status, wait, page, code) in [
            ("/broken", 500, "", "<h1>Sorry</h1>", "\"internal\""),
            ("/slow", 503, "5", "<h1>Sorry</h1>", "\"busy\""),
            ("/fast", 429, "7", "<h1>Slow</h1>", "\"too_many_requests\""),
        ] {
            for method in [Method::GET, Method::POST] {
                let person = told(method.clone(), path, "text/html").await;
                assert_eq!(person, (status, wait.to_owned(), page.to_owned()));
                let program = told(method, path, "application/json").await;
                assert_eq!((program.0, program.1.as_str()), (status, wait));
                assert!(program.2.contains(code) && !program.2.contains("planted"), "{program:?}");
            }
        }
    }

    #[tokio::test]
    async fn an_address_that_ends_in_a_slash_is_moved_to_the_same_without() {
        for (asked, moved) in [("/p/lamp/?a=1&b", "/p/lamp?a=1&b"), ("/cart//", "/cart")] {
            let answer = ask(Method::GET, asked, "text/html").await;
            assert_eq!(
                (answer.status().as_u16(), &answer.headers()["location"]),
                (308, &moved.parse().unwrap())
            );
        }
        for stays in ["/", "//", "//evil.test/", "/\\evil.test/", "/%2Fslow"] {
            assert_eq!(ask(Method::GET, stays, "text/html").await.status(), 404, "{stays}");
        }
        assert_eq!(ask(Method::POST, "/slow/", "*/*").await.status(), 404);
    }
}
