//! The line at the top of every page. On a phone the same line gives its menu and its cart to a bar
//! at the bottom, within the thumb's reach: one piece of HTML, placed by the stylesheet.

use crate::{cart::CartBadge, catalogue::api, ui::SHOP_NAME};
use domain::product::CategoryLink;
use leptos::prelude::*;

/// The shop's name, its categories and the cart.
#[component]
pub fn Header(
    /// How many pieces are in the cart, as far as the page may know.
    pieces: u32,
) -> impl IntoView {
    let cart = view! { <CartBadge pieces/> }.into_any();
    view! {
        <header class="header">
            <a class="header__name" href="/">{SHOP_NAME}</a>
            {Suspend::new(async move { menu(api::navigation().await).into_any() })}
            <div class="header__cart">{cart}</div>
        </header>
    }
    .into_any()
}

fn menu(categories: Vec<CategoryLink>) -> impl IntoView {
    let link = |category: CategoryLink| {
        view! { <li><a href=format!("/c/{}", category.path)>{category.name}</a></li> }
    };
    let links = categories.into_iter().map(link).collect_view();
    view! {
        <button class="header__menu" type="button" popovertarget="menu">"Menu"</button>
        <nav class="menu" id="menu" popover="auto" aria-label="Categories">
            <ul>{links}</ul>
        </nav>
    }
    .into_any()
}
