//! A purchase that stops after each of its steps in turn, as if the process had ended there, and is
//! brought to an end by the sweeper or by whoever presses the button again.

use crate::{
    calling_off,
    flaky::Mood,
    world::{CHAIR, LAMP, World, sku},
};
use domain::order::{CancelReason, OrderState};
use orders::{Placed, Step, Wanted};
use std::time::Duration;

/// Where a purchase stops before the shopper is sent to the provider.
const BEFORE_PAYING: [Stop; 5] = [
    Stop::After(Step::Held),
    Stop::After(Step::Written),
    Stop::After(Step::IntentOpened),
    // The attempt is recorded; the provider never hears of it, or its answer is never heard.
    Stop::Provider(Mood::Deaf),
    Stop::Provider(Mood::Mute),
];
/// Where it stops after the money was taken.
const AFTER_PAYING: [Step; 5] =
    [Step::Captured, Step::Posted, Step::Allocated, Step::CartEmptied, Step::Paid];
/// Where the ending of an order that nobody paid stops.
const WHILE_ENDING: [Step; 2] = [Step::PaymentCalledOff, Step::StockReleased];
/// Where money stops on its way back.
const ON_THE_WAY_BACK: [Step; 2] = [Step::RefundDue, Step::Refunded];

#[derive(Debug, Clone, Copy)]
enum Stop {
    After(Step),
    Provider(Mood),
}

#[test]
fn a_purchase_is_stopped_after_each_of_its_steps() {
    let before = BEFORE_PAYING.into_iter().filter_map(|stop| match stop {
        Stop::After(step) => Some(step),
        Stop::Provider(_) => None,
    });
    let ended = WHILE_ENDING.into_iter().chain(ON_THE_WAY_BACK).chain(calling_off::STEPS);
    let tried: Vec<_> = before.chain(AFTER_PAYING).chain(ended).collect();
    assert_eq!(tried, Step::ALL);
}

/// Places the cart, and stops.
async fn place_and_stop(world: &World, shopper: &accounts::SessionToken, stop: Stop) {
    let form = world.filled_in(shopper).await;
    match stop {
        Stop::After(step) => {
            let node = world.orders.clone().stopping_after(step);
            assert!(node.place(shopper, form).await.is_err(), "{stop:?}");
        }
        Stop::Provider(mood) => {
            world.flaky.be(mood);
            world.orders.place(shopper, form).await.unwrap();
            world.flaky.be(Mood::Well);
        }
    }
}

#[tokio::test]
async fn an_order_that_stopped_before_it_was_paid_is_paid_at_the_second_press() {
    for stop in BEFORE_PAYING {
        let world = World::new().await;
        let shopper = world.shopper(CHAIR, 1).await;
        place_and_stop(&world, &shopper, stop).await;
        let placed = world.place(&shopper).await.unwrap();
        world.choose(&placed.pay, "success").await;
        assert_eq!(world.look(&placed).await.state, OrderState::Paid, "{stop:?}");
        assert_eq!(world.scalar("select count(*) from orders").await, 1, "{stop:?}");
        assert_eq!(world.at_provider().await, ["succeeded"], "{stop:?}");
        assert_eq!(world.left(CHAIR).await, 0);
        world.assert_in_order().await;
    }
}

#[tokio::test]
async fn an_order_that_stopped_before_it_was_paid_gives_its_stock_back_in_the_end() {
    for stop in BEFORE_PAYING {
        let world = World::with_time_to_pay(Duration::from_millis(300)).await;
        let shopper = world.shopper(CHAIR, 1).await;
        place_and_stop(&world, &shopper, stop).await;
        tokio::time::sleep(Duration::from_millis(350)).await;
        world.sweep_until("select count(*) from orders where state <> 'cancelled'", 0).await;
        for _ in 0..50 {
            if world.left(CHAIR).await == 1 {
                break;
            }
            world.orders.sweep().await.unwrap();
        }
        assert_eq!(world.left(CHAIR).await, 1, "{stop:?}");
        let at_provider = world.at_provider().await;
        assert!(at_provider.iter().all(|status| status == "cancelled"), "{stop:?} {at_provider:?}");
        world.assert_in_order().await;
    }
}

#[tokio::test]
async fn an_order_that_stopped_while_it_was_finished_is_finished_once() {
    for step in AFTER_PAYING {
        for by_sweeper in [true, false] {
            let world = World::new().await;
            let shopper = world.shopper(LAMP, 3).await;
            let placed = world.place(&shopper).await.unwrap();
            world.choose(&placed.pay, "success").await;
            let node = world.orders.clone().stopping_after(step);
            // The page is shown whatever becomes of it.
            node.find(&placed.number, &placed.key).await.unwrap().unwrap();
            match by_sweeper {
                true => {
                    let paid = "select count(*) from orders where state = 'paid'";
                    world.sweep_until(paid, 1).await
                }
                false => assert_eq!(world.look(&placed).await.state, OrderState::Paid, "{step:?}"),
            }
            assert_eq!(world.scalar("select count(*) from events where kind = 'paid'").await, 1);
            assert_eq!(world.left(LAMP).await, 7, "{step:?}");
            assert!(world.orders.cart(Some(&shopper)).await.unwrap().is_empty(), "{step:?}");
            world.assert_in_order().await;
        }
    }
}

#[tokio::test]
async fn an_order_that_stopped_while_it_ended_has_ended_once_and_keeps_nothing() {
    for step in WHILE_ENDING {
        for by_sweeper in [true, false] {
            let world = World::with_time_to_pay(Duration::from_millis(300)).await;
            let placed = world.place(&world.shopper(CHAIR, 1).await).await.unwrap();
            tokio::time::sleep(Duration::from_millis(350)).await;
            let stopped = "select count(*) from payments.intents where state = 'cancelled'";
            let node = world.orders.clone().stopping_after(step);
            // An order that the sweeper cannot end now is no failure of the sweeper.
            while world.scalar(stopped).await == 0 {
                node.sweep().await.unwrap();
            }
            let ended = "select count(*) from orders where state = 'cancelled'";
            assert_eq!(world.scalar(ended).await, 0, "{step:?}");
            match by_sweeper {
                true => world.sweep_until(ended, 1).await,
                false => {
                    assert_eq!(world.look(&placed).await.state, OrderState::Cancelled, "{step:?}");
                }
            }
            let told = "select count(*) from events where kind = 'cancelled'";
            assert_eq!(world.scalar(told).await, 1, "{step:?}");
            assert_eq!(world.left(CHAIR).await, 1, "{step:?}");
            assert_eq!(world.at_provider().await, ["cancelled"], "{step:?}");
            world.assert_in_order().await;
        }
    }
}

#[tokio::test]
async fn money_that_stopped_on_its_way_back_goes_back_once() {
    for step in ON_THE_WAY_BACK {
        let world = World::new().await;
        let placed = paid_and_gone(&world).await;
        let node = world.orders.clone().stopping_after(step);
        node.find(&placed.number, &placed.key).await.unwrap().unwrap();
        assert_eq!(world.scalar("select count(*) from orders where refund_due").await, 1);
        world.sweep_until("select count(*) from orders where refund_due", 0).await;
        let told = "select count(*) from events where kind = 'refunded'";
        assert_eq!(world.scalar(told).await, 1, "{step:?}");
        let made = "select count(*) from payments.refunds where state = 'succeeded'";
        assert_eq!(world.scalar(made).await, 1, "{step:?}");
        assert_eq!(world.kept_by_provider().await, 0, "{step:?}");
        world.assert_in_order().await;
    }
}

/// An order whose goods went to somebody else before its money came.
async fn paid_and_gone(world: &World) -> Placed {
    let placed = world.place(&world.shopper(CHAIR, 1).await).await.unwrap();
    let order: uuid::Uuid =
        sqlx::query_scalar("select id from orders").fetch_one(&world.pool).await.unwrap();
    world.inventory.release(order).await.unwrap();
    world.count("north", CHAIR, 0).await;
    world.choose(&placed.pay, "success").await;
    placed
}

#[tokio::test]
async fn money_that_is_refused_on_its_way_back_arrives() {
    let world = World::new().await;
    let placed = paid_and_gone(&world).await;
    world.flaky.be(Mood::Stingy);
    let seen = world.look(&placed).await;
    assert_eq!(seen.cancel_reason, Some(CancelReason::OutOfStock));
    world.flaky.be(Mood::Well);
    world.sweep_until("select count(*) from orders where refund_due", 0).await;
    assert_eq!(world.scalar("select count(*) from events where kind = 'refunded'").await, 1);
    world.assert_in_order().await;
}

#[tokio::test]
async fn an_order_from_both_warehouses_is_paid() {
    let world = World::new().await;
    let placed = world.place(&world.shopper(LAMP, 8).await).await.unwrap();
    world.choose(&placed.pay, "success").await;
    assert_eq!(world.look(&placed).await.state, OrderState::Paid);
    assert_eq!(world.left(LAMP).await, 2);
    let holds: Vec<(String, i64, String)> =
        sqlx::query_as("select warehouse, quantity, state from inventory.holds order by warehouse")
            .fetch_all(&world.pool)
            .await
            .unwrap();
    let places: Vec<&str> = holds.iter().map(|(place, ..)| place.as_str()).collect();
    assert_eq!(places, ["north", "south"]);
    assert_eq!(holds.iter().map(|(_, quantity, _)| quantity).sum::<i64>(), 8);
    assert!(holds.iter().all(|(.., state)| state == "allocated"));
    assert!(
        world
            .orders
            .add_to_cart(None, &Wanted::new(sku(LAMP), domain::Quantity::new(3).unwrap()))
            .await
            .is_err()
    );
    world.assert_in_order().await;
}

#[tokio::test]
async fn a_shopper_who_hangs_up_does_not_stop_the_purchase() {
    let world = World::new().await;
    let shopper = world.shopper(LAMP, 1).await;
    let form = world.filled_in(&shopper).await;
    world.slow_down(400).await;
    let placing = world.orders.place(&shopper, form);
    let hung_up = tokio::time::timeout(Duration::from_millis(150), placing).await;
    assert!(hung_up.is_err(), "the provider is slow");
    let begun = "select count(*) from payments.attempts where state = 'requires_action'";
    for _ in 0..100 {
        if world.scalar(begun).await == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the payment was not begun");
}
