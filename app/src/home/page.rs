//! The front page: one thing shown large, where to find the rest, and what else is on display.

use super::api;
use crate::{
    content::Failure,
    shelf::LiveShelf,
    shell::Head,
    ui::{CategoryTiles, Loading, Photograph, Price, SHOP_NAME, Shelf, StockedCard, told_of},
};
use domain::{
    listing::CategoryTile,
    product::{Picture, ProductCard},
};
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
            Err(failed) => view! { <Failure failed/> }.into_any(),
        }
    })
    .into_any()
}

#[component]
fn HomeView(home: Home) -> impl IntoView {
    let (first, mut rest) = on_display(home.featured, &home.categories);
    rest.truncate(whole_rows(rest.len()));
    let empty = first.is_none() && home.categories.is_empty();
    let of_departments =
        || home.categories.iter().find_map(|department| department.picture.clone());
    let picture = first.as_ref().and_then(|first| first.card.picture.clone());
    let picture = picture.or_else(of_departments);
    view! {
        <Head title=SHOP_NAME description=about(&home.categories) path="/" picture/>
        <Hero first/>
        {empty
            .then(|| {
                view! { <p class="home__empty">"The shelves are being filled. Please look in again soon."</p> }
            })}
        {(!home.categories.is_empty())
            .then(|| {
                view! {
                    <section class="section departments" aria-labelledby="departments">
                        <h2 id="departments">"Departments"</h2>
                        <CategoryTiles tiles=home.categories sizes=TILE/>
                    </section>
                }
            })}
        {(!rest.is_empty())
            .then(|| {
                view! {
                    <section class="section on-display" aria-labelledby="on-display">
                        <h2 id="on-display">"On display"</h2>
                        <Shelf cards=rest/>
                    </section>
                }
            })}
        {(!empty).then(|| view! { <LiveShelf/> })}
    }
    .into_any()
}

/// What the shop says of itself, beside one thing that shows it.
#[component]
fn Hero(first: Option<StockedCard>) -> impl IntoView {
    view! {
        <section class="hero">
            <div class="hero__words">
                <h1>"Good things, plainly shown."</h1>
                <p>"What you see is what there is: real stock, whole prices, no noise."</p>
            </div>
            {first.map(|first| view! { <Piece card=first.card/> })}
        </section>
    }
    .into_any()
}

#[component]
fn Piece(card: ProductCard) -> impl IntoView {
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
        <a class="hero__piece" href=format!("/p/{slug}") data-skus=told_of(&card.skus)>
            <span class="hero__photo">{photograph}</span>
            <span class="hero__caption">
                <span>{card.name}</span>
                <Price amount=card.price from=card.price_varies/>
            </span>
        </a>
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

/// What is shown large, and what else is on display without what already stands for a department.
/// Where everything does, one thing is shown large all the same: one with a photograph, if there is any.
fn on_display(
    featured: Vec<StockedCard>,
    categories: &[CategoryTile],
) -> (Option<StockedCard>, Vec<StockedCard>) {
    let base = |picture: &Option<Picture>| picture.as_ref().map(|picture| picture.base.clone());
    let shown: Vec<_> = categories.iter().filter_map(|category| base(&category.picture)).collect();
    let is_new =
        |one: &StockedCard| base(&one.card.picture).is_none_or(|base| !shown.contains(&base));
    let any = featured.first().cloned();
    let mut rest: Vec<_> = featured.into_iter().filter(is_new).collect();
    let photographed = rest.iter().position(|one| one.card.picture.is_some()).unwrap_or(0);
    let first = (photographed < rest.len()).then(|| rest.remove(photographed));
    (first.or(any), rest)
}

/// As many as fill rows of four, once there is more than one row.
fn whole_rows(number: usize) -> usize {
    if number < 4 { number } else { number - number % 4 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Currency, Money, Slug, product::CategoryLink, stock::StockClass};

    fn picture(base: &str) -> Option<Picture> {
        Some(Picture {
            base: base.to_owned(),
            widths: vec![320],
            width: 320,
            height: 400,
            placeholder: String::new(),
            alt: String::new(),
            credit: None,
        })
    }

    fn card(name: &str) -> StockedCard {
        let card = ProductCard {
            id: name.to_owned(),
            slug: Slug::parse(name).unwrap(),
            name: name.to_owned(),
            picture: picture(name),
            price: Money::new(100, Currency::EUR),
            price_varies: false,
            skus: vec![],
        };
        StockedCard { card, stock: StockClass::InStock }
    }

    fn department(shows: &str) -> CategoryTile {
        let link = CategoryLink { path: "rooms".to_owned(), name: "Rooms".to_owned() };
        CategoryTile { link, picture: picture(shows), products: 1 }
    }

    #[test]
    fn what_is_shown_large_has_a_photograph_if_anything_has() {
        let plain = |name: &str| {
            let mut plain = card(name);
            plain.card.picture = None;
            plain
        };
        let (first, rest) = on_display(vec![plain("lamp"), card("chair"), plain("bowl")], &[]);
        assert_eq!(first.unwrap().card.name, "chair");
        assert_eq!(rest.len(), 2);
        assert_eq!(on_display(vec![plain("lamp")], &[]).0.unwrap().card.name, "lamp");
    }

    fn names(featured: &[&str], categories: &[CategoryTile]) -> (Option<String>, Vec<String>) {
        let featured = featured.iter().map(|name| card(name)).collect();
        let (first, rest) = on_display(featured, categories);
        let name = |one: StockedCard| one.card.name;
        (first.map(name), rest.into_iter().map(name).collect())
    }

    #[test]
    fn what_stands_for_a_department_is_not_shown_twice_unless_there_is_nothing_else() {
        let (first, rest) = names(&["lamp", "chair", "bowl"], &[department("lamp")]);
        assert_eq!((first.as_deref(), rest.as_slice()), (Some("chair"), &["bowl".to_owned()][..]));
        let (first, rest) = names(&["lamp"], &[department("lamp")]);
        assert_eq!((first.as_deref(), rest.len()), (Some("lamp"), 0));
        assert_eq!(names(&[], &[]), (None, vec![]));
    }

    #[test]
    fn the_shop_says_what_it_is_also_while_there_is_nothing_to_show() {
        let html = view! { <Hero first=None/> }.to_html();
        assert!(html.contains("<h1>Good things, plainly shown.</h1>"), "{html}");
        assert!(!html.contains("<a"), "{html}");
    }
}
