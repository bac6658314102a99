//! The cart as the browser shows it: what the server last said, with the shopper's wishes that are
//! still on their way laid over it by the same arithmetic. A wish the server refuses is taken away
//! again, and with it everything it changed. How wishes travel is told in `store`.

use domain::{Cart, Quantity, Sku, cart::CartError, product::Sellable};
use std::collections::VecDeque;

/// Something a shopper wants of the cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// More of an item.
    Add {
        /// What.
        item: Box<Sellable>,
        /// How many more.
        quantity: Quantity,
        /// What tells this wish from any other, so that it is granted once however often it is sent.
        name: String,
    },
    /// So many of what is there.
    Set {
        /// What.
        sku: Sku,
        /// How many.
        quantity: Quantity,
    },
    /// None of it any more.
    Remove {
        /// What.
        sku: Sku,
    },
    /// To know how the cart stands.
    Look,
}

impl Wish {
    /// Does to a cart what is wished.
    fn apply(&self, cart: &mut Cart) -> Result<(), CartError> {
        match self {
            Self::Add { item, quantity, .. } => cart.add((**item).clone(), *quantity),
            Self::Set { sku, quantity } => cart.set_quantity(sku, *quantity),
            Self::Remove { sku } => {
                cart.remove(sku);
                Ok(())
            }
            Self::Look => Ok(()),
        }
    }
}

/// What is known of the cart and what is wished of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CartView {
    confirmed: Cart,
    waiting: VecDeque<Wish>,
}

impl CartView {
    /// The cart as the server last told it.
    pub fn confirmed(&self) -> &Cart {
        &self.confirmed
    }

    /// The cart as if every wish had been granted.
    pub fn shown(&self) -> Cart {
        let mut cart = self.confirmed.clone();
        for wish in &self.waiting {
            // What cannot be granted (any more) changes nothing; the server will say so.
            let _ = wish.apply(&mut cart);
        }
        cart
    }

    /// Adds a wish to those on their way, unless the cart's own rules forbid it.
    pub fn wish(&mut self, wish: Wish) -> Result<(), CartError> {
        wish.apply(&mut self.shown())?;
        self.waiting.push_back(wish);
        Ok(())
    }

    /// The wish whose turn it is.
    pub fn next(&self) -> Option<&Wish> {
        self.waiting.front()
    }

    /// The wish whose turn it was has been answered: granted with the cart as it is now, or refused.
    pub fn answered(&mut self, cart: Option<Cart>) {
        self.waiting.pop_front();
        if let Some(cart) = cart {
            self.confirmed = cart;
        }
    }

    /// The server told how the cart stands, without being asked.
    pub fn adopt(&mut self, cart: Cart) {
        self.confirmed = cart;
    }
}

/// What another tab's word of the cart is worth beside what this one knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// It is known.
    Known,
    /// It is a later state of the same cart.
    Later,
    /// The two do not fit together: an earlier state, or the cart of another session. The server knows.
    Doubtful,
}

impl Word {
    /// Weighs what was told against what is known. Versions are counted round, so the nearer way
    /// decides which is the later.
    pub fn of(told: &Cart, known: &Cart) -> Self {
        let ahead = told.version.wrapping_sub(known.version);
        match told == known {
            true => Self::Known,
            false if ahead != 0 && ahead < u32::MAX / 2 => Self::Later,
            false => Self::Doubtful,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{item, pieces, sku};
    use super::*;

    fn add(name: &str, quantity: u32) -> Wish {
        let item = Box::new(item(name, 1_000));
        Wish::Add { item, quantity: pieces(quantity), name: String::new() }
    }

    fn holding(lines: &[(&str, u32)]) -> Cart {
        let mut cart = Cart::default();
        for (name, quantity) in lines {
            cart.add(item(name, 1_000), pieces(*quantity)).unwrap();
        }
        cart
    }

    #[test]
    fn a_wish_shows_before_it_is_granted() {
        let mut view = CartView::default();
        view.wish(add("a", 2)).unwrap();
        assert_eq!((view.shown().pieces(), view.confirmed().pieces()), (2, 0));
        view.answered(Some(holding(&[("a", 2)])));
        assert_eq!((view.shown().pieces(), view.confirmed().pieces()), (2, 2));
        assert_eq!(view.next(), None);
    }

    #[test]
    fn a_refused_wish_is_undone_and_later_ones_stand() {
        let mut view = CartView::default();
        view.adopt(holding(&[("a", 1)]));
        view.wish(Wish::Set { sku: sku("a"), quantity: pieces(9) }).unwrap();
        view.wish(add("b", 1)).unwrap();
        assert_eq!(view.shown().pieces(), 10);
        view.answered(None);
        assert_eq!(view.shown().pieces(), 2);
        assert!(matches!(view.next(), Some(Wish::Add { .. })));
    }

    #[test]
    fn what_a_cart_forbids_is_not_even_asked() {
        let mut view = CartView::default();
        view.wish(add("a", 999)).unwrap();
        assert!(view.wish(add("a", 1)).is_err());
        assert!(view.wish(Wish::Set { sku: sku("b"), quantity: pieces(1) }).is_err());
        view.answered(None);
        assert_eq!(view.next(), None);
    }

    #[test]
    fn a_wish_for_what_is_gone_meanwhile_changes_nothing() {
        let mut view = CartView::default();
        view.adopt(holding(&[("a", 1), ("b", 1)]));
        view.wish(Wish::Set { sku: sku("a"), quantity: pieces(5) }).unwrap();
        view.adopt(holding(&[("b", 1)]));
        assert_eq!(view.shown().pieces(), 1);
    }

    #[test]
    fn removing_and_adding_again_is_an_undo() {
        let mut view = CartView::default();
        view.adopt(holding(&[("a", 3)]));
        view.wish(Wish::Remove { sku: sku("a") }).unwrap();
        assert!(view.shown().is_empty());
        view.wish(add("a", 3)).unwrap();
        assert_eq!(view.shown().pieces(), 3);
    }

    #[test]
    fn the_later_state_of_a_cart_is_known_by_its_version() {
        let at = |version| Cart { version, ..Cart::default() };
        assert_eq!(Word::of(&at(8), &at(7)), Word::Later);
        assert_eq!(Word::of(&at(7), &at(7)), Word::Known);
        assert_eq!(Word::of(&at(1), &at(7)), Word::Doubtful);
        assert_eq!(Word::of(&at(0), &at(u32::MAX)), Word::Later);
    }

    #[test]
    fn two_carts_of_the_same_version_that_differ_are_not_one_cart() {
        let (one, other) = (holding(&[("a", 1)]), holding(&[("b", 1)]));
        assert_eq!(one.version, other.version);
        assert_eq!(Word::of(&one, &other), Word::Doubtful);
    }
}
