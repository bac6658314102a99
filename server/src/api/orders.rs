//! Orders, for whoever holds their keys and for the merchant's own programs.

mod events;

pub use events::OrderEvent;

use super::{
    Till,
    gate::Caller,
    input::{Part, field, in_path},
    problem::{Code, Problem},
    routes::{Routes, Rules},
};
use crate::{live::Opened, pulses::With};
use accounts::Scope;
use axum::{
    Extension,
    extract::{FromRequestParts, Path},
    http::{HeaderMap, HeaderName, request::Parts},
};
use client::Order;
use domain::OrderNumber;
use utoipa::{
    IntoParams,
    openapi::{
        path::{Parameter, ParameterIn},
        schema::{ObjectBuilder, SchemaType, Type},
    },
};
use utoipa_axum::routes;

/// What opens an order. It is no part of an address, for addresses are logged.
const ORDER_KEY: HeaderName = HeaderName::from_static("order-key");

/// The endpoints about orders.
pub fn routes(routes: Routes) -> Routes {
    let orders = Rules::of(Scope::OrdersOwn).or(Scope::OrdersRead).at_the_till(With::TillOrders);
    let mut follow = routes!(events::follow);
    follow.0.extend(events::shapes());
    routes.with(orders, routes!(show)).with(orders, follow)
}

/// The number that an address names.
pub struct Number(pub OrderNumber);

impl<S: Send + Sync> FromRequestParts<S> for Number {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        let number = text.ok().and_then(|Path(text)| OrderNumber::parse(&text).ok());
        number.map(Self).ok_or_else(|| {
            let words = "It is the number of no order.".to_owned();
            Problem::invalid(vec![field(Part::Query, "number", "wrong_form", words)])
        })
    }
}

impl IntoParams for Number {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let schema = ObjectBuilder::new()
            .schema_type(SchemaType::new(Type::String))
            .min_length(Some(1))
            .max_length(Some(24))
            .pattern(Some("^[A-Z0-9-]+$"));
        vec![in_path("number", "What the customer calls the order.", schema.build())]
    }
}

fn unknown() -> Problem {
    Problem::new(Code::NotFound, "There is no such order, or the key is not its own.")
}

/// An order as it stands.
///
/// For whoever holds its key, or by a key with the scope `orders:read` without one. While it awaits its payment the
/// provider is asked.
#[utoipa::path(
    get,
    path = "/api/v1/orders/{number}",
    operation_id = "show_order",
    tag = "orders",
    params(
        Number,
        (
            "Order-Key" = Option<String>,
            Header,
            description = "What opens it.",
            min_length = 1,
            max_length = 64,
            pattern = "^[!-~]+$",
        ),
    ),
    responses((status = 200, description = "It.", body = Order)),
)]
pub async fn show(
    till: Till,
    Extension(caller): Extension<Caller>,
    Number(number): Number,
    headers: HeaderMap,
) -> Result<axum::Json<Order>, Problem> {
    let Opened { number, key } = opened(number, &caller, &headers)?;
    let found = match key {
        Some(key) => till.orders.find(&number, &key).await,
        None => till.orders.find_for_staff(&number).await,
    };
    let order = found.map_err(|error| Problem::of_error(&error))?.ok_or_else(unknown)?;
    Ok(axum::Json(order.into()))
}

/// An order as whoever asks opens it: by its key, which the merchant's own programs need not have.
fn opened(number: OrderNumber, caller: &Caller, headers: &HeaderMap) -> Result<Opened, Problem> {
    let key = headers.get(ORDER_KEY).and_then(|key| key.to_str().ok()).map(str::to_owned);
    match key.is_some() || caller.scopes.has(Scope::OrdersRead) {
        true => Ok(Opened { number, key }),
        false => Err(unknown()),
    }
}
