//! What a line of the cart shows, the same when the server writes it and when the browser does.

use crate::address::of_variant;
use domain::{Cart, CartLine, product::Sellable};

/// A line as it is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineShown {
    /// Its SKU.
    pub sku: String,
    /// Where its product is, with the variant chosen.
    pub address: String,
    /// Address of a small photograph; empty without one.
    pub photograph: String,
    /// Its product's name.
    pub name: String,
    /// What it is called aloud: with the options where the product is in the cart more than once.
    pub spoken: String,
    /// Its options.
    pub options: String,
    /// What one costs.
    pub each: String,
    /// How many.
    pub quantity: String,
    /// What they cost together.
    pub total: String,
}

impl LineShown {
    /// A line of a cart.
    pub fn of(cart: &Cart, line: &CartLine) -> Self {
        let Sellable { sku, slug, name, options, picture, price, .. } = &line.item;
        let photograph = picture.as_ref().map(|picture| {
            let width = picture.widths.first().copied().unwrap_or(picture.width);
            format!("{}-{width}.webp", picture.base)
        });
        Self {
            sku: sku.to_string(),
            address: of_variant(slug, sku),
            photograph: photograph.unwrap_or_default(),
            name: name.clone(),
            spoken: spoken_name(cart, &line.item),
            options: options.clone(),
            each: format!("{price} each"),
            quantity: line.quantity.to_string(),
            total: line.total().map(|total| total.to_string()).unwrap_or_default(),
        }
    }

    /// The id of its quantity field.
    pub fn field(&self) -> String {
        format!("quantity-{}", self.sku)
    }

    /// The label of its quantity field.
    pub fn label(&self) -> String {
        format!("Quantity of {}", self.spoken)
    }

    /// What its button to take it out is called.
    pub fn remove(&self) -> String {
        format!("Remove {}", self.spoken)
    }
}

fn spoken_name(cart: &Cart, item: &Sellable) -> String {
    let alike = cart.lines.iter().filter(|line| line.item.product_id == item.product_id).count();
    match alike > 1 && !item.options.is_empty() {
        true => format!("{}, {}", item.name, item.options),
        false => item.name.clone(),
    }
}

/// What to do about a line of which there is not enough.
pub fn shortage_in_words(left: u32) -> String {
    match left {
        0 => "Sold out meanwhile. Please remove it.".to_owned(),
        left => format!("Only {left} left. Please choose {left} or fewer."),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{item, pieces};
    use super::*;

    fn laptop(sku: &str, options: &str) -> Sellable {
        Sellable {
            product_id: "laptop".to_owned(),
            name: "Laptop".to_owned(),
            options: options.to_owned(),
            ..item(sku, 129_900)
        }
    }

    #[test]
    fn a_line_shows_what_one_costs_and_what_all_do() {
        let mut cart = Cart::default();
        cart.add(laptop("l-13", "13 inch"), pieces(2)).unwrap();
        let shown = LineShown::of(&cart, &cart.lines[0]);
        assert_eq!((shown.each.as_str(), shown.total.as_str()), ("€1,299.00 each", "€2,598.00"));
        assert_eq!(shown.address, "/p/thing?sku=l-13");
    }

    #[test]
    fn a_product_in_two_variants_is_called_by_its_options_too() {
        let mut cart = Cart::default();
        cart.add(laptop("l-13", "13 inch"), pieces(1)).unwrap();
        assert_eq!(LineShown::of(&cart, &cart.lines[0]).remove(), "Remove Laptop");
        cart.add(laptop("l-15", "15 inch"), pieces(1)).unwrap();
        let shown = LineShown::of(&cart, &cart.lines[0]);
        assert_eq!(shown.label(), "Quantity of Laptop, 13 inch");
    }
}
