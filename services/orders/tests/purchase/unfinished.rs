//! Purchases that stopped half-way, and what the sweeper and the database make of them.

use crate::world::{CHAIR, LAMP, World, sku};
use domain::{
    order::{CancelReason, OrderState, PaymentStanding},
    stock::Demand,
};
use std::time::Duration;

/// The sweeper's rounds, until nothing is left to do or the time is over.
async fn sweep(world: &World, rounds: u32) {
    for _ in 0..rounds {
        world.orders.sweep().await.unwrap();
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
}

#[tokio::test]
async fn an_order_whose_buyer_never_came_back_is_finished_by_the_sweeper() {
    let world = World::new().await;
    let placed = world.place(&world.shopper(LAMP, 2).await).await.unwrap();
    world.choose(&placed.pay, "answer_lost").await;
    sweep(&world, 5).await;
    let state = world.scalar("select count(*) from orders where state = 'paid'").await;
    assert_eq!(state, 1, "without anyone looking at its page");
    assert_eq!(world.look(&placed).await.payment, PaymentStanding::Confirmed);
    world.assert_in_order().await;
}

#[tokio::test]
async fn an_order_that_nobody_pays_gives_its_stock_back() {
    let world = World::with_time_to_pay(Duration::from_millis(200)).await;
    let placed = world.place(&world.shopper(CHAIR, 1).await).await.unwrap();
    assert_eq!(world.left(CHAIR).await, 0);
    tokio::time::sleep(Duration::from_millis(300)).await;
    sweep(&world, 8).await;
    let order = world.look(&placed).await;
    assert_eq!(
        (order.state, order.cancel_reason),
        (OrderState::Cancelled, Some(CancelReason::Expired))
    );
    assert_eq!(world.left(CHAIR).await, 1);
    assert_eq!(world.at_provider().await, ["cancelled"], "no money can follow");
    world.assert_in_order().await;
}

#[tokio::test]
async fn sessions_that_hang_delay_a_confirmation_and_hold_up_nobody() {
    let world = World::new().await;
    let shopper = world.shopper(LAMP, 2).await;
    let placed = world.place(&shopper).await.unwrap();
    world.choose(&placed.pay, "success").await;
    world.sessions_line.freeze();
    let nobody_holds_it = async {
        tokio::time::sleep(Duration::from_millis(400)).await;
        world.scalar("select count(*) from (select id from orders for update nowait) free").await
    };
    let (seen, free) = tokio::join!(world.look(&placed), nobody_holds_it);
    assert_eq!((seen.state, seen.payment), (OrderState::Paid, PaymentStanding::Confirmed));
    assert_eq!(free, 1);
    world.sessions_line.mend();
    sweep(&world, 3).await;
    assert!(world.orders.cart(Some(&shopper)).await.unwrap().is_empty());
    assert_eq!(world.scalar("select count(*) from orders where cart_to_empty").await, 0);
    world.assert_in_order().await;
}

#[tokio::test]
async fn an_order_paid_at_the_last_moment_is_not_expired() {
    let world = World::with_time_to_pay(Duration::from_millis(200)).await;
    let placed = world.place(&world.shopper(CHAIR, 1).await).await.unwrap();
    world.choose(&placed.pay, "success").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    sweep(&world, 8).await;
    assert_eq!(world.look(&placed).await.state, OrderState::Paid);
    assert_eq!(world.left(CHAIR).await, 0);
    world.assert_in_order().await;
}

#[tokio::test]
async fn money_for_goods_that_are_gone_goes_back() {
    let world = World::new().await;
    let placed = world.place(&world.shopper(CHAIR, 1).await).await.unwrap();
    let order: uuid::Uuid =
        sqlx::query_scalar("select id from orders").fetch_one(&world.pool).await.unwrap();
    // As if the hold had been lost and somebody else had bought the chair.
    world.inventory.release(order).await.unwrap();
    let other = [Demand { sku: sku(CHAIR), quantity: 1 }];
    world.inventory.hold(uuid::Uuid::now_v7(), &other, Duration::from_secs(60)).await.unwrap();
    world.choose(&placed.pay, "success").await;
    let seen = world.look(&placed).await;
    assert_eq!(
        (seen.state, seen.cancel_reason),
        (OrderState::Cancelled, Some(CancelReason::OutOfStock))
    );
    sweep(&world, 3).await;
    assert_eq!(world.look(&placed).await.payment, PaymentStanding::Refunded);
    assert_eq!(world.scalar("select count(*) from orders where refund_due").await, 0);
    world.assert_in_order().await;
}

#[tokio::test]
async fn stock_held_for_an_order_that_was_never_written_is_released() {
    let world = World::new().await;
    let demand = [Demand { sku: sku(CHAIR), quantity: 1 }];
    let nobody = uuid::Uuid::now_v7();
    world.inventory.hold(nobody, &demand, Duration::from_millis(50)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    sweep(&world, 2).await;
    assert_eq!(world.left(CHAIR).await, 1);
}

#[tokio::test]
async fn the_database_refuses_what_the_types_refuse() {
    let world = World::new().await;
    let placed = world.place(&world.shopper(LAMP, 1).await).await.unwrap();
    world.choose(&placed.pay, "success").await;
    world.look(&placed).await;
    for illegal in [
        "update orders set state = 'cancelled', paid_at = null, cancelled_at = now(), cancel_reason = 'expired'",
        "update orders set state = 'awaiting_payment', paid_at = null",
        "update orders set state = 'lost'",
        "update orders set total_minor = total_minor - 1",
        "update lines set unit_minor = 1",
        "delete from lines",
        "update events set kind = 'never'",
        "insert into orders select gen_random_uuid(), 'V-2', access_key, market, cart_id, cart_version,
           digest, 'awaiting_payment', null, email, shipping_method, currency, items_minor,
           shipping_minor, total_minor, taxes, now(), now(), null, null, now() from orders",
    ] {
        let refused = sqlx::query(illegal).execute(&world.pool).await;
        assert!(refused.is_err(), "{illegal}");
    }
    assert_eq!(world.look(&placed).await.state, OrderState::Paid);
}

#[tokio::test]
async fn the_schema_goes_up_down_and_up_again() {
    let database = platform::testing::empty_postgres().await;
    for _ in 0..2 {
        platform::postgres::migrate(&database.url, orders::SCHEMA, &orders::MIGRATOR)
            .await
            .unwrap();
        platform::postgres::unmigrate(&database.url, orders::SCHEMA, &orders::MIGRATOR)
            .await
            .unwrap();
    }
}
