//! From one warehouse to another: what is under way is in neither.

use crate::stockroom::{MINUTES, Stockroom, order, sku, want};
use domain::stock::{PurchaseState, TransferState};
use inventory::{ActError, Done, Error, Transfer, TransferError};

fn transfer(lines: &[(&str, u32)]) -> Transfer {
    Transfer {
        id: order(),
        from: "north".to_owned(),
        to: "south".to_owned(),
        expected_on: "2026-12-01".parse().ok(),
        lines: lines.iter().map(|(name, pieces)| (sku(name), *pieces)).collect(),
    }
}

#[tokio::test]
async fn pieces_leave_are_under_way_and_arrive() {
    let room = Stockroom::with(&[("north", "mug", 5)]).await;
    let wanted = transfer(&[("mug", 3)]);
    let inventory = &room.inventory;
    assert_eq!(inventory.order_transfer(&wanted).await.unwrap(), Done::Now);
    assert_eq!(inventory.order_transfer(&wanted).await.unwrap(), Done::Before);
    assert_eq!(room.available("mug").await, 5);
    assert_eq!(inventory.send_transfer(wanted.id).await.unwrap(), Done::Now);
    assert_eq!(inventory.send_transfer(wanted.id).await.unwrap(), Done::Before);
    assert_eq!(room.available("mug").await, 2);
    let under_way = inventory.transfers().await.unwrap();
    assert_eq!((under_way[0].state, &under_way[0].transfer), (TransferState::InTransit, &wanted));
    assert_eq!(inventory.receive_transfer(wanted.id, None).await.unwrap(), Done::Now);
    assert_eq!(inventory.receive_transfer(wanted.id, None).await.unwrap(), Done::Before);
    assert_eq!(room.level("south", "mug").await, (3, 0, 0));
    assert!(inventory.transfers().await.unwrap().is_empty());
    room.assert_books_are_right().await;
}

#[tokio::test]
async fn what_is_lost_on_the_way_arrives_nowhere() {
    let room = Stockroom::with(&[("north", "mug", 5), ("north", "cup", 2)]).await;
    let wanted = transfer(&[("cup", 2), ("mug", 3)]);
    room.inventory.order_transfer(&wanted).await.unwrap();
    room.inventory.send_transfer(wanted.id).await.unwrap();
    for more in [("mug", 4), ("jug", 1)] {
        let arrived = [(sku(more.0), more.1)];
        let error = room.inventory.receive_transfer(wanted.id, Some(&arrived)).await.unwrap_err();
        assert!(matches!(error, TransferError::MoreThanLeft { .. }), "{error}");
    }
    room.inventory.receive_transfer(wanted.id, Some(&[(sku("mug"), 1)])).await.unwrap();
    assert_eq!(room.level("south", "mug").await, (1, 0, 0));
    assert_eq!(room.available("cup").await, 0);
    let lost = "select coalesce(sum(quantity - arrived), 0)::bigint from transfer_lines";
    assert_eq!(room.count(lost).await, 4);
}

#[tokio::test]
async fn a_transfer_that_cannot_be_is_refused_and_moves_nothing() {
    let room = Stockroom::with(&[("north", "mug", 5)]).await;
    room.inventory.hold(order(), &[want("mug", 3)], MINUTES).await.unwrap();
    let inventory = &room.inventory;
    let wanted = transfer(&[("mug", 3)]);
    inventory.order_transfer(&wanted).await.unwrap();
    // Three of the five are promised.
    let error = inventory.send_transfer(wanted.id).await.unwrap_err();
    let TransferError::Refused(ActError::WouldTakePromised { on_hand: 5, needed: 3, .. }) = error
    else {
        panic!("{error}")
    };
    let error = inventory.receive_transfer(wanted.id, None).await.unwrap_err();
    assert!(matches!(error, TransferError::Illegal { state: TransferState::Ordered, .. }));
    assert_eq!(inventory.cancel_transfer(wanted.id).await.unwrap(), Done::Now);
    let error = inventory.send_transfer(wanted.id).await.unwrap_err();
    assert!(matches!(error, TransferError::Illegal { state: TransferState::Cancelled, .. }));
    let mut other = wanted.clone();
    other.lines[0].1 = 4;
    let error = inventory.order_transfer(&other).await.unwrap_err();
    assert!(matches!(error, TransferError::Conflict { .. }));
    other.to = "north".to_owned();
    assert!(matches!(inventory.order_transfer(&other).await, Err(TransferError::Nonsense)));
    other.to = "moon".to_owned();
    assert!(matches!(inventory.order_transfer(&other).await, Err(TransferError::Refused(_))));
    assert!(matches!(inventory.send_transfer(order()).await, Err(TransferError::Unknown { .. })));
    assert_eq!(room.level("north", "mug").await, (5, 3, 0));
}

/// Tries every step with plain SQL, from a row that was brought to each state by legal ones.
#[tokio::test]
async fn the_database_allows_the_steps_that_the_domain_allows_and_no_others() {
    let room = Stockroom::empty().await;
    let pool = &room.database.pool;
    for from in TransferState::ALL {
        for to in TransferState::ALL.into_iter().filter(|to| *to != from) {
            let wanted = transfer(&[("mug", 1)]);
            room.inventory.order_transfer(&wanted).await.unwrap();
            let become_ = async |state: TransferState| {
                let step = sqlx::query("update transfers set state = $2 where id = $1");
                step.bind(wanted.id).bind(state.as_str()).execute(pool).await
            };
            let way: &[TransferState] = match from {
                TransferState::Ordered => &[],
                TransferState::Arrived => &[TransferState::InTransit, TransferState::Arrived],
                state => &[state],
            };
            for state in way {
                become_(*state).await.unwrap();
            }
            let result = become_(to).await;
            assert_eq!(result.is_ok(), from.may_become(to), "{from:?} to {to:?}");
            if let Err(error) = result {
                assert!(matches!(Error::from(error), Error::IllegalTransition { .. }));
            }
        }
    }
    for from in PurchaseState::ALL {
        for to in PurchaseState::ALL.into_iter().filter(|to| *to != from) {
            let id = order();
            let write =
                "insert into purchase_orders (id, warehouse, supplier) values ($1, 'north', 'x')";
            sqlx::query(write).bind(id).execute(pool).await.unwrap();
            let become_ = async |state: PurchaseState| {
                let step = sqlx::query("update purchase_orders set state = $2 where id = $1");
                step.bind(id).bind(state.as_str()).execute(pool).await
            };
            if from != PurchaseState::Ordered {
                become_(from).await.unwrap();
            }
            assert_eq!(become_(to).await.is_ok(), from.may_become(to), "{from:?} to {to:?}");
        }
    }
}
