//! What becomes of things while they lie in the cart and its page is open. The cart itself stays as the
//! server told it: what it costs now is shown by looking again.

use super::{
    line::shortage_in_words,
    lines::{item_of, tell_problem},
    store,
};
use crate::browser::{Json, Part, read};
use domain::{Cart, CartLine, Money, stock::StockClass};
use wasm_bindgen::JsValue;

/// Marks a line of which there was not enough.
const SHORT: &str = "data-short";

/// Shows what was heard of a SKU, if it lies in the cart.
pub fn hear(root: &Part, name: &str, facts: &JsValue) {
    let cart = store::shown();
    let Some(line) = line_of(&cart, facts) else { return };
    match name {
        "stock" => {
            if let Some(stock) = read::stock(facts) {
                tell_shortage(root, line, stock);
            }
        }
        "price" => {
            if let Some(words) = moved_in_words(line, read::money(facts)) {
                root.say_in("moved-words", &words);
                root.show_in("moved", true);
            }
        }
        _ => {}
    }
}

fn line_of<'a, J: Json>(cart: &'a Cart, facts: &J) -> Option<&'a CartLine> {
    let sku = facts.text_of("sku")?;
    cart.lines.iter().find(|line| line.item.sku.as_str() == sku)
}

fn tell_shortage(root: &Part, line: &CartLine, stock: StockClass) {
    let list = root.slot("lines");
    let item = list.and_then(|list| item_of(&list, line.item.sku.as_str()));
    let Some(form) = item.and_then(|item| item.find("form[data-does=set]")) else { return };
    let short = shortage(line, stock);
    // A problem of another kind is not ours to take away.
    if short.is_some() || form.get(SHORT).is_some() {
        tell_problem(&form, short.map(shortage_in_words).as_deref());
        form.mark(SHORT, short.is_some());
    }
}

/// How many are left, if that is less than what lies in the cart.
pub fn shortage(line: &CartLine, stock: StockClass) -> Option<u32> {
    let left = match stock {
        StockClass::InStock => return None,
        StockClass::FewLeft { left } => left,
        StockClass::SoldOut => 0,
    };
    (line.quantity.get() > left).then_some(left)
}

/// That a line has another price than it shows, or none any more.
pub fn moved_in_words(line: &CartLine, now: Option<Money>) -> Option<String> {
    let (name, was) = (&line.item.name, line.item.price);
    match now {
        None => Some(format!("{name} is no longer sold.")),
        Some(now) if now != was => {
            Some(format!("The price of {name} has changed from {was} to {now}."))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{item, pieces};
    use super::*;
    use domain::Currency;
    use serde_json::json;

    fn cart() -> Cart {
        let mut cart = Cart::default();
        cart.add(item("lamp", 1_900), pieces(3)).unwrap();
        cart
    }

    #[test]
    fn a_line_is_short_of_what_is_left_only_when_that_is_less() {
        let cart = cart();
        let line = line_of(&cart, &json!({ "sku": "lamp" })).unwrap();
        let short = |left| shortage(line, StockClass::of(left));
        assert_eq!([0, 2, 3, 9].map(short), [Some(0), Some(2), None, None]);
        assert_eq!(line_of(&cart, &json!({ "sku": "chair" })), None);
    }

    #[test]
    fn another_price_is_told_and_the_same_is_not() {
        let cart = cart();
        let words = |now| moved_in_words(&cart.lines[0], now);
        let eur = |minor| Some(Money::new(minor, Currency::EUR));
        let told = words(eur(2_100)).unwrap();
        assert_eq!(told, "The price of lamp has changed from €19.00 to €21.00.");
        assert_eq!(words(eur(1_900)), None);
        assert_eq!(words(None).unwrap(), "lamp is no longer sold.");
    }
}
