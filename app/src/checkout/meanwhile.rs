//! What becomes of what is being ordered while the form is filled in: said before the form is sent, so
//! that nobody hears only then that it is gone.

use crate::browser::{Json, read};
use crate::cart::{moved_in_words, shortage};
use domain::Cart;

/// The last that was heard of each line, in words, where it matters.
#[derive(Debug, Default)]
pub struct Meanwhile {
    /// By kind of news and SKU.
    told: Vec<(&'static str, String, String)>,
}

impl Meanwhile {
    /// Takes in what was heard of a line of this cart; answers all there is to say by now.
    pub fn hear<J: Json>(&mut self, cart: &Cart, name: &str, facts: &J) -> String {
        let sku = facts.text_of("sku").unwrap_or_default();
        if let Some(line) = cart.lines.iter().find(|line| line.item.sku.as_str() == sku) {
            let (kind, words) = match name {
                "stock" => {
                    let short = read::stock(facts).and_then(|stock| shortage(line, stock));
                    ("stock", short.map(|left| short_in_words(&line.item.name, left)))
                }
                _ => ("price", moved_in_words(line, read::money(facts))),
            };
            self.told.retain(|(known, of, _)| (*known, of) != (kind, &sku));
            self.told.extend(words.map(|words| (kind, sku, words)));
        }
        self.told.iter().map(|(_, _, words)| words.as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// As the server says it when it refuses the order for it.
pub fn short_in_words(name: &str, left: u32) -> String {
    match left {
        0 => [name, " is sold out."].concat(),
        left => ["Only ", &left.to_string(), " of ", name, " left."].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cart::testing::{item, pieces};
    use domain::{Currency, Money, stock::StockClass};
    use serde_json::{Value, json};

    fn stock(left: u32) -> Value {
        let mut facts = serde_json::to_value(StockClass::of(left)).unwrap();
        facts["sku"] = "lamp".into();
        facts
    }

    #[test]
    fn what_is_gone_is_said_until_it_is_back() {
        let mut cart = Cart::default();
        cart.add(item("lamp", 1_900), pieces(3)).unwrap();
        let mut meanwhile = Meanwhile::default();
        assert_eq!(meanwhile.hear(&cart, "stock", &stock(9)), "");
        assert_eq!(meanwhile.hear(&cart, "stock", &stock(2)), "Only 2 of lamp left.");
        assert_eq!(meanwhile.hear(&cart, "stock", &stock(0)), "lamp is sold out.");
        let price = json!({ "sku": "lamp", "price": Money::new(2_000, Currency::EUR) });
        let both = "lamp is sold out. The price of lamp has changed from €19.00 to €20.00.";
        assert_eq!(meanwhile.hear(&cart, "price", &price), both);
        let other = json!({ "sku": "chair", "class": "sold_out" });
        assert_eq!(meanwhile.hear(&cart, "stock", &other), both);
        assert!(meanwhile.hear(&cart, "stock", &stock(3)).starts_with("The price of lamp"));
    }
}
