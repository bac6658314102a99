//! The cart's server functions and what its page is loaded with. A plain form is answered by a page
//! to go to, an island by the cart or the reason why it is as it was.

use super::{problem::Problem, variants::Variants};
use crate::{
    error::StoreError,
    services::{Elsewhere, LoadFailed, Visitor, private, see_other, services, visitor},
    waiting_line::address_of_line,
};
use accounts::{SessionToken, WishId, cookie};
use domain::{Cart, Quantity, Sku, Slug, cart::CartError};
use form_urlencoded::Serializer;
use http::header::SET_COOKIE;
use leptos::{prelude::*, server};
use leptos_axum::ResponseOptions;
pub use orders::FreshCart;
use orders::{CartFailure, Wanted};
use std::collections::{BTreeMap, HashMap};

/// The cart at current prices, with what changed and what is short.
pub async fn fresh_cart() -> Result<FreshCart, LoadFailed> {
    private();
    Ok(services().orders()?.fresh_cart(visitor().session.as_ref()).await?)
}

/// Adds to the visitor's own cart: a SKU, or the one among `variants` (see [`Variants`]) that has these
/// options. `slug` is the product's page, for the way back; `seen_price` what one cost on it, in minor
/// units, which is compared, never charged; `wish` what the wish is called ([`WishId`]), so that one
/// that is sent again is granted once.
///
/// Who may call it: anyone. A visitor without a session gets one.
#[server(prefix = "/api", endpoint = "cart/add")]
pub async fn add_to_cart(
    slug: Option<String>,
    sku: Option<String>,
    variants: Option<String>,
    #[server(default)] options: BTreeMap<String, String>,
    quantity: Option<String>,
    seen_price: Option<String>,
    wish: Option<String>,
) -> Result<Cart, StoreError> {
    let typed = quantity.unwrap_or_default();
    let seen = seen_price.and_then(|minor| minor.parse().ok());
    let meant = match sku {
        Some(sku) => Some((sku, seen)),
        None => variants.and_then(|variants| Variants::written(&variants).find(&options)),
    };
    // A name that makes no sense is none: the wish is then granted as often as it is sent.
    let outcome = add(meant, &typed, wish.and_then(|name| name.parse().ok())).await;
    let back = |problem: Problem, sku: Option<Sku>| match &slug {
        Some(slug) if Slug::parse(slug).is_ok() => {
            let way = return_to(&format!("/p/{slug}"), sku, &typed, problem);
            if problem == Problem::NotSold { with_options(way, &options) } else { way }
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
    let cart = services().orders()?.cart(visitor().session.as_ref()).await;
    cart.map_err(|error| StoreError::fault(&error))
}

/// Why a change failed, and for which SKU.
struct Refused {
    problem: Problem,
    sku: Option<Sku>,
    /// The line that has to be stood in first.
    line: Option<Slug>,
}

impl Refused {
    fn new(problem: Problem, sku: Option<&Sku>) -> Self {
        Self { problem, sku: sku.cloned(), line: None }
    }

    fn of(failure: CartFailure, sku: &Sku) -> Self {
        let line = match &failure {
            CartFailure::WaitingRoom(barred) => Some(barred.drop.clone()),
            _ => None,
        };
        Self { line, ..Self::new(problem_of(failure), Some(sku)) }
    }
}

impl From<Elsewhere> for Refused {
    fn from(_: Elsewhere) -> Self {
        Self::new(Problem::Internal, None)
    }
}

async fn add(
    meant: Option<(String, Option<i64>)>,
    typed: &str,
    wish: Option<WishId>,
) -> Result<Cart, Refused> {
    let (sku, seen_price) = meant.unwrap_or_default();
    let sku = Sku::parse(&sku).map_err(|_| Refused::new(Problem::NotSold, None))?;
    let quantity = Quantity::parse(typed)
        .map_err(|error| Refused::new(Problem::Quantity(error), Some(&sku)))?;
    let Visitor { session, tickets, .. } = visitor();
    let wanted = Wanted { sku: sku.clone(), quantity, seen_price, wish, tickets };
    let saved = services().orders()?.add_to_cart(session.as_ref(), &wanted).await;
    let saved = saved.map_err(|failure| Refused::of(failure, &sku))?;
    keep_session(saved.new_session.or(session));
    Ok(saved.cart)
}

async fn set(sku: Option<String>, typed: &str) -> Result<Cart, Refused> {
    let sku = named(sku)?;
    let refused = |problem| Refused::new(problem, Some(&sku));
    let quantity = Quantity::parse(typed).map_err(|error| refused(Problem::Quantity(error)))?;
    let token = visitor().session.ok_or_else(|| refused(Problem::NotInCart))?;
    let outcome = services().orders()?.set_quantity(&token, &sku, quantity).await;
    let cart = outcome.map_err(|failure| match failure {
        // The number is the whole wish: how many there are already says nothing.
        CartFailure::OutOfStock { left, .. } => refused(Problem::OutOfStock { left, in_cart: 0 }),
        failure => Refused::of(failure, &sku),
    })?;
    keep_session(Some(token));
    Ok(cart)
}

async fn remove(sku: Option<String>) -> Result<Cart, Refused> {
    let sku = named(sku)?;
    let Some(token) = visitor().session else { return Ok(Cart::default()) };
    let outcome = services().orders()?.remove(&token, &sku).await;
    let cart = outcome.map_err(|failure| Refused::of(failure, &sku))?;
    keep_session(Some(token));
    Ok(cart)
}

/// Lets the browser keep its token for as long as the session now lives: each change of the cart moves
/// its end on.
fn keep_session(token: Option<SessionToken>) {
    if let (Some(token), Some(response)) = (token, use_context::<ResponseOptions>()) {
        response.insert_header(SET_COOKIE, cookie::set(&token, visitor().secure));
    }
}

fn named(sku: Option<String>) -> Result<Sku, Refused> {
    let sku = Sku::parse(&sku.unwrap_or_default());
    sku.map_err(|_| Refused::new(Problem::NotInCart, None))
}

fn problem_of(failure: CartFailure) -> Problem {
    match failure {
        CartFailure::Cart(CartError::Quantity(error)) => Problem::Quantity(error),
        CartFailure::Cart(CartError::Full) => Problem::Full,
        CartFailure::Cart(CartError::NotInCart { .. }) | CartFailure::NoCart => Problem::NotInCart,
        CartFailure::UnknownSku { .. } => Problem::NotSold,
        CartFailure::OutOfStock { left, in_cart, .. } => Problem::OutOfStock { left, in_cart },
        CartFailure::WaitingRoom(_) => Problem::WaitingRoom,
        CartFailure::Unavailable(error) => match StoreError::fault(&error).status {
            503 => Problem::Unavailable,
            _ => Problem::Internal,
        },
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
        Err(Refused { problem, sku, line }) => {
            if plain {
                let line = line.as_ref().map(address_of_line);
                see_other(&line.unwrap_or_else(|| back(problem, sku)));
            }
            let error = StoreError::from(problem);
            Err(match line {
                Some(drop) => error.with(HashMap::from([("drop", drop)])),
                None => error,
            })
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

/// The way back with what was chosen, which no SKU says of a combination that is not made: so much of
/// it as a product can have.
fn with_options(way: String, options: &BTreeMap<String, String>) -> String {
    let some = options.iter().filter(|(code, value)| code.len() + value.len() < 200).take(10);
    let mut query = Serializer::new(way);
    for (code, value) in some {
        query.append_pair(&format!("options[{code}]"), value);
    }
    query.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::quantity::QuantityError;

    #[test]
    fn a_combination_that_is_not_made_comes_back_as_it_was_chosen() {
        let chosen = |code: &str, value: &str| (code.to_owned(), value.to_owned());
        let mut options: BTreeMap<_, _> =
            [chosen("size", "15 & more"), chosen("ram", "8GB")].into();
        let way = return_to("/p/laptop", None, "2", Problem::NotSold);
        let back = "/p/laptop?quantity=2&problem=not_sold\
                    &options%5Bram%5D=8GB&options%5Bsize%5D=15+%26+more";
        assert_eq!(with_options(way.clone(), &options), back);
        options.extend((0..99).map(|n| chosen(&n.to_string(), &"x".repeat(150))));
        assert!(with_options(way, &options).len() < 3_000);
    }

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
