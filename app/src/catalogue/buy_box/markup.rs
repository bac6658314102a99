//! The buy box's HTML, as an address asks for it. What the browser changes in it is marked
//! `data-slot`.

use super::{
    LiveBuyBox,
    goods::{Goods, stock_in_words},
};
use crate::cart::{Stepper, problem::Problem, variants::Variants};
use domain::{
    Sku,
    product::{Offer, OptionGroup, Product, Sellable},
};
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
    /// The SKU the address names.
    sku: Option<String>,
    /// What was typed.
    quantity: Option<String>,
    /// Why it could not be had, as a code.
    problem: Option<String>,
) -> impl IntoView {
    let sku = sku.and_then(|sku| Sku::parse(&sku).ok());
    let chosen = first(&offers, sku.as_ref())?.clone();
    let groups = product.options.clone();
    let goods = Goods { item: item(product, &chosen), offers };
    let quantity = quantity.unwrap_or_else(|| "1".to_owned());
    let problem = problem.and_then(|text| Problem::parse(&text)).map(Problem::message);
    Some(view! {
        <LiveBuyBox>
            <Form goods groups chosen quantity problem/>
        </LiveBuyBox>
    })
}

#[component]
fn Form(
    goods: Goods,
    groups: Vec<OptionGroup>,
    chosen: Offer,
    quantity: String,
    problem: Option<String>,
) -> impl IntoView {
    let told = json!({ "item": goods.item, "offers": goods.offers }).to_string();
    let (stock, stock_class) = stock_in_words(Some(&chosen));
    // Without scripts another choice may be one that is there.
    let nothing_left = !goods.offers.iter().any(|offer| offer.stock.is_available());
    let (named, meant) = match groups.is_empty() {
        true => ("sku", chosen.variant.sku.to_string()),
        false => ("variants", variants(&groups, &goods.offers).into_text()),
    };
    let pick = |(index, group): (usize, &OptionGroup)| picker(&goods, &chosen, index, group);
    let pickers: Vec<_> = groups.iter().enumerate().map(pick).collect();
    let price = chosen.variant.price.to_string();
    view! {
        <form class="buy" id="buy" action="/api/cart/add" method="post" novalidate data-goods=told>
            <input type="hidden" name="slug" value=goods.item.slug.to_string()/>
            <input type="hidden" name=named value=meant/>
            <p class="buy__price">
                <span class="price" data-slot="price">{price.clone()}</span>
                <span class="buy__tax">"VAT included, plus delivery"</span>
            </p>
            {pickers}
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
    chosen: &Offer,
    index: usize,
    group: &OptionGroup,
) -> impl IntoView + use<> {
    let name = format!("options[{}]", group.code);
    let legend = format!("option-{}", group.code);
    let picks = &chosen.variant.options;
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

/// Which SKU is meant by which options.
fn variants(groups: &[OptionGroup], offers: &[Offer]) -> Variants {
    let options = |offer: &Offer| {
        let values = offer.variant.options.iter().cloned();
        groups.iter().map(|group| group.code.clone()).zip(values).collect()
    };
    offers.iter().map(|offer| (options(offer), offer.variant.sku.clone())).collect()
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

/// What is chosen at first: what the address names, else what can be bought, else anything.
fn first<'a>(offers: &'a [Offer], sku: Option<&Sku>) -> Option<&'a Offer> {
    let named = offers.iter().find(|offer| Some(&offer.variant.sku) == sku);
    let there = || offers.iter().find(|offer| offer.stock.is_available());
    named.or_else(there).or_else(|| offers.first())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Currency, Money, product::Variant, stock::StockClass, tax::TaxClass};

    fn offer(sku: &str, left: u32) -> Offer {
        let variant = Variant {
            sku: Sku::parse(sku).unwrap(),
            gtin: None,
            options: vec![sku.to_owned()],
            price: Money::new(100, Currency::EUR),
            tax_class: TaxClass::Standard,
        };
        Offer { variant, stock: StockClass::of(left) }
    }

    #[test]
    fn what_can_be_bought_is_chosen_first_unless_the_address_names_another() {
        let offers = [offer("a", 0), offer("b", 3)];
        let chosen = |sku: &str| {
            first(&offers, Sku::parse(sku).ok().as_ref()).map(|offer| offer.variant.sku.as_str())
        };
        assert_eq!(chosen("a"), Some("a"));
        assert_eq!(chosen("unknown"), Some("b"));
        assert_eq!(first(&offers[..1], None), offers.first());
        assert_eq!(first(&[], None), None);
    }
}
