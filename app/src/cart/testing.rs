//! What the tests of this folder put into carts.

use domain::{Currency, Money, Quantity, Sku, Slug, product::Sellable, tax::TaxClass};

pub fn sku(name: &str) -> Sku {
    Sku::parse(name).unwrap()
}

pub fn pieces(count: u32) -> Quantity {
    Quantity::new(count).unwrap()
}

pub fn item(name: &str, minor: i64) -> Sellable {
    Sellable {
        sku: sku(name),
        product_id: name.to_owned(),
        slug: Slug::parse("thing").unwrap(),
        name: name.to_owned(),
        options: String::new(),
        picture: None,
        price: Money::new(minor, Currency::EUR),
        tax_class: TaxClass::Standard,
    }
}
