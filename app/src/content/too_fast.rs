//! What is said to somebody who sent more forms than one person fills in.

use leptos::prelude::*;

/// The title of such a page.
pub const TITLE: &str = "One moment, please";

/// What is said, and what to do.
#[component]
pub fn TooFast() -> impl IntoView {
    view! {
        <section class="notice">
            <p class="notice__code">"One moment, please"</p>
            <h1>"That was a little fast"</h1>
            <p>"Nothing was changed. Please go back, and try again in a moment."</p>
            <p><a class="button" href="/">"Go to the front page"</a></p>
        </section>
    }
}
