//! The part of an order's page that changes: how it stands, what can be done, its timeline. What the
//! browser changes in it is marked `data-slot`.

use super::standing::Standing;
use domain::order::CancelReason;
use leptos::prelude::*;

/// What is told of an order's standing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The order's number.
    pub number: String,
    /// What opens its page.
    pub key: String,
    /// How it stands.
    pub standing: Standing,
    /// Why it ended without payment, if it did.
    pub cancelled: Option<CancelReason>,
    /// What is to be paid, in words.
    pub amount: String,
    /// When it was placed, in words.
    pub placed: String,
    /// When it was paid, in words.
    pub paid: Option<String>,
    /// When it arrives once it is paid, in words.
    pub arrival: String,
}

/// The status of an order, the button to pay it while it can be paid, and its timeline.
#[component]
pub fn OrderStatus(status: Status) -> impl IntoView {
    let Status { number, key, standing, cancelled, amount, placed, paid, arrival } = status;
    let news = format!("order={number}&key={key}");
    let page = format!("/orders/{number}?key={key}");
    view! {
        <div
            id="order"
            class="order__live"
            data-state=standing.state.as_str()
            data-payment=standing.payment_name()
            data-paid=standing.is_paid().then_some("")
            data-news=news
        >
            <section class="order__status">
                <p class="order__headline" role="status" data-slot="headline">{standing.headline()}</p>
                <p data-slot="meaning">{standing.meaning(cancelled)}</p>
                // Where the page's program does not arrive, no news come by themselves.
                {standing.is_pending().then(|| view! { <p class="plain-only"><a href=page>"Look again"</a></p> })}
                <form action="/api/orders/pay" method="post" hidden=!standing.can_pay() data-slot="pay">
                    <input type="hidden" name="number" value=number/>
                    <input type="hidden" name="key" value=key/>
                    <p class="field__error" role="alert" data-slot="trouble"></p>
                    <button class="button" type="submit">"Pay " {amount}</button>
                </form>
            </section>
            <ol class="timeline" aria-label="What happened and what comes next">
                <li class="timeline__step timeline__step--ordered">
                    <span class="timeline__name">"Ordered"</span>
                    <span>{placed}</span>
                </li>
                <li class="timeline__step timeline__step--paid">
                    <span class="timeline__name">"Paid"</span>
                    <span data-slot="paid-on">{paid.unwrap_or_else(|| "Not yet".to_owned())}</span>
                </li>
                <li class="timeline__step" hidden=standing.is_over() data-step-ahead>
                    <span class="timeline__name">"On its way"</span>
                    <span>"Within one working day of the payment"</span>
                </li>
                <li class="timeline__step" hidden=standing.is_over() data-step-ahead>
                    <span class="timeline__name">"With you"</span>
                    <span>{arrival} <span data-unpaid>", if it is paid today"</span></span>
                </li>
            </ol>
        </div>
    }
    .into_any()
}
