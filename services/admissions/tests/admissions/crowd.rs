//! Who came before the opening is drawn by lot; and one address does not take all the places.

use crate::support::{Visitor, at, lamp, node, slug, turn};
use admissions::{Admissions, Parts, ProductDrop, Standing};
use std::{
    net::IpAddr,
    num::{NonZeroU16, NonZeroU32},
    time::Duration,
};

fn with_a_draw() -> ProductDrop {
    ProductDrop { draw: Duration::from_secs(60), ..lamp(6_000) }
}

#[test]
fn coming_hours_before_the_opening_is_worth_as_much_as_coming_just_in_time() {
    const EACH: usize = 1_000;
    let node = node(with_a_draw());
    let mut visitors: Vec<_> =
        (0..2 * EACH).map(|cart| (Visitor::new(&cart.to_string()), at(0))).collect();
    for (index, (visitor, next)) in visitors.iter_mut().enumerate() {
        let early = if index < EACH { at(-7_200_000) } else { at(-1) };
        let stood = visitor.stand(&node, early);
        assert!(matches!(stood.standing, Standing::Early { .. }));
        *next = at(0);
    }
    let mut order = Vec::new();
    let mut asking: Vec<_> = (0..2 * EACH).collect();
    while let Some(position) = (0..asking.len()).min_by_key(|at| visitors[asking[*at]].1) {
        let index = asking[position];
        let (visitor, now) = &mut visitors[index];
        let stood = visitor.stand(&node, *now);
        match turn(stood.standing, *now) {
            Some(_) => {
                order.push(index);
                asking.swap_remove(position);
            }
            None => *now += stood.again,
        }
    }
    let places = |early: bool| -> f64 {
        let of = order.iter().enumerate().filter(|(_, index)| (**index < EACH) == early);
        of.map(|(place, _)| place as f64).sum::<f64>() / EACH as f64
    };
    // Six times the spread that chance alone gives this difference: 2000 / √12 · √(2 / 1000).
    let difference = (places(true) - places(false)).abs();
    assert!(difference < 155.0, "{difference} places");
}

#[test]
fn nobody_is_told_before_the_opening_what_was_drawn_for_them() {
    let node = node(ProductDrop { draw: Duration::from_secs(3_600), ..lamp(6_000) });
    for cart in 0..1_000 {
        let stood = Visitor::new(&cart.to_string()).stand(&node, at(-1));
        // Of a draw of an hour one in sixty joins within the first minute, and would be asked back sooner.
        let again = stood.again.as_secs_f64();
        assert!((51.0..=69.0).contains(&again), "{again} s");
    }
}

#[test]
fn who_comes_when_it_has_opened_stands_behind_those_who_came_before() {
    let node = node(with_a_draw());
    let mut late = Visitor::new("late");
    let stood = late.stand(&node, at(1));
    assert_eq!(stood.standing, Standing::Drawn);
    assert!(stood.again >= Duration::from_secs(6), "it takes the whole draw");
    let mut early = Visitor::new("early");
    early.stand(&node, at(-1));
    assert!(turn(early.stand(&node, at(60_000)).standing, at(60_000)).is_some());
    assert_eq!(late.stand(&node, at(60_000)).standing, Standing::Drawn);
    assert!(turn(late.stand(&node, at(60_001)).standing, at(60_001)).is_some());
}

#[test]
fn one_address_is_given_so_many_tickets_a_minute_and_keeps_those_it_has() {
    let node = Admissions::new(Parts {
        drops: vec![lamp(6_000)],
        secret: Some("the secret of the tests, long enough".to_owned().into()),
        nodes: NonZeroU16::MIN,
        tickets_per_minute: NonZeroU32::new(10).unwrap(),
        began: at(-1),
    });
    let come = |visitor: &Visitor, address: u8, ms| {
        let address = IpAddr::from([192, 0, 2, address]);
        node.stand(&slug("lamp-drop"), visitor.asks(), Some(address), at(ms))
    };
    let mut last = Visitor::default();
    for ticket in 0..10 {
        last = Visitor::new(&ticket.to_string());
        let stood = come(&last, 1, 0).unwrap().unwrap();
        last.tickets = last.tickets.clone().with(&slug("lamp-drop"), stood.keep.unwrap());
    }
    let refused = come(&Visitor::new("11"), 1, 0).unwrap_err();
    assert_eq!(refused.wait, Duration::from_secs(6));
    assert!(come(&Visitor::new("11"), 2, 0).is_ok(), "another address");
    assert!(come(&Visitor::new("11"), 1, 6_000).is_ok(), "when it is time");
    for _ in 0..100 {
        assert!(come(&last, 1, 6_000).is_ok(), "who has a ticket may ask as often as they like");
    }
}
