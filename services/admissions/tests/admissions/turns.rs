//! How fast a line moves, and that a place in it is one's own.

use crate::support::{Visitor, at, lamp, node_of, turn};
use admissions::{Admissions, ProductDrop, Standing};
use jiff::Timestamp;
use proptest::prelude::*;
use std::time::Duration;

/// Somebody who comes, in milliseconds after the opening, and the node that they meet first.
type Coming = (i64, usize);

/// Lets everybody come and asks for each, of one node or another, until they have a turn; the turns, in the order
/// in which the visitors are told here. What they are told on the way never gets worse.
fn turns_of(nodes: &[Admissions], drop: &ProductDrop, coming: &[Coming]) -> Vec<Timestamp> {
    let mut visitors: Vec<_> = coming
        .iter()
        .enumerate()
        .map(|(index, &(ms, node))| (at(ms), node, index, Visitor::new(&index.to_string())))
        .collect();
    let mut turns = vec![None; coming.len()];
    let mut before = vec![u64::MAX; coming.len()];
    while let Some(next) = (0..visitors.len()).min_by_key(|next| visitors[*next].0) {
        let (now, node, index, mut visitor) = visitors.swap_remove(next);
        let stood = visitor.stand(&nodes[node % nodes.len()], now);
        let told = turn(stood.standing, now);
        if let (Some(earlier), Some(now)) = (turns[index], told) {
            assert_eq!(earlier, now, "a turn is never changed");
        }
        turns[index] = told.or(turns[index]);
        match stood.standing {
            Standing::Waiting { before: ahead, .. } => {
                assert!(ahead <= before[index], "nobody comes in before");
                before[index] = ahead;
            }
            Standing::Admitted { .. } => {
                assert!(visitor.may_buy(&nodes[(node + 1) % nodes.len()], now), "on any node");
                continue;
            }
            Standing::Early { .. } | Standing::Drawn => {
                assert!(!visitor.may_buy(&nodes[0], now));
            }
            Standing::Over => panic!("{drop:?} is not over"),
        }
        // Whoever asks goes to another node each time; a browser counts in milliseconds.
        let again = stood.again.as_micros().div_ceil(1_000);
        let next = now + Duration::from_millis(u64::try_from(again).unwrap());
        visitors.push((next, node + 1, index, visitor));
    }
    turns.into_iter().map(Option::unwrap).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_stretch_of_time_admits_more_than_the_rate_and_one_for_each_node(
        nodes in 1u16..5, per_minute in 10u32..2_000, draw in 0u64..20,
        coming in prop::collection::vec((-60_000i64..60_000, 0usize..4), 1..60),
    ) {
        let drop = ProductDrop { draw: Duration::from_secs(draw), ..lamp(per_minute) };
        let line: Vec<_> = (0..nodes).map(|_| node_of(std::slice::from_ref(&drop), nodes)).collect();
        let mut turns = turns_of(&line, &drop, &coming);
        turns.sort();
        prop_assert!(turns[0] >= drop.opens);
        for (first, from) in turns.iter().enumerate() {
            for (last, to) in turns.iter().enumerate().skip(first) {
                let admitted = (last - first + 1) as i128;
                let stretch = i128::from(to.as_microsecond() - from.as_microsecond());
                let allowed = stretch * i128::from(per_minute) / 60_000_000 + i128::from(nodes);
                prop_assert!(admitted <= allowed, "{admitted} in {stretch} µs, {allowed} allowed");
            }
        }
    }
}

#[test]
fn nothing_is_saved_up_while_nobody_comes() {
    let drop = lamp(60);
    let node = node_of(std::slice::from_ref(&drop), 1);
    // After half an hour in which eighteen hundred could have been admitted.
    let now = at(1_800_000);
    let turns: Vec<_> = (0..5)
        .map(|cart: u32| turn(Visitor::new(&cart.to_string()).stand(&node, now).standing, now))
        .collect();
    let expected: Vec<_> = (0..5).map(|second| Some(at(1_800_000 + 1_000 * second))).collect();
    assert_eq!(turns, expected);
}

#[test]
fn loading_again_changes_nothing_however_often() {
    let node = node_of(&[lamp(6)], 1);
    let mut visitors: Vec<_> = (0..5).map(|cart| Visitor::new(&format!("cart-{cart}"))).collect();
    for visitor in &mut visitors {
        visitor.stand(&node, at(0));
    }
    let first = visitors[4].clone();
    for reload in 0..300 {
        let now = at(100 * reload);
        let stood = visitors[4].stand(&node, now);
        assert_eq!(turn(stood.standing, now), Some(at(40_000)));
    }
    assert_eq!(visitors[4].tickets, first.tickets, "the ticket is the same to the letter");
    // And whoever throws the ticket away stands at the end.
    let stood = Visitor::new("cart-4").stand(&node, at(30_000));
    assert_eq!(turn(stood.standing, at(30_000)), Some(at(50_000)));
}

#[test]
fn a_turn_whose_answer_was_lost_is_told_again() {
    let drop = ProductDrop { draw: Duration::from_secs(10), ..lamp(6) };
    let node = node_of(&[drop], 1);
    let mut visitor = Visitor::new("cart");
    visitor.stand(&node, at(-5_000));
    let before = visitor.clone();
    let now = at(15_000);
    let told = visitor.stand(&node, now).standing;
    for _ in 0..20 {
        assert_eq!(before.clone().stand(&node, now).standing, told, "and takes no second turn");
    }
    let stood = Visitor::new("other").stand(&node, at(30_000));
    assert_eq!(turn(stood.standing, at(30_000)), Some(at(30_000)));
}

#[test]
fn who_waits_long_asks_seldom_and_who_is_next_at_the_right_moment() {
    let node = node_of(&[lamp(1)], 1);
    let again = |cart: u32, now| Visitor::new(&cart.to_string()).stand(&node, now).again;
    assert!(again(0, at(0)) <= Duration::from_millis(500), "it is their turn");
    let seconds: Vec<_> = (1..20).map(|cart| again(cart, at(0)).as_secs_f64()).collect();
    assert!((6.0..9.0).contains(&seconds[0]), "{seconds:?}");
    assert!(seconds.iter().all(|seconds| *seconds <= 69.0), "{seconds:?}");
    assert!(seconds[18] > 50.0, "{seconds:?}");
}
