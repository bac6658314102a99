//! What is chosen at the checkout that decides the total: where it goes and how it travels.

use domain::{
    Country, Market,
    checkout::CheckoutForm,
    shipping::{ShippingMethod, ShippingOffer, Zone},
};

/// What decides the total beside the cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// Where it goes.
    pub country: Country,
    /// How it travels.
    pub method: ShippingMethod,
    zone: Zone,
}

impl Choice {
    /// What is chosen in a form; what is not chosen yet is the market's usual.
    pub fn of(form: &CheckoutForm, market: &Market) -> Self {
        let country = Country::parse(&form.country).filter(|country| market.delivers_to(*country));
        let country = country.unwrap_or(market.home);
        let method = ShippingMethod::parse(&form.delivery).unwrap_or(ShippingMethod::ALL[0]);
        Self { country, method, zone: Zone::of(country, market.home) }
    }

    /// The chosen method as it is offered there.
    pub fn offer(self) -> ShippingOffer {
        self.method.offer(self.zone)
    }

    /// A method as it is offered there.
    pub fn offer_of(self, method: ShippingMethod) -> ShippingOffer {
        method.offer(self.zone)
    }

    /// What each method costs there and how long it takes, by the slot of the page it stands in.
    pub fn offers_in_words(self) -> [(&'static str, String); 4] {
        let [standard, express] = ShippingMethod::ALL.map(|method| self.offer_of(method));
        [
            ("days-standard", days(standard)),
            ("price-standard", standard.price.to_string()),
            ("days-express", days(express)),
            ("price-express", express.price.to_string()),
        ]
    }
}

/// How long it travels: `2–3 working days`.
fn days(offer: ShippingOffer) -> String {
    match (offer.days_min, offer.days_max) {
        (1, 1) => "1 working day".to_owned(),
        (min, max) if min == max => format!("{min} working days"),
        (min, max) => format!("{min}\u{2013}{max} working days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(country: &str, delivery: &str) -> Choice {
        let form = CheckoutForm {
            country: country.to_owned(),
            delivery: delivery.to_owned(),
            ..CheckoutForm::default()
        };
        Choice::of(&form, &Market::european_union())
    }

    #[test]
    fn what_is_not_chosen_yet_is_the_usual() {
        assert_eq!(choice("", "").country, Country::DE);
        assert_eq!(choice("US", "").offer(), ShippingMethod::Standard.offer(Zone::Domestic));
        let abroad = ShippingMethod::Express.offer(Zone::EuropeanUnion);
        assert_eq!(choice("FR", "express").offer(), abroad);
    }

    #[test]
    fn each_method_stands_in_its_own_place() {
        let words = choice("DE", "").offers_in_words();
        assert_eq!(words[0], ("days-standard", "2\u{2013}3 working days".to_owned()));
        assert_eq!(words[2], ("days-express", "1 working day".to_owned()));
        for (method, slot) in ShippingMethod::ALL.iter().zip([1, 3]) {
            assert_eq!(words[slot].0, format!("price-{}", method.code()));
        }
    }
}
