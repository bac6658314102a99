//! What was told of the variants of one product, and what that makes of the product.

use crate::browser::{Json, read};
use domain::{Money, stock::StockClass};

/// What was told of each variant so far.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Told {
    variants: Vec<Variant>,
}

#[derive(Debug, PartialEq, Eq)]
struct Variant {
    sku: String,
    stock: Option<StockClass>,
    /// What one piece costs; within, `None` if it is not sold.
    price: Option<Option<Money>>,
}

impl Told {
    /// Nothing yet, of these SKUs with a space between them.
    pub fn of(skus: &str) -> Self {
        let variant = |sku: &str| Variant { sku: sku.to_owned(), stock: None, price: None };
        Self { variants: skus.split(' ').filter(|sku| !sku.is_empty()).map(variant).collect() }
    }

    /// The SKUs.
    pub fn skus(&self) -> impl Iterator<Item = &str> {
        self.variants.iter().map(|variant| variant.sku.as_str())
    }

    /// Takes in what was told of a SKU; `false` if it is none of these.
    pub fn hear<J: Json>(&mut self, name: &str, facts: &J) -> bool {
        let sku = facts.text_of("sku").unwrap_or_default();
        let Some(variant) = self.variants.iter_mut().find(|variant| variant.sku == sku) else {
            return false;
        };
        match name {
            "stock" => variant.stock = read::stock(facts),
            _ => variant.price = Some(read::money(facts)),
        }
        true
    }

    fn sold(&self) -> impl Iterator<Item = &Variant> {
        self.variants.iter().filter(|variant| variant.price != Some(None))
    }

    /// How much there is, all variants together that are sold; `None` until all is known.
    pub fn stock(&self) -> Option<StockClass> {
        let mut left = 0u32;
        for variant in self.sold() {
            match variant.stock? {
                StockClass::InStock => left = left.saturating_add(StockClass::FEW + 1),
                StockClass::FewLeft { left: few } => left = left.saturating_add(few),
                StockClass::SoldOut => {}
            }
        }
        Some(StockClass::of(left))
    }

    /// The lowest price and whether there are others; `None` until all is known, and of what is not sold.
    pub fn price(&self) -> Option<(Money, bool)> {
        if self.variants.iter().any(|variant| variant.price.is_none()) {
            return None;
        }
        let prices = || self.variants.iter().filter_map(|variant| variant.price?);
        let lowest = prices().min_by_key(|price| price.minor())?;
        Some((lowest, prices().any(|price| price != lowest)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Currency;
    use serde_json::json;

    fn stock(sku: &str, left: u32) -> serde_json::Value {
        let mut facts = serde_json::to_value(StockClass::of(left)).unwrap();
        facts["sku"] = sku.into();
        facts
    }

    #[test]
    fn how_much_there_is_is_said_once_all_variants_are_known() {
        let mut told = Told::of("red blue");
        assert!(told.hear("stock", &stock("red", 2)));
        assert_eq!(told.stock(), None);
        assert!(told.hear("stock", &stock("blue", 0)));
        assert_eq!(told.stock(), Some(StockClass::FewLeft { left: 2 }));
        told.hear("stock", &stock("blue", 4));
        assert_eq!(told.stock(), Some(StockClass::InStock));
        assert!(!told.hear("stock", &stock("green", 1)));
    }

    #[test]
    fn the_price_is_the_lowest_and_says_whether_there_are_others() {
        let eur = |minor| Money::new(minor, Currency::EUR);
        let mut told = Told::of("red blue");
        let price = |sku: &str, price: Option<Money>| json!({ "sku": sku, "price": price });
        told.hear("price", &price("red", Some(eur(300))));
        assert_eq!(told.price(), None);
        told.hear("price", &price("blue", Some(eur(200))));
        assert_eq!(told.price(), Some((eur(200), true)));
        told.hear("price", &price("red", Some(eur(200))));
        assert_eq!(told.price(), Some((eur(200), false)));
    }

    #[test]
    fn what_is_not_sold_any_more_counts_for_nothing() {
        let mut told = Told::of("red blue");
        told.hear("stock", &stock("red", 9));
        told.hear("stock", &stock("blue", 1));
        told.hear("price", &json!({ "sku": "red", "price": null }));
        told.hear("price", &json!({ "sku": "blue", "price": Money::new(200, Currency::EUR) }));
        assert_eq!(told.stock(), Some(StockClass::FewLeft { left: 1 }));
        assert_eq!(told.price(), Some((Money::new(200, Currency::EUR), false)));
        told.hear("price", &json!({ "sku": "blue", "price": null }));
        assert_eq!((told.stock(), told.price()), (Some(StockClass::SoldOut), None));
    }
}
