//! What became of an order: its parcels, what can be done about it, and its history. It is renewed as a whole when
//! something happens (`live`).

use super::{
    promise::{arrival, moment_in_words, span_in_words},
    returns::{SendBack, returns},
    words::{contents, event},
};
use domain::{
    order::{OrderState, OrderView, Parcel},
    shipping::ShippingOffer,
};
use jiff::tz::TimeZone;
use leptos::prelude::*;

/// The course of an order, for whoever holds its key.
#[component]
pub fn Course(
    /// The order.
    order: OrderView,
    /// What opens its page.
    key: String,
    /// How it travels.
    offer: ShippingOffer,
) -> impl IntoView {
    let parcels = parcels(&order, offer);
    let history = history(&order);
    let returns = returns(&order);
    let send_back = (!order.returnable.is_empty())
        .then(|| view! { <SendBack order=order.clone() key=key.clone()/> });
    let cancel = order.can_be_cancelled().then(|| view! { <Cancel order key/> });
    view! {
        <div id="course" class="order__live">
            {parcels}
            {returns}
            {send_back}
            {cancel}
            {history}
        </div>
    }
    .into_any()
}

/// What was sent, and what is to be.
fn parcels(order: &OrderView, offer: ShippingOffer) -> Option<AnyView> {
    if order.parcels.is_empty() && order.unsent.is_empty() {
        return None;
    }
    let sent: Vec<_> = order.parcels.iter().map(|it| parcel(order, it, offer)).collect();
    let unsent: Vec<_> = order
        .unsent
        .iter()
        .map(|part| {
            view! {
                <li class="parcel">
                    <p class="parcel__name">{format!("Being packed in {}", part.warehouse)}</p>
                    <p>{contents(order, &part.lines)}</p>
                </li>
            }
        })
        .collect();
    let section = view! {
        <section class="order__part">
            <h2>"Parcels"</h2>
            <ul class="order-parcels">{sent} {unsent}</ul>
        </section>
    };
    Some(section.into_any())
}

fn parcel(order: &OrderView, parcel: &Parcel, offer: ShippingOffer) -> impl IntoView + use<> {
    let left = moment_in_words(parcel.sent_at);
    let tracking = parcel.tracking.as_ref().map(|tracking| {
        let (carrier, number) = (tracking.carrier.clone(), tracking.number.clone());
        view! { <p>{carrier} ", number " <span class="parcel__number">{number}</span></p> }
    });
    let expected = match parcel.delivered_at {
        Some(at) => format!("Arrived: {}", moment_in_words(at)),
        None => {
            let day = parcel.sent_at.to_zoned(TimeZone::UTC).date();
            format!("Expected: {}", span_in_words(arrival(day, offer)))
        }
    };
    view! {
        <li class="parcel">
            <p class="parcel__name">{format!("Parcel {} from {}", parcel.number, parcel.warehouse)}</p>
            <p>{contents(order, &parcel.lines)}</p>
            <p class="parcel__facts">{format!("Left us: {left}")}</p>
            {tracking}
            <p class="parcel__facts">{expected}</p>
        </li>
    }
}

/// A form that works without scripts: what comes of it the page says.
#[component]
fn Cancel(order: OrderView, key: String) -> impl IntoView {
    let what_follows = match order.state {
        OrderState::Paid => format!(
            "Nothing has left us yet. If you cancel now, {} goes back to you the way you paid.",
            order.totals.total
        ),
        OrderState::AwaitingPayment | OrderState::Cancelled => {
            "What is held for you is given back, and nothing is charged.".to_owned()
        }
    };
    view! {
        <details class="order__cancel">
            <summary>"Cancel this order"</summary>
            <p>{what_follows}</p>
            <form action="/api/orders/cancel" method="post">
                <input type="hidden" name="number" value=order.number.to_string()/>
                <input type="hidden" name="key" value=key/>
                <button class="button button--quiet" type="submit">"Cancel the order"</button>
            </form>
        </details>
    }
    .into_any()
}

/// What happened, latest first.
fn history(order: &OrderView) -> impl IntoView + use<> {
    let entries: Vec<_> = order
        .timeline
        .iter()
        .rev()
        .map(|entry| {
            let why =
                entry.why.clone().map(|why| view! { <span class="history__why">{why}</span> });
            view! {
                <li>
                    <time datetime=entry.at.to_string()>{moment_in_words(entry.at)}</time>
                    <span>{event(entry)} {why}</span>
                </li>
            }
        })
        .collect();
    view! {
        <section class="order__part" aria-labelledby="history">
            <h2 id="history">"What happened"</h2>
            <ol class="history">{entries}</ol>
        </section>
    }
}
