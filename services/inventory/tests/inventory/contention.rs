//! Many at once: everyone is answered, exactly the stock is sold, nobody waits in a circle.

use crate::stockroom::{MINUTES, NO_TIME, Stockroom, order, want};
use domain::stock::Demand;
use inventory::{AllocateError, HoldError, Inventory, ReleaseError};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Barrier, task::JoinHandle};

/// What a buyer got: the pieces, or how many were left of what was short.
type Answer = Result<u32, u32>;

/// Lets buyers go at once, each with the wish that `wish` gives for their number.
fn buyers(
    inventory: &Inventory,
    count: usize,
    wish: impl Fn(usize) -> Vec<Demand>,
) -> Vec<JoinHandle<Answer>> {
    let start = Arc::new(Barrier::new(count));
    let buyer = |number| {
        let (inventory, start, wish) = (inventory.clone(), start.clone(), wish(number));
        tokio::spawn(async move {
            start.wait().await;
            match inventory.hold(order(), &wish, MINUTES).await {
                Ok(parts) => Ok(parts.iter().map(|part| part.quantity).sum()),
                Err(HoldError::OutOfStock(short)) => Err(short[0].left),
                Err(other) => panic!("a buyer got no answer: {other}"),
            }
        })
    };
    (0..count).map(buyer).collect()
}

async fn answers(buyers: Vec<JoinHandle<Answer>>) -> Vec<Answer> {
    let mut answers = Vec::new();
    for buyer in buyers {
        answers.push(buyer.await.unwrap());
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_item_cannot_be_sold_twice() {
    for _ in 0..10 {
        let room = Stockroom::with(&[("north", "mug", 1)]).await;
        let mut got = answers(buyers(&room.inventory, 2, |_| vec![want("mug", 1)])).await;
        got.sort_unstable();
        assert_eq!(got, [Ok(1), Err(0)]);
        room.assert_books_are_right().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_buyers_of_ten_pieces_buy_exactly_ten() {
    let room = Stockroom::with(&[("north", "mug", 4), ("south", "mug", 6)]).await;
    let got = answers(buyers(&room.inventory, 50, |_| vec![want("mug", 1)])).await;
    assert_eq!(got.iter().filter(|answer| **answer == Ok(1)).count(), 10);
    assert_eq!(got.iter().filter(|answer| **answer == Err(0)).count(), 40);
    assert_eq!(room.level("north", "mug").await, (4, 4, 0));
    assert_eq!(room.level("south", "mug").await, (6, 6, 0));
    room.assert_books_are_right().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wanted_more_than_is_left_is_told_how_many_are_left() {
    let room = Stockroom::with(&[("north", "mug", 10)]).await;
    let got = answers(buyers(&room.inventory, 50, |_| vec![want("mug", 3)])).await;
    assert_eq!(got.iter().filter(|answer| **answer == Ok(3)).count(), 3);
    assert_eq!(got.iter().filter(|answer| **answer == Err(1)).count(), 47);
    assert_eq!(room.available("mug").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn opposite_orders_of_skus_do_not_wait_in_a_circle() {
    let stock =
        [("north", "a", 200), ("south", "b", 200), ("north", "c", 200), ("south", "c", 200)];
    let room = Stockroom::with(&stock).await;
    let wish = |number: usize| {
        let mut lines = vec![want("a", 1), want("b", 1), want("c", 1)];
        lines.rotate_left(number % 3);
        if number.is_multiple_of(2) {
            lines.reverse();
        }
        lines
    };
    let everyone = async {
        for _ in 0..5 {
            let got = answers(buyers(&room.inventory, 40, wish)).await;
            assert!(got.iter().all(|answer| *answer == Ok(3)), "{got:?}");
        }
    };
    tokio::time::timeout(Duration::from_secs(60), everyone).await.unwrap();
    assert_eq!((room.available("a").await, room.available("b").await), (0, 0));
    room.assert_books_are_right().await;
}

/// Holding, replacing, paying, giving back, sweeping and deliveries, all on the same few SKUs.
#[tokio::test(flavor = "multi_thread")]
async fn all_use_cases_at_once_do_not_wait_in_a_circle() {
    let stock = [("north", "a", 50), ("south", "a", 50), ("north", "b", 50), ("south", "b", 50)];
    let room = Stockroom::with(&stock).await;
    let orders: Arc<Vec<_>> = Arc::new((0..6).map(|_| order()).collect());
    let worker = |number: usize| {
        let (inventory, orders) = (room.inventory.clone(), orders.clone());
        tokio::spawn(async move {
            for turn in 0..15 {
                let reference = orders[(number + turn) % orders.len()];
                let quantity = 1 + u32::try_from((number * turn) % 7).unwrap();
                // A refusal is an answer; only a failing database (a deadlock, say) is none.
                match (number + turn * turn) % 6 {
                    0 | 1 => {
                        let wish = [want("b", quantity), want("a", 2)];
                        let held = inventory.hold(reference, &wish, NO_TIME).await;
                        assert!(!matches!(held, Err(HoldError::Storage(_))), "{held:?}");
                    }
                    2 => {
                        let wish = [want("a", 1), want("b", 1)];
                        let held = inventory.hold(order(), &wish, NO_TIME).await;
                        assert!(!matches!(held, Err(HoldError::Storage(_))), "{held:?}");
                    }
                    3 if turn == 14 => {
                        let allocated = inventory.allocate(reference).await;
                        assert!(
                            !matches!(allocated, Err(AllocateError::Storage(_))),
                            "{allocated:?}"
                        );
                    }
                    3 => {
                        let released = inventory.release(reference).await;
                        assert!(!matches!(released, Err(ReleaseError::Storage(_))), "{released:?}");
                    }
                    4 => {
                        let overdue = inventory.list_expired(20).await.unwrap();
                        inventory.expire_holds(&overdue).await.unwrap();
                    }
                    _ => {
                        let lines = [want("b", 1).sku, want("a", 1).sku].map(|sku| (sku, 1));
                        inventory.receive("south", &lines, "delivery", None).await.unwrap();
                    }
                }
            }
        })
    };
    let everyone = async {
        for worker in (0..12).map(worker).collect::<Vec<_>>() {
            worker.await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(60), everyone).await.unwrap();
    room.assert_books_are_right().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_order_placed_by_many_hands_holds_once() {
    let room =
        Stockroom::with(&[("north", "mug", 5), ("south", "mug", 5), ("south", "cup", 9)]).await;
    let reference = order();
    let hands = (0..20).map(|number| {
        let inventory = room.inventory.clone();
        let wish = if number % 2 == 0 { want("mug", 3) } else { want("cup", 2) };
        tokio::spawn(async move { inventory.hold(reference, &[wish], MINUTES).await.unwrap() })
    });
    for hand in hands.collect::<Vec<_>>() {
        hand.await.unwrap();
    }
    let mugs = 10 - room.available("mug").await;
    let cups = 9 - room.available("cup").await;
    assert!((mugs, cups) == (3, 0) || (mugs, cups) == (0, 2), "{mugs} mugs and {cups} cups held");
    room.assert_books_are_right().await;
}
