//! What is sent to the API, and how it is read: bodies and queries that fit what the document says of them,
//! or a problem that tells all that is wrong. A mistake of a client's is never a fault of ours.

mod check;
mod id;
pub mod names;

use super::problem::{Code, FieldError, Problem};
use axum::{
    body::{Body, to_bytes},
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use check::Checker;
pub use check::{Part, field};
use http_body_util::LengthLimitError;
pub use id::{Id, in_path};
use platform::json;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::{error::Error, marker::PhantomData};
use utoipa::{IntoParams, ToSchema};

/// A body in JSON that fits the schema of its type.
pub struct Json<T>(pub T);

impl<T, S> FromRequest<S> for Json<T>
where
    T: DeserializeOwned + ToSchema + 'static,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        fitting(&Checker::of_body::<T>(), sent(request).await?, Part::Body).map(Self)
    }
}

/// The value that a body is.
async fn sent(request: Request) -> Result<Value, Problem> {
    if !is_json(request.headers()) {
        let words = "The body has to be JSON, and Content-Type to say so: application/json.";
        return Err(Problem::new(Code::UnsupportedMediaType, words));
    }
    // Whole and within the route's limit already: see `whole`.
    let bytes = to_bytes(request.into_body(), usize::MAX).await;
    let bytes = bytes.map_err(|_| cut_off())?;
    json::read(&bytes).map_err(|why| {
        let words = format!("The body is not JSON as it is read here: {why}.");
        Problem::new(Code::Malformed, words)
    })
}

/// A body in JSON of which more has to be known than its schema says, to tell all that is wrong at once.
pub struct Sent<T> {
    value: Value,
    of: PhantomData<fn() -> T>,
}

impl<T, S> FromRequest<S> for Sent<T>
where
    T: DeserializeOwned + ToSchema + 'static,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        Ok(Self { value: sent(request).await?, of: PhantomData })
    }
}

impl<T: DeserializeOwned + ToSchema + 'static> Sent<T> {
    /// What was sent, if it fits its schema and nothing else is wrong with it. Of one place the schema's word counts.
    pub fn read(self, also: impl FnOnce(&Value) -> Vec<FieldError>) -> Result<T, Problem> {
        let checker = Checker::of_body::<T>();
        let mut wrong = checker.check(&self.value, Part::Body);
        let known: Vec<_> = wrong.iter().filter_map(|error| error.pointer.clone()).collect();
        let is_told = |at: &str| {
            // Of a part that is wrong as a whole nothing in it is told.
            known.iter().any(|known| at == known || at.starts_with(&format!("{known}/")))
        };
        let also = also(&self.value);
        wrong.extend(
            also.into_iter().filter(|error| !error.pointer.as_deref().is_some_and(is_told)),
        );
        match wrong.is_empty() {
            true => fitting(&checker, self.value, Part::Body),
            false => Err(Problem::invalid(wrong)),
        }
    }
}

/// A query that fits the parameters of its type.
pub struct Query<T>(pub T);

impl<T, S> FromRequestParts<S> for Query<T>
where
    T: DeserializeOwned + IntoParams + 'static,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let checker = Checker::of_query::<T>();
        let (sent, repeated) = pairs(&checker, parts.uri.query().unwrap_or_default())?;
        if !repeated.is_empty() {
            return Err(Problem::invalid(repeated));
        }
        fitting(&checker, sent, Part::Query).map(Self)
    }
}

/// What was sent, if it fits.
fn fitting<T: DeserializeOwned>(checker: &Checker, sent: Value, part: Part) -> Result<T, Problem> {
    let wrong = checker.check(&sent, part);
    if !wrong.is_empty() {
        return Err(Problem::invalid(wrong));
    }
    // What a schema cannot say (a name that is none, a number out of a type's range) the type says.
    serde_json::from_value(sent)
        .map_err(|error| Problem::invalid(vec![field(part, "", "invalid", format!("{error}."))]))
}

/// The query's parameters as their schemas want them: lists, numbers and truths are no texts. With them what stands
/// there twice and may not.
fn pairs(checker: &Checker, query: &str) -> Result<(Value, Vec<FieldError>), Problem> {
    let mut sent = Map::new();
    let mut repeated = Vec::new();
    for (name, text) in form_urlencoded::parse(query.as_bytes()) {
        if text.contains('\0') || name.contains('\0') {
            return Err(Problem::new(Code::Malformed, "The query holds the character U+0000."));
        }
        if text.contains('\u{fffd}') || name.contains('\u{fffd}') {
            return Err(Problem::new(Code::Malformed, "The query is not in UTF-8."));
        }
        let schema = checker.properties.get(name.as_ref());
        let is = |kind: &str| schema.is_some_and(|schema| has_type(schema, kind));
        let value = match (text.parse::<i64>(), text.parse::<bool>()) {
            (Ok(number), _) if is("integer") => number.into(),
            (_, Ok(truth)) if is("boolean") => truth.into(),
            _ => Value::String(text.into_owned()),
        };
        match sent.get_mut(name.as_ref()) {
            Some(Value::Array(values)) if is("array") => values.push(value),
            Some(_) => {
                let detail = format!("`{name}` may stand there once.");
                repeated.push(field(Part::Query, &name, "repeated", detail));
            }
            None if is("array") => drop(sent.insert(name.into_owned(), vec![value].into())),
            None => drop(sent.insert(name.into_owned(), value)),
        }
    }
    Ok((sent.into(), repeated))
}

fn has_type(schema: &Value, kind: &str) -> bool {
    match &schema["type"] {
        Value::Array(kinds) => kinds.iter().any(|known| known == kind),
        known => known == kind,
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}

/// Takes in the whole body of a request, if it is no larger than this, before anything is done with it: who
/// is cut off half-way has asked for nothing.
pub async fn whole(limit: usize, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let told = parts.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if told.and_then(|length| length.parse().ok()).is_some_and(|length: u64| length > limit as u64)
    {
        // Dropped unread: what the client still sends is thrown away for a while (`leftover`).
        return too_large(limit).into_response();
    }
    match to_bytes(body, limit).await {
        Ok(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(error) if error.source().is_some_and(|source| source.is::<LengthLimitError>()) => {
            too_large(limit).into_response()
        }
        Err(_) => cut_off().into_response(),
    }
}

fn too_large(limit: usize) -> Problem {
    Problem::new(Code::TooLarge, format!("The body may have {limit} bytes at most."))
}

fn cut_off() -> Problem {
    Problem::new(Code::Malformed, "The body ends before it is whole.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize, IntoParams)]
    #[into_params(parameter_in = Query)]
    struct Asked {
        #[param(max_items = 2)]
        #[serde(default)]
        sku: Vec<String>,
        #[param(minimum = 1, maximum = 500)]
        limit: Option<u32>,
        #[serde(default)]
        #[param(required = false)]
        open: bool,
    }

    async fn asked(query: &str) -> Result<Asked, Problem> {
        let request = Request::get(format!("/levels?{query}")).body(Body::empty()).unwrap();
        Query::from_request_parts(&mut request.into_parts().0, &()).await.map(|query| query.0)
    }

    #[tokio::test]
    async fn a_query_is_read_as_its_parameters_are_meant() {
        let one = asked("sku=A%20B&limit=7&open=true").await.unwrap();
        assert_eq!(one, Asked { sku: vec!["A B".to_owned()], limit: Some(7), open: true });
        let two = asked("sku=1&sku=true&open=false").await.unwrap();
        let skus = vec!["1".to_owned(), "true".to_owned()];
        assert_eq!(two, Asked { sku: skus, limit: None, open: false });
        assert_eq!(asked("").await.unwrap(), Asked { sku: Vec::new(), limit: None, open: false });
    }

    #[tokio::test]
    async fn a_query_that_does_not_fit_is_told_by_the_names_of_its_parameters() {
        for (query, wrong) in [
            ("limit=0", [("limit", "too_small")].as_slice()),
            ("limit=x&colour=red", &[("colour", "unknown_field"), ("limit", "wrong_type")]),
            ("limit=99999999999999999999", &[("limit", "wrong_type")]),
            ("limit=1&limit=2", &[("limit", "repeated")]),
            ("open=yes", &[("open", "wrong_type")]),
            ("open=", &[("open", "wrong_type")]),
            ("sku=a&sku=b&sku=c", &[("sku", "too_many")]),
        ] {
            let response = super::super::problem::complete(
                asked(query).await.unwrap_err().into_response(),
                "id",
            );
            assert_eq!(response.status(), 422);
            let body = to_bytes(response.into_body(), 10_000).await.unwrap();
            let told: Value = serde_json::from_slice(&body).unwrap();
            let mut found: Vec<_> = told["errors"].as_array().unwrap().iter().collect();
            found.sort_by_key(|error| error["parameter"].to_string());
            let found: Vec<_> = found
                .iter()
                .map(|e| (e["parameter"].as_str().unwrap(), e["code"].as_str().unwrap()))
                .collect();
            assert_eq!(found, wrong, "{query}");
        }
        for query in ["sku=%00", "sku=%ff", "%00=1"] {
            assert!(asked(query).await.is_err(), "{query}");
        }
    }

    #[test]
    fn only_json_is_json() {
        let kind =
            |kind: &str| HeaderMap::from_iter([(header::CONTENT_TYPE, kind.parse().unwrap())]);
        for fine in ["application/json", "Application/JSON; charset=utf-8"] {
            assert!(is_json(&kind(fine)), "{fine}");
        }
        for other in ["text/plain", "application/jsonp", "application/x-www-form-urlencoded", ""] {
            assert!(!is_json(&kind(other)), "{other}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
