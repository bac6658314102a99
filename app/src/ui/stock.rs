//! How much there is, in words.

use domain::stock::StockClass;
use leptos::prelude::*;

/// The words for a class of stock, with a mark that is not only a colour.
#[component]
pub fn StockNote(
    /// How much there is.
    stock: StockClass,
) -> impl IntoView {
    let class = match stock {
        StockClass::InStock => "stock stock--plenty",
        StockClass::FewLeft { .. } => "stock stock--few",
        StockClass::SoldOut => "stock stock--none",
    };
    view! { <span class=class>{stock.label()}</span> }
}
