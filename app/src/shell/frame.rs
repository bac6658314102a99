//! The two frames a page can stand in.

use super::{footer::Footer, header::Header};
use crate::ui::SHOP_NAME;
use leptos::prelude::*;

/// The shop around a page: header, the page as the document's main part, footer.
#[component]
pub fn Frame(
    /// How many pieces are in the visitor's cart, on a page that is the visitor's own.
    #[prop(optional)]
    pieces: u32,
    /// The page.
    children: Children,
) -> impl IntoView {
    view! {
        <SkipLink/>
        <Header pieces/>
        <main id="content">{children()}</main>
        <Footer/>
    }
}

/// The checkout's frame: nothing leads away but the name of the shop.
#[component]
pub fn PlainFrame(children: Children) -> impl IntoView {
    view! {
        <SkipLink/>
        <header class="header header--plain">
            <a class="header__name" href="/">{SHOP_NAME}</a>
        </header>
        <main id="content">{children()}</main>
    }
}

#[component]
fn SkipLink() -> impl IntoView {
    view! { <a class="skip" href="#content">"Skip to content"</a> }
}
