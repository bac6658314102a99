//! What a ticket opens, and what is none.

use crate::support::{ADMITTED, Visitor, at, item, lamp, node, node_of, node_that_begins, slug};
use admissions::{Admissions, Barred, Parts, ProductDrop, Standing, Tickets};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Sku;
use proptest::prelude::*;

/// Somebody whose turn came with the opening.
fn admitted(node: &Admissions) -> Visitor {
    let mut visitor = Visitor::new("cart");
    assert_eq!(visitor.stand(node, at(0)).standing, Standing::Admitted { left: ADMITTED });
    visitor
}

/// The ticket as it is written.
fn text(visitor: &Visitor) -> String {
    visitor.tickets.of(&slug("lamp-drop")).unwrap().to_owned()
}

fn with_ticket(ticket: &str) -> Visitor {
    let tickets = Tickets::default().with(&slug("lamp-drop"), ticket.to_owned());
    Visitor { cart: "cart".to_owned(), tickets }
}

#[test]
fn what_is_sold_by_a_line_is_sold_to_whose_turn_it_is_and_as_long_as_that_lasts() {
    let node = node(lamp(6));
    let barred = Err(Barred { drop: slug("lamp-drop") });
    assert_eq!(node.check(&item("lamp", "LAMP"), None, at(0)), barred);
    assert!(!Visitor::new("cart").may_buy(&node, at(0)));
    assert_eq!(node.check(&item("chair", "CHAIR"), None, at(0)), Ok(()));

    let first = admitted(&node);
    let mut second = Visitor::new("second");
    second.stand(&node, at(0));
    assert!(first.may_buy(&node, at(0)) && first.may_buy(&node, at(599_999)));
    assert!(!first.may_buy(&node, at(600_000)), "then one lines up again");
    assert!(!second.may_buy(&node, at(9_999)) && second.may_buy(&node, at(10_000)));
    let again = first.clone().stand(&node, at(600_000));
    assert!(again.keep.is_some() && matches!(again.standing, Standing::Admitted { .. }));
}

#[test]
fn nobody_buys_before_the_opening_and_anybody_after_the_end() {
    let node = node(lamp(6));
    let mut early = Visitor::new("cart");
    early.stand(&node, at(-60_000));
    assert!(!early.may_buy(&node, at(-1)));
    assert!(!Visitor::new("cart").may_buy(&node, at(3_599_999)));
    assert!(Visitor::new("cart").may_buy(&node, at(3_600_000)));
    assert!(node.is_guarding(at(3_599_999)) && !node.is_guarding(at(3_600_000)));
    assert_eq!(early.stand(&node, at(3_600_000)).standing, Standing::Over);
}

#[test]
fn a_drop_may_be_of_some_variants_only() {
    let node = node(ProductDrop { skus: vec![Sku::parse("LAMP-RED").unwrap()], ..lamp(6) });
    assert!(node.check(&item("lamp", "LAMP-RED"), None, at(0)).is_err());
    assert!(node.check(&item("lamp", "LAMP-BLUE"), None, at(0)).is_ok());
    let skus = |sku| [Sku::parse(sku).unwrap()];
    assert!(node.of_product(&slug("lamp"), &skus("LAMP-RED"), at(0)).is_some());
    assert!(node.of_product(&slug("lamp"), &skus("LAMP-BLUE"), at(0)).is_none());
}

#[test]
fn a_second_edition_is_in_nobodys_way_before_the_first_has_ended() {
    let (opens, ends) = (at(7_200_000), at(9_000_000));
    let second = ProductDrop { name: slug("again"), opens, ends, ..lamp(6) };
    let node = node_of(&[second, lamp(6)], 1);
    let first = admitted(&node);
    assert!(first.may_buy(&node, at(1_000)));
    let barred = node.check(&item("lamp", "LAMP"), Some(first.asks()), at(3_600_000));
    assert_eq!(barred, Err(Barred { drop: slug("again") }));
}

#[test]
fn a_ticket_is_good_for_its_own_cart_drop_and_store_and_for_no_other() {
    let node = node(lamp(6));
    let visitor = admitted(&node);
    let other_cart = Visitor { cart: "another".to_owned(), ..visitor.clone() };
    assert!(!other_cart.may_buy(&node, at(0)), "who shares a ticket shares the cart");
    assert!(node.vouches(visitor.asks(), at(0)) && !node.vouches(other_cart.asks(), at(0)));

    let moved = node_of(&[ProductDrop { opens: at(-1), ..lamp(6) }], 1);
    assert!(!visitor.may_buy(&moved, at(0)), "another opening is another drop");
    let renamed = ProductDrop { name: slug("other"), ..lamp(6) };
    let two = node_of(&[lamp(6), renamed.clone()], 1);
    let tickets = Tickets::default().with(&renamed.name, text(&visitor));
    let shown = Visitor { tickets, ..visitor.clone() };
    assert!(!two.vouches(shown.asks(), at(0)), "another line's");

    for secret in [Some("another secret, which is long enough".to_owned().into()), None] {
        let other = Admissions::new(Parts {
            drops: vec![lamp(6)],
            secret,
            nodes: 1.try_into().unwrap(),
            tickets_per_minute: 1.try_into().unwrap(),
            began: at(-1),
        });
        assert!(!visitor.may_buy(&other, at(0)));
    }
}

#[test]
fn a_ticket_from_the_future_is_none_and_clocks_may_differ_a_little() {
    let node = node(lamp(6_000));
    let mut visitor = Visitor::new("cart");
    visitor.stand(&node, at(100_000));
    assert!(!node.vouches(visitor.asks(), at(39_999)));
    assert!(node.vouches(visitor.asks(), at(40_000)));
    assert!(!visitor.may_buy(&node, at(40_000)), "the turn has not come by this clock");
}

#[test]
fn a_ticket_with_any_bit_changed_or_any_part_missing_is_none() {
    let node = node_that_begins(&[lamp(6)], 1, at(-1));
    let ticket = text(&admitted(&node));
    let bytes = URL_SAFE_NO_PAD.decode(&ticket).unwrap();
    for bit in 0..8 * bytes.len() {
        let mut forged = bytes.clone();
        forged[bit / 8] ^= 1 << (bit % 8);
        let forged = with_ticket(&URL_SAFE_NO_PAD.encode(forged));
        assert!(!forged.may_buy(&node, at(0)), "bit {bit}");
    }
    for length in 0..ticket.len() {
        assert!(!with_ticket(&ticket[..length]).may_buy(&node, at(0)), "{length} characters");
        assert!(!with_ticket(&ticket[length + 1..]).may_buy(&node, at(0)), "without the first");
    }
    assert!(!with_ticket(&format!("{ticket}A")).may_buy(&node, at(0)));
    assert!(with_ticket(&ticket).may_buy(&node, at(0)));
}

proptest! {
    #[test]
    fn whatever_somebody_writes_is_no_ticket(text in ".{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..90)) {
        let node = node(lamp(6));
        for text in [text, URL_SAFE_NO_PAD.encode(bytes)] {
            let mut visitor = with_ticket(&text);
            prop_assert!(!visitor.may_buy(&node, at(0)));
            prop_assert!(visitor.stand(&node, at(0)).keep.is_some(), "they come as anybody comes");
        }
    }
}
