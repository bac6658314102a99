//! Holds whose time has run out, by the database's clock.

use crate::stockroom::{MINUTES, NO_TIME, Stockroom, order, want};

#[tokio::test]
async fn an_expired_hold_is_listed_and_given_back() {
    let room = Stockroom::with(&[("north", "mug", 3), ("south", "cup", 3)]).await;
    let (late, in_time) = (order(), order());
    room.inventory.hold(late, &[want("mug", 2), want("cup", 1)], NO_TIME).await.unwrap();
    room.inventory.hold(in_time, &[want("mug", 1)], MINUTES).await.unwrap();
    // Expired is not given back: nobody else can buy the pieces yet.
    assert_eq!(room.available("mug").await, 0);
    assert_eq!(room.inventory.list_expired(10).await.unwrap(), [late]);
    assert_eq!(room.inventory.expire_holds(&[late, in_time]).await.unwrap(), [late]);
    assert_eq!((room.available("mug").await, room.available("cup").await), (2, 3));
    assert!(room.inventory.list_expired(10).await.unwrap().is_empty());
    assert!(room.inventory.expire_holds(&[late]).await.unwrap().is_empty());
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn the_longest_overdue_is_listed_first() {
    let room = Stockroom::with(&[("north", "mug", 9)]).await;
    let orders = [order(), order(), order()];
    for reference in orders {
        room.inventory.hold(reference, &[want("mug", 1)], NO_TIME).await.unwrap();
    }
    assert_eq!(room.inventory.list_expired(2).await.unwrap(), orders[..2]);
}

#[tokio::test]
async fn a_hold_that_was_extended_meanwhile_is_not_given_back() {
    let room = Stockroom::with(&[("north", "mug", 3)]).await;
    let reference = order();
    room.inventory.hold(reference, &[want("mug", 2)], NO_TIME).await.unwrap();
    let listed = room.inventory.list_expired(10).await.unwrap();
    assert!(room.inventory.extend(reference, MINUTES).await.unwrap());
    assert!(room.inventory.expire_holds(&listed).await.unwrap().is_empty());
    assert_eq!(room.level("north", "mug").await, (3, 2, 0));
}

#[tokio::test]
async fn a_hold_that_was_paid_meanwhile_is_not_given_back() {
    let room = Stockroom::with(&[("north", "mug", 3)]).await;
    let reference = order();
    room.inventory.hold(reference, &[want("mug", 2)], NO_TIME).await.unwrap();
    let listed = room.inventory.list_expired(10).await.unwrap();
    room.inventory.allocate(reference).await.unwrap();
    assert!(room.inventory.expire_holds(&listed).await.unwrap().is_empty());
    assert_eq!(room.level("north", "mug").await, (3, 0, 2));
}

#[tokio::test]
async fn an_order_that_somebody_is_at_work_on_is_left_for_the_next_time() {
    let room = Stockroom::with(&[("north", "mug", 3)]).await;
    let (busy, idle) = (order(), order());
    room.inventory.hold(busy, &[want("mug", 1)], NO_TIME).await.unwrap();
    room.inventory.hold(idle, &[want("mug", 1)], NO_TIME).await.unwrap();
    let mut work = room.database.pool.begin().await.unwrap();
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('inventory hold ' || $1::text, 0))")
        .bind(busy)
        .execute(&mut *work)
        .await
        .unwrap();
    assert_eq!(room.inventory.expire_holds(&[busy, idle]).await.unwrap(), [idle]);
    work.rollback().await.unwrap();
    assert_eq!(room.inventory.expire_holds(&[busy, idle]).await.unwrap(), [busy]);
}

#[tokio::test]
async fn only_a_hold_that_is_still_held_can_be_extended() {
    let room = Stockroom::with(&[("north", "mug", 3)]).await;
    let (released, paid) = (order(), order());
    assert!(!room.inventory.extend(order(), MINUTES).await.unwrap());
    room.inventory.hold(released, &[want("mug", 1)], MINUTES).await.unwrap();
    room.inventory.release(released).await.unwrap();
    assert!(!room.inventory.extend(released, MINUTES).await.unwrap());
    room.inventory.hold(paid, &[want("mug", 1)], MINUTES).await.unwrap();
    room.inventory.allocate(paid).await.unwrap();
    assert!(!room.inventory.extend(paid, MINUTES).await.unwrap());
}
