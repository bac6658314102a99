//! In which parcels the order comes, in words.

use domain::{Cart, Country, Sku, stock::Parcel};
use leptos::prelude::*;

/// The parcels to this country, as they would leave now.
#[component]
pub fn Parcels(
    /// What is ordered.
    cart: Cart,
    /// The parcels; nothing is said where there are none.
    parcels: Vec<Parcel>,
    /// Where they go.
    country: Country,
) -> impl IntoView {
    let words = in_words(&cart, &parcels, country);
    (!words.is_empty()).then(|| {
        let lines: Vec<_> = words.into_iter().map(|line| view! { <li>{line}</li> }).collect();
        view! { <ul class="parcels" data-slot="parcels" aria-label="Parcels">{lines}</ul> }
    })
}

/// A sentence for each parcel.
fn in_words(cart: &Cart, parcels: &[Parcel], country: Country) -> Vec<String> {
    let to = country.name();
    match parcels {
        [one] => vec![format!("One parcel to {to}, {}.", leaves(one))],
        many => {
            let of = many.len();
            let sentence = |(number, parcel): (usize, &Parcel)| {
                let what = contents(cart, parcel);
                format!("Parcel {} of {of} to {to}{what}, {}.", number + 1, leaves(parcel))
            };
            many.iter().enumerate().map(sentence).collect()
        }
    }
}

/// What is in it, as far as the cart has a name for it: a bundle's components have none.
fn contents(cart: &Cart, parcel: &Parcel) -> String {
    let name = |sku: &Sku| {
        let line = cart.lines.iter().find(|line| &line.item.sku == sku)?;
        Some(line.item.name.clone())
    };
    let named: Option<Vec<_>> = parcel
        .lines
        .iter()
        .map(|line| Some(format!("{} \u{d7} {}", line.quantity, name(&line.sku)?)))
        .collect();
    named.map(|named| format!(" with {}", named.join(" and "))).unwrap_or_default()
}

fn leaves(parcel: &Parcel) -> String {
    match parcel.leaves {
        Some(day) => format!("leaves on {}", day.strftime("%A, %-d %B")),
        None => "leaves when everything in it is here".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cart::testing::{item, pieces};
    use domain::stock::ParcelLine;
    use jiff::civil::date;

    fn parcel(lines: &[(&str, u32)], leaves: Option<jiff::civil::Date>) -> Parcel {
        let line = |(sku, quantity): &(&str, u32)| ParcelLine {
            sku: Sku::parse(sku).unwrap(),
            quantity: *quantity,
            back_ordered: 0,
        };
        let (warehouse, lines) = ("berlin".to_owned(), lines.iter().map(line).collect());
        Parcel { warehouse, lines, leaves }
    }

    fn cart() -> Cart {
        let mut cart = Cart::default();
        cart.add(item("lamp", 1_900), pieces(3)).unwrap();
        cart.add(item("cup", 900), pieces(1)).unwrap();
        cart
    }

    #[test]
    fn one_parcel_says_when_it_leaves_and_several_what_is_in_each() {
        let monday = Some(date(2026, 11, 30));
        let one = [parcel(&[("lamp", 3), ("cup", 1)], monday)];
        assert_eq!(
            in_words(&cart(), &one, Country::DE),
            ["One parcel to Germany, leaves on Monday, 30 November."]
        );
        let two = [parcel(&[("lamp", 3)], monday), parcel(&[("cup", 1)], None)];
        assert_eq!(
            in_words(&cart(), &two, Country::DE),
            [
                "Parcel 1 of 2 to Germany with 3 \u{d7} lamp, leaves on Monday, 30 November.",
                "Parcel 2 of 2 to Germany with 1 \u{d7} cup, leaves when everything in it is here.",
            ]
        );
    }

    #[test]
    fn what_the_cart_has_no_name_for_is_not_named() {
        let two = [parcel(&[("lamp", 3)], None), parcel(&[("screw", 4)], None)];
        let words = in_words(&cart(), &two, Country::DE);
        assert_eq!(words[1], "Parcel 2 of 2 to Germany, leaves when everything in it is here.");
        assert!(in_words(&cart(), &[], Country::DE).is_empty());
    }
}
