//! A price as a shopper reads it and a program finds it.

use domain::Money;
use leptos::prelude::*;

/// An amount, machine-readable in its `value`.
#[component]
pub fn Price(
    /// The amount, tax included.
    amount: Money,
    /// Whether other variants cost more: "from €19.00".
    #[prop(optional)]
    from: bool,
) -> impl IntoView {
    view! {
        <data class="price" value=amount.to_decimal()>
            {from.then(|| view! { <span class="price__from">"from "</span> })}
            {amount.to_string()}
        </data>
    }
}
