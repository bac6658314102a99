//! What an address names: the `{id}` of most, and how its parts stand in the document.

use super::{Part, field};
use crate::api::problem::Problem;
use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use utoipa::openapi::{
    Required,
    path::{Parameter, ParameterBuilder, ParameterIn},
    schema::Object,
};
use uuid::Uuid;

/// A name that its giver has made up, as a UUID in its usual form.
pub struct Id(pub Uuid);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        let id = text.ok().and_then(|Path(text)| text.parse().ok());
        id.map(Self).ok_or_else(|| {
            let words = "It is no UUID.".to_owned();
            Problem::invalid(vec![field(Part::Query, "id", "wrong_form", words)])
        })
    }
}

/// A part of an address, in the document.
pub fn in_path(name: &str, words: &str, schema: Object) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(words))
        .schema(Some(schema))
        .build()
}
