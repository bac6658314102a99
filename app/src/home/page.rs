//! The front page: one thing shown large, where to find the rest, and what else is on display.

use super::api;
use crate::{
    content::Failure,
    shell::Head,
    ui::{CategoryTiles, Loading, Photograph, Price, SHOP_NAME, Shelf, StockedCard},
};
use domain::{listing::CategoryTile, product::Picture};
use leptos::prelude::*;

/// What the front page shows.
#[derive(Debug, Clone)]
pub struct Home {
    /// The categories at the root.
    pub categories: Vec<CategoryTile>,
    /// Products on display; the first is shown large.
    pub featured: Vec<StockedCard>,
}

/// How wide a department's photograph is shown; the stylesheet's columns.
const TILE: &str = "(min-width: 1360px) 410px, (min-width: 640px) 31vw, 88px";

/// `/`
#[component]
pub fn HomePage() -> impl IntoView {
    Suspend::new(async move {
        match api::home().await {
            Ok(home) => view! { <HomeView home/> }.into_any(),
            Err(_) => view! { <Failure/> }.into_any(),
        }
    })
    .into_any()
}

#[component]
fn HomeView(home: Home) -> impl IntoView {
    let mut featured = not_twice(home.featured, &home.categories).into_iter();
    let first = featured.next();
    let mut rest: Vec<_> = featured.collect();
    rest.truncate(whole_rows(rest.len()));
    let picture = first.as_ref().and_then(|first| first.card.picture.clone());
    view! {
        <Head title=SHOP_NAME description=about(&home.categories) path="/" picture/>
        {first.map(|first| view! { <Hero first/> })}
        <section class="section departments" aria-labelledby="departments">
            <h2 id="departments">"Departments"</h2>
            <CategoryTiles tiles=home.categories sizes=TILE/>
        </section>
        {(!rest.is_empty())
            .then(|| {
                view! {
                    <section class="section on-display" aria-labelledby="on-display">
                        <h2 id="on-display">"On display"</h2>
                        <Shelf cards=rest/>
                    </section>
                }
            })}
    }
    .into_any()
}

#[component]
fn Hero(first: StockedCard) -> impl IntoView {
    let card = first.card;
    let slug = card.slug.to_string();
    let photograph = card.picture.map(|picture| {
        view! {
            <Photograph
                picture
                sizes="(min-width: 1360px) 820px, (min-width: 900px) 64vw, 100vw"
                loading=Loading::First
                decorative=true
                of_product=Some(slug.clone())
            />
        }
    });
    view! {
        <section class="hero">
            <div class="hero__words">
                <h1>"Good things, plainly shown."</h1>
                <p>"What you see is what there is: real stock, whole prices, no noise."</p>
            </div>
            <a class="hero__piece" href=format!("/p/{slug}")>
                <span class="hero__photo">{photograph}</span>
                <span class="hero__caption">
                    <span>{card.name}</span>
                    <Price amount=card.price from=card.price_varies/>
                </span>
            </a>
        </section>
    }
    .into_any()
}

/// What search engines show below the title.
fn about(categories: &[CategoryTile]) -> String {
    let names: Vec<_> = categories.iter().map(|category| category.link.name.as_str()).collect();
    match names.is_empty() {
        true => "Good things, plainly shown. All prices include VAT.".to_owned(),
        false => {
            format!("{}: good things, plainly shown. All prices include VAT.", names.join(", "))
        }
    }
}

/// What is on display without what already stands for a department.
fn not_twice(featured: Vec<StockedCard>, categories: &[CategoryTile]) -> Vec<StockedCard> {
    let base = |picture: &Option<Picture>| picture.as_ref().map(|picture| picture.base.clone());
    let shown: Vec<_> = categories.iter().filter_map(|category| base(&category.picture)).collect();
    let is_new =
        |one: &StockedCard| base(&one.card.picture).is_none_or(|base| !shown.contains(&base));
    featured.into_iter().filter(is_new).collect()
}

/// As many as fill rows of four, once there is more than one row.
fn whole_rows(number: usize) -> usize {
    if number < 4 { number } else { number - number % 4 }
}
