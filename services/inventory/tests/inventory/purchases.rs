//! What suppliers were asked for, and what came of it.

use crate::stockroom::{Stockroom, order, sku};
use domain::stock::PurchaseState;
use inventory::{Done, PurchaseError, PurchaseLine, PurchaseOrder};

fn purchase(lines: &[(&str, u32)]) -> PurchaseOrder {
    PurchaseOrder {
        id: order(),
        warehouse: "north".to_owned(),
        supplier: "Potters".to_owned(),
        expected_on: "2026-12-01".parse().ok(),
        lines: lines.iter().map(|(name, pieces)| (sku(name), *pieces)).collect(),
    }
}

#[tokio::test]
async fn goods_come_in_parts_and_each_delivery_once() {
    let room = Stockroom::empty().await;
    let wanted = purchase(&[("cup", 4), ("mug", 5)]);
    let inventory = &room.inventory;
    assert_eq!(inventory.order_purchase(&wanted).await.unwrap(), Done::Now);
    assert_eq!(inventory.order_purchase(&wanted).await.unwrap(), Done::Before);
    let incoming = "select sum(pieces)::bigint from incoming where warehouse = 'north'";
    assert_eq!(room.count(incoming).await, 9);
    let receive = async |note: &str, lines: &[(&str, u32)]| {
        let lines: Vec<_> = lines.iter().map(|(name, pieces)| (sku(name), *pieces)).collect();
        inventory.receive_purchase(wanted.id, note, &lines).await
    };
    let first = receive("DN-1", &[("mug", 3)]).await.unwrap();
    assert_eq!((first.done, first.purchase.state), (Done::Now, PurchaseState::Ordered));
    assert_eq!(receive("DN-1", &[("mug", 3)]).await.unwrap().done, Done::Before);
    assert_eq!(room.count(incoming).await, 6);
    assert!(receive("DN-1", &[("mug", 2)]).await.is_err());
    // The supplier sends one cup more than was asked for.
    let last = receive("DN-2", &[("mug", 2), ("cup", 5)]).await.unwrap();
    let over = PurchaseLine { sku: sku("cup"), ordered: 4, received: 5 };
    assert_eq!((last.purchase.state, last.over), (PurchaseState::Received, vec![over]));
    assert_eq!((room.available("mug").await, room.available("cup").await), (5, 5));
    assert_eq!(receive("DN-2", &[("mug", 2), ("cup", 5)]).await.unwrap().done, Done::Before);
    let error = receive("DN-3", &[("mug", 1)]).await.unwrap_err();
    assert!(matches!(error, PurchaseError::Over { state: PurchaseState::Received }), "{error}");
    assert_eq!(room.available("mug").await, 5);
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn a_supplier_may_name_another_day_until_all_has_come() {
    let room = Stockroom::empty().await;
    let wanted = purchase(&[("mug", 5)]);
    let inventory = &room.inventory;
    inventory.order_purchase(&wanted).await.unwrap();
    for day in ["2026-12-24".parse().ok(), None] {
        let later = PurchaseOrder { expected_on: day, ..wanted.clone() };
        assert_eq!(inventory.order_purchase(&later).await.unwrap(), Done::Now);
        assert_eq!(inventory.order_purchase(&later).await.unwrap(), Done::Before);
        assert_eq!(inventory.purchase(wanted.id).await.unwrap().expected_on, day);
        let promised = "select count(*) from incoming where expected_on = '2026-12-24'";
        assert_eq!(room.count(promised).await, i64::from(day.is_some()));
    }
    inventory.receive_purchase(wanted.id, "1", &[(sku("mug"), 5)]).await.unwrap();
    let error = inventory.order_purchase(&wanted).await.unwrap_err();
    assert!(matches!(error, PurchaseError::Over { state: PurchaseState::Received }));
}

#[tokio::test]
async fn what_was_not_asked_for_is_not_received_and_nothing_more_comes_of_what_is_closed() {
    let room = Stockroom::empty().await;
    let wanted = purchase(&[("mug", 5)]);
    let inventory = &room.inventory;
    inventory.order_purchase(&wanted).await.unwrap();
    let error = inventory.receive_purchase(wanted.id, "1", &[(sku("jug"), 1)]).await.unwrap_err();
    assert!(matches!(error, PurchaseError::NotOrdered { sku: name } if name == sku("jug")));
    assert_eq!(inventory.close_purchase(wanted.id).await.unwrap(), Done::Now);
    assert_eq!(inventory.close_purchase(wanted.id).await.unwrap(), Done::Before);
    assert_eq!(room.count("select count(*) from incoming").await, 0);
    let error = inventory.receive_purchase(wanted.id, "2", &[(sku("mug"), 1)]).await.unwrap_err();
    assert!(matches!(error, PurchaseError::Over { state: PurchaseState::Cancelled }));
    let mut other = wanted.clone();
    other.lines[0].1 = 6;
    let error = inventory.order_purchase(&other).await.unwrap_err();
    assert!(matches!(error, PurchaseError::Conflict { .. }));
    let error = inventory.receive_purchase(order(), "1", &[(sku("mug"), 1)]).await.unwrap_err();
    assert!(matches!(error, PurchaseError::Unknown { .. }));
    assert_eq!(room.count("select count(*) from movements").await, 0);
}
