//! The `{id}` in an address.

use super::{Part, field};
use crate::api::problem::Problem;
use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
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
