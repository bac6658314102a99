//! Setting pieces aside, putting the expiry off, giving back.

use crate::stockroom::{MINUTES, NO_TIME, Stockroom, order, part, sku, want};
use domain::stock::Shortage;
use inventory::{HoldError, ReleaseError};

#[tokio::test]
async fn a_hold_takes_from_what_can_be_bought_and_leaves_what_is_on_hand() {
    let room = Stockroom::with(&[("north", "mug", 5)]).await;
    let held = room.inventory.hold(order(), &[want("mug", 2)], MINUTES).await.unwrap();
    assert_eq!(held, [part("north", "mug", 2)]);
    assert_eq!(room.available("mug").await, 3);
    assert_eq!(room.level("north", "mug").await, (5, 2, 0));
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn a_wish_too_large_for_one_warehouse_is_split() {
    let room = Stockroom::with(&[("north", "mug", 3), ("south", "mug", 4)]).await;
    let held = room.inventory.hold(order(), &[want("mug", 6)], MINUTES).await.unwrap();
    assert_eq!(held, [part("north", "mug", 2), part("south", "mug", 4)]);
    assert_eq!(room.available("mug").await, 1);
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn two_lines_of_one_sku_are_summed() {
    let room = Stockroom::with(&[("north", "mug", 3)]).await;
    let lines = [want("mug", 2), want("mug", 2)];
    let error = room.inventory.hold(order(), &lines, MINUTES).await.unwrap_err();
    let HoldError::OutOfStock(shortages) = error else { panic!("{error}") };
    assert_eq!(shortages, [Shortage { sku: sku("mug"), left: 3 }]);
    let lines = [want("mug", 2), want("mug", 1)];
    let held = room.inventory.hold(order(), &lines, MINUTES).await.unwrap();
    assert_eq!(held, [part("north", "mug", 3)]);
}

#[tokio::test]
async fn every_shortage_is_told_and_nothing_is_held() {
    let room = Stockroom::with(&[("north", "mug", 1), ("south", "cup", 9)]).await;
    let lines = [want("mug", 2), want("cup", 1), want("no-such-thing", 1)];
    let error = room.inventory.hold(order(), &lines, MINUTES).await.unwrap_err();
    assert_eq!(error.to_string(), "out of stock: only 1 of mug left, only 0 of no-such-thing left");
    assert_eq!(room.available("cup").await, 9);
    assert_eq!(room.count("select count(*) from holds").await, 0);
}

#[tokio::test]
async fn safety_stock_is_not_sold() {
    let room = Stockroom::with(&[("north", "mug", 5)]).await;
    sqlx::query("update stock_levels set safety = 3").execute(&room.database.pool).await.unwrap();
    assert_eq!(room.available("mug").await, 2);
    let reference = order();
    room.inventory.hold(reference, &[want("mug", 2)], MINUTES).await.unwrap();
    // Nor when the safety stock grew after the hold, and the order holds some of it.
    sqlx::query("update stock_levels set safety = 4").execute(&room.database.pool).await.unwrap();
    let error = room.inventory.hold(reference, &[want("mug", 3)], MINUTES).await.unwrap_err();
    let HoldError::OutOfStock(shortages) = error else { panic!("{error}") };
    assert_eq!(shortages, [Shortage { sku: sku("mug"), left: 1 }]);
}

#[tokio::test]
async fn the_same_hold_again_is_the_same_hold_with_a_later_expiry() {
    let room = Stockroom::with(&[("north", "mug", 3), ("south", "mug", 4)]).await;
    let reference = order();
    let lines = [want("mug", 4), want("mug", 2)];
    let first = room.inventory.hold(reference, &lines, NO_TIME).await.unwrap();
    assert_eq!(room.inventory.list_expired(10).await.unwrap(), [reference]);
    let again = room.inventory.hold(reference, &[want("mug", 6)], MINUTES).await.unwrap();
    assert_eq!(again, first);
    assert!(room.inventory.list_expired(10).await.unwrap().is_empty());
    // A shorter time does not bring the expiry nearer.
    room.inventory.hold(reference, &[want("mug", 6)], NO_TIME).await.unwrap();
    assert!(room.inventory.list_expired(10).await.unwrap().is_empty());
    assert_eq!(room.available("mug").await, 1);
    assert_eq!(room.count("select count(*) from movements where kind = 'held'").await, 2);
}

#[tokio::test]
async fn other_demands_replace_the_hold() {
    let room = Stockroom::with(&[("north", "mug", 5), ("north", "cup", 5)]).await;
    let reference = order();
    room.inventory.hold(reference, &[want("mug", 4)], MINUTES).await.unwrap();
    // More than is left beside the hold, but not more than there is with it.
    let lines = [want("mug", 5), want("cup", 1)];
    let held = room.inventory.hold(reference, &lines, MINUTES).await.unwrap();
    assert_eq!(held, [part("north", "cup", 1), part("north", "mug", 5)]);
    assert_eq!(room.level("north", "mug").await, (5, 5, 0));
    let held = room.inventory.hold(reference, &[want("cup", 2)], MINUTES).await.unwrap();
    assert_eq!(held, [part("north", "cup", 2)]);
    assert_eq!((room.available("mug").await, room.available("cup").await), (5, 3));
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn a_replacement_that_cannot_be_served_leaves_the_earlier_hold() {
    let room = Stockroom::with(&[("north", "mug", 5), ("north", "cup", 1)]).await;
    let reference = order();
    room.inventory.hold(reference, &[want("mug", 4)], MINUTES).await.unwrap();
    let lines = [want("mug", 6), want("cup", 2)];
    let error = room.inventory.hold(reference, &lines, MINUTES).await.unwrap_err();
    let HoldError::OutOfStock(shortages) = error else { panic!("{error}") };
    let left = |name, left| Shortage { sku: sku(name), left };
    assert_eq!(shortages, [left("cup", 1), left("mug", 5)]);
    assert_eq!(room.level("north", "mug").await, (5, 4, 0));
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn what_was_given_back_can_be_held_again() {
    let room = Stockroom::with(&[("north", "mug", 2)]).await;
    let reference = order();
    for _ in 0..3 {
        room.inventory.hold(reference, &[want("mug", 2)], MINUTES).await.unwrap();
        assert_eq!(room.available("mug").await, 0);
        let given_back = room.inventory.release(reference).await.unwrap();
        assert_eq!(given_back, [part("north", "mug", 2)]);
        assert_eq!(room.available("mug").await, 2);
    }
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn a_release_is_safe_to_repeat() {
    let room = Stockroom::with(&[("north", "mug", 2)]).await;
    let reference = order();
    assert!(room.inventory.release(reference).await.unwrap().is_empty());
    room.inventory.hold(reference, &[want("mug", 2)], MINUTES).await.unwrap();
    room.inventory.release(reference).await.unwrap();
    assert!(room.inventory.release(reference).await.unwrap().is_empty());
    assert_eq!(room.level("north", "mug").await, (2, 0, 0));
    assert_eq!(room.count("select count(*) from movements where kind = 'released'").await, 1);
}

#[tokio::test]
async fn what_was_allocated_is_neither_released_nor_held_again() {
    let room = Stockroom::with(&[("north", "mug", 2)]).await;
    let reference = order();
    room.inventory.hold(reference, &[want("mug", 1)], MINUTES).await.unwrap();
    room.inventory.allocate(reference).await.unwrap();
    let error = room.inventory.release(reference).await.unwrap_err();
    assert!(matches!(error, ReleaseError::AlreadyAllocated { reference: r } if r == reference));
    let error = room.inventory.hold(reference, &[want("mug", 1)], MINUTES).await.unwrap_err();
    assert!(matches!(error, HoldError::AlreadyAllocated { reference: r } if r == reference));
    assert_eq!(room.level("north", "mug").await, (2, 0, 1));
}

#[tokio::test]
async fn a_hold_of_nothing_is_refused() {
    let room = Stockroom::with(&[("north", "mug", 2)]).await;
    let error = room.inventory.hold(order(), &[], MINUTES).await.unwrap_err();
    assert!(matches!(error, HoldError::NothingDemanded));
    let lines = [want("mug", 1), want("cup", 0)];
    let error = room.inventory.hold(order(), &lines, MINUTES).await.unwrap_err();
    assert!(matches!(error, HoldError::NoPieces { sku: s } if s == sku("cup")));
    assert_eq!(room.available("mug").await, 2);
}

#[tokio::test]
async fn an_absurd_quantity_is_told_how_many_are_left() {
    let room = Stockroom::with(&[("north", "mug", 2)]).await;
    let lines = [want("mug", u32::MAX), want("mug", u32::MAX)];
    let error = room.inventory.hold(order(), &lines, MINUTES).await.unwrap_err();
    assert_eq!(error.to_string(), "out of stock: only 2 of mug left");
}

#[tokio::test]
async fn an_absurd_time_is_cut_to_the_longest_hold() {
    let room = Stockroom::with(&[("north", "mug", 2)]).await;
    room.inventory.hold(order(), &[want("mug", 1)], std::time::Duration::MAX).await.unwrap();
    let days = room
        .count(
            "select round(extract(epoch from max(expires_at) - now()) / 86400)::bigint from holds",
        )
        .await;
    assert_eq!(days, 30);
}
