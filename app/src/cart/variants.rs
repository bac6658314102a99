//! Which SKU is meant by which options and what its page says it costs, carried by a product's form
//! itself: without scripts the browser sends the chosen options and this, and nobody need look it up.
//!
//! It comes back from a browser and is not trusted: whoever changes it names another SKU, which they
//! could have named anyway. What that costs now and whether it is there is the server's to say.

use domain::product::Variant;
use form_urlencoded::{Serializer, parse};
use std::collections::BTreeMap;

/// The SKUs of a product by their options, in the encoding of a form: each key is itself such a list,
/// of the options by their codes in alphabetical order, each value `SKU PRICE`, the price in minor
/// units.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Variants(String);

impl Variants {
    /// As it was written into a form.
    pub fn written(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// As a form carries it.
    pub fn into_text(self) -> String {
        self.0
    }

    /// The SKU with exactly these options, and what it cost on the page.
    pub fn find(&self, options: &BTreeMap<String, String>) -> Option<(String, Option<i64>)> {
        let wanted = encoded(options);
        let (_, found) = parse(self.0.as_bytes()).find(|(key, _)| *key == wanted)?;
        let (sku, price) = found.split_once(' ').unwrap_or((&found, ""));
        Some((sku.to_owned(), price.parse().ok()))
    }
}

impl<'a> FromIterator<(BTreeMap<String, String>, &'a Variant)> for Variants {
    fn from_iter<I>(variants: I) -> Self
    where
        I: IntoIterator<Item = (BTreeMap<String, String>, &'a Variant)>,
    {
        let mut all = Serializer::new(String::new());
        for (options, variant) in variants {
            let told = format!("{} {}", variant.sku, variant.price.minor());
            all.append_pair(&encoded(&options), &told);
        }
        Self(all.finish())
    }
}

fn encoded(options: &BTreeMap<String, String>) -> String {
    Serializer::new(String::new()).extend_pairs(options).finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Currency, Money, Sku, tax::TaxClass};

    fn variant(sku: &str, minor: i64) -> Variant {
        Variant {
            sku: Sku::parse(sku).unwrap(),
            gtin: None,
            options: Vec::new(),
            price: Money::new(minor, Currency::EUR),
            tax_class: TaxClass::Standard,
        }
    }

    fn options(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(code, value)| ((*code).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_form_tells_which_sku_is_meant_whatever_the_options_are_called() {
        let all = [
            (options(&[("size", "13 & 15"), ("colour", "a=b")]), variant("LAPTOP/1&2", 129_900)),
            (options(&[("size", "13"), ("colour", "a=b&size=13")]), variant("LAPTOP-3", 1)),
        ];
        let variants: Variants = all.iter().map(|(options, one)| (options.clone(), one)).collect();
        let back = Variants::written(&variants.into_text());
        for (options, one) in &all {
            let told = (one.sku.to_string(), Some(one.price.minor()));
            assert_eq!(back.find(options), Some(told));
        }
        assert_eq!(back.find(&options(&[("size", "13 & 15")])), None);
        assert_eq!(back.find(&options(&[])), None);
        assert_eq!(Variants::written("%ff&&=").find(&options(&[("size", "1")])), None);
        let bare = Variants::written("size%3D1=SKU").find(&options(&[("size", "1")]));
        assert_eq!(bare, Some(("SKU".to_owned(), None)));
    }
}
