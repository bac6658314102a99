//! `/checkout`: what is ordered, where it goes, how it is paid.

use super::{
    api,
    live::LiveCheckout,
    markup::{Order, OrderForm},
    refusal::{Refused, Shortages},
};
use crate::{cart::Changes, content::Failure, services::services, shell::PrivateHead};
use domain::checkout::Refusal;
use jiff::{Timestamp, tz::TimeZone};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// What an address says of the last try: refused, for a reason that the session holds, or failed.
#[derive(Debug, Clone, Copy)]
struct LastTry {
    refused: bool,
    failed: bool,
}

/// `/checkout`, `/checkout?refused=1`
#[component]
pub fn CheckoutPage() -> impl IntoView {
    let last = use_query_map().with_untracked(|query| LastTry {
        refused: query.get("refused").is_some(),
        failed: query.get("failed").is_some(),
    });
    Suspend::new(async move {
        match api::checkout().await {
            Ok(page) if page.fresh.cart.is_empty() => view! { <NothingToOrder/> }.into_any(),
            Ok(page) => view! { <CheckoutView page last/> }.into_any(),
            Err(failed) => view! { <Failure failed/> }.into_any(),
        }
    })
    .into_any()
}

#[component]
fn NothingToOrder() -> impl IntoView {
    view! {
        <PrivateHead title="Checkout"/>
        <section class="notice">
            <h1>"Your cart is empty"</h1>
            <p>"There is nothing to order yet."</p>
            <p><a class="button" href="/">"Look around"</a></p>
        </section>
    }
}

#[component]
fn CheckoutView(page: orders::CheckoutPage, last: LastTry) -> impl IntoView {
    let orders::CheckoutPage { fresh, form, refusal, parcels } = page;
    // A refusal is told once, right after the try, and not when the shopper comes back later.
    let refusal = refusal.filter(|_| last.refused);
    let (mut errors, mut changes) = (Vec::new(), fresh.changes);
    match &refusal {
        Some(Refusal::FieldsInvalid { errors: wrong }) => errors.clone_from(wrong),
        Some(Refusal::CartChanged { changes: told }) if changes.is_empty() => {
            changes.clone_from(told)
        }
        _ => {}
    }
    let failed = last.failed.then(|| {
        view! {
            <p class="note note--wrong" role="alert">
                "Something went wrong on our side. Please try again: you pay once, however often you try."
            </p>
        }
    });
    let market = (*services().market).clone();
    let on = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let order = Order { form, errors, market, cart: fresh.cart, on, parcels };
    view! {
        <PrivateHead title="Checkout"/>
        <h1>"Checkout"</h1>
        {failed}
        {refusal.map(|refusal| view! { <Refused refusal/> })}
        <Shortages shortages=fresh.shortages/>
        <Changes changes/>
        <OrderForm order/>
        <LiveCheckout/>
    }
    .into_any()
}
