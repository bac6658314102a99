//! `/line/{name}`, which is the same for everyone, and `/line/{name}/place`, which is one visitor's own and does
//! without scripts. What the browser changes is marked `data-slot`.

use super::{
    api::{self, Announcement},
    live::LiveLine,
    place::Place,
};
use crate::{
    content::NotFound,
    orders::moment_in_words,
    services::see_other,
    shell::{Head, PrivateHead},
};
use leptos::{attr::custom::custom_attribute, prelude::*};
use leptos_router::hooks::use_params_map;

fn name() -> String {
    use_params_map().with_untracked(|params| params.get("name")).unwrap_or_default()
}

/// The page of a line.
#[component]
pub fn LinePage() -> impl IntoView {
    match api::announced(&name()) {
        Some(drop) => view! { <LineView drop/> }.into_any(),
        None => view! { <NotFound/> }.into_any(),
    }
}

#[component]
fn LineView(drop: Announcement) -> impl IntoView {
    let place = format!("{}/place", drop.address);
    let to_place = format!("0;url={place}");
    let name = drop.name.to_string();
    view! {
        <Head title=drop.title.clone() description=about(&drop) path=drop.address.clone()/>
        <noscript><meta http-equiv="refresh" content=to_place/></noscript>
        // Its page lives from what the server tells: its program does not wait for anything.
        <section class="waiting" id="line" data-line=name data-news="">
            <h1>{drop.title.clone()}</h1>
            <div class="waiting__place">
                <p class="waiting__headline" data-slot="headline">"One moment"</p>
                <p class="waiting__meaning" data-slot="meaning">"We are looking up your place in the line."</p>
            </div>
            <p class="visually-hidden" role="status" data-slot="aloud"></p>
            <p class="plain-only"><a class="button" href=place rel="nofollow">"Show my place"</a></p>
            <Rules drop/>
        </section>
        <LiveLine/>
    }
    .into_any()
}

/// What holds for everyone.
#[component]
fn Rules(drop: Announcement) -> impl IntoView {
    let minutes = drop.admitted.as_secs().div_ceil(60);
    let opens = custom_attribute("datetime", drop.opens.to_string());
    let ends = custom_attribute("datetime", drop.ends.to_string());
    view! {
        <div class="waiting__rules">
            <h2>"How this line works"</h2>
            <ul>
                <li>
                    "It opens on " <time {..opens}>{moment_in_words(drop.opens)}</time> " and closes on "
                    <time {..ends}>{moment_in_words(drop.ends)}</time> "."
                </li>
                <li>
                    "Among those who come before it opens, places are drawn by lot. Whoever comes later stands behind \
                     them, in the order of their coming."
                </li>
                <li>"Loading this page again changes nothing. Your browser keeps your place."</li>
                <li>{format!("When it is your turn you have {minutes} minutes to order.")}</li>
            </ul>
        </div>
    }
    .into_any()
}

fn about(drop: &Announcement) -> String {
    format!("{} is sold by a line. It opens on {}.", drop.title, moment_in_words(drop.opens))
}

/// Where one visitor stands, for a browser without scripts: it looks again by itself, and goes on when it is the
/// visitor's turn.
#[component]
pub fn PlacePage() -> impl IntoView {
    let name = name();
    // For a page of another site, which wanted this by itself, there is nothing here.
    let told = api::stand(&name).ok().flatten();
    let Some((told, drop)) = told.zip(api::announced(&name)) else {
        return view! { <NotFound/> }.into_any();
    };
    if let Some(next) = &told.next {
        see_other(next);
    }
    let seconds = told.again.div_ceil(1_000).max(1).to_string();
    view! { <PlaceView drop place=told.place seconds next=told.next/> }.into_any()
}

#[component]
fn PlaceView(
    drop: Announcement,
    place: Place,
    seconds: String,
    next: Option<String>,
) -> impl IntoView {
    let here = format!("{}/place", drop.address);
    view! {
        <PrivateHead title=drop.title.clone()/>
        <noscript><meta http-equiv="refresh" content=seconds/></noscript>
        <section class="waiting">
            <h1>{drop.title.clone()}</h1>
            <div class="waiting__place">
                <p class="waiting__headline" role="status">{place.headline()}</p>
                <p class="waiting__meaning">{place.meaning()}</p>
            </div>
            <p><a href=next.unwrap_or(here) rel="nofollow">"Look again"</a></p>
            <Rules drop/>
        </section>
    }
    .into_any()
}

/// What a product's page says that is sold by a line. It is true whenever it is read: the page is kept for a while.
#[component]
pub fn LineNotice(
    /// The drop.
    drop: Announcement,
) -> impl IntoView {
    view! {
        <p class="buy__line">
            "Sold by a line, from " {moment_in_words(drop.opens)} " to " {moment_in_words(drop.ends)} ". "
            <a href=drop.address>"To the line"</a>
        </p>
    }
    .into_any()
}
