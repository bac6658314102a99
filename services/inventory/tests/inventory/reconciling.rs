//! What a warehouse says it has, against what we know: movements on their way are no differences, and what is one
//! comes with its history.

use crate::stockroom::{MINUTES, Stockroom, order, want};
use inventory::{
    Comparison, Count, CountAnswer, Discrepancy, Mode, MovementKind, Said, TellError, ToldKind,
    ToldMovement, UnknownSkus, UntoldMovement,
};
use jiff::{SignedDuration, Timestamp};

fn seconds_ago(seconds: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_secs(seconds)
}

fn says(as_of: Timestamp, levels: &[(&str, &str, i64)]) -> Said {
    let level = |(warehouse, sku, on_hand): &(&str, &str, i64)| Count {
        warehouse: (*warehouse).to_owned(),
        sku: (*sku).to_owned(),
        on_hand: *on_hand,
    };
    let levels = levels.iter().map(level).collect();
    Said { source: "wms".to_owned(), as_of, levels, complete: Vec::new(), untold: Vec::new() }
}

async fn compare(room: &Stockroom, said: &Said) -> Comparison {
    room.inventory.compare(said, 3).await.unwrap()
}

/// Where they differ, and by how much.
fn differences(found: &Comparison) -> Vec<(&str, &str, i64)> {
    let all = found.discrepancies.iter();
    all.map(|one| (&*one.warehouse, &*one.sku, one.difference())).collect()
}

async fn tell(room: &Stockroom, id: &str, kind: ToldKind, quantity: i64, at: Timestamp) {
    let row = ToldMovement {
        external_id: id.to_owned(),
        sequence: None,
        warehouse: "north".to_owned(),
        sku: "mug".to_owned(),
        kind,
        quantity,
        order: None,
        occurred_at: Some(at),
    };
    let told = room.inventory.apply_movements("wms", Mode::Each, UnknownSkus::Refuse, &[row]).await;
    assert!(told.unwrap()[0].is_in());
}

#[tokio::test]
async fn where_both_say_the_same_nothing_is_found() {
    let room = Stockroom::with(&[("north", "mug", 9), ("south", "mug", 2)]).await;
    let found = compare(&room, &says(Timestamp::now(), &[("north", "mug", 9)])).await;
    assert_eq!(found, Comparison { compared: 1, ..Comparison::default() });
    // What orders have lies there all the same.
    room.inventory.hold(order(), &[want("mug", 4)], MINUTES).await.unwrap();
    let found = compare(&room, &says(Timestamp::now(), &[("north", "mug", 9)])).await;
    assert_eq!(differences(&found), []);
}

#[tokio::test]
async fn what_has_happened_since_is_no_difference_nor_what_was_told_late() {
    let room = Stockroom::with(&[("north", "mug", 9)]).await;
    let as_of = Timestamp::now();
    // Told after the list was made; the first of these had happened before it, and is in it.
    tell(&room, "2", ToldKind::Scrapped, 2, as_of - SignedDuration::from_secs(1)).await;
    tell(&room, "3", ToldKind::Received, 4, as_of + SignedDuration::from_millis(1)).await;
    let found = compare(&room, &says(as_of, &[("north", "mug", 7)])).await;
    assert_eq!(differences(&found), [], "{found:?}");
    let found = compare(&room, &says(as_of, &[("north", "mug", 11)])).await;
    assert_eq!(differences(&found), [("north", "mug", 4)]);
}

#[tokio::test]
async fn what_the_warehouse_has_not_told_yet_is_on_its_way_and_what_it_has_is_not_counted_twice() {
    let room = Stockroom::with(&[("north", "mug", 9)]).await;
    let sent = seconds_ago(1);
    let untold = |id: &str, adds| UntoldMovement {
        external_id: id.to_owned(),
        warehouse: "north".to_owned(),
        sku: "mug".to_owned(),
        adds,
    };
    let mut said = says(Timestamp::now(), &[("north", "mug", 6)]);
    said.untold = vec![untold("1", -2), untold("2", -1)];
    let found = compare(&room, &said).await;
    assert_eq!((differences(&found), found.on_their_way), (vec![], 2));
    // One of them arrives: the same list says the same.
    tell(&room, "1", ToldKind::Scrapped, 2, sent).await;
    let found = compare(&room, &said).await;
    assert_eq!((differences(&found), found.on_their_way), (vec![], 1));
    // A name of another source is not ours to know.
    said.source = "other".to_owned();
    let found = compare(&room, &said).await;
    assert_eq!((differences(&found), found.on_their_way), (vec![("north", "mug", 2)], 2));
}

#[tokio::test]
async fn a_difference_comes_with_the_last_that_changed_the_number() {
    let room = Stockroom::with(&[("north", "mug", 9)]).await;
    for (id, quantity) in [("a", 1), ("b", 2), ("c", 3)] {
        tell(&room, id, ToldKind::Received, quantity, seconds_ago(5)).await;
    }
    room.inventory.hold(order(), &[want("mug", 4)], MINUTES).await.unwrap();
    let found = compare(&room, &says(Timestamp::now(), &[("north", "mug", 14)])).await;
    let [Discrepancy { said: Some(14), known: Some(15), coming: 0, history, .. }] =
        &*found.discrepancies
    else {
        panic!("{found:?}")
    };
    let past: Vec<_> = history
        .iter()
        .map(|one| (one.kind, one.on_hand, one.source.as_deref(), one.external_id.as_deref()))
        .collect();
    let received = MovementKind::Received;
    let told = |id, adds| (received, adds, Some("wms"), Some(id));
    assert_eq!(past, [told("a", 1), told("b", 2), told("c", 3)]);
    assert!(history.iter().all(|one| one.occurred_at.is_some_and(|at| at < one.recorded_at)));
    let all = room.inventory.compare(&says(Timestamp::now(), &[("north", "mug", 14)]), 9).await;
    let first = &all.unwrap().discrepancies[0].history[0];
    assert_eq!((first.on_hand, &*first.cause, &first.source), (9, "delivery", &None));
}

#[tokio::test]
async fn what_is_not_in_a_complete_list_does_not_lie_there() {
    let room = Stockroom::with(&[("north", "mug", 9), ("south", "mug", 2)]).await;
    let mut said = says(Timestamp::now(), &[("north", "jug", 1)]);
    let found = compare(&room, &said).await;
    assert_eq!(differences(&found), [("north", "jug", 1)]);
    assert_eq!(found.discrepancies[0].known, None);
    said.complete = vec!["north".to_owned()];
    let found = compare(&room, &said).await;
    assert_eq!(differences(&found), [("north", "jug", 1), ("north", "mug", -9)]);
    assert_eq!(found.discrepancies[1].said, None);
}

#[tokio::test]
async fn what_is_booked_of_a_list_is_right_also_when_the_rest_arrives_later() {
    let room = Stockroom::with(&[("north", "mug", 9)]).await;
    // Two were sent and not told yet, and one is missing besides.
    let sent = seconds_ago(1);
    let as_of = Timestamp::now();
    let mut said = says(as_of, &[("north", "mug", 6)]);
    said.untold = vec![UntoldMovement {
        external_id: "1".to_owned(),
        warehouse: "north".to_owned(),
        sku: "mug".to_owned(),
        adds: -2,
    }];
    assert_eq!(differences(&compare(&room, &said).await), [("north", "mug", -1)]);
    let booked =
        room.inventory.reconcile_counts("wms", as_of, UnknownSkus::Refuse, &said.levels).await;
    assert_eq!(booked.unwrap(), [CountAnswer::Adjusted { difference: -3 }]);
    tell(&room, "1", ToldKind::Scrapped, 2, sent).await;
    assert_eq!(room.level("north", "mug").await.0, 6);
    assert_eq!(differences(&compare(&room, &said).await), []);
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn a_list_of_the_future_or_of_nobody_is_refused() {
    let room = Stockroom::with(&[("north", "mug", 9)]).await;
    let future = says(seconds_ago(-3_600), &[("north", "mug", 9)]);
    let refused = room.inventory.compare(&future, 3).await.unwrap_err();
    assert!(matches!(refused, TellError::FromTheFuture { .. }), "{refused}");
    let nobody = Said { source: String::new(), ..says(Timestamp::now(), &[]) };
    let refused = room.inventory.compare(&nobody, 3).await.unwrap_err();
    assert!(matches!(refused, TellError::BadSource { .. }), "{refused}");
}
