//! Which SKU is meant by which options, carried by a product's form itself: without scripts the
//! browser sends the chosen options and this, and nobody need look it up.
//!
//! It comes back from a browser and is not trusted: whoever changes it names another SKU, which they
//! could have named anyway. What that costs and whether it is there is the server's to say.

use domain::Sku;
use form_urlencoded::{Serializer, parse};
use std::collections::BTreeMap;

/// The SKUs of a product by their options, in the encoding of a form: each key is itself such a list,
/// of the options by their codes in alphabetical order.
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

    /// The SKU with exactly these options.
    pub fn sku_of(&self, options: &BTreeMap<String, String>) -> Option<String> {
        let wanted = encoded(options);
        parse(self.0.as_bytes()).find(|(key, _)| *key == wanted).map(|(_, sku)| sku.into_owned())
    }
}

impl FromIterator<(BTreeMap<String, String>, Sku)> for Variants {
    fn from_iter<I: IntoIterator<Item = (BTreeMap<String, String>, Sku)>>(variants: I) -> Self {
        let mut all = Serializer::new(String::new());
        for (options, sku) in variants {
            all.append_pair(&encoded(&options), sku.as_str());
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

    fn options(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(code, value)| ((*code).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_form_tells_which_sku_is_meant_whatever_the_options_are_called() {
        let all = [
            (options(&[("size", "13 & 15"), ("colour", "a=b")]), "LAPTOP/1&2"),
            (options(&[("size", "13"), ("colour", "a=b&size=13")]), "LAPTOP-3"),
        ];
        let variants: Variants =
            all.iter().map(|(options, sku)| (options.clone(), Sku::parse(sku).unwrap())).collect();
        let back = Variants::written(&variants.into_text());
        for (options, sku) in &all {
            assert_eq!(back.sku_of(options).as_deref(), Some(*sku));
        }
        assert_eq!(back.sku_of(&options(&[("size", "13 & 15")])), None);
        assert_eq!(back.sku_of(&options(&[])), None);
        assert_eq!(Variants::written("%ff&&=").sku_of(&options(&[("size", "1")])), None);
    }
}
