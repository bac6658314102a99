//! Sending, cancelling, taking back and throwing away, each once however often it is said.

use crate::stockroom::{MINUTES, Stockroom, order, part, sku, want};
use inventory::{ActError, Done, Returned, Taken};
use uuid::Uuid;

async fn paid(room: &Stockroom, mugs: u32) -> Uuid {
    let reference = order();
    room.inventory.hold(reference, &[want("mug", mugs)], MINUTES).await.unwrap();
    room.inventory.allocate(reference).await.unwrap();
    reference
}

#[tokio::test]
async fn an_order_from_two_warehouses_is_sent_in_two_shipments() {
    let room = Stockroom::with(&[("north", "mug", 3), ("south", "mug", 4)]).await;
    let reference = paid(&room, 6).await;
    let ship = async |name: &str, warehouse: &str, pieces| {
        room.inventory.ship(reference, name, warehouse, &[(sku("mug"), pieces)]).await
    };
    assert_eq!(ship("1", "south", 4).await.unwrap(), Done::Now);
    assert_eq!(ship("1", "south", 4).await.unwrap(), Done::Before);
    assert!(matches!(ship("1", "south", 3).await, Err(ActError::Conflict { .. })));
    assert_eq!(ship("2", "north", 1).await.unwrap(), Done::Now);
    let error = ship("3", "north", 2).await.unwrap_err();
    assert!(matches!(error, ActError::NotAllocated { open: 1, .. }), "{error}");
    assert!(matches!(ship("4", "moon", 1).await, Err(ActError::UnknownWarehouse { .. })));
    assert!(matches!(ship("5", "north", 0).await, Err(ActError::NoPieces)));
    assert_eq!(
        (room.level("north", "mug").await, room.level("south", "mug").await),
        ((2, 0, 1), (0, 0, 0))
    );
    assert_eq!(room.inventory.allocate(reference).await.unwrap().taken, Taken::Before);
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn what_was_not_sent_of_a_cancelled_order_can_be_bought_again() {
    let room = Stockroom::with(&[("north", "mug", 3), ("south", "mug", 4)]).await;
    let reference = paid(&room, 6).await;
    room.inventory.ship(reference, "1", "south", &[(sku("mug"), 1)]).await.unwrap();
    let given_back = room.inventory.cancel_allocation(reference).await.unwrap();
    assert_eq!(given_back, [part("north", "mug", 2), part("south", "mug", 3)]);
    assert!(room.inventory.cancel_allocation(reference).await.unwrap().is_empty());
    assert_eq!(room.available("mug").await, 6);
    let states = "select count(*) from holds
        where (warehouse, state, shipped, cancelled) in
          (('north', 'cancelled', 0, 2), ('south', 'shipped', 1, 3))";
    assert_eq!(room.count(states).await, 2);
    let late = room.inventory.ship(reference, "2", "north", &[(sku("mug"), 1)]).await;
    assert!(matches!(late, Err(ActError::NotAllocated { open: 0, .. })));
    // An order that was not paid has nothing to cancel.
    let unpaid = order();
    room.inventory.hold(unpaid, &[want("mug", 1)], MINUTES).await.unwrap();
    assert!(room.inventory.cancel_allocation(unpaid).await.unwrap().is_empty());
    room.assert_books_are_right().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cancels_and_who_sends_at_once_share_the_pieces_between_them() {
    for _ in 0..5 {
        let room = Stockroom::with(&[("north", "mug", 9)]).await;
        let reference = paid(&room, 4).await;
        let ships = (0..4).map(|number: u32| {
            let inventory = room.inventory.clone();
            tokio::spawn(async move {
                let lines = [(sku("mug"), 1)];
                inventory.ship(reference, &number.to_string(), "north", &lines).await.is_ok()
            })
        });
        let ships: Vec<_> = ships.collect();
        let cancelled = room.inventory.cancel_allocation(reference).await.unwrap();
        let mut sent = 0;
        for ship in ships {
            sent += u32::from(ship.await.unwrap());
        }
        assert_eq!(sent + cancelled.iter().map(|part| part.quantity).sum::<u32>(), 4);
        assert_eq!(room.level("north", "mug").await, (9 - i64::from(sent), 0, 0));
        room.assert_books_are_right().await;
    }
}

#[tokio::test]
async fn what_comes_back_can_be_sold_again_but_for_what_is_broken() {
    let room = Stockroom::with(&[("north", "mug", 5)]).await;
    let reference = paid(&room, 4).await;
    room.inventory.ship(reference, "1", "north", &[(sku("mug"), 4)]).await.unwrap();
    let (id, lines) = (order(), [Returned { sku: sku("mug"), quantity: 3, scrapped: 1 }]);
    let take_back = async || room.inventory.take_back(id, Some(reference), "south", &lines).await;
    assert_eq!(take_back().await.unwrap(), Done::Now);
    assert_eq!(take_back().await.unwrap(), Done::Before);
    // To another house than it came from.
    assert_eq!(room.level("south", "mug").await, (2, 0, 0));
    let kinds = "select count(*) from movements
        where (kind, on_hand) in (('returned', 3), ('scrapped', -1)) and warehouse = 'south'";
    assert_eq!(room.count(kinds).await, 2);
    let more = [Returned { sku: sku("mug"), quantity: 1, scrapped: 2 }];
    let error = room.inventory.take_back(order(), None, "south", &more).await.unwrap_err();
    assert!(matches!(error, ActError::NoPieces));
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn nothing_that_is_promised_is_thrown_away() {
    let room = Stockroom::with(&[("north", "mug", 5)]).await;
    paid(&room, 3).await;
    let scrap = async |id, pieces| {
        room.inventory.scrap(id, "north", &[(sku("mug"), pieces)], "broken").await
    };
    let error = scrap(order(), 3).await.unwrap_err();
    assert!(matches!(error, ActError::WouldTakePromised { on_hand: 5, needed: 3, .. }), "{error}");
    let id = order();
    assert_eq!(
        (scrap(id, 2).await.unwrap(), scrap(id, 2).await.unwrap()),
        (Done::Now, Done::Before)
    );
    assert_eq!(room.count("select count(*) from movements where cause = 'broken'").await, 1);
    assert_eq!(room.level("north", "mug").await, (3, 0, 3));
}
