//! What was sent back of an order, and the form to send something back. It works without scripts: what comes of it the
//! page says.

use super::words::{contents, name, reason, standing};
use domain::order::{OrderReturn, OrderView, ParcelLine, RETURN_DAYS, ReturnReason, Returnable};
use leptos::prelude::*;

/// What was announced, and what became of it.
pub fn returns(order: &OrderView) -> Option<AnyView> {
    if order.returns.is_empty() {
        return None;
    }
    let returns: Vec<_> = order.returns.iter().map(|back| one(order, back)).collect();
    let section = view! {
        <section class="order__part">
            <h2>"Returns"</h2>
            <ul class="order-parcels">{returns}</ul>
        </section>
    };
    Some(section.into_any())
}

fn one(order: &OrderView, back: &OrderReturn) -> impl IntoView + use<> {
    let line = |line: &domain::order::ReturnLine| ParcelLine {
        sku: line.wish.sku.clone(),
        quantity: line.wish.quantity,
    };
    let lines: Vec<_> = back.lines.iter().map(line).collect();
    view! {
        <li class="parcel">
            <p class="parcel__name">{format!("Return {}", back.number)}</p>
            <p>{contents(order, &lines)}</p>
            <p class="parcel__facts">{standing(back)}</p>
        </li>
    }
}

/// The form to announce a return.
#[component]
pub fn SendBack(
    /// The order.
    order: OrderView,
    /// What opens its page.
    key: String,
) -> impl IntoView {
    let lines: Vec<_> =
        order.returnable.iter().enumerate().map(|(at, line)| wanted(&order, at, line)).collect();
    view! {
        <details class="order__cancel">
            <summary>"Send something back"</summary>
            <p>
                {format!(
                    "You can send back what you do not want to keep within {RETURN_DAYS} days. Tell us what it is; \
                     then we know what to expect.",
                )}
            </p>
            <form action="/api/orders/return" method="post" class="send-back">
                <input type="hidden" name="number" value=order.number.to_string()/>
                <input type="hidden" name="key" value=key/>
                // Says which return it is, so that the form sent twice is one.
                <input type="hidden" name="which" value=order.returns.len() + 1/>
                {lines}
                <button class="button button--quiet" type="submit">"Announce the return"</button>
            </form>
        </details>
    }
    .into_any()
}

/// How many pieces of a line, and why.
fn wanted(order: &OrderView, at: usize, line: &Returnable) -> impl IntoView + use<> {
    let counts: Vec<_> = (0..=line.quantity)
        .map(|count| view! { <option value=count.to_string()>{count.to_string()}</option> })
        .collect();
    let reasons: Vec<_> = ReturnReason::ALL
        .into_iter()
        .map(|why| view! { <option value=why.as_str()>{reason(why)}</option> })
        .collect();
    view! {
        <fieldset class="send-back__line">
            <legend>{name(order, &line.sku)}</legend>
            <input type="hidden" name=format!("sku[{at}]") value=line.sku.to_string()/>
            <div class="field">
                <label for=format!("quantity-{at}")>"Pieces"</label>
                <select id=format!("quantity-{at}") name=format!("quantity[{at}]")>{counts}</select>
            </div>
            <div class="field">
                <label for=format!("reason-{at}")>"Why"</label>
                <select id=format!("reason-{at}") name=format!("reason[{at}]")>{reasons}</select>
            </div>
        </fieldset>
    }
}
