//! Warehouses that work by a clock and a calendar of their own, and those that have closed.

use crate::stockroom::{MINUTES, Stockroom, order, sku, want};
use domain::stock::{Hours, Level, Place, WorkingDays};
use inventory::{HoldError, Particulars, Rules, WarehouseAddress, WarehouseError, WarehouseKind};

#[tokio::test]
async fn a_warehouse_is_what_was_said_of_it_last() {
    let room = Stockroom::empty().await;
    let before = room.inventory.list_warehouses().await.unwrap();
    assert!(before.iter().all(|w| w.particulars == Particulars::default() && w.active));
    let particulars = Particulars {
        kind: WarehouseKind::Store,
        address: Some(WarehouseAddress {
            street: "Meir 1".to_owned(),
            city: "Antwerp".to_owned(),
            postal_code: "2000".to_owned(),
        }),
        place: Place::new(51_219_448, 4_402_464),
        time_zone: "Europe/Brussels".to_owned(),
        hours: Hours {
            cut_off_minute: 17 * 60,
            working_days: WorkingDays::EVERY_DAY,
            holidays: vec!["2026-12-25".parse().unwrap(), "2027-01-01".parse().unwrap()],
        },
        offers_pick_up: true,
    };
    for _ in 0..2 {
        room.inventory.describe_warehouse("south", &particulars).await.unwrap();
    }
    let after = room.inventory.list_warehouses().await.unwrap();
    assert_eq!(after[0], before[0]);
    assert_eq!((&after[1].warehouse, &after[1].particulars), (&before[1].warehouse, &particulars));
    // An import that knows nothing of all this leaves it so.
    let again: Vec<_> = before.into_iter().map(|now| now.warehouse).collect();
    room.inventory.ensure_warehouses(&again).await.unwrap();
    assert_eq!(room.inventory.list_warehouses().await.unwrap(), after);
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_its_reason() {
    let room = Stockroom::empty().await;
    let describe = async |code: &str, time_zone: &str| {
        let particulars = Particulars { time_zone: time_zone.to_owned(), ..Particulars::default() };
        room.inventory.describe_warehouse(code, &particulars).await.unwrap_err()
    };
    let error = describe("moon", "UTC").await;
    assert!(matches!(error, WarehouseError::UnknownWarehouse { warehouse } if warehouse == "moon"));
    let error = describe("north", "Moon/Tycho").await;
    assert!(
        matches!(error, WarehouseError::UnknownTimeZone { time_zone } if time_zone == "Moon/Tycho")
    );
    let error = room.inventory.set_active("moon", false).await.unwrap_err();
    assert!(matches!(error, WarehouseError::UnknownWarehouse { .. }));
}

#[tokio::test]
async fn what_lies_in_a_warehouse_that_does_not_send_cannot_be_bought() {
    let room = Stockroom::with(&[("north", "mug", 4), ("south", "mug", 3)]).await;
    let reference = order();
    room.inventory.hold(reference, &[want("mug", 2)], MINUTES).await.unwrap();
    let version = async || room.inventory.stock(&[sku("mug")]).await.unwrap()[&sku("mug")].version;
    let before = version().await;
    sqlx::query("delete from outbox").execute(&room.database.pool).await.unwrap();
    room.inventory.set_active("north", false).await.unwrap();
    assert_eq!(room.available("mug").await, 3);
    assert!(version().await > before);
    let told = "select count(*) from outbox where payload ->> 'left' = '3'";
    assert_eq!(room.count(told).await, 1, "five and three are few, and three is told");
    // What comes in there cannot be bought either.
    room.inventory.receive("north", &[(sku("cup"), 1)], "delivery", None).await.unwrap();
    assert_eq!(room.available("cup").await, 0);
    let error = room.inventory.hold(order(), &[want("mug", 4)], MINUTES).await.unwrap_err();
    let HoldError::OutOfStock(short) = error else { panic!("{error}") };
    assert_eq!(short[0].left, 3);
    // What was promised out of it stays promised.
    room.inventory.allocate(reference).await.unwrap();
    room.inventory.set_active("north", true).await.unwrap();
    assert_eq!((room.available("mug").await, room.available("cup").await), (5, 1));
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn what_can_be_sold_is_the_same_in_the_database_and_in_the_domain() {
    let room = Stockroom::empty().await;
    sqlx::query(
        "insert into stock_levels (sku, warehouse, on_hand, held, allocated, safety, back_order_limit)
         select format('s-%s-%s-%s-%s', a, b, c, d), 'north', a, b, 0, c, d
         from generate_series(0, 5) as a, generate_series(0, 8) as b, generate_series(0, 3) as c,
           generate_series(0, 4) as d
         where b <= a + d",
    )
    .execute(&room.database.pool)
    .await
    .unwrap();
    let rows: Vec<(i64, i64, i64, i64, i64)> = sqlx::query_as(
        "select on_hand, held, safety, back_order_limit, can_be_sold(level)
         from stock_levels as level",
    )
    .fetch_all(&room.database.pool)
    .await
    .unwrap();
    assert!(rows.len() > 600, "{}", rows.len());
    for (on_hand, promised, safety, back_order_limit, can_be_sold) in rows {
        let level = Level { on_hand, promised, safety, back_order_limit };
        assert_eq!(i64::from(level.on_shelf() + level.to_come()), can_be_sold, "{level:?}");
        // And to sell it all is allowed.
        assert!(promised + can_be_sold <= on_hand + back_order_limit, "{level:?}");
    }
}

#[tokio::test]
async fn back_orders_are_sold_up_to_their_limit_and_no_further() {
    let room = Stockroom::with(&[("north", "mug", 2)]).await;
    let rules = [(sku("mug"), Rules { safety: 1, back_order_limit: 3 })];
    assert_eq!(room.inventory.set_rules("north", &rules).await.unwrap(), 1);
    assert_eq!(room.inventory.set_rules("north", &rules).await.unwrap(), 0);
    assert_eq!(room.available("mug").await, 4);
    room.inventory.hold(order(), &[want("mug", 4)], MINUTES).await.unwrap();
    let error = room.inventory.hold(order(), &[want("mug", 1)], MINUTES).await.unwrap_err();
    assert_eq!(error.to_string(), "out of stock: only 0 of mug left");
    assert_eq!(room.level("north", "mug").await, (2, 4, 0));
    room.assert_books_are_right().await;
}
