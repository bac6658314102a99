//! The OpenAPI document, made from the code once at start and served as it is.

use super::{conditional, problem::Told, routes::SECURITY};
use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ComponentsBuilder, Info, OpenApi, OpenApiBuilder, ServerBuilder,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

/// What the whole API has in common; the endpoints come into it one by one.
pub fn about(public_url: &str) -> OpenApi {
    let mut info = Info::new("Vitrine", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "The store for programs. Every request carries a key (`Authorization: Bearer …`), every refusal is \
         a problem (RFC 9457) with a code that never changes."
            .to_owned(),
    );
    let key = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("vtr_sk_… or vtr_pk_…")
        .description(Some("A key, made with `vitrine apikey create`."));
    let mut schemas = Vec::new();
    Told::schemas(&mut schemas);
    schemas.push((Told::name().into_owned(), Told::schema()));
    let components = ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .security_scheme(SECURITY, SecurityScheme::Http(key.build()))
        .build();
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([ServerBuilder::new().url(public_url).build()]))
        .components(Some(components))
        .build()
}

/// The document as it is sent.
pub struct Document {
    bytes: Bytes,
    tag: String,
}

impl Document {
    /// Writes it down.
    pub fn new(document: &OpenApi) -> anyhow::Result<Arc<Self>> {
        let bytes = Bytes::from(serde_json::to_vec(document)?);
        Ok(Arc::new(Self { tag: conditional::tag(&bytes), bytes }))
    }
}

/// `GET /api/openapi.json`: for everybody.
pub async fn show(State(document): State<Arc<Document>>, headers: HeaderMap) -> Response {
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    let answer = (kind, document.bytes.clone()).into_response();
    conditional::conditional(&headers, &document.tag, "public, no-cache", answer)
}
