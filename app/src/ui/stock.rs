//! How much there is, in words.

use crate::shelf::stock_class;
use domain::stock::StockClass;
use leptos::prelude::*;

/// The words for a class of stock, where it matters. It can change while the page is open (`shelf`).
#[component]
pub fn StockNote(
    /// How much there is.
    stock: StockClass,
) -> impl IntoView {
    let matters = stock != StockClass::InStock;
    let words = matters.then(|| stock.label());
    view! { <span class=stock_class(stock) data-slot="stock" hidden=!matters>{words}</span> }
}
