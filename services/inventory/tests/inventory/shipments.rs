//! What became of the pieces of a paid order, as the order asks for it, and calling off what was not sent.

use crate::stockroom::{MINUTES, Stockroom, order, part, sku, want};
use inventory::{CallOffError, Shipment};
use uuid::Uuid;

async fn paid(room: &Stockroom, mugs: u32) -> Uuid {
    let reference = order();
    room.inventory.hold(reference, &[want("mug", mugs)], MINUTES).await.unwrap();
    room.inventory.allocate(reference).await.unwrap();
    reference
}

#[tokio::test]
async fn an_order_learns_what_each_warehouse_sent_of_it() {
    let room = Stockroom::with(&[("north", "mug", 3), ("south", "mug", 4)]).await;
    let unpaid = order();
    room.inventory.hold(unpaid, &[want("mug", 1)], MINUTES).await.unwrap();
    assert!(room.inventory.shipments_of(unpaid).await.unwrap().is_empty());
    room.inventory.release(unpaid).await.unwrap();

    let reference = paid(&room, 6).await;
    room.inventory.ship(reference, "1", "south", &[(sku("mug"), 3)]).await.unwrap();
    room.inventory.cancel_allocation(reference).await.unwrap();
    let shipments = room.inventory.shipments_of(reference).await.unwrap();
    let numbers = |s: &Shipment| (s.warehouse.clone(), s.quantity, s.sent, s.cancelled);
    let shipments: Vec<_> = shipments.iter().map(numbers).collect();
    assert_eq!(shipments, [("north".to_owned(), 2, 0, 2), ("south".to_owned(), 4, 3, 1)]);
}

#[tokio::test]
async fn whatever_becomes_of_an_orders_pieces_is_told_once() {
    let room = Stockroom::with(&[("north", "mug", 9)]).await;
    let reference = paid(&room, 3).await;
    let told = "select count(*) from outbox where topic = 'shipment'";
    assert_eq!(room.count(told).await, 0);
    for _ in 0..2 {
        room.inventory.ship(reference, "1", "north", &[(sku("mug"), 2)]).await.unwrap();
    }
    assert_eq!(room.count(told).await, 1);
    // What cannot be is no news.
    assert!(room.inventory.ship(reference, "2", "north", &[(sku("mug"), 2)]).await.is_err());
    assert_eq!(room.count(told).await, 1);
    room.inventory.cancel_allocation(reference).await.unwrap();
    assert_eq!(room.count(told).await, 2);
}

#[tokio::test]
async fn an_order_is_called_off_whole_or_not_at_all() {
    let room = Stockroom::with(&[("north", "mug", 3), ("south", "mug", 4)]).await;
    let (all, some) = (paid(&room, 2).await, paid(&room, 2).await);
    let given_back = room.inventory.call_off(all).await.unwrap();
    assert_eq!(given_back.iter().map(|part| part.quantity).sum::<u32>(), 2);
    assert!(room.inventory.call_off(all).await.unwrap().is_empty(), "not twice");

    let from = room.inventory.shipments_of(some).await.unwrap()[0].warehouse.clone();
    room.inventory.ship(some, "1", &from, &[(sku("mug"), 1)]).await.unwrap();
    assert!(matches!(room.inventory.call_off(some).await, Err(CallOffError::Sent)));
    assert_eq!(room.available("mug").await, 5);
    // The rest of it can still be sent.
    room.inventory.ship(some, "2", &from, &[(sku("mug"), 1)]).await.unwrap();
    room.assert_books_are_right().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_calls_off_and_who_sends_at_once_is_the_one_or_the_other() {
    for _ in 0..8 {
        let room = Stockroom::with(&[("north", "mug", 4)]).await;
        let reference = paid(&room, 4).await;
        let (sender, caller) = (room.inventory.clone(), room.inventory.clone());
        let sending =
            tokio::spawn(
                async move { sender.ship(reference, "1", "north", &[(sku("mug"), 1)]).await },
            );
        let calling = tokio::spawn(async move { caller.call_off(reference).await });
        let (sent, called_off) = (sending.await.unwrap(), calling.await.unwrap());
        match called_off {
            Ok(given_back) => {
                assert_eq!(given_back, [part("north", "mug", 4)]);
                assert!(sent.is_err(), "sent what was called off");
                assert_eq!(room.available("mug").await, 4);
            }
            Err(CallOffError::Sent) => {
                sent.unwrap();
                assert_eq!(room.available("mug").await, 0);
            }
            Err(error) => panic!("{error}"),
        }
        room.assert_books_are_right().await;
    }
}
