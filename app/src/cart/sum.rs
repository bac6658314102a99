//! What a cart adds up to, by the same arithmetic as the server's, and how it is explained.

use crate::browser::Part;
use domain::{Cart, Country, pricing, pricing::Totals, shipping::ShippingOffer};
use jiff::civil::Date;
#[cfg(feature = "ssr")]
use leptos::prelude::*;

/// What decides the tax in a cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// The country of delivery.
    pub country: Country,
    /// The day of the order.
    pub on: Date,
}

impl Sum {
    /// What a cart costs, with delivery if it is known. `None` for an empty cart and for amounts
    /// beyond what money can be.
    pub fn of(self, cart: &Cart, delivery: Option<ShippingOffer>) -> Option<Totals> {
        pricing::totals(cart, delivery, self.country, self.on).ok()
    }

    /// As a part of the page carries it: `data-country="DE" data-on="2026-11-23"`.
    pub fn read(part: &Part) -> Option<Self> {
        Self::parse(&part.get("data-country")?, &part.get("data-on")?)
    }

    /// A country's code and a day as `YYYY-MM-DD`.
    pub fn parse(country: &str, on: &str) -> Option<Self> {
        let mut parts = on.splitn(3, '-');
        let year = parts.next()?.parse().ok()?;
        let month = parts.next()?.parse().ok()?;
        let day = parts.next()?.parse().ok()?;
        let on = Date::new(year, month, day).ok()?;
        Some(Self { country: Country::parse(country)?, on })
    }
}

/// The tax contained in a sum: `Includes €3.83 VAT (19 %) and €0.65 VAT (7 %).`
pub fn taxes_in_words(totals: &Totals) -> String {
    let parts: Vec<String> = totals
        .taxes
        .iter()
        .filter(|part| part.rate.0 > 0)
        .map(|part| format!("{} VAT ({})", part.tax, part.rate.percent()))
        .collect();
    match parts.is_empty() {
        true => "No VAT is due.".to_owned(),
        false => format!("Includes {}.", parts.join(" and ")),
    }
}

/// One row of a sum.
#[cfg(feature = "ssr")]
#[component]
pub fn SumRow(
    /// What it is.
    name: &'static str,
    /// How much, in words.
    amount: String,
    /// Whether it is the sum itself.
    #[prop(optional)]
    total: bool,
    /// The mark by which the browser finds it, where it is alive.
    #[prop(optional)]
    live: Option<&'static str>,
) -> impl IntoView {
    let class = if total { "sum__row sum__row--total" } else { "sum__row" };
    view! { <div class=class><dt>{name}</dt><dd data-slot=live>{amount}</dd></div> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{item, pieces};
    use super::*;
    use domain::{
        shipping::{ShippingMethod, Zone},
        tax::TaxClass,
    };
    use jiff::civil::date;

    #[test]
    fn the_browser_adds_up_as_the_server_does() {
        let mut cart = Cart::default();
        cart.add(item("lamp", 11_900), pieces(2)).unwrap();
        let on = date(2026, 11, 23);
        let offer = ShippingMethod::Standard.offer(Zone::Domestic);
        let sum = Sum::parse("DE", "2026-11-23").unwrap();
        let totals = pricing::totals(&cart, Some(offer), Country::DE, on).unwrap();
        assert_eq!(sum.of(&cart, Some(offer)), Some(totals));
        assert_eq!(sum.of(&Cart::default(), None), None);
    }

    #[test]
    fn a_day_is_read_as_it_is_written() {
        let sum = Sum::parse("FR", &date(2026, 2, 3).to_string()).unwrap();
        assert_eq!((sum.country.code(), sum.on), ("FR", date(2026, 2, 3)));
        for (country, on) in
            [("XX", "2026-01-01"), ("DE", "2026-13-01"), ("DE", "today"), ("DE", "")]
        {
            assert_eq!(Sum::parse(country, on), None);
        }
    }

    #[test]
    fn the_tax_is_told_rate_by_rate() {
        let mut cart = Cart::default();
        cart.add(item("lamp", 11_900), pieces(1)).unwrap();
        let mut book = item("book", 10_700);
        book.tax_class = TaxClass::Reduced;
        cart.add(book, pieces(1)).unwrap();
        let sum = Sum::parse("DE", "2026-11-23").unwrap();
        let words = taxes_in_words(&sum.of(&cart, None).unwrap());
        assert_eq!(words, "Includes €7.00 VAT (7 %) and €19.00 VAT (19 %).");
    }
}
