//! `/cart`: the cart at current prices, with all that has to be said of it.

use super::{
    Sum, SumRow,
    api::{self, FreshCart},
    changes::Changes,
    line::{LineShown, shortage_in_words},
    live::LiveCart,
    markup::{LineItem, LineProblem, Lines},
    problem::Problem,
    taxes_in_words,
};
use crate::{
    content::Failure,
    services::services,
    shell::{Frame, PrivateHead},
};
use domain::{
    Cart, CartLine, Sku,
    checkout::ShortLine,
    shipping::{ShippingMethod, Zone},
};
use jiff::{Timestamp, tz::TimeZone};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// What an address says of the cart: the change that was refused, or the line that was removed.
#[derive(Debug, Clone, Default)]
struct Asked {
    sku: Option<Sku>,
    quantity: String,
    problem: Option<Problem>,
    removed: Option<Sku>,
}

impl Asked {
    fn is_for(&self, line: &CartLine) -> bool {
        self.sku.as_ref() == Some(&line.item.sku)
    }
}

/// `/cart?sku=…&quantity=…&problem=…` or `/cart?removed=…&quantity=…`, with its frame: here the header
/// can say how much is in the cart.
#[component]
pub fn CartPage() -> impl IntoView {
    let asked = use_query_map().with_untracked(|query| {
        let sku = |name| query.get(name).and_then(|sku: String| Sku::parse(&sku).ok());
        Asked {
            sku: sku("sku"),
            quantity: query.get("quantity").unwrap_or_default(),
            problem: query.get("problem").and_then(|text| Problem::parse(&text)),
            removed: sku("removed"),
        }
    });
    Suspend::new(async move {
        match api::fresh_cart().await {
            Ok(fresh) => {
                let pieces = fresh.cart.pieces();
                view! { <Frame pieces><CartView fresh asked/></Frame> }.into_any()
            }
            Err(failed) => view! { <Frame><Failure failed/></Frame> }.into_any(),
        }
    })
    .into_any()
}

#[component]
fn CartView(fresh: FreshCart, asked: Asked) -> impl IntoView {
    let FreshCart { cart, changes, shortages } = fresh;
    let market = services().market;
    let on = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let lines = items(&cart, &shortages, &asked);
    let elsewhere = asked.problem.filter(|_| !cart.lines.iter().any(|line| asked.is_for(line)));
    let gone = asked.removed.filter(|sku| !cart.lines.iter().any(|line| &line.item.sku == sku));
    view! {
        <PrivateHead title="Cart"/>
        <h1>"Cart"</h1>
        <Changes changes/>
        {elsewhere.map(|problem| view! { <p class="note" role="status">{problem.message()}</p> })}
        {gone.map(|sku| way_back(sku.into(), asked.quantity))}
        <Contents cart lines sum=Sum { country: market.home, on }/>
        <LiveCart/>
    }
    .into_any()
}

/// The lines beside their sum, or what to do about an empty cart. Both are there, because either may
/// come true while the page is open.
#[component]
fn Contents(cart: Cart, lines: Vec<LineItem>, sum: Sum) -> impl IntoView {
    let empty = cart.is_empty();
    let items = cart.subtotal().map(|subtotal| subtotal.to_string()).unwrap_or_default();
    let taxes = sum.of(&cart, None).as_ref().map(taxes_in_words);
    let delivery = ShippingMethod::Standard.offer(Zone::Domestic).price;
    // A cart is plain data with string keys: it serialises without fail.
    let told = serde_json::to_string(&cart).unwrap_or_default();
    view! {
        <div
            id="cart"
            data-cart=told
            data-country=sum.country.to_string()
            data-on=sum.on.to_string()
        >
            <div role="status">
                <p class="note" data-slot="moved" hidden>
                    <span data-slot="moved-words"></span>
                    " "
                    <a href="/cart">"Look again"</a>
                </p>
            </div>
            <div class="cart">
                <section class="cart__lines" aria-label="Items">
                    <Lines lines/>
                </section>
                <section class="cart__sum" aria-label="Sum" data-slot="full" hidden=empty>
                    <dl class="sum">
                        <SumRow name="Items" amount=items live="items"/>
                        <SumRow name="Delivery" amount=format!("from {delivery}")/>
                    </dl>
                    <p class="sum__taxes" data-slot="taxes">{taxes}</p>
                    <a class="button button--wide" href="/checkout">"Checkout"</a>
                </section>
            </div>
            <div class="cart__empty" data-slot="empty" hidden=!empty>
                <p>"There is nothing in your cart yet."</p>
                <p><a class="button" href="/">"Look around"</a></p>
            </div>
        </div>
    }
    .into_any()
}

/// The way back for a line that was removed without scripts.
fn way_back(sku: String, quantity: String) -> impl IntoView {
    view! {
        <form class="note note--row" action="/api/cart/add" method="post">
            <p>"Removed from your cart."</p>
            <input type="hidden" name="sku" value=sku/>
            <input type="hidden" name="quantity" value=quantity/>
            <button class="link" type="submit">"Undo"</button>
        </form>
    }
}

/// The lines with what is wrong with them: what was just refused, and what is no longer there in that
/// number.
fn items(cart: &Cart, shortages: &[ShortLine], asked: &Asked) -> Vec<LineItem> {
    let item = |line: &CartLine| {
        let refused = asked.problem.filter(|_| asked.is_for(line)).map(|problem| LineProblem {
            typed: asked.quantity.clone(),
            reason: problem.message(),
        });
        let short = shortages.iter().find(|short| short.sku == line.item.sku);
        let short = short.map(|short| LineProblem {
            typed: line.quantity.to_string(),
            reason: shortage_in_words(short.left),
        });
        LineItem { shown: LineShown::of(cart, line), problem: refused.or(short) }
    };
    cart.lines.iter().map(item).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{item, pieces, sku};
    use super::*;

    fn cart() -> Cart {
        let mut cart = Cart::default();
        cart.add(item("a", 100), pieces(3)).unwrap();
        cart.add(item("b", 100), pieces(1)).unwrap();
        cart
    }

    #[test]
    fn what_is_short_is_said_beside_its_line() {
        let short = ShortLine { sku: sku("a"), name: "a".to_owned(), left: 2 };
        let found = items(&cart(), &[short], &Asked::default());
        let problem = found[0].problem.clone().unwrap();
        assert_eq!(problem.typed, "3");
        assert!(problem.reason.starts_with("Only 2 left."));
        assert_eq!(found[1].problem, None);
    }

    #[test]
    fn what_was_typed_stays_beside_the_reason() {
        let asked = Asked {
            sku: Some(sku("b")),
            quantity: "-4".to_owned(),
            problem: Problem::parse("quantity_negative"),
            removed: None,
        };
        let found = items(&cart(), &[], &asked);
        assert_eq!(found[0].problem, None);
        assert_eq!(found[1].problem.clone().unwrap().typed, "-4");
    }
}
