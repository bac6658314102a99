//! Where a cart goes, how, and what that costs.

use super::{CartId, form, mistakes, told, unknown};
use crate::api::{
    Till,
    input::{Json, Query, names},
    problem::Problem,
};
use ::orders::DeliveryOffer;
use client::{Cart, Delivery, DeliveryOption, DeliveryOptions};
use domain::{
    Country,
    checkout::{CheckoutField, CheckoutForm, FieldErrors},
    shipping::ShippingMethod,
};
use serde::Deserialize;
use utoipa::IntoParams;

/// Say where a cart goes, and how.
///
/// By that it has the taxes and the price of delivery in its totals. What is left out stays as it is.
#[utoipa::path(
    patch,
    path = "/api/v1/carts/{id}",
    operation_id = "deliver_cart",
    tag = "carts",
    params(CartId),
    request_body = Delivery,
    responses((status = 200, description = "The cart, at current prices.", body = Cart)),
)]
pub async fn note(
    till: Till,
    CartId(id): CartId,
    Json(said): Json<Delivery>,
) -> Result<axum::Json<Cart>, Problem> {
    let Delivery { shipping_address, delivery } = said;
    let has_address = shipping_address.is_some();
    let form = form(shipping_address.unwrap_or_default(), delivery);
    let wrong = till.mistakes_of_address(&form, has_address);
    if !wrong.is_empty() {
        return Err(Problem::invalid(mistakes(wrong)));
    }
    let noted = till.orders.note_delivery(&id, form).await;
    let now = noted.map_err(|error| Problem::of_error(&error))?.ok_or_else(unknown)?;
    Ok(axum::Json(told(&till.market, &id, now)))
}

impl Till {
    /// What is wrong with an address, if one was said.
    fn mistakes_of_address(&self, form: &CheckoutForm, has_address: bool) -> FieldErrors {
        let wrong = match has_address {
            true => form.check(&self.market).err().unwrap_or_default(),
            false => FieldErrors::new(),
        };
        let is_of_address =
            |at: &CheckoutField| !matches!(at, CheckoutField::Email | CheckoutField::Delivery);
        wrong.into_iter().filter(|(at, _)| is_of_address(at)).collect()
    }
}

/// To where the ways of delivery are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OptionsAsked {
    /// To this country; to the cart's own if it is left out.
    #[serde(default)]
    #[param(schema_with = names::country, required = false)]
    country: Option<Country>,
}

/// The ways of delivery for a cart.
///
/// With what each of them costs, and the cart with it.
#[utoipa::path(
    get,
    path = "/api/v1/carts/{id}/delivery-options",
    operation_id = "list_delivery_options",
    tag = "carts",
    params(
        CartId,
        OptionsAsked,
    ),
    responses((status = 200, description = "The usual one first.", body = DeliveryOptions)),
)]
pub async fn options(
    till: Till,
    CartId(id): CartId,
    Query(asked): Query<OptionsAsked>,
) -> Result<axum::Json<DeliveryOptions>, Problem> {
    let offers = till.orders.delivery_offers(&id, asked.country).await;
    let offers = offers.map_err(|error| Problem::of_error(&error))?.ok_or_else(unknown)?;
    Ok(axum::Json(DeliveryOptions { items: offers.into_iter().map(option).collect() }))
}

fn option(DeliveryOffer { offer, total }: DeliveryOffer) -> DeliveryOption {
    DeliveryOption {
        delivery: offer.method.into(),
        name: ShippingMethod::name(offer.method).to_owned(),
        price: offer.price.into(),
        days_min: offer.days_min,
        days_max: offer.days_max,
        total: total.map(client::Money::from),
    }
}
