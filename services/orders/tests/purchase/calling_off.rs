//! Orders that are cancelled by whoever does not want them any more, against everything that may happen meanwhile.

use crate::{
    flaky::Mood,
    world::{CHAIR, LAMP, World, eur, number, sku},
};
use domain::order::{
    Actor, CancelReason, FulfilmentStatus, Happened, OrderState, PaymentStanding, PaymentStatus,
};
use orders::{CancelFailure, Placed, Step};

/// Where the cancellation of a paid order stops.
pub const STEPS: [Step; 2] = [Step::CallingOff, Step::CalledOff];

async fn paid(world: &World, text: &str, pieces: u32) -> Placed {
    let placed = world.place(&world.shopper(text, pieces).await).await.unwrap();
    world.choose(&placed.pay, "success").await;
    assert_eq!(world.look(&placed).await.state, OrderState::Paid);
    placed
}

async fn cancel(world: &World, placed: &Placed) -> Result<Option<()>, CancelFailure> {
    world.orders.cancel_for_shopper(&placed.number, &placed.key).await
}

const REFUNDS: &str = "select count(*) from payments.refunds where state = 'succeeded'";

#[tokio::test]
async fn a_paid_order_that_is_cancelled_gives_back_its_stock_and_its_money() {
    let world = World::new().await;
    let placed = paid(&world, LAMP, 8).await;
    assert_eq!(world.left(LAMP).await, 2);
    assert!(cancel(&world, &placed).await.unwrap().is_some());
    let order = world.look(&placed).await;
    assert_eq!((order.state, order.payment), (OrderState::Cancelled, PaymentStanding::Refunded));
    assert_eq!(order.cancel_reason, Some(CancelReason::Shopper));
    assert_eq!(order.payment_status, PaymentStatus::Refunded);
    assert_eq!(order.refunded, order.totals.total);
    assert_eq!(world.left(LAMP).await, 10);
    assert_eq!(world.scalar(REFUNDS).await, 1);
    // Both warehouses are told not to send.
    let told = "select count(*) from inventory.untold_lines where kind = 'allocation.cancelled'";
    assert_eq!(world.scalar(told).await, 2);
    let story: Vec<_> = order.timeline.iter().map(|entry| (&entry.happened, entry.by)).collect();
    assert_eq!(
        story,
        [
            (&Happened::Placed, Actor::Shopper),
            (&Happened::Paid, Actor::Provider),
            (&Happened::Cancelled { reason: CancelReason::Shopper }, Actor::Shopper),
            (&Happened::Refunded { amount: Some(order.totals.total) }, Actor::Store),
        ]
    );
    world.assert_in_order().await;
}

#[tokio::test]
async fn who_presses_cancel_many_times_gets_the_money_back_once() {
    let world = World::new().await;
    let placed = paid(&world, CHAIR, 1).await;
    let other = world.another_node().await;
    let presses = (0..8).map(|n| {
        let node = if n % 2 == 0 { &world.orders } else { &other };
        node.cancel_for_shopper(&placed.number, &placed.key)
    });
    for outcome in futures::future::join_all(presses).await {
        assert!(outcome.unwrap().is_some());
    }
    world.sweep_until("select count(*) from orders where refund_due", 0).await;
    assert_eq!(world.scalar(REFUNDS).await, 1);
    assert_eq!(world.left(CHAIR).await, 1);
    for kind in ["cancelled", "refunded"] {
        let happened = world.look(&placed).await.timeline.into_iter().filter(|entry| {
            let told = serde_json::to_value(&entry.happened).unwrap();
            told["kind"] == kind
        });
        assert_eq!(happened.count(), 1, "{kind}");
    }
    world.assert_in_order().await;
}

#[tokio::test]
async fn an_order_that_awaits_its_payment_is_cancelled_and_takes_no_money_any_more() {
    let world = World::new().await;
    let placed = world.place(&world.shopper(CHAIR, 1).await).await.unwrap();
    assert!(cancel(&world, &placed).await.unwrap().is_some());
    let order = world.look(&placed).await;
    assert_eq!(order.cancel_reason, Some(CancelReason::Shopper));
    assert_eq!(order.payment_status, PaymentStatus::Open);
    assert_eq!(world.at_provider().await, ["cancelled"]);
    assert_eq!(world.left(CHAIR).await, 1);
    world.assert_in_order().await;
}

#[tokio::test]
async fn an_order_that_was_paid_unheard_is_cancelled_as_a_paid_one() {
    let world = World::new().await;
    let placed = world.place(&world.shopper(CHAIR, 1).await).await.unwrap();
    world.choose(&placed.pay, "success").await;
    assert!(cancel(&world, &placed).await.unwrap().is_some());
    let order = world.look(&placed).await;
    assert_eq!((order.state, order.payment), (OrderState::Cancelled, PaymentStanding::Refunded));
    assert_eq!(world.scalar(REFUNDS).await, 1);
    assert_eq!(world.left(CHAIR).await, 1);
    world.assert_in_order().await;
}

#[tokio::test]
async fn nothing_is_cancelled_while_nobody_knows_whether_it_was_paid() {
    let world = World::new().await;
    let placed = world.place(&world.shopper(CHAIR, 1).await).await.unwrap();
    world.flaky.be(Mood::Mute);
    let refused = cancel(&world, &placed).await;
    assert!(matches!(refused, Err(CancelFailure::PaymentUnavailable)), "{refused:?}");
    world.flaky.be(Mood::Well);
    assert_eq!(world.look(&placed).await.state, OrderState::AwaitingPayment);
}

#[tokio::test]
async fn what_was_partly_sent_is_not_cancelled() {
    let world = World::new().await;
    let placed = paid(&world, LAMP, 8).await;
    let id = world.only_order().await;
    world.inventory.ship(id, "1", "south", &[(sku(LAMP), 1)]).await.unwrap();
    // Whether the parcel was heard of or not.
    for heard in [false, true] {
        let refused = cancel(&world, &placed).await;
        assert!(matches!(refused, Err(CancelFailure::Sent)), "{heard}: {refused:?}");
    }
    let order = world.look(&placed).await;
    assert_eq!(order.state, OrderState::Paid);
    assert_eq!(order.fulfilment, FulfilmentStatus::PartiallyFulfilled);
    assert!(!order.can_be_cancelled());
    assert_eq!(order.unsent.iter().map(|part| part.lines[0].quantity).sum::<u32>(), 7);
    assert_eq!(world.scalar(REFUNDS).await, 0);
    assert_eq!(world.scalar("select count(*) from events where kind = 'cancel_refused'").await, 1);
    world.assert_in_order().await;
}

#[tokio::test]
async fn an_order_that_is_sent_and_cancelled_in_the_same_moment_is_one_of_the_two() {
    for round in 0..12 {
        let world = World::new().await;
        let placed = paid(&world, CHAIR, 1).await;
        let id = world.only_order().await;
        let lines = [(sku(CHAIR), 1)];
        let ship = async {
            // Neither is always first.
            tokio::time::sleep(std::time::Duration::from_millis(round % 6)).await;
            world.inventory.ship(id, "1", "north", &lines).await
        };
        let (shipped, outcome) = tokio::join!(ship, cancel(&world, &placed));
        world.orders.note_shipments(id).await.unwrap();
        let order = world.look(&placed).await;
        match outcome {
            Ok(Some(())) => {
                assert!(shipped.is_err(), "sent and cancelled");
                assert_eq!(order.payment_status, PaymentStatus::Refunded);
                assert_eq!(world.left(CHAIR).await, 1);
            }
            Err(CancelFailure::Sent) => {
                shipped.unwrap();
                assert_eq!((order.state, order.parcels.len()), (OrderState::Paid, 1));
                assert_eq!(world.scalar(REFUNDS).await, 0);
            }
            other => panic!("{other:?}"),
        }
        world.assert_in_order().await;
    }
}

#[tokio::test]
async fn a_cancellation_that_stopped_after_each_step_is_brought_to_its_end() {
    for step in STEPS {
        for by_sweeper in [true, false] {
            let world = World::new().await;
            let placed = paid(&world, CHAIR, 1).await;
            let node = world.orders.clone().stopping_after(step);
            let stopped = node.cancel_for_shopper(&placed.number, &placed.key).await;
            assert!(stopped.is_err(), "{step:?}");
            assert_eq!(world.look(&placed).await.state, OrderState::Paid);
            match by_sweeper {
                true => {
                    let over = "select count(*) from orders where state = 'cancelled'";
                    world.sweep_until(over, 1).await
                }
                false => assert!(cancel(&world, &placed).await.unwrap().is_some()),
            }
            world.sweep_until("select count(*) from orders where refund_due", 0).await;
            let order = world.look(&placed).await;
            assert_eq!(order.payment_status, PaymentStatus::Refunded, "{step:?}");
            assert_eq!(order.cancel_reason, Some(CancelReason::Shopper));
            assert_eq!((world.left(CHAIR).await, world.scalar(REFUNDS).await), (1, 1));
            world.assert_in_order().await;
        }
    }
}

#[tokio::test]
async fn money_of_a_cancelled_order_that_the_provider_keeps_is_asked_for_again() {
    let world = World::new().await;
    let placed = paid(&world, CHAIR, 1).await;
    world.flaky.be(Mood::Stingy);
    assert!(cancel(&world, &placed).await.unwrap().is_some());
    let order = world.look(&placed).await;
    assert_eq!((order.state, order.payment), (OrderState::Cancelled, PaymentStanding::Processing));
    assert_eq!(order.payment_status, PaymentStatus::Paid, "it is still here");
    world.flaky.be(Mood::Well);
    world.sweep_until("select count(*) from orders where refund_due", 0).await;
    assert_eq!(world.look(&placed).await.refunded, eur(10_490));
    world.assert_in_order().await;
}

#[tokio::test]
async fn staff_cancel_by_the_number_and_say_why() {
    let world = World::new().await;
    let placed = paid(&world, CHAIR, 1).await;
    assert!(world.orders.cancel_for_staff(&number("V-0"), "").await.unwrap().is_none());
    world.orders.cancel_for_staff(&placed.number, "a wrong price").await.unwrap().unwrap();
    let order = world.look(&placed).await;
    assert_eq!(order.cancel_reason, Some(CancelReason::Staff));
    let entry = order.timeline.iter().find(|entry| entry.by == Actor::Staff).unwrap();
    assert_eq!(entry.why.as_deref(), Some("a wrong price"));
}

#[tokio::test]
async fn a_wrong_key_cancels_nothing() {
    let world = World::new().await;
    let placed = paid(&world, CHAIR, 1).await;
    for (number, key) in [(placed.number.clone(), "x"), (number("V-0"), placed.key.as_str())] {
        assert!(world.orders.cancel_for_shopper(&number, key).await.unwrap().is_none());
    }
    assert_eq!(world.look(&placed).await.state, OrderState::Paid);
}
