//! What is sent back of an order: asked for, announced, looked at, paid back, each once.

use crate::{
    flaky::Mood,
    world::{LAMP, World, eur, sku},
};
use domain::order::{
    Actor, FulfilmentStatus, Happened, PaymentStatus, ReturnReason, ReturnState, ReturnWish,
};
use orders::{Placed, ReturnFailure, Step};

/// Lamps that were paid, sent and heard of.
async fn sent(world: &World, pieces: u32) -> Placed {
    let placed = world.place(&world.shopper(LAMP, pieces).await).await.unwrap();
    world.choose(&placed.pay, "success").await;
    world.look(&placed).await;
    let id = world.only_order().await;
    world.inventory.ship(id, "1", "north", &[(sku(LAMP), pieces)]).await.unwrap();
    world.orders.note_shipments(id).await.unwrap();
    placed
}

fn lamps(quantity: u32) -> Vec<ReturnWish> {
    vec![ReturnWish { sku: sku(LAMP), quantity, reason: ReturnReason::Unwanted }]
}

async fn ask(
    world: &World,
    placed: &Placed,
    which: u32,
    wishes: &[ReturnWish],
) -> Result<Option<()>, ReturnFailure> {
    world.orders.request_return(&placed.number, &placed.key, which, wishes).await
}

async fn inspect(
    world: &World,
    placed: &Placed,
    which: u32,
    accepted: u32,
) -> Result<Option<()>, ReturnFailure> {
    let accepted = [(sku(LAMP), accepted)];
    let why = Some("looked at");
    world.orders.inspect_return(&placed.number, which, &accepted, Actor::Staff, why).await
}

const REFUNDS: &str = "select count(*) from payments.refunds where state = 'succeeded'";

#[tokio::test]
async fn what_is_sent_back_and_accepted_is_paid_back_at_its_price() {
    let world = World::new().await;
    let placed = sent(&world, 3).await;
    assert_eq!(world.look(&placed).await.returnable[0].quantity, 3);
    ask(&world, &placed, 1, &lamps(2)).await.unwrap().unwrap();
    let order = world.look(&placed).await;
    assert_eq!(order.returns[0].state, ReturnState::Expected);
    assert_eq!(order.returnable[0].quantity, 1);
    let told = "select count(*) from inventory.untold_lines where kind = 'return.expected'";
    assert_eq!(world.scalar(told).await, 1, "the warehouse expects it");

    // Of two that were announced, one is taken back.
    inspect(&world, &placed, 1, 1).await.unwrap().unwrap();
    let order = world.look(&placed).await;
    assert_eq!(order.returns[0].state, ReturnState::Refunded);
    assert_eq!(order.returns[0].refund, Some(eur(1_999)));
    assert_eq!(order.refunded, eur(1_999));
    assert_eq!(order.payment_status, PaymentStatus::PartiallyRefunded);
    assert_eq!(order.fulfilment, FulfilmentStatus::PartiallyReturned);
    let looked_at = Happened::ReturnInspected { number: 1, accepted: 1, refused: 1 };
    let entry = order.timeline.iter().find(|entry| entry.happened == looked_at).unwrap();
    assert_eq!((entry.by, entry.why.as_deref()), (Actor::Staff, Some("looked at")));
    world.assert_in_order().await;
}

#[tokio::test]
async fn an_order_that_comes_back_whole_is_paid_back_with_its_postage() {
    let world = World::new().await;
    let placed = sent(&world, 3).await;
    for (which, pieces) in [(1, 1), (2, 2)] {
        ask(&world, &placed, which, &lamps(pieces)).await.unwrap().unwrap();
        inspect(&world, &placed, which, pieces).await.unwrap().unwrap();
    }
    let order = world.look(&placed).await;
    assert_eq!(order.refunded, order.totals.total);
    assert_eq!(order.payment_status, PaymentStatus::Refunded);
    assert_eq!(order.fulfilment, FulfilmentStatus::Returned);
    assert_eq!(world.scalar(REFUNDS).await, 2);
    assert!(order.returnable.is_empty());
    world.assert_in_order().await;
}

#[tokio::test]
async fn a_form_that_is_sent_many_times_is_one_return() {
    let world = World::new().await;
    let placed = sent(&world, 3).await;
    let wishes = lamps(1);
    let other = world.another_node().await;
    let presses = (0..8).map(|n| {
        let node = if n % 2 == 0 { &world.orders } else { &other };
        node.request_return(&placed.number, &placed.key, 1, &wishes)
    });
    for pressed in futures::future::join_all(presses).await {
        assert!(pressed.unwrap().is_some());
    }
    assert_eq!(world.scalar("select count(*) from returns").await, 1);
    assert_eq!(world.scalar("select count(*) from inventory.expected_returns").await, 1);
    // An older page that asks for something else is told so.
    for (which, pieces) in [(1, 2), (3, 1), (0, 1)] {
        let refused = ask(&world, &placed, which, &lamps(pieces)).await;
        assert!(matches!(refused, Err(ReturnFailure::Changed)), "{which}: {refused:?}");
    }
}

#[tokio::test]
async fn a_return_that_is_looked_at_twice_is_paid_back_once() {
    let world = World::new().await;
    let placed = sent(&world, 2).await;
    ask(&world, &placed, 1, &lamps(2)).await.unwrap().unwrap();
    let looks = futures::future::join_all((0..6).map(|_| inspect(&world, &placed, 1, 1))).await;
    let done = looks.iter().filter(|look| look.is_ok()).count();
    assert_eq!(done, 1, "{looks:?}");
    assert_eq!(world.scalar(REFUNDS).await, 1);
    assert_eq!(world.look(&placed).await.refunded, eur(1_999));
}

#[tokio::test]
async fn what_cannot_be_sent_back_is_refused() {
    let world = World::new().await;
    let placed = sent(&world, 2).await;
    let chair = || vec![ReturnWish { sku: sku("CHAIR-1"), ..lamps(1).remove(0) }];
    let twice = || [lamps(1), lamps(1)].concat();
    for (wishes, left) in [(lamps(3), 2), (chair(), 0)] {
        let refused = ask(&world, &placed, 1, &wishes).await;
        let is_so =
            matches!(&refused, Err(ReturnFailure::TooMany { left: told, .. }) if *told == left);
        assert!(is_so, "{refused:?}");
    }
    for wishes in [vec![], lamps(0), twice()] {
        let refused = ask(&world, &placed, 1, &wishes).await;
        assert!(matches!(refused, Err(ReturnFailure::Nothing)), "{refused:?}");
    }
    let wrong = world.orders.request_return(&placed.number, "x", 1, &lamps(1)).await;
    assert!(wrong.unwrap().is_none());
    assert_eq!(world.scalar("select count(*) from returns").await, 0);
    // Nothing is accepted that was not announced, and nothing is looked at that is not there.
    ask(&world, &placed, 1, &lamps(1)).await.unwrap().unwrap();
    let refused = inspect(&world, &placed, 1, 2).await;
    assert!(matches!(refused, Err(ReturnFailure::TooMany { left: 1, .. })), "{refused:?}");
    assert!(inspect(&world, &placed, 2, 1).await.unwrap().is_none());
}

#[tokio::test]
async fn nothing_is_sent_back_before_it_was_sent_or_after_the_time_for_it() {
    let world = World::new().await;
    let placed = world.place(&world.shopper(LAMP, 1).await).await.unwrap();
    world.choose(&placed.pay, "success").await;
    assert!(world.look(&placed).await.returnable.is_empty());
    let refused = ask(&world, &placed, 1, &lamps(1)).await;
    assert!(matches!(refused, Err(ReturnFailure::NotSent)), "{refused:?}");

    let id = world.only_order().await;
    // It left a month ago.
    sqlx::raw_sql(
        "insert into parcels (order_id, number, warehouse, warehouse_name, sent_at)
           select id, 1, 'north', 'north', now() - interval '31 days' from orders;
         insert into parcel_lines select order_id, number, 'LAMP-1', 1 from parcels",
    )
    .execute(&world.pool)
    .await
    .unwrap();
    world.inventory.ship(id, "1", "north", &[(sku(LAMP), 1)]).await.unwrap();
    world.orders.note_shipments(id).await.unwrap();
    assert!(world.look(&placed).await.returnable.is_empty());
    let refused = ask(&world, &placed, 1, &lamps(1)).await;
    assert!(matches!(refused, Err(ReturnFailure::TooLate)), "{refused:?}");
}

#[tokio::test]
async fn a_return_that_stopped_after_each_step_is_brought_to_its_end() {
    let world = World::new().await;
    let placed = sent(&world, 2).await;
    let node = world.orders.clone().stopping_after(Step::ReturnRequested);
    assert!(node.request_return(&placed.number, &placed.key, 1, &lamps(1)).await.is_err());
    world.sweep_until("select count(*) from returns where state = 'expected'", 1).await;
    assert_eq!(world.scalar("select count(*) from inventory.expected_returns").await, 1);

    let node = world.orders.clone().stopping_after(Step::ReturnInspected);
    let accepted = [(sku(LAMP), 1)];
    let stopped = node.inspect_return(&placed.number, 1, &accepted, Actor::Staff, None).await;
    assert!(stopped.is_err());
    assert_eq!(world.look(&placed).await.payment_status, PaymentStatus::Paid);
    world.sweep_until("select count(*) from returns where state = 'refunded'", 1).await;
    assert_eq!(world.scalar(REFUNDS).await, 1);
    assert_eq!(world.look(&placed).await.refunded, eur(1_999));
    world.assert_in_order().await;
}

#[tokio::test]
async fn a_refund_that_the_provider_does_not_answer_is_asked_for_again_under_its_name() {
    let world = World::new().await;
    let placed = sent(&world, 2).await;
    ask(&world, &placed, 1, &lamps(1)).await.unwrap().unwrap();
    world.flaky.be(Mood::Mute);
    inspect(&world, &placed, 1, 1).await.unwrap().unwrap();
    assert_eq!(world.look(&placed).await.returns[0].state, ReturnState::Accepted);
    world.flaky.be(Mood::Well);
    world.sweep_until("select count(*) from returns where state = 'refunded'", 1).await;
    assert_eq!(world.scalar(REFUNDS).await, 1);
    assert_eq!(world.look(&placed).await.refunded, eur(1_999));
}

#[tokio::test]
async fn a_return_of_which_nothing_is_accepted_pays_nothing_back() {
    let world = World::new().await;
    let placed = sent(&world, 1).await;
    ask(&world, &placed, 1, &lamps(1)).await.unwrap().unwrap();
    inspect(&world, &placed, 1, 0).await.unwrap().unwrap();
    let order = world.look(&placed).await;
    assert_eq!(order.returns[0].state, ReturnState::Rejected);
    assert_eq!(order.fulfilment, FulfilmentStatus::Fulfilled);
    assert_eq!(world.scalar(REFUNDS).await, 0);
    for (illegal, constraint) in [
        ("update returns set state = 'refunded'", "returns_end_once_ck"),
        ("update returns set warehouse = 'south'", "returns_end_once_ck"),
        ("delete from return_lines", "history_is_append_only_ck"),
        ("update return_lines set quantity = 2", "return_lines_are_frozen_ck"),
        ("update return_lines set accepted = 1", "return_lines_are_frozen_ck"),
        (
            "insert into returns select gen_random_uuid(), order_id, number, 'requested', 'north', 'north' from returns",
            "returns_are_counted_once_uq",
        ),
    ] {
        assert_eq!(world.refusal(illegal).await, constraint, "{illegal}");
    }
}
