//! A price as a shopper reads it and a program finds it.

use domain::Money;
use leptos::prelude::*;

/// An amount, machine-readable in its `value`. It can change while the page is open (`shelf`).
#[component]
pub fn Price(
    /// The amount, tax included.
    amount: Money,
    /// Whether other variants cost more: "from €19.00".
    from: bool,
) -> impl IntoView {
    view! {
        <data class="price" value=amount.to_decimal() data-slot="price">
            <span class="price__from" data-slot="from" hidden=!from>"from "</span>
            <span data-slot="amount">{amount.to_string()}</span>
        </data>
    }
}
