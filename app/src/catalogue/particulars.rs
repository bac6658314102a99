//! Everything there is to know of a product, in open sections: nothing hides behind a tab.

use crate::services::services;
use domain::{
    product::Product,
    shipping::{ShippingMethod, Zone},
};
use leptos::prelude::*;

/// The description; an empty line separates paragraphs.
#[component]
pub fn Description(text: String) -> impl IntoView {
    let paragraphs: Vec<String> = text
        .split("\n\n")
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect();
    (!paragraphs.is_empty())
        .then(|| {
            view! {
                <section aria-labelledby="description">
                    <h2 id="description">"Description"</h2>
                    {paragraphs.into_iter().map(|text| view! { <p>{text}</p> }).collect_view()}
                </section>
            }
        })
        .into_any()
}

/// Properties in a table, with the brand and, for a product without options, its article number.
#[component]
pub fn Specification(product: Product) -> impl IntoView {
    let rows = rows(product);
    let row = |(name, value): (String, String)| {
        view! { <tr><th scope="row">{name}</th><td>{value}</td></tr> }
    };
    (!rows.is_empty())
        .then(|| {
            view! {
                <section aria-labelledby="specification">
                    <h2 id="specification">"Specification"</h2>
                    <table class="specification">
                        <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
                    </table>
                </section>
            }
        })
        .into_any()
}

fn rows(product: Product) -> Vec<(String, String)> {
    let mut rows = product.attributes;
    let named = |rows: &[(String, String)], name: &str| {
        rows.iter().any(|(known, _)| known.eq_ignore_ascii_case(name))
    };
    if let Some(brand) = product.brand.filter(|_| !named(&rows, "brand")) {
        rows.insert(0, ("Brand".to_owned(), brand));
    }
    for option in product.options {
        if !named(&rows, &option.name) {
            rows.push((option.name, option.values.join(", ")));
        }
    }
    if let [only] = product.variants.as_slice() {
        rows.push(("Article number".to_owned(), only.sku.to_string()));
        if let Some(gtin) = &only.gtin {
            rows.push(("GTIN".to_owned(), gtin.clone()));
        }
    }
    rows
}

/// What delivery costs and how long it takes, near home and farther away.
#[component]
pub fn Delivery() -> impl IntoView {
    let cell = |method: ShippingMethod, zone| {
        let offer = method.offer(zone);
        let days = days(offer.days_min, offer.days_max);
        view! { <td>{offer.price.to_string()} <span class="delivery__days">{days}</span></td> }
    };
    let row = |method: ShippingMethod| {
        view! {
            <tr>
                <th scope="row">{method.name()}</th>
                {cell(method, Zone::Domestic)}
                {cell(method, Zone::EuropeanUnion)}
            </tr>
        }
    };
    view! {
        <table class="delivery">
            <caption>"Delivery"</caption>
            <thead>
                <tr>
                    <td></td>
                    <th scope="col">{services().market.home.name()}</th>
                    <th scope="col">"Rest of the EU"</th>
                </tr>
            </thead>
            <tbody>{ShippingMethod::ALL.map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

fn days(min: u32, max: u32) -> String {
    match (min, max) {
        (1, 1) => "next working day".to_owned(),
        _ if min == max => format!("{min} working days"),
        _ => format!("{min}–{max} working days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_on_the_way_read_as_words() {
        assert_eq!(days(1, 1), "next working day");
        assert_eq!(days(2, 2), "2 working days");
        assert_eq!(days(2, 3), "2–3 working days");
    }
}
