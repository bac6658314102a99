//! What the warehouses send of a paid order becomes its parcels, once, whoever hears of it and however often.

use crate::world::{CHAIR, LAMP, World, sku};
use domain::order::{Actor, FulfilmentStatus, Happened, OrderView, Tracking};
use orders::Placed;

/// Ships pieces of the only order from a warehouse, as its software would tell.
async fn ship(world: &World, shipment: &str, warehouse: &str, text: &str, pieces: u32) {
    let order = world.only_order().await;
    world.inventory.ship(order, shipment, warehouse, &[(sku(text), pieces)]).await.unwrap();
}

async fn paid(world: &World, text: &str, pieces: u32) -> Placed {
    let placed = world.place(&world.shopper(text, pieces).await).await.unwrap();
    world.choose(&placed.pay, "success").await;
    world.look(&placed).await;
    placed
}

/// The parcels: from where, and what is in them.
fn parcels(order: &OrderView) -> Vec<(u32, &str, u32)> {
    let pieces = |parcel: &domain::order::Parcel| parcel.lines.iter().map(|l| l.quantity).sum();
    order.parcels.iter().map(|p| (p.number, p.warehouse.as_str(), pieces(p))).collect()
}

#[tokio::test]
async fn each_parcel_that_leaves_a_warehouse_shows_on_the_order() {
    let world = World::new().await;
    let placed = paid(&world, LAMP, 8).await;
    let id = world.only_order().await;
    let before = world.look(&placed).await;
    assert_eq!(before.fulfilment, FulfilmentStatus::Unfulfilled);
    let unsent: Vec<_> = before.unsent.iter().map(|part| part.warehouse.as_str()).collect();
    assert_eq!((parcels(&before), unsent), (vec![], vec!["north", "south"]));

    ship(&world, "1", "north", LAMP, 6).await;
    assert!(world.orders.note_shipments(id).await.unwrap());
    let partly = world.look(&placed).await;
    assert_eq!(partly.fulfilment, FulfilmentStatus::PartiallyFulfilled);
    assert_eq!(parcels(&partly), [(1, "north", 6)]);
    assert_eq!(partly.unsent[0].lines[0].quantity, 2);

    ship(&world, "2", "south", LAMP, 1).await;
    world.orders.note_shipments(id).await.unwrap();
    ship(&world, "3", "south", LAMP, 1).await;
    world.orders.note_shipments(id).await.unwrap();
    let sent = world.look(&placed).await;
    assert_eq!(sent.fulfilment, FulfilmentStatus::Fulfilled);
    assert_eq!(parcels(&sent), [(1, "north", 6), (2, "south", 1), (3, "south", 1)]);
    assert!(sent.unsent.is_empty());
    let told = sent.timeline.iter().filter(|entry| entry.by == Actor::Warehouse).count();
    assert_eq!(told, 3);
    world.assert_in_order().await;
}

#[tokio::test]
async fn a_parcel_that_many_hear_of_at_once_is_one_parcel() {
    let world = World::new().await;
    let placed = paid(&world, LAMP, 3).await;
    let id = world.only_order().await;
    ship(&world, "1", "north", LAMP, 3).await;
    let other = world.another_node().await;
    let heard = futures::future::join_all((0..8).map(|n| {
        let node = if n % 2 == 0 { &world.orders } else { &other };
        node.note_shipments(id)
    }));
    let heard = heard.await.into_iter().filter(|new| *new.as_ref().unwrap()).count();
    assert_eq!(heard, 1);
    assert_eq!(parcels(&world.look(&placed).await), [(1, "north", 3)]);
    let sent = "select count(*) from events where kind = 'parcel_sent'";
    assert_eq!(world.scalar(sent).await, 1);
}

#[tokio::test]
async fn a_parcel_that_nobody_heard_of_is_found_by_the_sweeper() {
    let world = World::new().await;
    let placed = paid(&world, CHAIR, 1).await;
    ship(&world, "1", "north", CHAIR, 1).await;
    world.sweep_until("select count(*) from parcels", 1).await;
    let order = world.look(&placed).await;
    assert_eq!(order.fulfilment, FulfilmentStatus::Fulfilled);
    // What was all sent is not looked at any more.
    let open = "select count(*) from orders where fulfilment_status = 'unfulfilled'";
    assert_eq!(world.scalar(open).await, 0);
}

#[tokio::test]
async fn a_shipment_is_told_to_whoever_writes_parcels() {
    let world = World::new().await;
    paid(&world, LAMP, 1).await;
    let told = "select count(*) from inventory.outbox where topic = 'shipment'";
    assert_eq!(world.scalar(told).await, 0);
    ship(&world, "1", "north", LAMP, 1).await;
    // The same told again is no news.
    ship(&world, "1", "north", LAMP, 1).await;
    assert_eq!(world.scalar(told).await, 1);
    let order = world.only_order().await.to_string();
    let key: String =
        sqlx::query_scalar("select key from inventory.outbox where topic = 'shipment'")
            .fetch_one(&world.pool)
            .await
            .unwrap();
    assert_eq!(key, order);
}

#[tokio::test]
async fn a_parcel_is_labelled_and_arrives() {
    let world = World::new().await;
    let placed = paid(&world, LAMP, 2).await;
    let id = world.only_order().await;
    let label = Tracking::parse("DHL", "JJD01").unwrap();
    let wrong = Tracking::parse("DHL", "JJD00").unwrap();
    let (number, staff) = (&placed.number, Actor::Staff);
    assert_eq!(world.orders.label_parcel(number, 1, &label, staff).await.unwrap(), None);
    ship(&world, "1", "north", LAMP, 2).await;
    world.orders.note_shipments(id).await.unwrap();
    for label in [&wrong, &label, &label] {
        assert_eq!(world.orders.label_parcel(number, 1, label, staff).await.unwrap(), Some(()));
    }
    assert_eq!(world.look(&placed).await.parcels[0].tracking, Some(label));
    for _ in 0..2 {
        assert_eq!(world.orders.mark_delivered(number, 1, staff).await.unwrap(), Some(()));
    }
    assert_eq!(world.orders.mark_delivered(number, 7, staff).await.unwrap(), None);
    let order = world.look(&placed).await;
    assert_eq!(order.fulfilment, FulfilmentStatus::Delivered);
    assert!(order.parcels[0].delivered_at.is_some());
    let happened = |what: fn(&Happened) -> bool| {
        order.timeline.iter().filter(|entry| what(&entry.happened)).count()
    };
    assert_eq!(happened(|what| matches!(what, Happened::ParcelTracked { .. })), 2);
    assert_eq!(happened(|what| matches!(what, Happened::ParcelDelivered { .. })), 1);
}

#[tokio::test]
async fn what_was_sent_cannot_be_rewritten() {
    let world = World::new().await;
    let placed = paid(&world, LAMP, 1).await;
    let id = world.only_order().await;
    ship(&world, "1", "north", LAMP, 1).await;
    world.orders.note_shipments(id).await.unwrap();
    world.orders.mark_delivered(&placed.number, 1, Actor::Staff).await.unwrap();
    for (illegal, constraint) in [
        ("update parcel_lines set quantity = 2", "history_is_append_only_ck"),
        ("delete from parcel_lines", "history_is_append_only_ck"),
        ("update parcels set warehouse = 'south'", "parcels_stay_sent_ck"),
        ("update parcels set delivered_at = null", "parcels_stay_sent_ck"),
        ("delete from parcels", "parcels_stay_sent_ck"),
        ("update parcels set carrier = 'DHL'", "parcels_are_tracked_whole_ck"),
    ] {
        assert_eq!(world.refusal(illegal).await, constraint, "{illegal}");
    }
}
