//! A product as a tile in a list: one link, led by its photograph.

use super::{Loading, Photograph, Price, StockNote};
use domain::{Sku, product::ProductCard, stock::StockClass};
use leptos::prelude::*;

/// A product of a list with how much of it there is, all variants together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockedCard {
    /// The product.
    pub card: ProductCard,
    /// How much there is.
    pub stock: StockClass,
}

/// How wide a photograph is shown in the grid; the stylesheet's columns.
const SIZES: &str =
    "(min-width: 1360px) 302px, (min-width: 1000px) 23vw, (min-width: 640px) 31vw, 46vw";

/// Products side by side. The first `in_view` photographs are fetched at once, the first of them
/// before everything else.
#[component]
pub fn Shelf(
    /// What lies on it.
    cards: Vec<StockedCard>,
    /// How many are in view when the page opens.
    #[prop(optional)]
    in_view: usize,
) -> impl IntoView {
    let cards = cards.into_iter().enumerate().map(|(index, stocked)| {
        let loading = match index {
            0 if in_view > 0 => Loading::First,
            _ if index < in_view => Loading::Eager,
            _ => Loading::Lazy,
        };
        view! { <li><Card stocked loading/></li> }
    });
    view! { <ul class="shelf">{cards.collect_view()}</ul> }.into_any()
}

/// The SKUs whose news a tile shows. None has a space in it.
pub fn told_of(skus: &[Sku]) -> String {
    skus.iter().map(Sku::as_str).collect::<Vec<_>>().join(" ")
}

#[component]
fn Card(stocked: StockedCard, loading: Loading) -> impl IntoView {
    let StockedCard { card, stock } = stocked;
    let slug = card.slug.to_string();
    let skus = told_of(&card.skus);
    let photograph = card.picture.map(|picture| {
        view! { <Photograph picture sizes=SIZES loading decorative=true of_product=Some(slug.clone())/> }
    });
    view! {
        <a class="card" href=format!("/p/{slug}") data-skus=skus>
            <span class="card__photo">{photograph}</span>
            <h3 class="card__name">{card.name}</h3>
            <p class="card__facts">
                <Price amount=card.price from=card.price_varies/>
                <StockNote stock/>
            </p>
        </a>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Currency, Money, Slug};

    fn html(stock: StockClass, price_varies: bool) -> String {
        let card = ProductCard {
            id: "1".into(),
            slug: Slug::parse("bonsai").unwrap(),
            name: "Bonsai <b>".into(),
            picture: None,
            price: Money::new(1_995, Currency::EUR),
            price_varies,
            skus: ["B-1", "B-2"].map(|sku| Sku::parse(sku).unwrap()).to_vec(),
        };
        view! { <Shelf cards=vec![StockedCard { card, stock }]/> }.to_html()
    }

    #[test]
    fn stock_is_told_only_when_it_matters() {
        let plenty = html(StockClass::InStock, false);
        assert!(plenty.contains("data-slot=\"stock\" hidden"), "{plenty}");
        assert!(html(StockClass::FewLeft { left: 2 }, false).contains("Only 2 left"));
        assert!(html(StockClass::SoldOut, false).contains("Sold out"));
    }

    #[test]
    fn a_card_is_one_link_with_name_and_price() {
        let one = html(StockClass::InStock, true);
        assert!(one.contains("href=\"/p/bonsai\"") && one.contains("Bonsai &lt;b&gt;"), "{one}");
        assert!(
            one.contains("value=\"19.95\"") && one.contains("data-slot=\"from\" class"),
            "{one}"
        );
        assert!(html(StockClass::InStock, false).contains("data-slot=\"from\" hidden"));
        assert!(one.contains("data-skus=\"B-1 B-2\""), "{one}");
    }
}
