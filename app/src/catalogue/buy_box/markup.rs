//! The buy box's HTML, as an address asks for it. What the browser changes in it is marked
//! `data-slot`.

use super::{Asked, LiveBuyBox, goods::Goods};
use crate::cart::{Stepper, problem::Problem, variants::Variants};
use domain::product::{Offer, OptionGroup, Product, Sellable};
use leptos::prelude::*;
use serde_json::json;

/// The buy box of a product. What was chosen and typed is there again, with the reason why it could
/// not be had.
#[component]
pub fn BuyBox(
    /// The product.
    product: Product,
    /// Its variants with how much there is of each.
    offers: Vec<Offer>,
    /// What the address asks for.
    asked: Asked,
) -> impl IntoView {
    let offer = asked.offer(&offers)?.clone();
    let groups = product.options.clone();
    let picks = asked.picks(&groups, &offer);
    let goods = Goods::new(item(product, &offer), offers);
    Some(view! {
        <Form goods groups picks asked/>
        <LiveBuyBox/>
    })
}

#[component]
fn Form(goods: Goods, groups: Vec<OptionGroup>, picks: Vec<String>, asked: Asked) -> impl IntoView {
    let told = json!({ "item": goods.item, "offers": goods.offers }).to_string();
    let not_sold = asked.problem == Some(Problem::NotSold);
    let chosen = goods.find(&picks);
    // That there is no such thing is said where it was chosen, anything else beside the quantity.
    let (stock, stock_class) = goods.stock_in_words(chosen.filter(|_| !not_sold));
    let problem = asked.problem.filter(|_| !not_sold).map(Problem::message);
    let quantity = asked.quantity.unwrap_or_else(|| "1".to_owned());
    // Without scripts another choice may be one that is there.
    let nothing_left = !goods.offers.iter().any(|offer| offer.stock.is_available());
    let (named, meant) = match groups.is_empty() {
        true => ("sku", goods.item.sku.to_string()),
        false => ("variants", variants(&groups, &goods.offers).into_text()),
    };
    let seen_price = groups.is_empty().then(|| {
        let minor = goods.item.price.minor().to_string();
        view! { <input type="hidden" name="seen_price" value=minor/> }
    });
    let pick = |(index, group): (usize, &OptionGroup)| picker(&goods, &picks, index, group);
    let pickers: Vec<_> = groups.iter().enumerate().map(pick).collect();
    let price = chosen.map(|offer| offer.variant.price.to_string()).unwrap_or_default();
    let (whose, prices) = prices(&goods, chosen);
    view! {
        <form class="buy" id="buy" action="/api/cart/add" method="post" novalidate data-goods=told>
            <input type="hidden" name="slug" value=goods.item.slug.to_string()/>
            <input type="hidden" name=named value=meant/>
            {seen_price}
            <p class="buy__price">
                <span class="price" data-slot="price">{price.clone()}</span>
                {whose}
                <span class="buy__tax">"VAT included, plus delivery"</span>
            </p>
            {pickers}
            {prices}
            <p class="buy__news" role="status" data-slot="price-news"></p>
            <p class=stock_class id="stock" role="status" data-slot="stock">{stock}</p>
            <div class="buy__row">
                <label class="buy__label" for="quantity">"Quantity"</label>
                <Stepper id="quantity".to_owned() value=quantity refused=problem.is_some()/>
                <button
                    class="button buy__add"
                    type="submit"
                    disabled=nothing_left
                    aria-describedby="stock"
                    data-slot="add"
                >
                    "Add to cart"
                    <span class="buy__bar-price price" aria-hidden="true" data-slot="bar-price">{price}</span>
                </button>
            </div>
            <p class="field__error" id="quantity-problem" role="alert" data-slot="problem">{problem}</p>
            <div role="status">
                <p class="buy__added" data-slot="added" hidden>
                    "Added to your cart. " <a href="/cart">"Show the cart"</a>
                </p>
            </div>
        </form>
    }
    .into_any()
}

fn picker(
    goods: &Goods,
    picks: &[String],
    index: usize,
    group: &OptionGroup,
) -> impl IntoView + use<> {
    let name = format!("options[{}]", group.code);
    let legend = format!("option-{}", group.code);
    let choices = group.values.iter().map(|value| {
        let note = goods.note(picks, index, value);
        view! {
            <label class="choice" data-gone=(!note.is_empty()).then_some("")>
                <input
                    class="choice__radio"
                    type="radio"
                    name=name.clone()
                    value=value.clone()
                    checked=picks.get(index) == Some(value)
                />
                <span class="choice__name">{value.clone()}</span>
                <span class="visually-hidden" data-slot="note">{note}</span>
            </label>
        }
    });
    let choices: Vec<_> = choices.collect();
    view! {
        <fieldset class="picker" role="radiogroup" aria-labelledby=legend.clone() data-name=name.clone()>
            <legend id=legend.clone()>{group.name.clone()}</legend>
            <div class="picker__choices">{choices}</div>
        </fieldset>
    }
    .into_any()
}

/// Without scripts the price follows no choice. Where prices differ it is said whose it is, and what
/// the others cost.
fn prices(goods: &Goods, chosen: Option<&Offer>) -> (impl IntoView + use<>, impl IntoView + use<>) {
    let differ = goods.offers.windows(2).any(|two| two[0].variant.price != two[1].variant.price);
    let whose = chosen.filter(|_| differ).map(|offer| {
        let options = offer.variant.options.join(", ");
        view! { <span class="buy__tax plain-only">"for " {options}</span> }
    });
    let row = |offer: &Offer| {
        let options = offer.variant.options.join(", ");
        let price = offer.variant.price.to_string();
        view! { <div class="sum__row"><dt>{options}</dt><dd>{price}</dd></div> }
    };
    let all = differ.then(|| {
        let rows: Vec<_> = goods.offers.iter().map(row).collect();
        view! {
            <details class="buy__prices plain-only">
                <summary>"What each choice costs"</summary>
                <dl>{rows}</dl>
            </details>
        }
    });
    (whose, all)
}

/// Which SKU is meant by which options, and what it costs on this page.
fn variants(groups: &[OptionGroup], offers: &[Offer]) -> Variants {
    let options = |offer: &Offer| {
        let values = offer.variant.options.iter().cloned();
        groups.iter().map(|group| group.code.clone()).zip(values).collect()
    };
    offers.iter().map(|offer| (options(offer), &offer.variant)).collect()
}

/// The product as the cart keeps it, with the particulars of one variant.
fn item(product: Product, offer: &Offer) -> Sellable {
    // The placeholder is there until the photograph is; a thumbnail needs none.
    let picture = product.pictures.first().cloned().map(|mut picture| {
        picture.placeholder.clear();
        picture
    });
    Sellable {
        sku: offer.variant.sku.clone(),
        product_id: product.id,
        slug: product.slug,
        name: product.name,
        options: String::new(),
        picture,
        price: offer.variant.price,
        tax_class: offer.variant.tax_class,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Currency, Money, Sku, Slug, product::Variant, stock::StockClass, tax::TaxClass};

    fn html(prices: [i64; 2], asked: Asked) -> String {
        let size = |(value, minor): (&str, i64)| Variant {
            sku: Sku::parse(value).unwrap(),
            gtin: None,
            options: vec![value.to_owned()],
            price: Money::new(minor, Currency::EUR),
            tax_class: TaxClass::Standard,
        };
        let variants: Vec<_> = ["S", "L"].into_iter().zip(prices).map(size).collect();
        let offer =
            |variant: &Variant| Offer { variant: variant.clone(), stock: StockClass::InStock };
        let offers: Vec<_> = variants.iter().map(offer).collect();
        let values = ["S", "M", "L"].map(str::to_owned).to_vec();
        let (code, name) = ("size".to_owned(), "Size".to_owned());
        let product = Product {
            id: "1".to_owned(),
            slug: Slug::parse("shirt").unwrap(),
            name: "Shirt".to_owned(),
            description: String::new(),
            pictures: vec![],
            options: vec![OptionGroup { code, name, values }],
            variants,
            breadcrumb: vec![],
            attributes: vec![],
            seo_title: None,
            seo_description: None,
            brand: None,
        };
        let groups = product.options.clone();
        let offer = asked.offer(&offers).cloned().unwrap();
        let picks = asked.picks(&groups, &offer);
        let goods = Goods::new(item(product, &offer), offers);
        view! { <Form goods groups picks asked/> }.to_html()
    }

    #[test]
    fn whose_price_it_is_and_what_the_others_cost_is_said_where_they_differ() {
        let differing = html([1_900, 2_300], Asked::default());
        assert!(differing.contains("€19.00"), "{differing}");
        assert!(differing.contains("€23.00") && differing.contains("What each choice costs"));
        assert!(!html([1_900, 1_900], Asked::default()).contains("What each choice costs"));
    }

    #[test]
    fn what_is_not_made_stays_chosen_and_is_told_where_it_was_chosen() {
        let options = [("size".to_owned(), "M".to_owned())].into();
        let problem = Some(Problem::NotSold);
        let html = html([1_900, 2_300], Asked { problem, options, ..Asked::default() });
        let (pickers, rest) = html.split_once("id=\"stock\"").unwrap();
        assert!(pickers.contains("value=\"M\" checked"), "{pickers}");
        assert!(rest.contains("We do not make this combination."), "{rest}");
        assert!(!html.contains("aria-invalid"), "{html}");
    }
}
