//! What became of things while they lay in the cart, in words.

use domain::cart::CartChange;
use leptos::prelude::*;

/// A calm notice of what changed; nothing when nothing did.
#[component]
pub fn Changes(
    /// What changed since the shopper last saw the cart.
    changes: Vec<CartChange>,
) -> impl IntoView {
    (!changes.is_empty()).then(|| {
        let sentences = changes.iter().map(|change| view! { <li>{in_words(change)}</li> });
        view! {
            <div class="note" role="status">
                <p class="note__title">"Something changed since you last looked"</p>
                <ul>{sentences.collect_view()}</ul>
            </div>
        }
    })
}

/// One change as a sentence.
fn in_words(change: &CartChange) -> String {
    match change {
        CartChange::Price { name, was, now, .. } => {
            format!("The price of {name} changed from {was} to {now}. Keep it if that suits you.")
        }
        CartChange::Withdrawn { name, .. } => {
            format!("{name} is no longer sold and was taken out of your cart.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Currency, Money, Sku};

    #[test]
    fn a_new_price_is_told_beside_the_old_one() {
        let sku = Sku::parse("a").unwrap();
        let eur = |minor| Money::new(minor, Currency::EUR);
        let change =
            CartChange::Price { sku, name: "Lamp".to_owned(), was: eur(1_900), now: eur(2_100) };
        assert!(in_words(&change).starts_with("The price of Lamp changed from €19.00 to €21.00. "));
    }
}
