//! Thanks to those whose work is shown.

use super::{Failure, api};
use crate::shell::Head;
use domain::listing::Credit;
use leptos::prelude::*;

/// `/credits`
#[component]
pub fn CreditsPage() -> impl IntoView {
    Suspend::new(async move {
        match api::credits().await {
            Ok(credits) => view! { <CreditsView credits/> }.into_any(),
            Err(failed) => view! { <Failure failed/> }.into_any(),
        }
    })
    .into_any()
}

#[component]
fn CreditsView(credits: Vec<Credit>) -> impl IntoView {
    view! {
        <Head
            title="Credits"
            description="The photographers whose pictures this shop shows, and its typeface."
            path="/credits"
        />
        <div class="credits">
            <h1>"Credits"</h1>
            <p>"The photographs in this shop were taken by these people. Thank you."</p>
            <ul class="credits__list">{credits.into_iter().map(credit).collect_view()}</ul>
            <h2>"Typeface"</h2>
            <p>
                "Headings and prices are set in Fraunces by the Fraunces Project Authors, under the "
                <a href="/fonts/fraunces-OFL.txt">"SIL Open Font License"</a> "."
            </p>
        </div>
    }.into_any()
}

fn credit(credit: Credit) -> impl IntoView {
    let product = |(slug, name): (String, String)| {
        view! { <li><a href=format!("/p/{slug}")>{name}</a></li> }
    };
    view! {
        <li>
            <p class="credits__name">{credit.photographer}</p>
            {credit.source.map(|source| view! { <p class="credits__source">{source}</p> })}
            <ul class="credits__works">{credit.products.into_iter().map(product).collect_view()}</ul>
        </li>
    }.into_any()
}
