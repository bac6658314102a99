//! A category: what it is, what lies below it, and its products, page by page.

use super::{
    api,
    listing::Slice,
    structured::{self, StructuredData},
};
use crate::{
    content::{Failure, NotFound},
    services::services,
    shelf::LiveShelf,
    shell::Head,
    ui::{Breadcrumb, CategoryTiles, Loading, Shelf, StockedCard, count},
};
use domain::{
    listing::{CategoryTile, Sort},
    product::CategoryLink,
};
use leptos::prelude::*;
use leptos_meta::Link;
use leptos_router::hooks::{use_params_map, use_query_map};

/// One page of a category, with what is in stock.
#[derive(Debug, Clone)]
pub struct Category {
    /// The category itself.
    pub link: CategoryLink,
    /// One sentence about it; may be empty.
    pub description: String,
    /// The categories above it, from the root.
    pub above: Vec<CategoryLink>,
    /// The categories directly below it.
    pub below: Vec<CategoryTile>,
    /// The products of this page.
    pub cards: Vec<StockedCard>,
    /// How many products there are on all pages.
    pub total: u32,
    /// How many pages there are; at least 1.
    pub pages: u32,
}

/// `/c/{path}?sort=…&page=…`
#[component]
pub fn CategoryPage() -> impl IntoView {
    let path = use_params_map().with_untracked(|params| params.get("path")).unwrap_or_default();
    let slice = use_query_map()
        .with_untracked(|query| Slice::parse(query.get_str("sort"), query.get_str("page")));
    Suspend::new(async move {
        match api::category(&path, slice).await {
            Ok(Some(category)) => view! { <CategoryView category slice/> }.into_any(),
            Ok(None) => view! { <NotFound/> }.into_any(),
            Err(failed) => view! { <Failure failed/> }.into_any(),
        }
    })
    .into_any()
}

#[component]
fn CategoryView(category: Category, slice: Slice) -> impl IntoView {
    let Category { link, description, above, below, cards, total, pages } = category;
    let picture = cards.first().and_then(|first| first.card.picture.clone());
    let data = structured::breadcrumb(
        &services().public_url,
        &above,
        &link.name,
        &format!("/c/{}", link.path),
    );
    let title = match slice.page {
        1 => link.name.clone(),
        page => format!("{}, page {page}", link.name),
    };
    let about = match description.is_empty() {
        true => {
            format!("{}: {}, with prices that include VAT.", link.name, count(total, "product"))
        }
        false => description.clone(),
    };
    let at = |page| Slice { page, ..slice }.path(&link.path);
    let previous = (slice.page > 1).then(|| at(slice.page - 1));
    let next = (slice.page < pages).then(|| at(slice.page + 1));
    let neighbours = [("prev", previous.clone()), ("next", next.clone())];
    let neighbours = neighbours.map(|(rel, path)| path.map(|path| view! { <Link rel href=path/> }));
    view! {
        <Head title description=about path=slice.canonical(&link.path) picture>{neighbours}</Head>
        <StructuredData data/>
        <div class="category">
            <Breadcrumb categories=above/>
            <header class="category__head">
                <h1>{link.name}</h1>
                {(!description.is_empty()).then(|| view! { <p>{description}</p> })}
            </header>
            {(!below.is_empty())
                .then(|| view! { <CategoryTiles tiles=below sizes="88px" loading=Loading::Eager/> })}
            <div class="category__line">
                <p>{count(total, "product")}</p>
                {(total > 1).then(|| view! { <SortMenu sort=slice.sort path=link.path/> })}
            </div>
            {match cards.is_empty() {
                true => view! { <p class="category__empty">"Nothing is for sale here right now."</p> }.into_any(),
                false => view! { <h2 class="visually-hidden">"Products"</h2> <Shelf cards in_view=4/> <LiveShelf/> }.into_any(),
            }}
            {(pages > 1).then(|| view! { <Pages page=slice.page pages previous next/> })}
        </div>
    }.into_any()
}

/// The orders there are, as links: each is a page of its own, and none needs a script.
#[component]
fn SortMenu(sort: Sort, path: String) -> impl IntoView {
    let link = move |other: Sort| {
        let href = Slice { sort: other, page: 1 }.path(&path);
        let current = (other == sort).then_some("true");
        view! { <li><a href=href aria-current=current rel="nofollow">{other.label()}</a></li> }
    };
    view! {
        <details class="sort">
            <summary>"Sort: " {sort.label()}</summary>
            <ul>{Sort::ALL.map(link).collect_view()}</ul>
        </details>
    }
    .into_any()
}

#[component]
fn Pages(page: u32, pages: u32, previous: Option<String>, next: Option<String>) -> impl IntoView {
    view! {
        <nav class="pages" aria-label="Pages">
            {previous.map(|path| view! { <a rel="prev" href=path>"Previous page"</a> })}
            <span>{format!("Page {page} of {pages}")}</span>
            {next.map(|path| view! { <a rel="next" href=path>"Next page"</a> })}
        </nav>
    }
    .into_any()
}
