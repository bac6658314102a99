//! Why an order was refused: as an answer for programs, and as a page tells it, with what to do next.
//! In every case but one, a provider that cannot be reached, nothing was charged.

use super::meanwhile::short_in_words;
use crate::{error::StoreError, waiting_line::WAITING_ROOM};
use domain::{
    Money,
    checkout::{Refusal, ShortLine},
};
use leptos::prelude::*;

impl From<Refusal> for StoreError {
    fn from(refusal: Refusal) -> Self {
        let (code, status) = match &refusal {
            Refusal::CartEmpty => ("cart_empty", 409),
            Refusal::FieldsInvalid { .. } => ("fields_invalid", 422),
            Refusal::CartChanged { .. } => ("cart_changed", 409),
            Refusal::PriceChanged { .. } => ("price_changed", 409),
            Refusal::OutOfStock { .. } => ("out_of_stock", 409),
            Refusal::PaymentUnavailable => ("payment_unavailable", 503),
            Refusal::Busy => ("busy", 503),
            Refusal::WaitingRoom { .. } => ("waiting_room", 409),
        };
        Self::new(code, status, in_words(&refusal)).with(refusal)
    }
}

/// The refusal on the page. What is told elsewhere on it (fields, changes, shortages) is not told
/// twice.
#[component]
pub fn Refused(
    /// Why the last try was refused.
    refusal: Refusal,
) -> impl IntoView {
    let told_elsewhere = matches!(
        refusal,
        Refusal::CartEmpty | Refusal::FieldsInvalid { .. } | Refusal::OutOfStock { .. }
    );
    (!told_elsewhere).then(|| {
        view! {
            <div class="note note--wrong" role="alert" tabindex="-1" autofocus>
                <p>{in_words(&refusal)}</p>
            </div>
        }
    })
}

/// What there is not enough of, and the way to the cart.
#[component]
pub fn Shortages(
    /// What is short.
    shortages: Vec<ShortLine>,
) -> impl IntoView {
    (!shortages.is_empty()).then(|| {
        let sentences = shortages.iter().map(|short| view! { <li>{shortage(short)}</li> });
        view! {
            <div class="note note--wrong" role="alert" tabindex="-1" autofocus>
                <p class="note__title">"Not everything is there any more"</p>
                <ul>{sentences.collect_view()}</ul>
                <p>"Nothing was charged. " <a href="/cart">"Change the cart"</a> " and come back."</p>
            </div>
        }
    })
}

fn in_words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::CartEmpty => "Your cart is empty.".to_owned(),
        Refusal::FieldsInvalid { .. } => "Please look at the fields again.".to_owned(),
        Refusal::CartChanged { .. } => {
            "Your cart changed while you were here. Nothing was charged. Please look at the order \
             below; if it suits you, pay now."
                .to_owned()
        }
        Refusal::PriceChanged { was, now } => format!(
            "The total is now {now}{}. Nothing was charged. If that suits you, pay now.",
            instead_of(*was)
        ),
        Refusal::OutOfStock { shortages } => {
            let sentences: Vec<String> = shortages.iter().map(shortage).collect();
            format!("{} Nothing was charged.", sentences.join(" "))
        }
        Refusal::PaymentUnavailable => {
            "The payment provider cannot be reached just now. Please try again in a moment: whatever \
             became of this try, you pay once."
                .to_owned()
        }
        Refusal::Busy => {
            "Very many people are ordering just now. Nothing was charged. Please try again in a moment."
                .to_owned()
        }
        Refusal::WaitingRoom { .. } => WAITING_ROOM.to_owned(),
    }
}

fn instead_of(was: Option<Money>) -> String {
    was.map(|was| format!(" instead of {was}")).unwrap_or_default()
}

fn shortage(short: &ShortLine) -> String {
    short_in_words(&short.name, short.left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Currency, Sku, Slug};

    fn eur(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    #[test]
    fn the_code_of_a_refusal_is_the_one_of_the_domain() {
        let short = ShortLine { sku: Sku::parse("a").unwrap(), name: "Lamp".to_owned(), left: 2 };
        for refusal in [
            Refusal::CartEmpty,
            Refusal::FieldsInvalid { errors: vec![] },
            Refusal::CartChanged { changes: vec![] },
            Refusal::PriceChanged { was: Some(eur(1)), now: eur(2) },
            Refusal::OutOfStock { shortages: vec![short] },
            Refusal::PaymentUnavailable,
            Refusal::Busy,
            Refusal::WaitingRoom { drop: Slug::parse("lamp").unwrap() },
        ] {
            let error = StoreError::from(refusal);
            assert_eq!(error.details.unwrap()["code"], error.code.as_ref());
            assert!((400..600).contains(&error.status));
        }
    }

    #[test]
    fn a_refusal_says_what_changed_and_that_nothing_was_charged() {
        let changed = Refusal::PriceChanged { was: Some(eur(1_900)), now: eur(2_100) };
        let words = in_words(&changed);
        assert!(words.starts_with("The total is now €21.00 instead of €19.00."), "{words}");
        assert!(words.contains("Nothing was charged"));
    }
}
