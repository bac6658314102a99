//! A node that begins in the middle of a drop.

use crate::support::{Visitor, at, lamp, node_of, node_that_begins, turn};

#[test]
fn tickets_outlive_the_node_that_gave_them_and_who_comes_after_does_not_overtake() {
    let drops = [lamp(60)];
    let before = node_of(&drops, 1);
    let mut waiting: Vec<_> = (0..100).map(|cart| Visitor::new(&cart.to_string())).collect();
    for visitor in &mut waiting {
        visitor.stand(&before, at(0));
    }
    let now = at(10_000);
    let after = node_that_begins(&drops, 1, now);
    let stood = waiting[99].stand(&after, now);
    assert_eq!(turn(stood.standing, now), Some(at(99_000)), "the place is what it was");
    let newcomer = Visitor::new("newcomer").stand(&after, now);
    assert_eq!(turn(newcomer.standing, now), Some(at(100_000)));
}

#[test]
fn until_it_has_seen_who_waits_a_node_gives_turns_at_its_own_rate_and_no_faster() {
    let drops = [lamp(60)];
    let before = node_of(&drops, 2);
    let mut waiting = Visitor::new("waiting");
    for cart in 0..50 {
        waiting = Visitor::new(&cart.to_string());
        waiting.stand(&before, at(0));
    }
    let after = node_that_begins(&drops, 2, at(1_000));
    // Two seconds between two turns of one of two nodes.
    for newcomer in 0..5 {
        let stood = Visitor::new(&format!("new-{newcomer}")).stand(&after, at(1_000));
        assert_eq!(turn(stood.standing, at(1_000)), Some(at(1_000 + 2_000 * newcomer)));
    }
    waiting.stand(&after, at(1_500));
    let stood = Visitor::new("later").stand(&after, at(1_500));
    assert_eq!(turn(stood.standing, at(1_500)), Some(at(98_000 + 2_000)));
}

#[test]
fn a_turn_that_another_node_gave_since_says_nothing_of_this_ones_line() {
    let drops = [lamp(60)];
    let (this, other) = (node_of(&drops, 2), node_of(&drops, 2));
    let mut far_behind = Visitor::new("far behind");
    for cart in 0..50 {
        far_behind = Visitor::new(&cart.to_string());
        far_behind.stand(&other, at(0));
    }
    far_behind.stand(&this, at(1));
    let now = at(1);
    let told = turn(Visitor::new("new").stand(&this, now).standing, now);
    assert_eq!(told, Some(now), "this node's own line is empty");
}
