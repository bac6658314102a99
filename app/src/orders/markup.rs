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
    /// When its first parcel left, in words.
    pub sent: Option<String>,
    /// When its last parcel arrived, in words.
    pub delivered: Option<String>,
    /// Grows with everything that happens to it.
    pub version: usize,
}

/// The status of an order, the button to pay it while it can be paid, and its timeline.
#[component]
pub fn OrderStatus(status: Status) -> impl IntoView {
    let Status { number, key, standing, cancelled, amount, placed, paid, arrival, .. } = status;
    let (is_sent, is_delivered) = (status.sent.is_some(), status.delivered.is_some());
    let sent = status.sent.unwrap_or_else(|| "Within one working day of the payment".to_owned());
    let with_you = match status.delivered {
        Some(delivered) => delivered.into_any(),
        None => view! { {arrival} <span data-unpaid>", if it is paid today"</span> }.into_any(),
    };
    let news = format!("order={number}&key={key}");
    let page = format!("/orders/{number}?key={key}");
    let again = page.clone();
    view! {
        <div
            id="order"
            class="order__live"
            data-state=standing.state.as_str()
            data-payment=standing.payment_name()
            data-fulfilment=standing.fulfilment.as_str()
            data-version=status.version
            data-page=page
            data-paid=standing.is_paid().then_some("")
            data-news=news
        >
            <section class="order__status">
                <p class="order__headline" role="status" data-slot="headline">{standing.headline()}</p>
                <p data-slot="meaning">{standing.meaning(cancelled)}</p>
                // Where the page's program does not arrive, no news come by themselves.
                {standing.is_pending().then(|| view! { <p class="plain-only"><a href=again>"Look again"</a></p> })}
                <form action="/api/orders/pay" method="post" hidden=!standing.can_pay() data-slot="pay">
                    <input type="hidden" name="number" value=number/>
                    <input type="hidden" name="key" value=key/>
                    <p class="field__error" role="alert" data-slot="trouble"></p>
                    <button class="button" type="submit">"Pay " {amount}</button>
                </form>
            </section>
            <ol id="steps" class="timeline" aria-label="How far it is">
                <li class="timeline__step timeline__step--ordered">
                    <span class="timeline__name">"Ordered"</span>
                    <span>{placed}</span>
                </li>
                <li class="timeline__step timeline__step--paid">
                    <span class="timeline__name">"Paid"</span>
                    <span data-slot="paid-on">{paid.unwrap_or_else(|| "Not yet".to_owned())}</span>
                </li>
                <li
                    class="timeline__step"
                    class=("timeline__step--done", is_sent)
                    hidden=standing.is_over()
                    data-step-ahead
                >
                    <span class="timeline__name">"On its way"</span>
                    <span>{sent}</span>
                </li>
                <li
                    class="timeline__step"
                    class=("timeline__step--done", is_delivered)
                    hidden=standing.is_over()
                    data-step-ahead
                >
                    <span class="timeline__name">"With you"</span>
                    <span>{with_you}</span>
                </li>
            </ol>
        </div>
    }
    .into_any()
}
