//! Making an order's pieces its own, once it was paid.

use crate::stockroom::{MINUTES, NO_TIME, Stockroom, order, part, sku, want};
use domain::stock::Shortage;
use inventory::{AllocateError, Taken};

#[tokio::test]
async fn a_paid_order_owns_its_pieces() {
    let room = Stockroom::with(&[("north", "mug", 3), ("north", "cup", 1)]).await;
    let reference = order();
    let lines = [want("mug", 2), want("cup", 1)];
    let held = room.inventory.hold(reference, &lines, MINUTES).await.unwrap();
    let allocated = room.inventory.allocate(reference).await.unwrap();
    assert_eq!(allocated.allocations, held);
    assert_eq!(allocated.taken, Taken::FromHold);
    assert_eq!(room.level("north", "mug").await, (3, 0, 2));
    assert_eq!(room.available("mug").await, 1);
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn allocating_twice_allocates_once() {
    let room = Stockroom::with(&[("north", "mug", 3)]).await;
    let reference = order();
    room.inventory.hold(reference, &[want("mug", 2)], MINUTES).await.unwrap();
    let first = room.inventory.allocate(reference).await.unwrap();
    let second = room.inventory.allocate(reference).await.unwrap();
    assert_eq!(second.allocations, first.allocations);
    assert_eq!(second.taken, Taken::Before);
    assert_eq!(room.level("north", "mug").await, (3, 0, 2));
    assert_eq!(room.count("select count(*) from movements where kind = 'allocated'").await, 1);
}

#[tokio::test]
async fn many_callers_allocate_once() {
    let room = Stockroom::with(&[("north", "mug", 3)]).await;
    let reference = order();
    room.inventory.hold(reference, &[want("mug", 2)], MINUTES).await.unwrap();
    let calls = (0..8).map(|_| {
        let inventory = room.inventory.clone();
        tokio::spawn(async move { inventory.allocate(reference).await.unwrap().taken })
    });
    let mut first = 0;
    for call in calls.collect::<Vec<_>>() {
        first += usize::from(call.await.unwrap() == Taken::FromHold);
    }
    assert_eq!(first, 1);
    assert_eq!(room.level("north", "mug").await, (3, 0, 2));
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn an_expired_hold_that_nobody_gave_back_serves() {
    let room = Stockroom::with(&[("north", "mug", 3)]).await;
    let reference = order();
    room.inventory.hold(reference, &[want("mug", 2)], NO_TIME).await.unwrap();
    assert_eq!(room.inventory.allocate(reference).await.unwrap().taken, Taken::FromHold);
}

#[tokio::test]
async fn after_a_release_the_pieces_are_taken_anew_from_where_there_are_some() {
    let room = Stockroom::with(&[("north", "mug", 2), ("south", "mug", 2)]).await;
    let reference = order();
    let held = room.inventory.hold(reference, &[want("mug", 2)], MINUTES).await.unwrap();
    assert_eq!(held, [part("north", "mug", 2)]);
    room.inventory.release(reference).await.unwrap();
    room.inventory.hold(order(), &[want("mug", 1)], MINUTES).await.unwrap();
    let allocated = room.inventory.allocate(reference).await.unwrap();
    assert_eq!(allocated.allocations, [part("south", "mug", 2)]);
    assert_eq!(allocated.taken, Taken::Anew);
    assert_eq!(room.level("north", "mug").await, (2, 1, 0));
    assert_eq!(room.level("south", "mug").await, (2, 0, 2));
    assert_eq!(room.inventory.allocate(reference).await.unwrap().taken, Taken::Before);
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn after_a_release_only_the_latest_demands_are_taken_anew() {
    let room = Stockroom::with(&[("north", "mug", 5), ("north", "cup", 5)]).await;
    let reference = order();
    room.inventory.hold(reference, &[want("mug", 5)], MINUTES).await.unwrap();
    room.inventory.hold(reference, &[want("cup", 2)], MINUTES).await.unwrap();
    room.inventory.release(reference).await.unwrap();
    let allocated = room.inventory.allocate(reference).await.unwrap();
    assert_eq!(allocated.allocations, [part("north", "cup", 2)]);
}

#[tokio::test]
async fn after_a_release_the_caller_is_told_when_the_pieces_are_gone() {
    let room = Stockroom::with(&[("north", "mug", 2), ("north", "cup", 2)]).await;
    let reference = order();
    room.inventory.hold(reference, &[want("mug", 2), want("cup", 1)], NO_TIME).await.unwrap();
    room.inventory.expire_holds(&[reference]).await.unwrap();
    room.inventory.hold(order(), &[want("mug", 1)], MINUTES).await.unwrap();
    let error = room.inventory.allocate(reference).await.unwrap_err();
    let AllocateError::OutOfStock(shortages) = error else { panic!("{error}") };
    assert_eq!(shortages, [Shortage { sku: sku("mug"), left: 1 }]);
    assert_eq!(room.level("north", "cup").await, (2, 0, 0));
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn an_order_that_never_held_anything_is_told_so() {
    let room = Stockroom::empty().await;
    let reference = order();
    let error = room.inventory.allocate(reference).await.unwrap_err();
    assert!(matches!(error, AllocateError::NeverHeld { reference: r } if r == reference));
}
