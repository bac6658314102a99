//! Which address shows which page.

use crate::{
    cart::CartPage,
    catalogue::{CategoryPage, ProductPage},
    checkout::CheckoutPage,
    content::{CreditsPage, NotFound},
    home::HomePage,
    orders::OrderPage,
    shell::{Frame, PlainFrame},
    waiting_line::{LinePage, PlacePage},
};
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};

/// Every page of the store. Each is sent whole: its status is known before its first byte.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Routes fallback=|| in_shop(NotFound)>
                <Route path=path!("/") view=|| in_shop(HomePage) ssr=SsrMode::Async/>
                <Route path=path!("/c/*path") view=|| in_shop(CategoryPage) ssr=SsrMode::Async/>
                <Route path=path!("/p/:slug") view=|| in_shop(ProductPage) ssr=SsrMode::Async/>
                <Route path=path!("/cart") view=|| CartPage().into_any() ssr=SsrMode::Async/>
                <Route path=path!("/checkout") view=|| at_the_till(CheckoutPage) ssr=SsrMode::Async/>
                <Route path=path!("/orders/:number") view=|| in_shop(OrderPage) ssr=SsrMode::Async/>
                <Route path=path!("/line/:name") view=|| in_shop(LinePage) ssr=SsrMode::Async/>
                <Route path=path!("/line/:name/place") view=|| at_the_till(PlacePage) ssr=SsrMode::Async/>
                <Route path=path!("/credits") view=|| in_shop(CreditsPage) ssr=SsrMode::Async/>
            </Routes>
        </Router>
    }
}

/// A page in the shop's frame. The boundary also keeps the types of the pages apart, which is what
/// the compiler's time depends on.
fn in_shop<Page: IntoView + 'static>(page: impl FnOnce() -> Page + Send + 'static) -> AnyView {
    view! { <Frame>{page().into_any()}</Frame> }.into_any()
}

/// A page with nothing around it that leads away.
fn at_the_till<Page: IntoView + 'static>(page: impl FnOnce() -> Page + Send + 'static) -> AnyView {
    view! { <PlainFrame>{page().into_any()}</PlainFrame> }.into_any()
}
