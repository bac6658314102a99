//! What is shown when a page could not be made. What went wrong stands in the log.

use crate::{
    services::{LoadFailed, private, status},
    shell::PrivateHead,
};
use http::StatusCode;
use leptos::prelude::*;

/// A fault of ours. Sets the status to 503 if a store of data is away, else to 500; no cache keeps it.
#[component]
pub fn Failure(
    /// What could not be loaded.
    failed: LoadFailed,
) -> impl IntoView {
    status(match failed {
        LoadFailed::Away => StatusCode::SERVICE_UNAVAILABLE,
        LoadFailed::Fault => StatusCode::INTERNAL_SERVER_ERROR,
    });
    private();
    view! {
        <PrivateHead title=TITLE/>
        <Apology/>
    }
    .into_any()
}

/// The title of such a page.
pub const TITLE: &str = "Something went wrong";

/// What is said of it, and where to go.
#[component]
pub fn Apology() -> impl IntoView {
    view! {
        <section class="notice">
            <p class="notice__code">"Sorry"</p>
            <h1>"This page could not be made"</h1>
            <p>"The fault is ours. Your cart is safe; please try again in a moment."</p>
            <p><a class="button" href="/">"Go to the front page"</a></p>
        </section>
    }
}
