//! Warehouses, deliveries, counts and what can be bought.

use crate::stockroom::{MINUTES, Stockroom, order, sku, want};
use domain::Country;
use inventory::{BelowPromised, ExternalId, LevelError, Warehouse};

fn delivery(source: &str, id: &str) -> ExternalId {
    ExternalId { source: source.to_owned(), id: id.to_owned() }
}

#[tokio::test]
async fn availability_sums_the_warehouses_and_knows_nothing_of_the_unknown() {
    let room =
        Stockroom::with(&[("north", "mug", 2), ("south", "mug", 3), ("south", "cup", 1)]).await;
    let skus = [sku("mug"), sku("cup"), sku("no-such-thing"), sku("mug")];
    let available = room.inventory.availability(&skus).await.unwrap();
    assert_eq!(available.len(), 3);
    assert_eq!(available[&sku("mug")], 5);
    assert_eq!(available[&sku("cup")], 1);
    assert_eq!(available[&sku("no-such-thing")], 0);
    assert!(room.inventory.availability(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn warehouses_are_brought_up_to_date() {
    let room = Stockroom::empty().await;
    let north = Warehouse {
        code: "north".to_owned(),
        name: "Harbour".to_owned(),
        country: Country::parse("DK").unwrap(),
        priority: 7,
    };
    for _ in 0..2 {
        room.inventory.ensure_warehouses(std::slice::from_ref(&north)).await.unwrap();
    }
    let rows: Vec<(String, String, String, i32)> =
        sqlx::query_as("select code, name, country, priority from warehouses order by code")
            .fetch_all(&room.database.pool)
            .await
            .unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0], ("north".into(), "Harbour".into(), "DK".into(), 7));
}

#[tokio::test]
async fn lines_of_one_sku_are_received_as_one() {
    let room = Stockroom::empty().await;
    let lines = [(sku("mug"), 2), (sku("cup"), 1), (sku("mug"), 3)];
    assert_eq!(room.inventory.receive("north", &lines, "delivery", None).await.unwrap(), 2);
    assert_eq!(room.level("north", "mug").await, (5, 0, 0));
    assert_eq!(room.count("select count(*) from movements").await, 2);
}

#[tokio::test]
async fn a_delivery_told_twice_is_received_once() {
    let room = Stockroom::empty().await;
    let note = delivery("wms", "DN-1");
    let lines = [(sku("mug"), 2), (sku("cup"), 1)];
    let receive = async |lines: &[_], note| {
        room.inventory.receive("north", lines, "delivery", Some(note)).await.unwrap()
    };
    assert_eq!(receive(&lines, &note).await, 2);
    assert_eq!(receive(&lines, &note).await, 0);
    // Another source's note of the same number is another delivery.
    let other = delivery("erp", "DN-1");
    assert_eq!(receive(&lines, &other).await, 2);
    // A line that was missing the first time is received, and only that.
    let more = [(sku("mug"), 2), (sku("cup"), 1), (sku("jug"), 6)];
    assert_eq!(receive(&more, &note).await, 1);
    assert_eq!(room.level("north", "mug").await, (4, 0, 0));
    assert_eq!(room.level("north", "jug").await, (6, 0, 0));
    room.assert_books_are_right().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_told_by_many_at_once_is_received_once() {
    let room = Stockroom::empty().await;
    let tellers = (0..12).map(|number| {
        let inventory = room.inventory.clone();
        tokio::spawn(async move {
            let mut lines = [(sku("mug"), 2), (sku("cup"), 1)];
            if number % 2 == 0 {
                lines.reverse();
            }
            let note = delivery("wms", "DN-1");
            inventory.receive("north", &lines, "delivery", Some(&note)).await.unwrap()
        })
    });
    let mut received = 0;
    for teller in tellers.collect::<Vec<_>>() {
        received += teller.await.unwrap();
    }
    assert_eq!(received, 2);
    assert_eq!(room.level("north", "mug").await, (2, 0, 0));
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn a_delivery_of_nothing_is_refused() {
    let room = Stockroom::empty().await;
    let lines = [(sku("mug"), 1), (sku("cup"), 0)];
    let error = room.inventory.receive("north", &lines, "delivery", None).await.unwrap_err();
    assert!(matches!(error, LevelError::NoPieces { sku: s } if s == sku("cup")));
    assert_eq!(room.available("mug").await, 0);
    assert_eq!(room.inventory.receive("north", &[], "delivery", None).await.unwrap(), 0);
}

#[tokio::test]
async fn a_delivery_to_nowhere_is_refused() {
    let room = Stockroom::empty().await;
    let lines = [(sku("mug"), 1)];
    let error = room.inventory.receive("moon", &lines, "delivery", None).await.unwrap_err();
    assert!(matches!(error, LevelError::UnknownWarehouse { warehouse } if warehouse == "moon"));
}

#[tokio::test]
async fn first_stock_is_booked_once_and_never_brings_back_what_was_sold() {
    let room = Stockroom::empty().await;
    let levels = [(sku("mug"), 10), (sku("cup"), 0)];
    assert_eq!(room.inventory.receive_initial("north", &levels).await.unwrap(), 1);
    room.inventory.hold(order(), &[want("mug", 4)], MINUTES).await.unwrap();
    let later = [(sku("mug"), 12), (sku("cup"), 0), (sku("jug"), 3)];
    assert_eq!(room.inventory.receive_initial("north", &later).await.unwrap(), 1);
    assert_eq!(room.level("north", "mug").await, (10, 4, 0));
    assert_eq!(room.available("jug").await, 3);
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn a_count_is_booked_as_the_difference_and_agreement_as_nothing() {
    let room = Stockroom::with(&[("north", "mug", 10), ("north", "cup", 5)]).await;
    let counted = [(sku("mug"), 7), (sku("cup"), 5), (sku("jug"), 2)];
    let count = async || room.inventory.set_levels("north", &counted, "stocktaking").await.unwrap();
    assert_eq!(count().await, 2);
    assert_eq!(room.level("north", "mug").await, (7, 0, 0));
    assert_eq!(room.level("north", "jug").await, (2, 0, 0));
    let movements = room.count("select count(*) from movements").await;
    assert_eq!(count().await, 0);
    assert_eq!(room.count("select count(*) from movements").await, movements);
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn a_count_below_what_is_promised_is_refused_with_every_such_sku() {
    let room =
        Stockroom::with(&[("north", "mug", 9), ("north", "cup", 9), ("north", "jug", 9)]).await;
    let lines = [want("mug", 4), want("cup", 3), want("jug", 2)];
    room.inventory.hold(order(), &lines, MINUTES).await.unwrap();
    let counted = [(sku("mug"), 3), (sku("cup"), 0), (sku("jug"), 2)];
    let error = room.inventory.set_levels("north", &counted, "stocktaking").await.unwrap_err();
    let LevelError::BelowPromised(short) = error else { panic!("{error}") };
    let below = |name, counted, promised| BelowPromised { sku: sku(name), counted, promised };
    assert_eq!(short, [below("cup", 0, 3), below("mug", 3, 4)]);
    assert_eq!(room.level("north", "jug").await, (9, 2, 0));
}

#[tokio::test]
async fn two_counts_of_one_sku_are_refused() {
    let room = Stockroom::empty().await;
    let counted = [(sku("mug"), 3), (sku("mug"), 4)];
    let error = room.inventory.set_levels("north", &counted, "stocktaking").await.unwrap_err();
    assert!(matches!(error, LevelError::CountedTwice { sku: s } if s == sku("mug")));
}

#[tokio::test]
async fn a_shelf_of_four_billion_is_counted_right() {
    let room = Stockroom::with(&[("north", "mug", u32::MAX), ("south", "mug", u32::MAX)]).await;
    assert_eq!(room.available("mug").await, u32::MAX);
    assert_eq!(room.level("north", "mug").await, (i64::from(u32::MAX), 0, 0));
}
