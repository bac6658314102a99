//! What other systems tell: in any order, as often as they like, right and wrong.

use crate::stockroom::{MINUTES, Stockroom, order, sku, want};
use inventory::{
    Answer, Count, CountAnswer, Mode, TellError, ToldKind, ToldMovement, UnknownSkus,
    told::LARGEST_BATCH,
};
use jiff::Timestamp;
use uuid::Uuid;

fn row(id: &str, warehouse: &str, name: &str, kind: ToldKind, quantity: i64) -> ToldMovement {
    ToldMovement {
        external_id: id.to_owned(),
        sequence: None,
        warehouse: warehouse.to_owned(),
        sku: name.to_owned(),
        kind,
        quantity,
        order: None,
        occurred_at: None,
    }
}

async fn tell(room: &Stockroom, mode: Mode, rows: &[ToldMovement]) -> Vec<Answer> {
    room.inventory.apply_movements("wms", mode, UnknownSkus::Refuse, rows).await.unwrap()
}

/// An order that has so many mugs of the north.
async fn paid(room: &Stockroom, mugs: u32) -> Uuid {
    let reference = order();
    room.inventory.hold(reference, &[want("mug", mugs)], MINUTES).await.unwrap();
    room.inventory.allocate(reference).await.unwrap();
    reference
}

#[tokio::test]
async fn every_kind_moves_what_it_says() {
    let room = Stockroom::with(&[("north", "mug", 10), ("south", "mug", 10)]).await;
    let reference = paid(&room, 3).await;
    let mut shipped = row("4", "north", "mug", ToldKind::Shipped, 2);
    shipped.order = Some(reference);
    let rows = [
        row("1", "north", "mug", ToldKind::Received, 5),
        row("2", "north", "mug", ToldKind::Adjusted, -1),
        row("3", "north", "mug", ToldKind::Adjusted, 2),
        shipped,
        row("5", "north", "mug", ToldKind::Shipped, 1),
        row("6", "north", "mug", ToldKind::Returned, 1),
        row("7", "north", "mug", ToldKind::Scrapped, 4),
        row("8", "north", "mug", ToldKind::TransferredOut, 2),
        row("8 in", "south", "mug", ToldKind::TransferredIn, 2),
    ];
    assert_eq!(tell(&room, Mode::All, &rows).await, [Answer::Applied; 9]);
    assert_eq!(room.level("north", "mug").await, (8, 0, 1));
    assert_eq!(room.level("south", "mug").await, (12, 0, 0));
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn what_is_told_again_is_written_once_and_something_else_under_its_name_is_a_conflict() {
    let room = Stockroom::with(&[("north", "mug", 10), ("north", "cup", 1)]).await;
    let first = row("1", "north", "mug", ToldKind::Received, 5);
    let others = [
        row("1", "north", "mug", ToldKind::Received, 6),
        row("1", "north", "cup", ToldKind::Received, 5),
        row("1", "north", "mug", ToldKind::Returned, 5),
        row("2", "north", "mug", ToldKind::Received, 1),
        row("2", "north", "mug", ToldKind::Received, 1),
        row("2", "north", "mug", ToldKind::Received, 2),
    ];
    assert_eq!(tell(&room, Mode::Each, std::slice::from_ref(&first)).await, [Answer::Applied]);
    assert_eq!(
        tell(&room, Mode::Each, std::slice::from_ref(&first)).await,
        [Answer::AlreadyApplied]
    );
    let answers = tell(&room, Mode::Each, &others).await;
    let expected = [
        Answer::Conflict,
        Answer::Conflict,
        Answer::Conflict,
        Answer::Applied,
        Answer::AlreadyApplied,
        Answer::Conflict,
    ];
    assert_eq!(answers, expected);
    assert_eq!(room.level("north", "mug").await, (16, 0, 0));
    // Another source's names are its own.
    let other =
        room.inventory.apply_movements("erp", Mode::All, UnknownSkus::Refuse, &[first]).await;
    assert_eq!(other.unwrap(), [Answer::Applied]);
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn each_row_that_cannot_be_is_told_why_and_the_rest_is_applied_or_nothing_as_asked() {
    let room = Stockroom::with(&[("north", "mug", 10)]).await;
    let reference = paid(&room, 7).await;
    room.inventory.define_bundle(&sku("set"), &[(sku("mug"), 2)]).await.unwrap();
    let mut too_many = row("8", "north", "mug", ToldKind::Shipped, 8);
    too_many.order = Some(reference);
    let mut strangers = row("9", "north", "mug", ToldKind::Shipped, 1);
    strangers.order = Some(order());
    let rows = [
        row("1", "moon", "mug", ToldKind::Received, 1),
        row("2", "north", "unheard-of", ToldKind::Received, 1),
        row("3", "north", "set", ToldKind::Received, 1),
        row("4", "north", "mug", ToldKind::Received, 0),
        row("5", "north", "mug", ToldKind::Shipped, -1),
        row("6", "north", "mug", ToldKind::Adjusted, i64::MIN),
        row("7", "north", "mug", ToldKind::Scrapped, 4),
        too_many,
        strangers,
        row("", "north", "mug", ToldKind::Received, 1),
        row("10", "north", "two words", ToldKind::Received, 1),
        row("11", "north", "mug", ToldKind::Scrapped, 3),
        row("12\0", "north", "mug", ToldKind::Received, 1),
        row("13", "nor\0th", "mug", ToldKind::Received, 1),
        row("11", "north", "mug", ToldKind::Scrapped, 3),
    ];
    let mut expected = [
        Answer::UnknownWarehouse,
        Answer::UnknownSku,
        Answer::UnknownSku,
        Answer::AbsurdQuantity,
        Answer::AbsurdQuantity,
        Answer::AbsurdQuantity,
        Answer::WouldTakePromised { on_hand: 10, needed: 7 },
        Answer::NotAllocated { open: 7 },
        Answer::NotAllocated { open: 0 },
        Answer::BadExternalId,
        Answer::UnknownSku,
        Answer::Withheld,
        Answer::BadExternalId,
        Answer::UnknownWarehouse,
        Answer::Withheld,
    ];
    assert_eq!(tell(&room, Mode::All, &rows).await, expected);
    assert_eq!(room.level("north", "mug").await, (10, 0, 7));
    (expected[11], expected[14]) = (Answer::Applied, Answer::AlreadyApplied);
    assert_eq!(tell(&room, Mode::Each, &rows).await, expected);
    assert_eq!(room.level("north", "mug").await, (7, 0, 7));
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn a_batch_in_any_order_is_one_batch() {
    let room = Stockroom::with(&[("north", "mug", 1)]).await;
    // What left came in before, whichever is told first.
    let mut rows = [
        row("1", "north", "mug", ToldKind::Shipped, 4),
        row("2", "north", "mug", ToldKind::Received, 5),
        row("3", "north", "mug", ToldKind::Shipped, 2),
    ];
    rows[0].sequence = Some(9);
    rows[1].sequence = Some(7);
    rows[2].sequence = Some(8);
    assert_eq!(tell(&room, Mode::All, &rows).await, [Answer::Applied; 3]);
    assert_eq!(room.level("north", "mug").await, (0, 0, 0));
    // Of what takes pieces the earlier by the source's count goes first.
    room.inventory.receive("north", &[(sku("mug"), 3)], "delivery", None).await.unwrap();
    for (row, id) in rows.iter_mut().zip(["4", "5", "6"]) {
        row.external_id = id.to_owned();
        row.kind = ToldKind::Shipped;
        row.quantity = 2;
    }
    let short = Answer::WouldTakePromised { on_hand: 1, needed: 0 };
    assert_eq!(tell(&room, Mode::Each, &rows).await, [short, Answer::Applied, short]);
    // A source that begins to count anew is not held to what it counted before.
    let feed = async || room.inventory.find_feed("wms").await.unwrap().unwrap();
    assert_eq!(feed().await.sequence, Some(9));
    rows[0].sequence = Some(1);
    rows[0].kind = ToldKind::Received;
    assert_eq!(tell(&room, Mode::Each, &rows[..1]).await, [Answer::Applied]);
    assert_eq!(feed().await.sequence, Some(9));
}

#[tokio::test]
async fn where_to_go_on_with_a_source_is_remembered() {
    let room = Stockroom::with(&[("north", "mug", 1)]).await;
    assert_eq!(room.inventory.find_feed("wms").await.unwrap(), None);
    for cursor in ["page 2", "page 3"] {
        room.inventory.set_feed_cursor("wms", cursor).await.unwrap();
    }
    let mut told = row("1", "north", "mug", ToldKind::Received, 1);
    told.sequence = Some(4);
    tell(&room, Mode::All, &[told]).await;
    let feed = room.inventory.find_feed("wms").await.unwrap().unwrap();
    assert_eq!((feed.sequence, feed.cursor.as_deref()), (Some(4), Some("page 3")));
    assert!(room.inventory.set_feed_cursor("", "page 4").await.is_err());
}

#[tokio::test]
async fn an_order_is_shipped_bit_by_bit_and_no_more_of_it_than_there_is() {
    let room = Stockroom::with(&[("north", "mug", 10)]).await;
    let reference = paid(&room, 5).await;
    let ship = |id: &str, quantity| {
        let mut shipped = row(id, "north", "mug", ToldKind::Shipped, quantity);
        shipped.order = Some(reference);
        shipped
    };
    let answers = tell(&room, Mode::Each, &[ship("1", 2), ship("2", 2), ship("3", 2)]).await;
    assert_eq!(answers, [Answer::Applied, Answer::Applied, Answer::NotAllocated { open: 1 }]);
    let state = "select count(*) from holds where state = 'allocated' and shipped = 4";
    assert_eq!(room.count(state).await, 1);
    assert_eq!(tell(&room, Mode::Each, &[ship("4", 1)]).await, [Answer::Applied]);
    assert_eq!(room.count("select count(*) from holds where state = 'shipped'").await, 1);
    assert_eq!(room.level("north", "mug").await, (5, 0, 0));
    // What was sent is the order's still: paying again takes nothing anew.
    let again = room.inventory.allocate(reference).await.unwrap();
    assert_eq!(again.taken, inventory::Taken::Before);
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn unknown_skus_get_a_level_where_that_is_asked_for() {
    let room = Stockroom::empty().await;
    room.inventory.define_bundle(&sku("set"), &[(sku("pot"), 1)]).await.unwrap();
    let rows = [
        row("1", "north", "mug", ToldKind::Received, 3),
        row("2", "moon", "mug", ToldKind::Received, 3),
        row("3", "north", "set", ToldKind::Received, 3),
    ];
    let open = UnknownSkus::Open;
    let answers = room.inventory.apply_movements("wms", Mode::Each, open, &rows).await.unwrap();
    assert_eq!(answers, [Answer::Applied, Answer::UnknownWarehouse, Answer::UnknownSku]);
    assert_eq!(room.available("mug").await, 3);
}

#[tokio::test]
async fn too_large_a_batch_and_a_source_without_a_name_are_refused_whole() {
    let room = Stockroom::empty().await;
    let rows = vec![row("1", "north", "mug", ToldKind::Received, 1); LARGEST_BATCH + 1];
    let refused = async |source: &str, rows: &[ToldMovement]| {
        let told = room.inventory.apply_movements(source, Mode::Each, UnknownSkus::Open, rows);
        told.await.unwrap_err()
    };
    let error = refused("wms", &rows).await;
    assert!(matches!(error, TellError::TooManyRows { rows } if rows == LARGEST_BATCH + 1));
    for source in ["", "vitrine", "w\0s", &"w".repeat(65)] {
        let error = refused(source, &rows[..1]).await;
        assert!(matches!(error, TellError::BadSource { .. }), "{error}");
    }
    assert!(tell(&room, Mode::All, &[]).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_batch_told_by_many_at_once_is_written_once() {
    let room = Stockroom::with(&[("north", "a", 1), ("south", "b", 1)]).await;
    let rows: Vec<_> = (0..200)
        .map(|id| match id % 2 {
            0 => row(&id.to_string(), "north", "a", ToldKind::Received, 1),
            _ => row(&id.to_string(), "south", "b", ToldKind::Received, 1),
        })
        .collect();
    let tellers = (0..8usize).map(|teller| {
        let (inventory, mut rows) = (room.inventory.clone(), rows.clone());
        rows.rotate_left(teller * 25);
        tokio::spawn(async move {
            let told = inventory.apply_movements("wms", Mode::Each, UnknownSkus::Refuse, &rows);
            let answers = told.await.unwrap();
            assert!(answers.iter().all(|answer| answer.is_in()), "{answers:?}");
            answers.iter().filter(|answer| **answer == Answer::Applied).count()
        })
    });
    let mut applied = 0;
    for teller in tellers.collect::<Vec<_>>() {
        applied += teller.await.unwrap();
    }
    assert_eq!(applied, 200);
    assert_eq!((room.available("a").await, room.available("b").await), (101, 101));
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn a_batch_tells_of_each_sku_once() {
    let room = Stockroom::with(&[("north", "mug", 1)]).await;
    sqlx::query("delete from outbox").execute(&room.database.pool).await.unwrap();
    let rows: Vec<_> =
        (0..9).map(|id| row(&id.to_string(), "north", "mug", ToldKind::Received, 1)).collect();
    tell(&room, Mode::All, &rows).await;
    assert_eq!(room.count("select count(*) from outbox").await, 1);
}

#[tokio::test]
async fn numbers_and_instants_at_the_end_of_their_range_are_answered_like_others() {
    let room = Stockroom::with(&[("north", "mug", 10)]).await;
    let mut ancient = row("1", "north", "mug", ToldKind::Received, 1);
    ancient.occurred_at = Some(Timestamp::MIN);
    let rows = [ancient, row("2", "north", "mug", ToldKind::Shipped, i64::MIN)];
    let answers = tell(&room, Mode::Each, &rows).await;
    assert_eq!(answers, [Answer::Applied, Answer::AbsurdQuantity]);
    let count = Count { warehouse: "north".to_owned(), sku: "mug".to_owned(), on_hand: 1 };
    let counted = room
        .inventory
        .reconcile_counts("wms", Timestamp::MIN, UnknownSkus::Refuse, &[count])
        .await
        .unwrap();
    // The one of old was there then.
    assert_eq!(counted, [CountAnswer::Agrees]);
    room.assert_books_are_right().await;
}
