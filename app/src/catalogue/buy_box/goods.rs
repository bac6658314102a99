//! What can be chosen of a product: the combinations of options that are made, with their stock.

use crate::browser::{Json, read};
use domain::product::{Offer, Sellable};

/// A product as its buy box knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goods {
    /// The product, with the particulars of any one variant.
    pub item: Sellable,
    /// Every combination that is made.
    pub offers: Vec<Offer>,
}

impl Goods {
    /// As the page carries it: `{"item": …, "offers": […]}`.
    pub fn read<J: Json>(json: &J) -> Option<Self> {
        let item = read::sellable(&json.member("item")?)?;
        Some(Self { item, offers: read::each(json, "offers", read::offer)? })
    }

    /// The offer of this combination, one value for each group in the groups' order.
    pub fn find(&self, picks: &[String]) -> Option<&Offer> {
        self.offers.iter().find(|offer| offer.variant.options == picks)
    }

    /// What is to be said of a value of a group, the other choices being as they are.
    pub fn note(&self, picks: &[String], group: usize, value: &str) -> &'static str {
        let mut picks = picks.to_vec();
        if let Some(pick) = picks.get_mut(group) {
            value.clone_into(pick);
        }
        match self.find(&picks) {
            None => ", not made",
            Some(offer) if !offer.stock.is_available() => ", sold out",
            Some(_) => "",
        }
    }

    /// An offer as the cart keeps it until the server answers.
    pub fn sellable(&self, offer: &Offer) -> Sellable {
        Sellable {
            sku: offer.variant.sku.clone(),
            options: offer.variant.options.join(", "),
            price: offer.variant.price,
            tax_class: offer.variant.tax_class,
            ..self.item.clone()
        }
    }
}

/// What is said of the stock of what is chosen, and the class it is shown in.
pub fn stock_in_words(offer: Option<&Offer>) -> (String, &'static str) {
    use domain::stock::StockClass::{FewLeft, InStock, SoldOut};
    let class = match offer.map(|offer| offer.stock) {
        Some(InStock) => "stock stock--plenty",
        Some(FewLeft { .. }) => "stock stock--few",
        Some(SoldOut) | None => "stock stock--none",
    };
    let words = match offer {
        Some(offer) => offer.stock.label(),
        None => "We do not make this combination. Please choose another.".to_owned(),
    };
    (words, class)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Currency, Money, Sku, Slug, product::Variant, stock::StockClass, tax::TaxClass};

    fn offer(options: [&str; 2], left: u32) -> Offer {
        let variant = Variant {
            sku: Sku::parse(&options.join("-")).unwrap(),
            gtin: None,
            options: options.map(str::to_owned).to_vec(),
            price: Money::new(200, Currency::EUR),
            tax_class: TaxClass::Standard,
        };
        Offer { variant, stock: StockClass::of(left) }
    }

    fn goods() -> Goods {
        let item = Sellable {
            sku: Sku::parse("any").unwrap(),
            product_id: "shirt".to_owned(),
            slug: Slug::parse("shirt").unwrap(),
            name: "Shirt".to_owned(),
            options: String::new(),
            picture: None,
            price: Money::new(100, Currency::EUR),
            tax_class: TaxClass::Reduced,
        };
        let offers = vec![offer(["S", "red"], 9), offer(["M", "red"], 0), offer(["L", "blue"], 3)];
        Goods { item, offers }
    }

    fn picks(of: [&str; 2]) -> Vec<String> {
        of.map(str::to_owned).to_vec()
    }

    #[test]
    fn each_value_says_what_choosing_it_would_mean() {
        let (goods, chosen) = (goods(), picks(["S", "red"]));
        assert_eq!(
            ["S", "M", "L"].map(|size| goods.note(&chosen, 0, size)),
            ["", ", sold out", ", not made"]
        );
        assert_eq!(goods.find(&picks(["L", "red"])), None);
    }

    #[test]
    fn the_stock_of_what_is_chosen_is_told_also_when_there_is_no_such_thing() {
        let goods = goods();
        let words = |of| stock_in_words(goods.find(&picks(of))).0;
        assert_eq!(words(["L", "blue"]), "Only 3 left");
        assert_eq!(words(["M", "red"]), "Sold out");
        assert!(words(["L", "red"]).starts_with("We do not make this combination."));
    }

    #[test]
    fn the_cart_gets_the_particulars_of_the_variant() {
        let goods = goods();
        let item = goods.sellable(&goods.offers[2]);
        assert_eq!(
            (item.sku.as_str(), item.options.as_str(), item.price.minor()),
            ("L-blue", "L, blue", 200)
        );
        assert_eq!((item.name.as_str(), item.tax_class), ("Shirt", TaxClass::Standard));
    }

    #[test]
    fn the_browser_reads_what_the_page_carries() {
        let written = serde_json::json!({ "item": goods().item, "offers": goods().offers });
        assert_eq!(Goods::read(&written), Some(goods()));
    }
}
