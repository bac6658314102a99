//! What an address says of the buy box: what was chosen and typed, and why it could not be had.

use crate::cart::problem::Problem;
use domain::{
    Sku,
    product::{Offer, OptionGroup},
};
use leptos_router::params::ParamsMap;
use std::{borrow::Cow, collections::BTreeMap};

/// What was asked for on the way here.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The variant.
    pub sku: Option<Sku>,
    /// The quantity, as typed.
    pub quantity: Option<String>,
    /// Why it could not be had.
    pub problem: Option<Problem>,
    /// The value of each option, by its code, where no variant says it.
    pub options: BTreeMap<String, String>,
}

impl Asked {
    /// `sku=…&quantity=…&problem=…&options[…]=…`
    pub fn read(query: &ParamsMap) -> Self {
        let option = |(name, value): (&Cow<'static, str>, &str)| {
            let code = name.strip_prefix("options[")?.strip_suffix(']')?;
            Some((code.to_owned(), value.to_owned()))
        };
        Self {
            sku: query.get("sku").and_then(|sku| Sku::parse(&sku).ok()),
            quantity: query.get("quantity"),
            problem: query.get("problem").and_then(|text| Problem::parse(&text)),
            options: query.latest_values().filter_map(option).collect(),
        }
    }

    /// Whether it answers what one visitor did.
    pub fn is_personal(&self) -> bool {
        self.quantity.is_some() || self.problem.is_some()
    }

    /// The variant that is shown at first: what the address names, else what can be bought, else any.
    pub fn offer<'a>(&self, offers: &'a [Offer]) -> Option<&'a Offer> {
        let named = offers.iter().find(|offer| Some(&offer.variant.sku) == self.sku.as_ref());
        let there = || offers.iter().find(|offer| offer.stock.is_available());
        named.or_else(there).or_else(|| offers.first())
    }

    /// What is chosen at first, one value for each group: what was chosen before, as far as there is
    /// such a value, else what makes this variant.
    pub fn picks(&self, groups: &[OptionGroup], offer: &Offer) -> Vec<String> {
        let pick = |(group, own): (&OptionGroup, &String)| {
            let chosen = self.options.get(&group.code).filter(|value| group.values.contains(value));
            chosen.unwrap_or(own).clone()
        };
        groups.iter().zip(&offer.variant.options).map(pick).collect()
    }
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

    fn asked(query: &[(&'static str, &str)]) -> Asked {
        Asked::read(&query.iter().map(|(name, value)| (*name, (*value).to_owned())).collect())
    }

    #[test]
    fn what_can_be_bought_is_chosen_first_unless_the_address_names_another() {
        let offers = [offer("a", 0), offer("b", 3)];
        let chosen =
            |sku| asked(&[("sku", sku)]).offer(&offers).map(|offer| offer.variant.sku.as_str());
        assert_eq!(chosen("a"), Some("a"));
        assert_eq!(chosen("unknown"), Some("b"));
        assert_eq!(Asked::default().offer(&offers[..1]), offers.first());
        assert_eq!(Asked::default().offer(&[]), None);
    }

    #[test]
    fn a_choice_that_is_not_made_stays_chosen_and_a_value_that_does_not_exist_does_not() {
        let group = |code: &str, values: [&str; 2]| OptionGroup {
            code: code.to_owned(),
            name: code.to_owned(),
            values: values.map(str::to_owned).to_vec(),
        };
        let groups = [group("size", ["S", "L"]), group("colour", ["red", "blue"])];
        let mut offer = offer("s-red", 1);
        offer.variant.options = vec!["S".to_owned(), "red".to_owned()];
        let picks = |query| asked(query).picks(&groups, &offer);
        assert_eq!(picks(&[("options[size]", "L"), ("problem", "not_sold")]), ["L", "red"]);
        assert_eq!(picks(&[("options[colour]", "<b>"), ("options[x]", "y")]), ["S", "red"]);
        assert_eq!(picks(&[]), ["S", "red"]);
    }
}
