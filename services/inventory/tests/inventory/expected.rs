//! What customers send back is expected by the warehouse that is told, and by nobody twice.

use crate::{
    instructions::told,
    stockroom::{MINUTES, Stockroom, order, sku, want},
};
use inventory::{Done, ExpectError, ExpectedReturn, InstructionKind};
use uuid::Uuid;

/// An order of which five mugs were sent from `north` and a cup from `south`, and one mug was not.
async fn sent(room: &Stockroom) -> Uuid {
    let reference = order();
    let inventory = &room.inventory;
    inventory.hold(reference, &[want("mug", 6), want("cup", 1)], MINUTES).await.unwrap();
    inventory.allocate(reference).await.unwrap();
    inventory.ship(reference, "1", "north", &[(sku("mug"), 5)]).await.unwrap();
    inventory.ship(reference, "2", "south", &[(sku("cup"), 1)]).await.unwrap();
    reference
}

async fn stocked() -> Stockroom {
    Stockroom::with(&[("north", "mug", 99), ("south", "cup", 99)]).await
}

fn comes_back(reference: Uuid, warehouse: &str, lines: &[(&str, u32)]) -> ExpectedReturn {
    ExpectedReturn {
        id: Uuid::now_v7(),
        order: reference,
        warehouse: warehouse.to_owned(),
        lines: lines.iter().map(|(name, pieces)| (sku(name), *pieces)).collect(),
    }
}

#[tokio::test]
async fn a_warehouse_is_told_once_what_will_come_back_to_it() {
    let room = stocked().await;
    let reference = sent(&room).await;
    let back = comes_back(reference, "south", &[("mug", 1), ("cup", 1), ("mug", 2)]);
    assert_eq!(room.inventory.expect_return(&back).await.unwrap(), Done::Now);
    assert_eq!(room.inventory.expect_return(&back).await.unwrap(), Done::Before);
    let told = told(&room.inventory).await;
    let last = told.last().unwrap();
    assert_eq!(told.iter().filter(|told| told.kind == InstructionKind::ReturnExpected).count(), 1);
    assert_eq!((last.order, last.return_id), (reference, Some(back.id)));
    assert_eq!(last.warehouse, "south");
    let lines: Vec<_> = last.lines.iter().map(|line| (line.sku.as_str(), line.quantity)).collect();
    assert_eq!(lines, [("cup", 1), ("mug", 3)]);
    // What lies there changes when it has come, and not before.
    assert_eq!(room.level("south", "cup").await, (98, 0, 0));
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn no_more_comes_back_than_was_sent_to_that_order() {
    let room = stocked().await;
    let reference = sent(&room).await;
    let expect = async |reference, lines: &[(&str, u32)]| {
        room.inventory.expect_return(&comes_back(reference, "north", lines)).await
    };
    let refused = async |reference, lines: &[(&str, u32)], of: &str, of_it| {
        let error = expect(reference, lines).await.unwrap_err();
        let ExpectError::NotShipped { sku, left } = &error else { panic!("{error}") };
        assert_eq!((sku.as_str(), *left), (of, of_it));
    };
    refused(reference, &[("mug", 6)], "mug", 5).await;
    refused(reference, &[("cup", 1), ("mug", 3), ("mug", 3)], "mug", 5).await;
    refused(reference, &[("jug", 1)], "jug", 0).await;
    refused(order(), &[("mug", 1)], "mug", 0).await;
    assert_eq!(expect(reference, &[("mug", 3)]).await.unwrap(), Done::Now);
    refused(reference, &[("mug", 3)], "mug", 2).await;
    assert_eq!(expect(reference, &[("mug", 2), ("cup", 1)]).await.unwrap(), Done::Now);
    assert!(matches!(expect(reference, &[]).await, Err(ExpectError::NoPieces)));
    assert!(matches!(expect(reference, &[("mug", 0)]).await, Err(ExpectError::NoPieces)));
    let nowhere = comes_back(sent(&room).await, "moon", &[("mug", 1)]);
    let error = room.inventory.expect_return(&nowhere).await.unwrap_err();
    assert!(matches!(&error, ExpectError::UnknownWarehouse { warehouse } if warehouse == "moon"));
    let told = told(&room.inventory).await;
    let returns = told.iter().filter(|told| told.kind == InstructionKind::ReturnExpected);
    assert_eq!(returns.count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_announce_at_once_announce_no_more_than_was_sent_and_a_name_is_one_return() {
    let room = stocked().await;
    let (reference, other) = (sent(&room).await, order());
    let (inventory, one) = (&room.inventory, comes_back(reference, "north", &[("mug", 1)]));
    let announce = async |backs: Vec<ExpectedReturn>| {
        let asks: Vec<_> = backs
            .into_iter()
            .map(|back| {
                let inventory = inventory.clone();
                tokio::spawn(async move { inventory.expect_return(&back).await })
            })
            .collect();
        let mut answers = (0, 0, 0);
        for ask in asks {
            match ask.await.unwrap() {
                Ok(Done::Now) => answers.0 += 1,
                Ok(Done::Before) => answers.1 += 1,
                Err(ExpectError::NotShipped { left: 0, .. }) => answers.2 += 1,
                Err(error) => panic!("{error}"),
            }
        }
        answers
    };
    let another = || comes_back(reference, "north", &[("mug", 1)]);
    // Eight times one and the same, and two others between them.
    let mixed = (0..10).map(|number| if number % 5 == 2 { another() } else { one.clone() });
    assert_eq!(announce(mixed.collect()).await, (3, 7, 0));
    assert_eq!(announce((0..10).map(|_| another()).collect()).await, (2, 0, 8));
    // The name is taken, whoever else it is given to.
    for changed in [
        ExpectedReturn { order: other, ..one.clone() },
        ExpectedReturn { warehouse: "south".to_owned(), ..one.clone() },
        ExpectedReturn { lines: vec![(sku("mug"), 2)], ..one.clone() },
    ] {
        let error = inventory.expect_return(&changed).await.unwrap_err();
        assert!(matches!(error, ExpectError::Conflict { id } if id == one.id), "{error}");
    }
}
