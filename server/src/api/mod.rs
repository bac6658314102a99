//! The store for programs: JSON under `/api/v1`, by key. What holds for all of it stands here and in the
//! modules beside it; what an endpoint does, in one module for each of the trade's nouns ([`inventory`], [`carts`], [`orders`]).
//!
//! A request passes, from the outside in: an answer in any case and in form ([`framed`]), the gate
//! ([`gate`]: pulse, key, pace, scope, a hand free), the body ([`input::whole`]), its name ([`once`]), and
//! the handler. No cookie is looked at, and no page's cache or CSRF rule stands in front: who has no key has
//! nothing here.

mod carts;
mod conditional;
mod cursor;
mod document;
mod gate;
mod input;
mod inventory;
mod known;
mod once;
mod orders;
mod pace;
mod page;
mod problem;
mod routes;

pub use self::{inventory::Instruction, orders::OrderEvent};
use crate::{config::Settings, guard, live::Live, pulses::Pulses, stores::Connections};
use ::inventory::Inventory;
use ::orders::Orders;
use axum::{
    Router,
    body::Body,
    extract::{FromRef, FromRequestParts, Request},
    http::{HeaderValue, StatusCode, header, request::Parts},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::{any, get},
};
use document::Document;
use domain::Market;
use gate::Gate;
use known::KnownKeys;
use pace::{Limit, Paces};
use page::Page;
pub use problem::is_problem;
use problem::{Code, Problem, complete};
use routes::Routes;
use std::{any::Any, sync::Arc, time::Duration};
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};
use utoipa::openapi::OpenApi;

/// No answer takes longer. What stands around all routes of a node waits a little longer still.
const ANSWER_WITHIN: Duration = Duration::from_secs(25);

/// The services that endpoints call. Cheap to clone.
#[derive(Clone, FromRef)]
pub struct Services {
    inventory: Inventory,
    till: Option<Till>,
}

/// What a node sells with, if that is one of its roles. Cheap to clone.
#[derive(Clone)]
pub struct Till {
    /// Carts and orders.
    pub orders: Orders,
    /// The market that they are in.
    pub market: Arc<Market>,
    /// How orders stand, told as it changes.
    pub live: Live,
}

impl<S: Send + Sync> FromRequestParts<S> for Till
where
    Option<Self>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(_: &mut Parts, services: &S) -> Result<Self, Problem> {
        Option::<Self>::from_ref(services).ok_or_else(Problem::misdirected)
    }
}

/// The API of a node that has one of the roles.
pub fn build(
    settings: &Settings,
    connections: &Connections,
    pulses: Pulses,
    till: Option<Till>,
) -> anyhow::Result<Router> {
    let services = Services { inventory: connections.inventory()?, till };
    let api = &settings.api;
    let limit = Limit::new(api.requests_per_second, api.requests_burst);
    let paces = Paces::new(limit, connections.redis()?.clone(), &settings.redis.namespace);
    let gate = Gate::new(KnownKeys::new(connections.keys()?), limit, paces, pulses);
    let about = document::about(&settings.server.public_url);
    let roles = settings.server.roles.clone();
    let routes = Routes::new(about, roles, gate, connections.idempotency()?);
    let routes = orders::routes(carts::routes(inventory::routes(routes)));
    let (router, about) = routes.split();
    Ok(framed(router.with_state(services).merge(for_everybody(&about)?)))
}

/// What needs no key, for it says nothing of the shop.
fn for_everybody(about: &OpenApi) -> anyhow::Result<Router> {
    Ok(Router::new()
        .route("/api/openapi.json", get(document::show).with_state(Document::new(about)?))
        .route("/api", get(page::show).with_state(Page::new(about)?))
        .route("/api/", get(async || Redirect::permanent("/api")))
        .route("/api/v1", any(nothing))
        .route("/api/v1/", any(nothing))
        .route("/api/v1/{*nothing}", any(nothing)))
}

async fn nothing() -> Problem {
    Problem::new(Code::NotFound, "There is no such address; /api shows those there are.")
}

/// What stands around everything: whatever happens, there is an answer in form, and nobody keeps it who was
/// not told so.
fn framed(router: Router) -> Router {
    router
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_WITHIN))
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(middleware::from_fn(frame))
}

async fn frame(request: Request, next: Next) -> Response {
    let id = guard::request_id(request.headers()).to_owned();
    let mut response = complete(next.run(request).await, &id);
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The answer to a request during which the program failed. What it was stands in the log.
fn after_panic(cause: Box<dyn Any + Send + 'static>) -> Response<Body> {
    guard::note_panic(&*cause);
    let words = "The fault is ours. Please try again, or tell us the instance.";
    Problem::new(Code::Internal, words).into_response()
}

#[cfg(test)]
mod tests;
