//! A cart itself.

use super::{CartId, told, unknown};
use crate::api::{Till, input::Json, problem::Problem};
use axum::http::StatusCode;
use client::Cart;
use serde::Deserialize;
use utoipa::ToSchema;

/// Nothing needs to be said of a cart that is opened.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCart {}

/// Open a cart.
///
/// It is empty, and has a name that nobody guesses: whoever knows it has the cart. It is kept for thirty days after its last
/// change.
#[utoipa::path(
    post,
    path = "/api/v1/carts",
    operation_id = "open_cart",
    tag = "carts",
    request_body = NewCart,
    responses((status = 201, description = "It is open.", body = Cart)),
)]
pub async fn open(
    till: Till,
    Json(NewCart {}): Json<NewCart>,
) -> Result<(StatusCode, axum::Json<Cart>), Problem> {
    let opened = till.orders.open_cart().await;
    let (id, now) = opened.map_err(|error| Problem::of_error(&error))?;
    Ok((StatusCode::CREATED, axum::Json(told(&till.market, &id, now))))
}

/// A cart at current prices.
///
/// With what has become of its lines since they were put there, and what is not left.
#[utoipa::path(
    get,
    path = "/api/v1/carts/{id}",
    operation_id = "show_cart",
    tag = "carts",
    params(CartId),
    responses((status = 200, description = "It.", body = Cart)),
)]
pub async fn show(till: Till, CartId(id): CartId) -> Result<axum::Json<Cart>, Problem> {
    let found = till.orders.cart_now(&id).await.map_err(|error| Problem::of_error(&error))?;
    found.map(|now| axum::Json(told(&till.market, &id, now))).ok_or_else(unknown)
}
