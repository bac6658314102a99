//! What can be chosen of a product: the combinations of options that are made, with their stock.

use crate::{
    browser::{Json, read},
    shelf::stock_class,
};
use domain::{
    Money, Sku,
    product::{Offer, Sellable},
    stock::StockClass,
};

/// A product as its buy box knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goods {
    /// The product, with the particulars of any one variant.
    pub item: Sellable,
    /// Every combination that is made.
    pub offers: Vec<Offer>,
    /// Which of them are not sold any more, as was heard since.
    gone: Vec<Sku>,
}

impl Goods {
    /// A product of which nothing was heard yet.
    pub fn new(item: Sellable, offers: Vec<Offer>) -> Self {
        Self { item, offers, gone: Vec::new() }
    }

    /// As the page carries it: `{"item": …, "offers": […]}`.
    pub fn read<J: Json>(json: &J) -> Option<Self> {
        let item = read::sellable(&json.member("item")?)?;
        Some(Self::new(item, read::each(json, "offers", read::offer)?))
    }

    /// Takes in what was heard of a SKU. If it has another price since, answers which, and the one
    /// before.
    pub fn hear<J: Json>(&mut self, name: &str, facts: &J) -> Option<(Sku, Money, Money)> {
        let sku = facts.text_of("sku")?;
        let offer = self.offers.iter_mut().find(|offer| offer.variant.sku.as_str() == sku)?;
        let sku = &offer.variant.sku;
        match (name, read::money(facts)) {
            ("stock", _) => offer.stock = read::stock(facts)?,
            ("price", None) => self.gone.push(sku.clone()),
            ("price", Some(price)) => {
                self.gone.retain(|gone| gone != sku);
                let before = std::mem::replace(&mut offer.variant.price, price);
                return (before != price).then(|| (sku.clone(), before, price));
            }
            _ => {}
        }
        None
    }

    fn is_gone(&self, offer: &Offer) -> bool {
        self.gone.contains(&offer.variant.sku)
    }

    /// Whether at least one of it can be bought.
    pub fn can_be_had(&self, offer: &Offer) -> bool {
        offer.stock.is_available() && !self.is_gone(offer)
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
            Some(offer) if !self.can_be_had(offer) => ", sold out",
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

    /// What is said of the stock of what is chosen, and the class it is shown in.
    pub fn stock_in_words(&self, offer: Option<&Offer>) -> (String, &'static str) {
        let to_be_had = offer.filter(|offer| self.can_be_had(offer)).map(|offer| offer.stock);
        let class = stock_class(to_be_had.unwrap_or(StockClass::SoldOut));
        let words = match offer {
            Some(offer) if self.is_gone(offer) => "This is no longer sold.".to_owned(),
            Some(offer) => offer.stock.label(),
            None => "We do not make this combination. Please choose another.".to_owned(),
        };
        (words, class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Currency, Slug, product::Variant, tax::TaxClass};
    use serde_json::json;

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
        Goods::new(item, offers)
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
        let words = |of| goods.stock_in_words(goods.find(&picks(of))).0;
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

    #[test]
    fn what_is_heard_of_a_variant_is_shown() {
        let (mut goods, chosen) = (goods(), picks(["S", "red"]));
        let few = json!({ "sku": "S-red", "class": "few_left", "left": 2, "version": 1 });
        assert_eq!(goods.hear("stock", &few), None);
        assert_eq!(goods.stock_in_words(goods.find(&chosen)).0, "Only 2 left");
        let eur = |minor| Money::new(minor, Currency::EUR);
        let dearer = json!({ "sku": "S-red", "price": eur(300), "version": 1 });
        let changed = (Sku::parse("S-red").unwrap(), eur(200), eur(300));
        assert_eq!(goods.hear("price", &dearer), Some(changed));
        // Heard twice it has not changed again.
        assert_eq!(goods.hear("price", &dearer), None);
        assert_eq!(goods.sellable(&goods.offers[0]).price, eur(300));
        assert_eq!(goods.hear("stock", &json!({ "sku": "other", "class": "sold_out" })), None);
    }

    #[test]
    fn what_is_no_longer_sold_cannot_be_had_until_it_is_sold_again() {
        let (mut goods, chosen) = (goods(), picks(["S", "red"]));
        goods.hear("price", &json!({ "sku": "S-red", "price": null, "version": 2 }));
        assert_eq!(goods.stock_in_words(goods.find(&chosen)).0, "This is no longer sold.");
        assert!(!goods.can_be_had(&goods.offers[0]));
        let price = Money::new(200, Currency::EUR);
        goods.hear("price", &json!({ "sku": "S-red", "price": price, "version": 3 }));
        assert!(goods.can_be_had(&goods.offers[0]));
    }
}
