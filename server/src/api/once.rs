//! `Idempotency-Key`: a POST that is sent again under the same name is answered the same, and not done again
//! (draft-ietf-httpapi-idempotency-key-header).

use super::{
    gate::Caller,
    problem::{Code, Problem, complete},
};
use crate::guard;
use axum::{
    body::{Body, to_bytes},
    extract::{FromRequestParts, MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use platform::idempotency::{Answer, Idempotency, Known, Turn, Wish};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use tracing::Instrument;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Headers that belong to an answer; the others belong to the request that gets it.
const KEPT: [HeaderName; 3] = [header::CONTENT_TYPE, header::ETAG, header::LOCATION];

/// The layer around every route; requests without a name go through.
pub async fn once(State(wishes): State<Idempotency>, request: Request, next: Next) -> Response {
    let name = match name(request.method(), request.headers()) {
        Ok(Some(name)) => name,
        Ok(None) => return next.run(request).await,
        Err(problem) => return problem.into_response(),
    };
    let (wish, request) = match wish(name, request).await {
        Ok(both) => both,
        Err(problem) => return problem.into_response(),
    };
    match wishes.ask(wish).await {
        Ok(Known::Nothing(turn)) => {
            // Who hangs up stops nothing half-way, and finds the answer when it asks again.
            let answering = answer(turn, request, next).in_current_span();
            tokio::spawn(answering)
                .await
                .unwrap_or_else(|error| Problem::of_error(&error).into_response())
        }
        Ok(Known::Answered(kept)) => again(kept),
        Ok(Known::InFlight) => {
            let words = "The first request of this name is still being worked on.";
            Problem::new(Code::IdempotencyInFlight, words).later(1).into_response()
        }
        Ok(Known::Another) => {
            let words = "Another body was sent under this name before.";
            Problem::new(Code::IdempotencyKeyReused, words).into_response()
        }
        Err(error) => Problem::of_error(&error).into_response(),
    }
}

/// The name that a request was given. Only what is not safe to repeat by itself has one.
pub fn name(method: &Method, headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut told = headers.get_all(KEY).iter();
    let (first, second) = (told.next(), told.next());
    let Some(told) = first.filter(|_| *method == Method::POST) else { return Ok(None) };
    let fine = |name: &str| {
        (1..=255).contains(&name.len()) && name.bytes().all(|byte| (b' '..=b'~').contains(&byte))
    };
    match told.to_str().map(str::trim) {
        Ok(name) if second.is_none() && fine(name) => Ok(Some(name.to_owned())),
        _ => {
            let words = "Idempotency-Key has 1 to 255 visible characters, and stands there once.";
            Err(Problem::new(Code::IdempotencyKeyInvalid, words))
        }
    }
}

async fn wish(key: String, request: Request) -> Result<(Wish, Request), Problem> {
    let extensions = request.extensions();
    let (caller, path) = (extensions.get::<Caller>(), extensions.get::<MatchedPath>());
    let owner = caller.map(|caller| caller.id.to_string()).unwrap_or_default();
    let route = path.map(|path| path.as_str()).unwrap_or_default();
    let route = format!("{} {}", request.method(), of_address(route, request.uri().path()));
    let (parts, body) = request.into_parts();
    // Whole and within the route's limit already: see `input::whole`.
    let body = to_bytes(body, usize::MAX).await;
    let body = body.map_err(|error| Problem::of_error(&error))?;
    let wish = Wish { owner, route, key, body_hash: Sha256::digest(&body).into() };
    Ok((wish, Request::from_parts(parts, Body::from(body))))
}

/// The route, and which address it was if there are several: names belong to the address. It is kept as a hash, for
/// there may be a secret in it.
fn of_address(route: &str, path: &str) -> String {
    match route == path {
        true => route.to_owned(),
        false => {
            let digest = Sha256::digest(path);
            let digest: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{route} {digest}")
        }
    }
}

/// The name under which an answer is kept, for an endpoint that has none without.
pub struct Name(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        name(&parts.method, &parts.headers)?.map(Self).ok_or_else(|| {
            let words = "This is done by name only: give it one, as Idempotency-Key.";
            Problem::new(Code::IdempotencyKeyInvalid, words)
        })
    }
}

/// Finds the answer and keeps it. What failed on our side is not kept: it may go well the next time.
async fn answer(turn: Turn, request: Request, next: Next) -> Response {
    let id = guard::request_id(request.headers()).to_owned();
    let response = complete(next.run(request).await, &id);
    if response.status().is_server_error() {
        if let Err(error) = turn.give_up().await {
            tracing::warn!(%error, "a turn was not given back; it ends by itself");
        }
        return response;
    }
    let (parts, body) = response.into_parts();
    // Made whole in memory by the handler.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let named = |name: &HeaderName| {
        let value = parts.headers.get(name)?.to_str().ok()?;
        Some((name.as_str().to_owned(), Value::from(value)))
    };
    let headers = KEPT.iter().filter_map(named).collect::<Map<_, _>>().into();
    let kept = Answer { status: parts.status.as_u16(), headers, body: body.to_vec() };
    if let Err(error) = turn.answer(&kept).await {
        // Asked again, it is done again; what it does is safe to repeat.
        tracing::warn!(%error, "an answer could not be kept");
    }
    Response::from_parts(parts, Body::from(body))
}

/// An answer that was given before.
fn again(kept: Answer) -> Response {
    let status = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    let mut response = (status, kept.body).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    for (name, value) in kept.headers.as_object().into_iter().flatten() {
        let value = value.as_str().and_then(|value| HeaderValue::from_str(value).ok());
        if let (Ok(name), Some(value)) = (HeaderName::from_bytes(name.as_bytes()), value) {
            headers.insert(name, value);
        }
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_belong_to_the_address_which_is_kept_as_a_hash() {
        let route = "/api/v1/carts/{id}/checkout";
        let of = |id: &str| of_address(route, &format!("/api/v1/carts/{id}/checkout"));
        assert_ne!(of("one"), of("two"));
        assert_eq!(of("one"), of("one"));
        assert!(!of("secret").contains("secret"));
        assert_eq!(of_address("/api/v1/carts", "/api/v1/carts"), "/api/v1/carts");
    }

    #[test]
    fn a_name_is_visible_and_there_once() {
        let of = |names: &[&str]| {
            let mut headers = HeaderMap::new();
            for name in names {
                headers.append(KEY, name.parse().unwrap());
            }
            name(&Method::POST, &headers)
        };
        assert_eq!(of(&[]).unwrap(), None);
        assert_eq!(of(&[" 0f3a-\"7\" "]).unwrap().unwrap(), "0f3a-\"7\"");
        let (long, longer) = ("x".repeat(255), "x".repeat(256));
        assert!(of(&[&long]).is_ok());
        for wrong in [&["a", "a"][..], &[""], &[" "], &["a\tb"], &["é"], &[&longer]] {
            assert!(of(wrong).is_err(), "{wrong:?}");
        }
        let headers = HeaderMap::from_iter([(KEY, "a".parse().unwrap())]);
        assert_eq!(name(&Method::PUT, &headers).unwrap(), None);
    }
}
