//! Carts, for apps and tills: opened, filled, delivered and checked out by whoever knows a cart's name.

mod cart;
mod checkout;
mod delivery;
mod lines;

use super::{
    input::{Part, field, in_path, names},
    problem::{Code, FieldError, Problem},
    routes::{Kept, Routes, Rules},
};
use crate::pulses::With;
use ::orders::{CartFailure, CartNow};
use accounts::{Scope, SessionToken};
use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use client::{Change, DeliveryMethod, Money, ShippingAddress, Shortage, Totals};
use domain::{
    Market, Sku,
    address::FieldError as Mistake,
    cart::CartError,
    checkout::{CheckoutField, CheckoutForm, FieldErrors},
    shipping::ShippingMethod,
};
use std::collections::HashMap;
use utoipa::{
    IntoParams,
    openapi::{
        path::{Parameter, ParameterIn},
        schema::{ObjectBuilder, SchemaType, Type},
    },
};
use utoipa_axum::routes;

/// The endpoints about carts. No answer of theirs but a checkout's is kept, for a cart's name would be kept with it;
/// what was added under a name, the cart itself remembers.
pub fn routes(routes: Routes) -> Routes {
    let carts = Rules::of(Scope::Carts).at_the_till(With::TillCart).kept(Kept::Not);
    let checkout = Rules::of(Scope::Carts).at_the_till(With::Everything).kept(Kept::ByNameOnly);
    routes
        .with(carts, routes!(cart::open))
        .with(carts, routes!(cart::show, delivery::note))
        .with(carts, routes!(delivery::options))
        .with(carts, routes!(lines::add))
        .with(carts, routes!(lines::set, lines::remove))
        .with(checkout, routes!(checkout::check_out))
}

/// The cart that an address names.
pub struct CartId(pub SessionToken);

impl<S: Send + Sync> FromRequestParts<S> for CartId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let id = named(parts, state, "id").await;
        id.and_then(|id| id.parse().ok()).map(Self).ok_or_else(|| {
            let words = "It is the name of no cart.".to_owned();
            Problem::invalid(vec![field(Part::Query, "id", "wrong_form", words)])
        })
    }
}

impl IntoParams for CartId {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let schema = ObjectBuilder::new()
            .schema_type(SchemaType::new(Type::String))
            .min_length(Some(43))
            .max_length(Some(43))
            .pattern(Some("^[A-Za-z0-9_-]+$"));
        vec![in_path("id", "The cart's name.", schema.build())]
    }
}

/// The SKU of the line that an address names.
pub struct LineOf(pub Sku);

impl<S: Send + Sync> FromRequestParts<S> for LineOf {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let sku = named(parts, state, "sku").await;
        sku.and_then(|sku| Sku::parse(&sku).ok()).map(Self).ok_or_else(|| {
            let words = "It is no SKU.".to_owned();
            Problem::invalid(vec![field(Part::Query, "sku", "wrong_form", words)])
        })
    }
}

impl IntoParams for LineOf {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![in_path("sku", "The line's SKU.", names::sku())]
    }
}

async fn named<S: Send + Sync>(parts: &mut Parts, state: &S, name: &str) -> Option<String> {
    let path = Path::<HashMap<String, String>>::from_request_parts(parts, state).await;
    path.ok().and_then(|Path(mut names)| names.remove(name))
}

fn unknown() -> Problem {
    Problem::new(Code::NotFound, "There is no such cart, or it was forgotten.")
}

/// A cart as it is answered.
fn told(market: &Market, id: &SessionToken, now: CartNow) -> client::Cart {
    let CartNow { fresh, form, totals } = now;
    let method = ShippingMethod::parse(&form.delivery);
    let totals = match totals {
        // What delivery costs is not known before a way was chosen.
        Some(totals) if method.is_none() => Totals { shipping: None, ..totals.into() },
        Some(totals) => totals.into(),
        None => Totals::empty(market.currency),
    };
    client::Cart {
        id: id.expose(),
        version: fresh.cart.version,
        lines: fresh.cart.lines.into_iter().map(client::CartLine::from).collect(),
        totals,
        shipping_address: said_address(form),
        delivery: method.map(DeliveryMethod::from),
        changes: fresh.changes.into_iter().map(Change::from).collect(),
        shortages: fresh.shortages.into_iter().map(Shortage::from).collect(),
    }
}

fn said_address(form: CheckoutForm) -> Option<ShippingAddress> {
    let CheckoutForm { full_name: name, address: line1, city, postal_code, country, .. } = form;
    let address = ShippingAddress { name, line1, city, postal_code, country };
    (address != ShippingAddress::default()).then_some(address)
}

/// What is typed at the pages' checkout, as a program says it.
fn form(address: ShippingAddress, delivery: Option<DeliveryMethod>) -> CheckoutForm {
    let ShippingAddress { name: full_name, line1: address, city, postal_code, country } = address;
    let delivery = delivery.map_or("", |method| ShippingMethod::from(method).code()).to_owned();
    CheckoutForm { full_name, address, city, postal_code, country, delivery, ..Default::default() }
}

/// The mistakes of a form, where a program wrote them.
fn mistakes(errors: FieldErrors) -> Vec<FieldError> {
    let place = |at: CheckoutField| match at {
        CheckoutField::Email => "/email",
        CheckoutField::FullName => "/shipping_address/name",
        CheckoutField::Address => "/shipping_address/line1",
        CheckoutField::City => "/shipping_address/city",
        CheckoutField::PostalCode => "/shipping_address/postal_code",
        CheckoutField::Country => "/shipping_address/country",
        CheckoutField::Delivery => "/delivery",
    };
    let code = |mistake: Mistake| match mistake {
        Mistake::Missing => "missing",
        Mistake::TooLong => "too_long",
        Mistake::Characters | Mistake::Email | Mistake::PostalCode => "wrong_form",
        Mistake::Country | Mistake::Delivery => "unknown_value",
    };
    let told = |(at, mistake)| field(Part::Body, place(at), code(mistake), mistake.to_string());
    errors.into_iter().map(told).collect()
}

/// Why a cart is as it was.
fn refusal(failure: CartFailure) -> Problem {
    let words = failure.to_string();
    match failure {
        CartFailure::NoCart => unknown(),
        CartFailure::Cart(CartError::Full) => Problem::new(Code::CartFull, words),
        CartFailure::Cart(CartError::NotInCart { .. }) => Problem::new(Code::NotInCart, words),
        CartFailure::Cart(CartError::Quantity(_)) => {
            Problem::invalid(vec![field(Part::Body, "/quantity", "too_large", words)])
        }
        CartFailure::UnknownSku { .. } => Problem::new(Code::NotSold, words),
        CartFailure::OutOfStock { sku, left, in_cart } => Problem::new(Code::OutOfStock, words)
            .fact("sku", sku)
            .fact("left", left)
            .fact("in_cart", in_cart),
        CartFailure::WaitingRoom(barred) => waiting_room(barred.drop.as_str()),
        CartFailure::Unavailable(error) => Problem::of_error(&error),
    }
}

/// It is sold by a line, in which a browser stands and no program.
fn waiting_room(drop: &str) -> Problem {
    let words = "Something is sold by a line just now, which is stood in on the shop's pages.";
    Problem::new(Code::WaitingRoom, words).fact("drop", drop).fact("line", format!("/line/{drop}"))
}

/// An amount that somebody expects, in the market's currency.
fn expected(market: &Market, amount: Option<Money>) -> Result<Option<i64>, FieldError> {
    match amount {
        Some(amount) if amount.currency != market.currency.code() => {
            let words = format!("Prices are in {}.", market.currency.code());
            Err(field(Part::Body, "/expected_total/currency", "unknown_value", words))
        }
        amount => Ok(amount.map(|amount| amount.minor)),
    }
}
