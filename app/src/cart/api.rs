//! The cart's server functions and what its page is loaded with. A plain form is answered by a page
//! to go to, an island by the cart or the reason why it is as it was.

use super::{problem::Problem, variants::Variants};
use crate::{
    error::StoreError,
    services::{LoadFailed, private, see_other, services, visitor},
};
use accounts::cookie;
use domain::{Cart, Quantity, Sku, Slug, cart::CartError};
use form_urlencoded::Serializer;
use http::header::SET_COOKIE;
use leptos::{prelude::*, server};
use leptos_axum::ResponseOptions;
use orders::CartFailure;
pub use orders::FreshCart;
use std::collections::{BTreeMap, HashMap};

/// The cart at current prices, with what changed and what is short.
pub async fn fresh_cart() -> Result<FreshCart, LoadFailed> {
    private();
    Ok(services().orders.fresh_cart(visitor().session.as_ref()).await?)
}

/// Adds to the visitor's own cart: a SKU, or the one among `variants` (see [`Variants`]) that has these
/// options. `slug` is the product's page, for the way back.
///
/// Who may call it: anyone. A visitor without a session gets one.
#[server(prefix = "/api", endpoint = "cart/add")]
pub async fn add_to_cart(
    slug: Option<String>,
    sku: Option<String>,
    variants: Option<String>,
    #[server(default)] options: BTreeMap<String, String>,
    quantity: Option<String>,
) -> Result<Cart, StoreError> {
    let typed = quantity.unwrap_or_default();
    let named = sku.or_else(|| Variants::written(variants.as_deref()?).sku_of(&options));
    let outcome = add(named.as_deref(), &typed).await;
    let back = |problem: Problem, sku: Option<Sku>| match &slug {
        Some(slug) if Slug::parse(slug).is_ok() => {
            return_to(&format!("/p/{slug}"), sku, &typed, problem)
        }
        _ => return_to("/cart", sku, &typed, problem),
    };
    answer(outcome, back)
}

/// Sets how many pieces of a SKU are in the visitor's own cart.
///
/// Who may call it: anyone.
#[server(prefix = "/api", endpoint = "cart/set")]
pub async fn set_quantity(
    sku: Option<String>,
    quantity: Option<String>,
) -> Result<Cart, StoreError> {
    let typed = quantity.unwrap_or_default();
    let outcome = set(sku, &typed).await;
    answer(outcome, |problem, sku| return_to("/cart", sku, &typed, problem))
}

/// Takes a SKU out of the visitor's own cart.
///
/// Who may call it: anyone. `quantity` is what there was of it, for the way back.
#[server(prefix = "/api", endpoint = "cart/remove")]
pub async fn remove_from_cart(
    sku: Option<String>,
    quantity: Option<String>,
) -> Result<Cart, StoreError> {
    let outcome = remove(sku.clone()).await;
    let cart = answer(outcome, |problem, sku| return_to("/cart", sku, "", problem))?;
    if let (true, Some(sku), Some(quantity)) = (visitor().wants_html, sku, quantity) {
        let fields = [("removed", sku), ("quantity", quantity)];
        see_other(&format!(
            "/cart?{}",
            Serializer::new(String::new()).extend_pairs(fields).finish()
        ));
    }
    Ok(cart)
}

/// The visitor's own cart as it was last shown.
///
/// Who may call it: anyone.
#[server(prefix = "/api", endpoint = "cart/get", input = leptos::server_fn::codec::GetUrl)]
pub async fn look_at_cart() -> Result<Cart, StoreError> {
    private();
    let cart = services().orders.cart(visitor().session.as_ref()).await;
    cart.map_err(|error| StoreError::fault(&error))
}

/// Why a change failed, and for which SKU.
struct Refused {
    problem: Problem,
    sku: Option<Sku>,
}

async fn add(sku: Option<&str>, typed: &str) -> Result<Cart, Refused> {
    let sku = Sku::parse(sku.unwrap_or_default())
        .map_err(|_| Refused { problem: Problem::NotSold, sku: None })?;
    let refused = |problem| Refused { problem, sku: Some(sku.clone()) };
    let quantity = Quantity::parse(typed).map_err(|error| refused(Problem::Quantity(error)))?;
    let (orders, visitor) = (services().orders, visitor());
    let saved = orders.add_to_cart(visitor.session.as_ref(), &sku, quantity).await;
    let saved = saved.map_err(|failure| refused(problem_of(failure)))?;
    if let (Some(token), Some(response)) = (&saved.new_session, use_context::<ResponseOptions>()) {
        response.insert_header(SET_COOKIE, cookie::set(token, visitor.secure));
    }
    Ok(saved.cart)
}

async fn set(sku: Option<String>, typed: &str) -> Result<Cart, Refused> {
    let sku = named(sku)?;
    let refused = |problem| Refused { problem, sku: Some(sku.clone()) };
    let quantity = Quantity::parse(typed).map_err(|error| refused(Problem::Quantity(error)))?;
    let token = visitor().session.ok_or_else(|| refused(Problem::NotInCart))?;
    let outcome = services().orders.set_quantity(&token, &sku, quantity).await;
    outcome.map_err(|failure| match failure {
        // The number is the whole wish: how many there are already says nothing.
        CartFailure::OutOfStock { left, .. } => refused(Problem::OutOfStock { left, in_cart: 0 }),
        failure => refused(problem_of(failure)),
    })
}

async fn remove(sku: Option<String>) -> Result<Cart, Refused> {
    let sku = named(sku)?;
    let Some(token) = visitor().session else { return Ok(Cart::default()) };
    let outcome = services().orders.remove(&token, &sku).await;
    outcome.map_err(|failure| Refused { problem: problem_of(failure), sku: Some(sku) })
}

fn named(sku: Option<String>) -> Result<Sku, Refused> {
    let sku = Sku::parse(&sku.unwrap_or_default());
    sku.map_err(|_| Refused { problem: Problem::NotInCart, sku: None })
}

fn problem_of(failure: CartFailure) -> Problem {
    match failure {
        CartFailure::Cart(CartError::Quantity(error)) => Problem::Quantity(error),
        CartFailure::Cart(CartError::Full) => Problem::Full,
        CartFailure::Cart(CartError::NotInCart { .. }) => Problem::NotInCart,
        CartFailure::UnknownSku { .. } => Problem::NotSold,
        CartFailure::OutOfStock { left, in_cart, .. } => Problem::OutOfStock { left, in_cart },
        CartFailure::Unavailable(error) => {
            StoreError::fault(&error);
            Problem::Internal
        }
    }
}

/// The answer for who asked: a plain form is sent to the cart, or back to where it can be seen what
/// was typed and why it could not be had.
fn answer(
    outcome: Result<Cart, Refused>,
    back: impl FnOnce(Problem, Option<Sku>) -> String,
) -> Result<Cart, StoreError> {
    let plain = visitor().wants_html;
    match outcome {
        Ok(cart) => {
            if plain {
                see_other("/cart");
            }
            Ok(cart)
        }
        Err(Refused { problem, sku }) => {
            if plain {
                see_other(&back(problem, sku));
            }
            Err(problem.into())
        }
    }
}

impl From<Problem> for StoreError {
    fn from(problem: Problem) -> Self {
        let error = Self::new(problem.code(), problem.status(), problem.message());
        match problem {
            Problem::OutOfStock { left, in_cart } => {
                error.with(HashMap::from([("left", left), ("in_cart", in_cart)]))
            }
            _ => error,
        }
    }
}

fn return_to(path: &str, sku: Option<Sku>, typed: &str, problem: Problem) -> String {
    let mut query = Serializer::new(String::new());
    if let Some(sku) = sku {
        query.append_pair("sku", sku.as_str());
    }
    // What was typed comes back, but not without end.
    let typed: String = typed.chars().take(20).collect();
    query.append_pair("quantity", &typed).append_pair("problem", &problem.to_string());
    format!("{path}?{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::quantity::QuantityError;

    #[test]
    fn what_was_typed_comes_back_with_the_reason() {
        let sku = Sku::parse("L/13&").ok();
        let address =
            return_to("/p/laptop", sku, "1 & 2", Problem::OutOfStock { left: 2, in_cart: 0 });
        assert_eq!(address, "/p/laptop?sku=L%2F13%26&quantity=1+%26+2&problem=out_of_stock-2-0");
        let long =
            return_to("/cart", None, &"9".repeat(99), Problem::Quantity(QuantityError::TooMany));
        assert_eq!(long, format!("/cart?quantity={}&problem=quantity_too_many", "9".repeat(20)));
    }

    #[test]
    fn a_shortage_is_answered_with_its_facts() {
        let error = StoreError::from(Problem::OutOfStock { left: 2, in_cart: 1 });
        assert_eq!((error.code.as_ref(), error.status), ("out_of_stock", 409));
        assert_eq!(error.details.unwrap()["left"], 2);
        assert_eq!(StoreError::from(Problem::Quantity(QuantityError::Zero)).status, 422);
    }
}
