//! What is shown under an address that leads nowhere. It does not tell whether the thing was there
//! once, is not sold, or belongs to someone else.

use crate::{services::status, shell::PrivateHead};
use http::StatusCode;
use leptos::prelude::*;

/// Nothing is here. Sets the status to 404.
#[component]
pub fn NotFound() -> impl IntoView {
    status(StatusCode::NOT_FOUND);
    view! {
        <PrivateHead title="Page not found"/>
        <section class="notice">
            <p class="notice__code">"404"</p>
            <h1>"There is nothing here"</h1>
            <p>"The page may have moved, or the address may be mistyped."</p>
            <p><a class="button" href="/">"Go to the front page"</a></p>
        </section>
    }
    .into_any()
}
