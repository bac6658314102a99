//! A thousand buyers at once, through eight nodes, of ten pieces in three warehouses: exactly what there is is
//! sold, and everyone else is told.

use crate::stockroom::{MINUTES, NO_TIME, Stockroom, order, sku, want};
use domain::{Country, stock::Demand};
use inventory::{AllocateError, HoldError, Inventory, Warehouse};
use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};
use tokio::task::JoinSet;

const BUYERS: usize = 1_000;
const NODES: usize = 8;

/// Three warehouses with so much in each, and the nodes.
pub async fn shop(stock: &[(&str, &str, u32)]) -> (Stockroom, Vec<Inventory>) {
    let room = Stockroom::empty().await;
    let (code, name) = ("west".to_owned(), "Warehouse west".to_owned());
    let west = Warehouse { code, name, country: Country::DE, priority: 3 };
    room.inventory.ensure_warehouses(&[west]).await.unwrap();
    for (warehouse, name, pieces) in stock {
        room.inventory.receive(warehouse, &[(sku(name), *pieces)], "delivery", None).await.unwrap();
    }
    let node = || Inventory::new(room.database.pool.clone());
    let nodes = (0..NODES).map(|_| node()).collect();
    (room, nodes)
}

/// Lets everybody buy the same at once; answers how many got it. Who did not was told how many are left.
async fn sold(nodes: &[Inventory], wish: &[Demand]) -> usize {
    let mut buyers = JoinSet::new();
    for number in 0..BUYERS {
        let (node, wish) = (nodes[number % NODES].clone(), wish.to_vec());
        buyers.spawn(async move { node.hold(order(), &wish, MINUTES).await });
    }
    let mut sold = 0;
    for answer in buyers.join_all().await {
        match answer {
            Ok(_) => sold += 1,
            Err(HoldError::OutOfStock(short)) => {
                let wanted = |of: &domain::Sku| {
                    let lines = wish.iter().filter(|line| &line.sku == of);
                    lines.map(|line| line.quantity).sum::<u32>()
                };
                assert!(short.iter().all(|short| short.left < wanted(&short.sku)), "{short:?}");
            }
            Err(other) => panic!("a buyer got no answer: {other}"),
        }
    }
    sold
}

pub const MUGS: [(&str, &str, u32); 3] =
    [("north", "mug", 3), ("south", "mug", 4), ("west", "mug", 3)];

#[tokio::test(flavor = "multi_thread")]
async fn ten_are_sold_and_nine_hundred_and_ninety_are_told_so() {
    for _ in 0..5 {
        let (room, nodes) = shop(&MUGS).await;
        assert_eq!(sold(&nodes, &[want("mug", 1)]).await, 10);
        assert_eq!(room.available("mug").await, 0);
        room.assert_books_are_right().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_lines_of_one_thing_are_both_counted() {
    let stock = [&MUGS[..], &[("south", "cup", 8)]].concat();
    let (room, nodes) = shop(&stock).await;
    assert_eq!(sold(&nodes, &[want("mug", 1), want("cup", 1), want("mug", 1)]).await, 5);
    assert_eq!((room.available("mug").await, room.available("cup").await), (0, 3));
    room.assert_books_are_right().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bundles_are_sold_as_far_as_their_components_go() {
    let stock = [&MUGS[..], &[("north", "tray", 4), ("west", "tray", 5)]].concat();
    let (room, nodes) = shop(&stock).await;
    room.inventory.define_bundle(&sku("set"), &[(sku("tray"), 1), (sku("mug"), 2)]).await.unwrap();
    assert_eq!(sold(&nodes, &[want("set", 1)]).await, 5);
    assert_eq!((room.available("set").await, room.available("mug").await), (0, 0));
    assert_eq!(room.available("tray").await, 4);
    room.assert_books_are_right().await;
}

/// Every hold has run out as soon as it is there, and is given back while its order is being paid.
#[tokio::test(flavor = "multi_thread")]
async fn no_more_is_paid_for_than_there_is_while_holds_run_out() {
    let (room, nodes) = shop(&MUGS).await;
    let over = std::sync::Arc::new(AtomicBool::new(false));
    let sweeper = tokio::spawn({
        let (inventory, over) = (room.inventory.clone(), over.clone());
        async move {
            let mut given_back = 0;
            while !over.load(Relaxed) {
                let overdue = inventory.list_expired(50).await.unwrap();
                given_back += inventory.expire_holds(&overdue).await.unwrap().len();
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            given_back
        }
    });
    let mut buyers = JoinSet::new();
    for number in 0..BUYERS {
        let node = nodes[number % NODES].clone();
        buyers.spawn(async move {
            for _ in 0..20 {
                let reference = order();
                match node.hold(reference, &[want("mug", 1)], NO_TIME).await {
                    Ok(_) => {}
                    Err(HoldError::OutOfStock(_)) => {
                        // Perhaps somebody goes away without paying.
                        tokio::time::sleep(Duration::from_millis(2)).await;
                        continue;
                    }
                    Err(other) => panic!("a buyer got no answer: {other}"),
                }
                // The provider takes its time; at each node every second one goes away meanwhile.
                tokio::time::sleep(Duration::from_millis(5)).await;
                if (number / NODES).is_multiple_of(2) {
                    return false;
                }
                return match node.allocate(reference).await {
                    Ok(_) => true,
                    Err(AllocateError::OutOfStock(_)) => false,
                    Err(other) => panic!("who paid got no answer: {other}"),
                };
            }
            false
        });
    }
    let paid = buyers.join_all().await.into_iter().filter(|paid| *paid).count();
    over.store(true, Relaxed);
    let given_back = sweeper.await.unwrap();
    let mut allocated = 0;
    for warehouse in ["north", "south", "west"] {
        let (on_hand, _, own) = room.level(warehouse, "mug").await;
        assert!(own <= on_hand, "{own} of {on_hand} in the {warehouse}");
        allocated += own;
    }
    assert_eq!(usize::try_from(allocated).unwrap(), paid);
    assert!(paid <= 10 && given_back > 0, "{paid} were paid for, {given_back} given back");
    room.assert_books_are_right().await;
}
