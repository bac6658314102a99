//! What is in a cart.

use super::{CartId, LineOf, refusal, told, unknown};
use crate::api::{
    Till,
    input::{Json, Part, field},
    once,
    problem::Problem,
};
use ::orders::Wanted;
use accounts::{SessionToken, WishId};
use axum::http::{HeaderMap, Method};
use client::{Cart, LineQuantity, NewLine};
use domain::{Quantity, Sku};

type Answer = Result<axum::Json<Cart>, Problem>;

/// Put something into a cart.
///
/// The pieces join those of the SKU that are there. Sent again under the same name (`Idempotency-Key`) it is not done
/// again, and answered with the cart as it is then; a cart remembers its last sixteen names. The lines are told as they
/// were last shown: ask for the cart to have them at current prices.
#[utoipa::path(
    post,
    path = "/api/v1/carts/{id}/lines",
    operation_id = "add_to_cart",
    tag = "carts",
    params(
        CartId,
        (
            "Idempotency-Key" = Option<String>,
            Header,
            description = "A name of your own for this request.",
            min_length = 1,
            max_length = 255,
            pattern = "^[!-~]+$",
        ),
    ),
    request_body = NewLine,
    responses((status = 200, description = "It is in the cart.", body = Cart)),
)]
pub async fn add(
    till: Till,
    CartId(id): CartId,
    headers: HeaderMap,
    Json(line): Json<NewLine>,
) -> Answer {
    let name = once::name(&Method::POST, &headers)?;
    let sku =
        Sku::parse(&line.sku).map_err(|error| wrong("/sku", "wrong_form", error.to_string()))?;
    let wish = name.map(|name| WishId::of_name(&name));
    let wanted = Wanted { wish, ..Wanted::new(sku, quantity(line.quantity)?) };
    let added = till.orders.add_to_opened(&id, &wanted).await.map_err(refusal)?;
    Ok(axum::Json(told(&till.market, &id, added)))
}

/// Set how many pieces a line has.
#[utoipa::path(
    patch,
    path = "/api/v1/carts/{id}/lines/{sku}",
    operation_id = "set_quantity",
    tag = "carts",
    params(
        CartId,
        LineOf,
    ),
    request_body = LineQuantity,
    responses((status = 200, description = "The cart, at current prices.", body = Cart)),
)]
pub async fn set(
    till: Till,
    CartId(id): CartId,
    LineOf(sku): LineOf,
    Json(line): Json<LineQuantity>,
) -> Answer {
    let quantity = quantity(line.quantity)?;
    till.orders.set_quantity(&id, &sku, quantity).await.map_err(refusal)?;
    now(&till, &id).await
}

/// Take a line out.
///
/// What is not there is out already.
#[utoipa::path(
    delete,
    path = "/api/v1/carts/{id}/lines/{sku}",
    operation_id = "remove_from_cart",
    tag = "carts",
    params(
        CartId,
        LineOf,
    ),
    responses((status = 200, description = "The cart, at current prices.", body = Cart)),
)]
pub async fn remove(till: Till, CartId(id): CartId, LineOf(sku): LineOf) -> Answer {
    till.orders.remove(&id, &sku).await.map_err(refusal)?;
    now(&till, &id).await
}

async fn now(till: &Till, id: &SessionToken) -> Answer {
    let found = till.orders.cart_now(id).await.map_err(|error| Problem::of_error(&error))?;
    found.map(|now| axum::Json(told(&till.market, id, now))).ok_or_else(unknown)
}

fn quantity(pieces: u32) -> Result<Quantity, Problem> {
    Quantity::new(pieces).map_err(|error| wrong("/quantity", "invalid", error.to_string()))
}

fn wrong(at: &str, code: &'static str, words: String) -> Problem {
    Problem::invalid(vec![field(Part::Body, at, code, words)])
}
