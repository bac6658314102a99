//! The cart: what a shopper means to buy. Each line keeps what was shown when it was put there, so
//! that the cart can be drawn without the catalogue and a change of price can be told.

use crate::{Money, Quantity, Sku, product::Sellable, quantity::QuantityError, stock::Demand};
use serde::{Deserialize, Serialize};

/// One thing in the cart and how many of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartLine {
    /// What it is and cost when it was last shown. Never what is charged: that is priced anew.
    pub item: Sellable,
    /// How many.
    pub quantity: Quantity,
}

impl CartLine {
    /// Price of the line as last shown. `None` beyond what an amount can be.
    pub fn total(&self) -> Option<Money> {
        self.item.price.times(self.quantity.get()).ok()
    }
}

/// The cart of one session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cart {
    /// Grows with each change; a write names the version it was made from. 32 bits, because the
    /// browser's numbers are.
    pub version: u32,
    /// The lines in the order they were added; at most one per SKU.
    pub lines: Vec<CartLine>,
}

/// Why the cart was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CartError {
    /// The quantity is not one that can be ordered.
    #[error(transparent)]
    Quantity(#[from] QuantityError),
    /// No more different things fit.
    #[error("A cart holds at most {} different items.", Cart::MAX_LINES)]
    Full,
    /// The thing is not in the cart (any more).
    #[error("This item is no longer in your cart.")]
    NotInCart {
        /// What was asked for.
        sku: Sku,
    },
}

/// What has become of a line since it was put into the cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum CartChange {
    /// The price moved.
    Price {
        /// Which line.
        sku: Sku,
        /// Its product's name.
        name: String,
        /// The price it had.
        was: Money,
        /// The price it has.
        now: Money,
    },
    /// It is no longer sold.
    Withdrawn {
        /// Which line.
        sku: Sku,
        /// Its product's name.
        name: String,
    },
}

impl Cart {
    /// The most lines a cart holds.
    pub const MAX_LINES: usize = 50;

    /// Adds pieces of an item; pieces of a SKU that is there already join its line. The line keeps what
    /// it was shown as: [`Self::refresh`] tells what changed since.
    pub fn add(&mut self, item: Sellable, quantity: Quantity) -> Result<(), CartError> {
        let full = self.lines.len() >= Self::MAX_LINES;
        match self.lines.iter_mut().find(|line| line.item.sku == item.sku) {
            Some(line) => line.quantity = line.quantity.checked_add(quantity)?,
            None if full => return Err(CartError::Full),
            None => self.lines.push(CartLine { item, quantity }),
        }
        self.version = self.version.wrapping_add(1);
        Ok(())
    }

    /// Sets how many pieces of a SKU there are.
    pub fn set_quantity(&mut self, sku: &Sku, quantity: Quantity) -> Result<(), CartError> {
        let line = self.lines.iter_mut().find(|line| &line.item.sku == sku);
        let line = line.ok_or_else(|| CartError::NotInCart { sku: sku.clone() })?;
        if line.quantity != quantity {
            line.quantity = quantity;
            self.version = self.version.wrapping_add(1);
        }
        Ok(())
    }

    /// Takes a line out. What is not there cannot be taken out twice: that is no error.
    pub fn remove(&mut self, sku: &Sku) {
        let before = self.lines.len();
        self.lines.retain(|line| &line.item.sku != sku);
        if self.lines.len() != before {
            self.version = self.version.wrapping_add(1);
        }
    }

    /// Takes out pieces that were bought, as far as they are still there.
    pub fn take_out(&mut self, bought: &[Demand]) {
        let before = self.lines.clone();
        self.lines.retain_mut(|line| {
            let demand = bought.iter().find(|demand| demand.sku == line.item.sku);
            let left = line.quantity.get().saturating_sub(demand.map_or(0, |d| d.quantity));
            match Quantity::new(left) {
                Ok(left) => {
                    line.quantity = left;
                    true
                }
                Err(_) => false,
            }
        });
        if self.lines != before {
            self.version = self.version.wrapping_add(1);
        }
    }

    /// Brings the lines up to date with the catalogue and tells what changed. `current` holds what
    /// is sold now of the cart's SKUs. The version grows when anything changed.
    pub fn refresh(&mut self, current: &[Sellable]) -> Vec<CartChange> {
        let mut changes = Vec::new();
        let before = self.lines.clone();
        self.lines.retain_mut(|line| {
            let (sku, name) = (line.item.sku.clone(), line.item.name.clone());
            let Some(now) = current.iter().find(|item| item.sku == sku) else {
                changes.push(CartChange::Withdrawn { sku, name });
                return false;
            };
            if now.price != line.item.price {
                changes.push(CartChange::Price { sku, name, was: line.item.price, now: now.price });
            }
            line.item = now.clone();
            true
        });
        if self.lines != before {
            self.version = self.version.wrapping_add(1);
        }
        changes
    }

    /// How many pieces there are, all lines together.
    pub fn pieces(&self) -> u32 {
        self.lines.iter().map(|line| line.quantity.get()).sum()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The sum of the lines as last shown; `None` for an empty cart.
    pub fn subtotal(&self) -> Option<Money> {
        let currency = self.lines.first()?.item.price.currency();
        let totals: Option<Vec<Money>> = self.lines.iter().map(CartLine::total).collect();
        Money::sum(currency, totals?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Currency, Slug, tax::TaxClass};
    use proptest::prelude::*;

    pub(crate) fn item(sku: &str, minor: i64) -> Sellable {
        Sellable {
            sku: Sku::parse(sku).unwrap(),
            product_id: "p".to_owned(),
            slug: Slug::parse("p").unwrap(),
            name: sku.to_owned(),
            options: String::new(),
            picture: None,
            price: Money::new(minor, Currency::EUR),
            tax_class: TaxClass::Standard,
        }
    }

    fn pieces(n: u32) -> Quantity {
        Quantity::new(n).unwrap()
    }

    #[test]
    fn the_same_thing_twice_is_one_line() {
        let mut cart = Cart::default();
        cart.add(item("a", 100), pieces(2)).unwrap();
        cart.add(item("a", 100), pieces(3)).unwrap();
        assert_eq!((cart.lines.len(), cart.pieces(), cart.version), (1, 5, 2));
        assert_eq!(cart.subtotal(), Some(Money::new(500, Currency::EUR)));
    }

    #[test]
    fn a_refused_change_leaves_the_cart_as_it_was() {
        let mut cart = Cart::default();
        cart.add(item("a", 100), pieces(999)).unwrap();
        let before = cart.clone();
        assert!(cart.add(item("a", 100), Quantity::ONE).is_err());
        assert!(cart.set_quantity(&Sku::parse("b").unwrap(), Quantity::ONE).is_err());
        assert_eq!(cart, before);
        for n in 1..Cart::MAX_LINES {
            cart.add(item(&format!("s{n}"), 1), Quantity::ONE).unwrap();
        }
        assert_eq!(cart.add(item("one-more", 1), Quantity::ONE), Err(CartError::Full));
    }

    #[test]
    fn what_was_bought_leaves_the_cart_and_what_was_added_stays() {
        let mut cart = Cart::default();
        cart.add(item("a", 100), pieces(3)).unwrap();
        cart.add(item("b", 100), pieces(1)).unwrap();
        let bought = |sku: &str, quantity| Demand { sku: Sku::parse(sku).unwrap(), quantity };
        cart.take_out(&[bought("a", 1), bought("b", 2), bought("c", 1)]);
        assert_eq!((cart.lines.len(), cart.pieces(), cart.version), (1, 2, 3));
        cart.take_out(&[bought("b", 2)]);
        assert_eq!(cart.version, 3);
    }

    #[test]
    fn a_change_of_price_and_a_withdrawal_are_told_once() {
        let mut cart = Cart::default();
        cart.add(item("a", 1_900), Quantity::ONE).unwrap();
        cart.add(item("b", 500), Quantity::ONE).unwrap();
        let changes = cart.refresh(&[item("a", 2_100)]);
        assert!(matches!(&changes[0], CartChange::Price { was, now, .. }
            if was.minor() == 1_900 && now.minor() == 2_100));
        assert!(matches!(&changes[1], CartChange::Withdrawn { name, .. } if name == "b"));
        let version = cart.version;
        assert_eq!(cart.refresh(&[item("a", 2_100)]), []);
        assert_eq!(cart.version, version);
    }

    #[test]
    fn more_of_a_thing_does_not_hide_that_its_price_changed() {
        let mut cart = Cart::default();
        cart.add(item("a", 1_900), Quantity::ONE).unwrap();
        cart.add(item("a", 2_300), Quantity::ONE).unwrap();
        assert_eq!(cart.subtotal(), Some(Money::new(3_800, Currency::EUR)));
        let changes = cart.refresh(&[item("a", 2_300)]);
        assert!(matches!(&changes[..], [CartChange::Price { was, now, .. }]
            if was.minor() == 1_900 && now.minor() == 2_300));
        assert_eq!(cart.subtotal(), Some(Money::new(4_600, Currency::EUR)));
    }

    proptest! {
        #[test]
        fn any_sequence_of_changes_keeps_one_line_per_sku_and_a_true_subtotal(
            acts in prop::collection::vec((0u8..3, 0u8..6, 1u32..500), 0..60),
        ) {
            let mut cart = Cart::default();
            for (act, which, n) in acts {
                let item = item(&format!("s{which}"), i64::from(which) * 100 + 99);
                let sku = item.sku.clone();
                let version = cart.version;
                let before = cart.clone();
                let done = match act {
                    0 => cart.add(item, pieces(n)).is_ok(),
                    1 => cart.set_quantity(&sku, pieces(n)).is_ok(),
                    _ => { cart.remove(&sku); true }
                };
                if !done { prop_assert_eq!(&cart, &before); }
                prop_assert_eq!(cart.version != version, cart.lines != before.lines);
            }
            let mut skus: Vec<_> = cart.lines.iter().map(|line| line.item.sku.clone()).collect();
            skus.sort();
            skus.dedup();
            prop_assert_eq!(skus.len(), cart.lines.len());
            let sum: i64 = cart.lines.iter().map(|l| l.item.price.minor() * i64::from(l.quantity.get())).sum();
            prop_assert_eq!(cart.subtotal().map_or(0, |total| total.minor()), sum);
        }
    }
}
