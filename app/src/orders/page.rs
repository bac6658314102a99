//! `/orders/{number}?key=…`: what was ordered, where it goes, when, and what happens next.

use super::{
    api::{self, Paper},
    course::Course,
    live::LiveOrder,
    markup::{OrderStatus, Status},
    papers::Papers,
    promise::{arrival, moment_in_words, span_in_words},
    standing::Standing,
};
use crate::{
    cart::{SumRow, taxes_in_words},
    content::{Failure, NotFound},
    services::{LoadFailed, services},
    shell::PrivateHead,
};
use domain::{
    Address,
    order::{FulfilmentStatus, OrderLine, OrderView, PaymentStanding},
    shipping::Zone,
};
use jiff::{Timestamp, tz::TimeZone};
use leptos::prelude::*;
use leptos_meta::Meta;
use leptos_router::hooks::{use_params_map, use_query_map};

/// The page of an order, for whoever holds its key.
#[component]
pub fn OrderPage() -> impl IntoView {
    let number = use_params_map().with_untracked(|params| params.get("number")).unwrap_or_default();
    let query = use_query_map();
    let key = query.with_untracked(|query| query.get("key")).unwrap_or_default();
    let told = query.with_untracked(|query| query.get("told")).unwrap_or_default();
    Suspend::new(async move {
        match letter(&number, &key).await {
            Ok(Some((order, papers))) => view! { <Letter order papers key told/> }.into_any(),
            Ok(None) => view! { <NotFound/> }.into_any(),
            Err(failed) => view! { <Failure failed/> }.into_any(),
        }
    })
    .into_any()
}

async fn letter(number: &str, key: &str) -> Result<Option<(OrderView, Vec<Paper>)>, LoadFailed> {
    let Some(order) = api::order(number, key).await? else { return Ok(None) };
    let papers = match order.paid_at {
        Some(_) => api::papers(&order.number, key).await?,
        // What is not paid has none.
        None => Vec::new(),
    };
    Ok(Some((order, papers)))
}

#[component]
fn Letter(order: OrderView, papers: Vec<Paper>, key: String, told: String) -> impl IntoView {
    let OrderView { state, payment, fulfilment, .. } = order;
    let standing = Standing { state, payment, fulfilment };
    let offer =
        order.shipping_method.offer(Zone::of(order.address.country(), services().market.home));
    let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
    let paid = order.paid_at;
    let expected = arrival(day(paid.unwrap_or_else(Timestamp::now)), offer);
    let lines: Vec<_> = order.lines.iter().map(line).collect();
    let totals = &order.totals;
    let status = Status {
        number: order.number.to_string(),
        key: key.clone(),
        standing,
        cancelled: order.cancel_reason,
        amount: totals.total.to_string(),
        placed: moment_in_words(order.placed_at),
        paid: paid.map(moment_in_words),
        arrival: span_in_words(expected),
        sent: order.parcels.first().map(|parcel| moment_in_words(parcel.sent_at)),
        delivered: delivered(&order),
        version: order.timeline.len(),
    };
    let given_back = (order.refunded.minor() > 0)
        .then(|| view! { <SumRow name="Given back" amount=order.refunded.to_string()/> });
    let failure = api::told_in_words(&told)
        .map(|words| view! { <p class="field__error" role="alert">{words}</p> });
    view! {
        <PrivateHead title=format!("Order {}", order.number)>
            // The address holds the order's key: no other site is told more than the shop's name.
            <Meta name="referrer" content="strict-origin"/>
        </PrivateHead>
        {standing.is_pending().then(|| refresh(order.payment))}
        <article class="order">
            <h1>"Your order " <span class="order__number">{order.number.to_string()}</span></h1>
            {failure}
            <OrderStatus status/>
            <LiveOrder/>
            <Course order=order.clone() key offer/>
            <section class="order__part">
                <h2>"What you ordered"</h2>
                <ul class="order-lines">{lines}</ul>
                <dl class="sum">
                    <SumRow name="Items" amount=totals.items.to_string()/>
                    <SumRow name="Shipping" amount=totals.shipping.to_string()/>
                    <SumRow name="Total" amount=totals.total.to_string() total=true/>
                    {given_back}
                </dl>
                <p class="sum__taxes">{taxes_in_words(totals)}</p>
            </section>
            <Papers papers/>
            <section class="order__part">
                <h2>"Where it goes"</h2>
                {address(&order.address)}
                <p>{format!("{} delivery. We reach you at {}.", order.shipping_method.name(), order.email.as_str())}</p>
            </section>
            <p class="order__keep">
                "The address of this page opens your order. Keep it, and share it with nobody who should \
                 not see it."
            </p>
            <p><a href="/">"Back to the shop"</a></p>
        </article>
    }
    .into_any()
}

/// When the last parcel arrived, once all have.
fn delivered(order: &OrderView) -> Option<String> {
    if order.fulfilment != FulfilmentStatus::Delivered {
        return None;
    }
    order.parcels.iter().filter_map(|parcel| parcel.delivered_at).max().map(moment_in_words)
}

/// Without scripts the page looks again by itself, less often while it is the shopper's turn.
fn refresh(payment: PaymentStanding) -> impl IntoView {
    let seconds = if payment == PaymentStanding::Processing { "3" } else { "10" };
    view! { <noscript><meta http-equiv="refresh" content=seconds/></noscript> }
}

fn line(line: &OrderLine) -> impl IntoView + use<> {
    view! {
        <li class="order-line">
            <span class="order-line__count">{line.quantity} "\u{a0}\u{d7}"</span>
            <span>
                <a href=format!("/p/{}", line.slug)>{line.name.clone()}</a>
                {(!line.options.is_empty())
                    .then(|| view! { <span class="order-line__options">{line.options.clone()}</span> })}
            </span>
            <span class="price">{line.total.to_string()}</span>
        </li>
    }
}

fn address(address: &Address) -> impl IntoView + use<> {
    let place = format!("{} {}", address.postal_code(), address.city());
    view! {
        <address>
            {address.full_name().to_owned()} <br/>
            {address.street().to_owned()} <br/>
            {place} <br/>
            {address.country().name()}
        </address>
    }
}
