//! The ledger, and the proof that levels are its sums.

use crate::stockroom::{MINUTES, Stockroom, order, sku, want};
use inventory::{Difference, MovementKind, Number};

#[tokio::test]
async fn every_change_is_written_with_its_cause_and_order() {
    let room = Stockroom::with(&[("north", "mug", 9)]).await;
    let reference = order();
    room.inventory.hold(reference, &[want("mug", 1)], MINUTES).await.unwrap();
    room.inventory.hold(reference, &[want("mug", 2)], MINUTES).await.unwrap();
    room.inventory.release(reference).await.unwrap();
    room.inventory.allocate(reference).await.unwrap();
    room.inventory.set_levels("north", &[(sku("mug"), 8)], "stocktaking").await.unwrap();
    let rows: Vec<(String, i64, i64, i64, String, bool)> = sqlx::query_as(
        "select kind, on_hand, held, allocated, cause, reference is not null
         from movements
         order by id",
    )
    .fetch_all(&room.database.pool)
    .await
    .unwrap();
    let row = |kind: MovementKind, on_hand, held, allocated, cause: &str, for_order| {
        (kind.as_str().to_owned(), on_hand, held, allocated, cause.to_owned(), for_order)
    };
    let expected = [
        row(MovementKind::Received, 9, 0, 0, "delivery", false),
        row(MovementKind::Held, 0, 1, 0, "ordered", true),
        row(MovementKind::Released, 0, -1, 0, "replaced", true),
        row(MovementKind::Held, 0, 2, 0, "ordered", true),
        row(MovementKind::Released, 0, -2, 0, "released", true),
        row(MovementKind::Held, 0, 2, 0, "ordered", true),
        row(MovementKind::Allocated, 0, -2, 2, "paid", true),
        row(MovementKind::Adjusted, -1, 0, 0, "stocktaking", false),
    ];
    assert_eq!(rows, expected);
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn verify_finds_each_planted_difference() {
    let room = Stockroom::with(&[("north", "mug", 9), ("south", "cup", 4)]).await;
    room.inventory.hold(order(), &[want("mug", 3)], MINUTES).await.unwrap();
    room.assert_books_are_right().await;
    for statement in [
        "update stock_levels set on_hand = on_hand + 1 where sku = 'cup'",
        "update stock_levels set held = held - 1, allocated = allocated + 2 where sku = 'mug'",
    ] {
        sqlx::query(statement).execute(&room.database.pool).await.unwrap();
    }
    let differs = |warehouse: &str, name, number, level, expected| Difference {
        warehouse: warehouse.to_owned(),
        sku: sku(name),
        number,
        level,
        expected,
    };
    let expected = [
        differs("south", "cup", Number::OnHand, 5, 4),
        differs("north", "mug", Number::Allocated, 2, 0),
        differs("north", "mug", Number::AllocatedForOrders, 2, 0),
        differs("north", "mug", Number::Held, 2, 3),
        differs("north", "mug", Number::HeldForOrders, 2, 3),
    ];
    assert_eq!(room.inventory.verify().await.unwrap(), expected);
}

#[tokio::test]
async fn verify_finds_what_only_a_superuser_can_have_done() {
    let room = Stockroom::with(&[("north", "mug", 9)]).await;
    room.inventory.hold(order(), &[want("mug", 3)], MINUTES).await.unwrap();
    // The owner of a table can switch its triggers off.
    let rewritten = "
        alter table movements disable trigger user;
        alter table movements_0 disable trigger user;
        update movements set held = 4 where kind = 'held';
        alter table stock_levels drop constraint promises_within_stock_ck;
        update stock_levels set on_hand = 2";
    sqlx::raw_sql(rewritten).execute(&room.database.pool).await.unwrap();
    let audit = room.inventory.audit().await.unwrap();
    let found: Vec<_> =
        audit.differences.iter().map(|found| (found.number, found.level, found.expected)).collect();
    let expected = [(Number::Held, 3, 4), (Number::OnHand, 2, 9), (Number::Promised, 3, 2)];
    assert_eq!(found, expected);
    assert_eq!((audit.levels, audit.movements, audit.holds), (1, 2, 1));
}
