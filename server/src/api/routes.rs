//! The one way by which an endpoint comes into the API. It asks for the rules that the endpoint has, and
//! writes them into the document: so none is without a scope, and none is undocumented.

use super::{
    Services,
    gate::{self, Gate},
    once,
    problem::MEDIA_TYPE,
};
use crate::guard;
use accounts::Scope;
use axum::{Router, middleware};
use platform::idempotency::Idempotency;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::{
    ContentBuilder, HttpMethod, OpenApi, Ref, RefOr, Required, ResponseBuilder,
    path::{Operation, ParameterBuilder, ParameterIn, PathItem},
    schema::{ObjectBuilder, SchemaType, Type},
    security::SecurityRequirement,
};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

/// The name of the way in which keys are presented, in the document.
pub const SECURITY: &str = "key";

/// What holds for an endpoint.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// What a key needs to be let in.
    pub scope: Scope,
    /// How many bytes a body may have.
    pub body: usize,
}

impl Rules {
    /// For keys with this scope; a body as large as any page's.
    pub fn of(scope: Scope) -> Self {
        Self { scope, body: guard::BODY_LIMIT }
    }

    /// With bodies of up to so many bytes.
    pub fn body(self, bytes: usize) -> Self {
        Self { body: bytes, ..self }
    }
}

/// The endpoints, and what the document says of them.
pub struct Routes {
    router: OpenApiRouter<Services>,
    gate: Gate,
    wishes: Idempotency,
}

impl Routes {
    /// None yet.
    pub fn new(about: OpenApi, gate: Gate, wishes: Idempotency) -> Self {
        Self { router: OpenApiRouter::with_openapi(about), gate, wishes }
    }

    /// With these handlers, which have one address, under these rules.
    pub fn with(self, rules: Rules, handlers: UtoipaMethodRouter<Services>) -> Self {
        let (schemas, mut paths, methods) = handlers;
        for item in paths.paths.values_mut() {
            operations(item).for_each(|(method, operation)| describe(operation, method, rules));
        }
        // Read from below: who comes in, has the body taken in, is answered once, and is answered even if
        // the program fails.
        let methods = methods
            .route_layer(CatchPanicLayer::custom(super::after_panic))
            .route_layer(middleware::from_fn_with_state(self.wishes.clone(), once::once))
            .route_layer(middleware::from_fn_with_state((self.gate.clone(), rules), gate::admit));
        Self { router: self.router.routes((schemas, paths, methods)), ..self }
    }

    /// The router, and the document.
    pub fn split(self) -> (Router<Services>, OpenApi) {
        self.router.split_for_parts()
    }
}

/// The operations of an address.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (HttpMethod, &mut Operation)> {
    let operations = [
        (HttpMethod::Get, &mut item.get),
        (HttpMethod::Put, &mut item.put),
        (HttpMethod::Post, &mut item.post),
        (HttpMethod::Delete, &mut item.delete),
        (HttpMethod::Patch, &mut item.patch),
    ];
    operations.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// What is the same of every endpoint with these rules.
fn describe(operation: &mut Operation, method: HttpMethod, rules: Rules) {
    operation.security = Some(vec![SecurityRequirement::new(SECURITY, [rules.scope.as_str()])]);
    let mut refusals = vec![
        ("400", "The request cannot be read."),
        ("401", "There is no key, or it lets nobody in."),
        ("403", "The key lacks the scope."),
        ("422", "What was sent does not fit, for all these reasons."),
        ("429", "The key asks too often, or too many keys were tried."),
        ("503", "A database is away, or the node has too much to do."),
    ];
    if operation.request_body.is_some() {
        refusals.push(("413", "The body is too large."));
        refusals.push(("415", "The body is not JSON."));
    }
    if matches!(method, HttpMethod::Put) {
        refusals.push(("409", "It does not go with what the store knows."));
    }
    if matches!(method, HttpMethod::Post) {
        let words = "It does not go with what the store knows, or the first request of this name is still \
                     being worked on.";
        refusals.push(("409", words));
        operation.parameters.get_or_insert_default().push(RefOr::T(idempotency_key()));
    }
    refusals.push(("default", "Something went wrong."));
    for (status, words) in refusals {
        let told = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = ResponseBuilder::new().description(words).content(MEDIA_TYPE, told);
        operation.responses.responses.insert(status.to_owned(), RefOr::T(response.build()));
    }
}

fn idempotency_key() -> utoipa::openapi::path::Parameter {
    let name = ObjectBuilder::new()
        .schema_type(SchemaType::new(Type::String))
        .min_length(Some(1))
        .max_length(Some(255))
        .pattern(Some("^[!-~]+$"));
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "A name of your own for this request. Sent again under it within a day, it is answered the \
             same, and not done again.",
        ))
        .schema(Some(name.build()))
        .build()
}
