//! What makes a description of a product one that can stand in a shop. What only the database knows
//! (a SKU or an address that is taken, a category that is missing) is found out when it is stored.

use super::{OptionDraft, ProductDraft, VariantDraft};
use crate::Fault;
use domain::Slug;

impl<M> ProductDraft<M> {
    /// Whether it can stand in a shop.
    pub fn check(&self) -> Result<(), Fault> {
        if self.translations.is_empty() {
            return Err(Fault::NoTranslation);
        }
        for (locale, translation) in &self.translations {
            check_locale(locale)?;
            if translation.name.trim().is_empty() {
                return Err(Fault::NoName { locale: locale.clone() });
            }
        }
        for (index, group) in self.options.iter().enumerate() {
            let known = self.options[..index].iter().any(|other| other.code == group.code);
            if known || !is_sound(group) {
                return Err(Fault::OptionGroup(group.code.clone()));
            }
        }
        if self.variants.is_empty() {
            return Err(Fault::NoVariant);
        }
        for (index, variant) in self.variants.iter().enumerate() {
            self.check_variant(variant)?;
            for other in &self.variants[..index] {
                if other.sku == variant.sku {
                    return Err(Fault::SkuTwice(variant.sku.clone()));
                }
                if other.options == variant.options {
                    let (first, second) = (other.sku.clone(), variant.sku.clone());
                    return Err(Fault::SameOptions { first, second });
                }
            }
        }
        Ok(())
    }

    fn check_variant(&self, variant: &VariantDraft) -> Result<(), Fault> {
        let sku = || variant.sku.clone();
        let (given, groups) = (variant.options.len(), self.options.len());
        if given != groups {
            return Err(Fault::OptionCount { sku: sku(), given, groups });
        }
        for (value, group) in variant.options.iter().zip(&self.options) {
            if !group.values.contains(value) {
                return Err(Fault::OptionValue { sku: sku(), value: value.clone() });
            }
        }
        if variant.prices.is_empty() {
            return Err(Fault::NoPrice(sku()));
        }
        for price in &variant.prices {
            if price.amount <= 0 {
                return Err(Fault::PriceNotAboveZero { sku: sku(), amount: price.amount });
            }
            if let (Some(from), Some(until)) = (price.valid_from, price.valid_until)
                && until <= from
            {
                return Err(Fault::PriceNeverInForce(sku()));
            }
        }
        match &variant.gtin {
            Some(gtin) if !is_gtin(gtin) => Err(Fault::Gtin(gtin.clone())),
            _ => Ok(()),
        }
    }
}

/// A language tag of letters, digits and hyphens: it becomes part of a field's name.
pub(crate) fn check_locale(locale: &str) -> Result<(), Fault> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
    match (2..=35).contains(&locale.len()) && locale.chars().all(allowed) {
        true => Ok(()),
        false => Err(Fault::Locale(locale.to_owned())),
    }
}

fn is_sound(group: &OptionDraft) -> bool {
    let values = &group.values;
    let repeated = |index: usize| values[..index].contains(&values[index]);
    Slug::parse(&group.code).is_ok()
        && !group.name.trim().is_empty()
        && !values.is_empty()
        && values.iter().all(|value| !value.trim().is_empty())
        && !(0..values.len()).any(repeated)
}

/// Length and check digit (GS1 General Specifications, 7.9: weights 3 and 1 from the right).
fn is_gtin(text: &str) -> bool {
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(10)).collect();
    digits.is_some_and(|digits| {
        let weighted = digits.iter().rev().enumerate();
        let sum: u32 = weighted.map(|(i, digit)| digit * if i % 2 == 0 { 1 } else { 3 }).sum();
        matches!(digits.len(), 8 | 12 | 13 | 14) && sum.is_multiple_of(10)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Sku;
    use serde_json::json;

    fn draft(value: serde_json::Value) -> Result<ProductDraft<String>, serde_json::Error> {
        serde_json::from_value(value)
    }

    fn lamp() -> serde_json::Value {
        json!({
            "translations": {"en": {"name": "Lamp", "slug": "lamp"}},
            "options": [{"code": "colour", "name": "Colour", "values": ["Red", "Blue"]}],
            "variants": [
                {"sku": "L-R", "options": ["Red"], "tax_class": "standard",
                 "prices": [{"currency": "EUR", "amount": 1000}]},
                {"sku": "L-B", "options": ["Blue"], "tax_class": "standard",
                 "prices": [{"currency": "EUR", "amount": 1100}]},
            ],
        })
    }

    fn fault(change: impl Fn(&mut serde_json::Value)) -> Fault {
        let mut value = lamp();
        change(&mut value);
        draft(value).unwrap().check().unwrap_err()
    }

    #[test]
    fn a_sound_product_is_accepted() {
        assert_eq!(draft(lamp()).unwrap().check(), Ok(()));
    }

    #[test]
    fn what_a_shopper_could_not_choose_is_refused() {
        let sku = |text| Sku::parse(text).unwrap();
        assert_eq!(fault(|p| p["variants"] = json!([])), Fault::NoVariant);
        assert_eq!(fault(|p| p["variants"][1]["sku"] = json!("L-R")), Fault::SkuTwice(sku("L-R")));
        assert_eq!(
            fault(|p| p["variants"][1]["options"] = json!(["Red"])),
            Fault::SameOptions { first: sku("L-R"), second: sku("L-B") }
        );
        assert_eq!(
            fault(|p| p["variants"][1]["options"] = json!([])),
            Fault::OptionCount { sku: sku("L-B"), given: 0, groups: 1 }
        );
        assert_eq!(
            fault(|p| p["variants"][1]["options"] = json!(["Green"])),
            Fault::OptionValue { sku: sku("L-B"), value: "Green".to_owned() }
        );
        assert_eq!(
            fault(|p| p["options"][0]["values"] = json!(["Red", "Red"])),
            Fault::OptionGroup("colour".to_owned())
        );
    }

    #[test]
    fn what_a_shopper_could_not_pay_is_refused() {
        let sku = Sku::parse("L-R").unwrap();
        assert_eq!(fault(|p| p["variants"][0]["prices"] = json!([])), Fault::NoPrice(sku.clone()));
        assert_eq!(
            fault(|p| p["variants"][0]["prices"][0]["amount"] = json!(0)),
            Fault::PriceNotAboveZero { sku: sku.clone(), amount: 0 }
        );
        let backwards = json!([{"currency": "EUR", "amount": 1,
            "valid_from": "2026-02-01T00:00:00Z", "valid_until": "2026-01-01T00:00:00Z"}]);
        assert_eq!(
            fault(|p| p["variants"][0]["prices"] = backwards.clone()),
            Fault::PriceNeverInForce(sku)
        );
    }

    #[test]
    fn a_language_tag_cannot_reach_into_another_field() {
        let translation = json!({"name": "Lamp", "slug": "lamp"});
        for bad in ["en.slug", "$en", "", "e"] {
            let fault = fault(|p| p["translations"] = json!({bad: translation}));
            assert_eq!(fault, Fault::Locale(bad.to_owned()));
        }
    }

    #[test]
    fn an_unknown_field_is_refused() {
        let mut value = lamp();
        value["colour"] = json!("red");
        assert!(draft(value).unwrap_err().to_string().contains("unknown field `colour`"));
    }

    #[test]
    fn a_gtin_is_checked_by_its_last_digit() {
        for good in ["4006381333931", "96385074", "036000291452"] {
            assert!(is_gtin(good), "{good}");
        }
        for bad in ["4006381333932", "123", "", "40063813339x1"] {
            assert!(!is_gtin(bad), "{bad}");
        }
    }
}
