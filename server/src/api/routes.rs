//! The one way by which an endpoint comes into the API. It asks for the rules that the endpoint has, and
//! writes them into the document: so none is without a scope, and none is undocumented.

use super::{
    Services,
    gate::{self, Gate},
    once,
    problem::{MEDIA_TYPE, Problem},
};
use crate::{
    guard,
    pulses::With,
    roles::{Roles, Serving},
};
use accounts::Scope;
use axum::{
    Router,
    extract::Request,
    middleware::{self, Next},
};
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
    /// What lets it in as well.
    pub or: Option<Scope>,
    /// How many bytes a body may have.
    pub body: usize,
    /// Which nodes answer.
    pub role: Serving,
    /// What the answer is made with.
    pub with: With,
    /// Whether the answer is kept under the name that a request was given.
    pub kept: Kept,
}

/// What becomes of the answer to a POST that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is given again under the name.
    ForADay,
    /// The same, and there is none without a name.
    ByNameOnly,
    /// It is not kept: it holds a secret, or the service that is asked knows names itself.
    Not,
}

impl Rules {
    /// For keys with this scope; a body as large as any page's.
    pub fn of(scope: Scope) -> Self {
        let (or, body, kept) = (None, guard::BODY_LIMIT, Kept::ForADay);
        Self { scope, or, body, role: Serving::Api, with: With::Api, kept }
    }

    /// For keys with another scope as well.
    pub fn or(self, scope: Scope) -> Self {
        Self { or: Some(scope), ..self }
    }

    /// On nodes that sell, with these databases.
    pub fn at_the_till(self, with: With) -> Self {
        Self { role: Serving::Till, with, ..self }
    }

    /// With answers that are kept like this.
    pub fn kept(self, kept: Kept) -> Self {
        Self { kept, ..self }
    }

    /// Each of the scopes that let a key in.
    pub fn scopes(self) -> impl Iterator<Item = Scope> {
        [Some(self.scope), self.or].into_iter().flatten()
    }

    /// With bodies of up to so many bytes.
    pub fn body(self, bytes: usize) -> Self {
        Self { body: bytes, ..self }
    }
}

/// The endpoints, and what the document says of them.
pub struct Routes {
    router: OpenApiRouter<Services>,
    roles: Roles<Serving>,
    gate: Gate,
    wishes: Idempotency,
}

impl Routes {
    /// None yet, for a node with these roles.
    pub fn new(about: OpenApi, roles: Roles<Serving>, gate: Gate, wishes: Idempotency) -> Self {
        Self { router: OpenApiRouter::with_openapi(about), roles, gate, wishes }
    }

    /// With these handlers, which have one address, under these rules.
    pub fn with(self, rules: Rules, handlers: UtoipaMethodRouter<Services>) -> Self {
        let (schemas, mut paths, methods) = handlers;
        for item in paths.paths.values_mut() {
            operations(item).for_each(|(method, operation)| describe(operation, method, rules));
        }
        if !self.roles.has(rules.role) {
            // All nodes have the one document; what others answer is asked of them.
            let methods = methods.route_layer(middleware::from_fn(elsewhere));
            return Self { router: self.router.routes((schemas, paths, methods)), ..self };
        }
        // Read from below: who comes in, has the body taken in, is answered once, and is answered even if
        // the program fails.
        let methods = methods.route_layer(CatchPanicLayer::custom(super::after_panic));
        let methods = match rules.kept {
            Kept::ForADay | Kept::ByNameOnly => {
                methods.route_layer(middleware::from_fn_with_state(self.wishes.clone(), once::once))
            }
            Kept::Not => methods,
        };
        let methods = methods
            .route_layer(middleware::from_fn_with_state((self.gate.clone(), rules), gate::admit));
        Self { router: self.router.routes((schemas, paths, methods)), ..self }
    }

    /// The router, and the document.
    pub fn split(self) -> (Router<Services>, OpenApi) {
        self.router.split_for_parts()
    }
}

async fn elsewhere(_: Request, _: Next) -> Problem {
    Problem::misdirected()
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
    let lets_in = |scope: Scope| SecurityRequirement::new(SECURITY, [scope.as_str()]);
    operation.security = Some(rules.scopes().map(lets_in).collect());
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
    if matches!(method, HttpMethod::Put | HttpMethod::Patch | HttpMethod::Delete) {
        refusals.push(("409", "It does not go with what the store knows."));
    }
    if matches!(method, HttpMethod::Post) {
        let words = "It does not go with what the store knows, or the first request of this name is still \
                     being worked on.";
        refusals.push(("409", words));
        if rules.kept != Kept::Not {
            let name = RefOr::T(idempotency_key(rules.kept));
            operation.parameters.get_or_insert_default().push(name);
        }
    }
    refusals.push(("default", "Something went wrong."));
    for (status, words) in refusals {
        let told = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = ResponseBuilder::new().description(words).content(MEDIA_TYPE, told);
        operation.responses.responses.insert(status.to_owned(), RefOr::T(response.build()));
    }
}

fn idempotency_key(kept: Kept) -> utoipa::openapi::path::Parameter {
    let needed = if kept == Kept::ByNameOnly { Required::True } else { Required::False };
    let name = ObjectBuilder::new()
        .schema_type(SchemaType::new(Type::String))
        .min_length(Some(1))
        .max_length(Some(255))
        .pattern(Some("^[!-~]+$"));
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(needed)
        .description(Some(
            "A name of your own for this request. Sent again under it within a day, it is answered the \
             same, and not done again.",
        ))
        .schema(Some(name.build()))
        .build()
}
