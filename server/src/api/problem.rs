//! What the API answers when it does not do what was asked: problem details (RFC 9457) with a code that
//! programs may rely on, and all that is wrong with a request at once.

mod code;

pub use code::Code;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The media type of problem details.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// One thing that is wrong with what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Where in the body it is: a JSON pointer in a fragment (RFC 6901, section 6), e.g. `#/levels/0/on_hand`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub pointer: Option<String>,
    /// Which parameter of the query or the address it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub parameter: Option<String>,
    /// What kind of mistake it is.
    pub code: &'static str,
    /// The same in words.
    pub detail: String,
}

/// Problem details as they are sent (RFC 9457).
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct Told {
    /// Where the code is explained, relative to the store.
    #[serde(rename = "type")]
    #[schema(format = "uri-reference")]
    kind: String,
    /// The code in a few words.
    title: &'static str,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is the matter this time.
    detail: String,
    /// What kind of problem it is: this never changes.
    code: &'static str,
    /// This very occurrence, as it stands in our log.
    #[schema(format = "uri-reference")]
    instance: String,
    /// All that is wrong with what was sent, if that is the matter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldError>,
    /// What else there is to know of this code: `sku` and `left` of `out_of_stock`, and so on.
    #[serde(flatten)]
    facts: Map<String, Value>,
}

/// A problem that is still to be told: [`complete`] makes it an answer.
#[derive(Debug, Clone)]
pub struct Problem {
    code: Code,
    detail: String,
    errors: Vec<FieldError>,
    facts: Map<String, Value>,
    headers: BTreeMap<&'static str, HeaderValue>,
}

impl Problem {
    /// A problem of this kind, with what is the matter in a sentence.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let (detail, errors, facts) = (detail.into(), Vec::new(), Map::new());
        Self { code, detail, errors, facts, headers: BTreeMap::new() }
    }

    /// What was sent does not fit, for these reasons.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.len() {
            1 => "One thing is wrong with what was sent.".to_owned(),
            count => format!("{count} things are wrong with what was sent."),
        };
        Self { errors, ..Self::new(Code::Invalid, detail) }
    }

    /// What was sent is in form, and does not go with what the store knows.
    pub fn unfitting(error: FieldError) -> Self {
        let detail = error.detail.clone();
        Self { errors: vec![error], ..Self::new(Code::DoesNotFit, detail) }
    }

    /// What a service could not do: the store of data behind it is away, or the fault is ours. What it was
    /// stands in the log.
    pub fn of_error(error: &(dyn std::error::Error + 'static)) -> Self {
        if platform::is_absence(error) {
            tracing::warn!(%error, "a request could not be served now");
            return Self::unavailable();
        }
        tracing::error!(%error, "a request failed");
        Self::new(Code::Internal, "The fault is ours. Please try again, or tell us the instance.")
    }

    /// A database that is needed is away.
    pub fn unavailable() -> Self {
        let detail = "A database that is needed for this is away. Please try again.";
        Self::new(Code::Unavailable, detail).later(5)
    }

    /// The address belongs to a role that this node does not have.
    pub fn misdirected() -> Self {
        Self::new(
            Code::Misdirected,
            "This node does not serve this; another one of the store does.",
        )
    }

    /// With a fact that a program can act on.
    pub fn fact(mut self, name: &str, value: impl Serialize) -> Self {
        // Plain data with string keys serialises without fail.
        let value = serde_json::to_value(value).unwrap_or_default();
        self.facts.insert(name.to_owned(), value);
        self
    }

    /// With the time after which it is worth asking again.
    pub fn later(self, seconds: u64) -> Self {
        self.with("retry-after", seconds.into())
    }

    /// With a header.
    pub fn with(mut self, name: &'static str, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.code.facts().1.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Makes a problem a whole answer, which names the request, and gives one to answers that are refusals
/// without a word (of axum, and of layers). All else stays as it is.
pub fn complete(mut response: Response, request_id: &str) -> Response {
    let told = response.extensions_mut().remove::<Problem>();
    let status = response.status();
    let is_bare = || {
        let fails = status.is_client_error() || status.is_server_error();
        fails && !is_problem(response.headers())
    };
    let problem = match told {
        Some(problem) => problem,
        None if is_bare() => bare(status),
        None => return response,
    };
    let (code, status, title) = problem.code.facts();
    let body = Told {
        kind: format!("/api#{code}"),
        title,
        status: status.as_u16(),
        detail: problem.detail,
        code,
        instance: format!("urn:request:{}", plain(request_id)),
        errors: problem.errors,
        facts: problem.facts,
    };
    // A struct of texts and numbers can always be written.
    let body = serde_json::to_vec(&body).unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(header::CONTENT_LENGTH, body.len().into());
    for (name, value) in problem.headers {
        headers.insert(HeaderName::from_static(name), value);
    }
    *response.body_mut() = Body::from(body);
    response
}

/// Whether an answer is one of ours already.
pub fn is_problem(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(MEDIA_TYPE.as_bytes()))
}

/// What can be said of an answer that says nothing.
fn bare(status: StatusCode) -> Problem {
    match Code::of_status(status) {
        Code::MethodNotAllowed => Problem::new(
            Code::MethodNotAllowed,
            "This address knows other methods only: those in the header Allow.",
        ),
        Code::Unavailable | Code::Busy => {
            Problem::new(Code::Busy, "It takes too long just now. Please try again.").later(5)
        }
        code => Problem::new(code, code.facts().2),
    }
}

/// What of an id may stand in a URN.
fn plain(id: &str) -> String {
    let fine = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    id.chars().filter(fine).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_name_of_its_own_and_the_status_of_a_refusal() {
        let mut names: Vec<_> = Code::ALL.iter().map(|(_, name, ..)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
        for (code, name, status, _) in Code::ALL {
            assert_eq!(code.facts().0, name);
            assert!(status.is_client_error() || status.is_server_error());
        }
    }

    #[tokio::test]
    async fn a_refusal_without_a_word_is_given_one_and_keeps_its_headers() {
        let allow = [(header::ALLOW, "GET")];
        let answer = (StatusCode::METHOD_NOT_ALLOWED, allow).into_response();
        let answer = complete(answer, "0f3a\"><b>-1");
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["allow"]),
            (405, &"GET".parse().unwrap())
        );
        let body = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
        let told: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(told["code"], "method_not_allowed");
        assert_eq!(told["instance"], "urn:request:0f3ab-1");
        assert_eq!(told["type"], "/api#method_not_allowed");
    }
}
