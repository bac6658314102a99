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

fn violated(outcome: Result<impl Sized, sqlx::Error>) -> String {
    let error = outcome.err().expect("the database refuses");
    let database = error.as_database_error().unwrap_or_else(|| panic!("{error}"));
    database.constraint().unwrap_or_else(|| panic!("{database}")).to_owned()
}

#[tokio::test]
async fn an_order_takes_only_legal_steps() {
    let world = World::new().await;
    for was in OrderState::ALL {
        for next in OrderState::ALL {
            world.place(&world.shopper(LAMP, 1).await).await.unwrap();
            let id: uuid::Uuid =
                sqlx::query_scalar("select id from orders order by placed_at desc limit 1")
                    .fetch_one(&world.pool)
                    .await
                    .unwrap();
            put(&world, id, was).await.unwrap();
            let outcome = put(&world, id, next).await;
            if was == next || was.may_become(next) {
                outcome.unwrap();
            } else {
                assert_eq!(violated(outcome), "orders_end_once_ck", "{was:?} to {next:?}");
            }
        }
    }
}

/// Puts an order into a state, with what the state needs.
async fn put(world: &World, id: uuid::Uuid, state: OrderState) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update orders
         set state = $2,
           paid_at = case when $2 = 'paid' then now() when $2 = 'cancelled' then paid_at end,
           cancelled_at = case $2 when 'cancelled' then now() end,
           cancel_reason = case $2 when 'cancelled' then 'expired' end,
           payment_status = case when $2 = 'paid' then 'paid' else payment_status end
         where id = $1",
    )
    .bind(id)
    .bind(state.as_str())
    .execute(&world.pool)
    .await?;
    Ok(())
}

#[tokio::test]
async fn the_database_refuses_what_the_types_refuse() {
    let world = World::new().await;
    let placed = world.place(&world.shopper(LAMP, 1).await).await.unwrap();
    const COPY: &str = "insert into orders select gen_random_uuid(), 'V-2', access_key, market, cart_id,
           cart_version + 1, digest, 'awaiting_payment', null, email, shipping_method, currency,
           items_minor, shipping_minor, total_minor, taxes, now(), now(), null, null, now() from orders";
    let run = |sql: &'static str| sqlx::query(sql).execute(&world.pool);
    assert_eq!(violated(run(COPY).await), "one_awaiting_order_per_cart_uq");
    world.choose(&placed.pay, "success").await;
    world.look(&placed).await;
    for (illegal, constraint) in [
        ("update orders set state = 'lost'", "orders_end_once_ck"),
        ("update orders set paid_at = null", "paid_orders_know_when_ck"),
        ("update orders set payment_status = 'open'", "payment_status_goes_forward_ck"),
        ("update orders set payment_status = 'refunded'", "refunds_show_in_the_status_ck"),
        ("update orders set refunded_minor = 1", "refunds_show_in_the_status_ck"),
        ("update orders set fulfilment_status = 'delivered'", "fulfilment_status_goes_forward_ck"),
        ("update orders set cancelling_by = 'provider'", "only_paid_orders_are_being_cancelled_ck"),
        (
            "update orders set fulfilment_status = 'fulfilled', state = 'cancelled', cancelled_at = now(),
               cancel_reason = 'staff'",
            "only_paid_orders_are_sent_ck",
        ),
        ("insert into parcels (order_id, number, warehouse, warehouse_name) select id, 0, 'x', 'x' from orders", "parcels_count_from_one_ck"),
        ("update events set actor = 'nobody'", "history_is_append_only_ck"),
        ("update orders set cancel_reason = 'expired', cancelled_at = now()", "cancelled_orders_know_why_ck"),
        ("update orders set total_minor = total_minor - 1", "orders_total_adds_up_ck"),
        ("update lines set unit_minor = 1", "history_is_append_only_ck"),
        ("delete from lines", "history_is_append_only_ck"),
        ("update events set kind = 'never'", "history_is_append_only_ck"),
        (
            "insert into orders select gen_random_uuid(), 'V-2', access_key, market, cart_id, cart_version,
               digest, 'awaiting_payment', null, email, shipping_method, currency, items_minor,
               shipping_minor, total_minor, taxes, now(), now(), null, null, now() from orders",
            "one_order_per_cart_version_uq",
        ),
    ] {
        assert_eq!(violated(run(illegal).await), constraint, "{illegal}");
    }
    assert_eq!(world.look(&placed).await.state, OrderState::Paid);
}

#[tokio::test]
async fn the_schema_goes_up_down_and_up_again() {
    let (schema, migrator) = (orders::SCHEMA, &orders::MIGRATOR);
    let tables = platform::testing::up_down_and_up_again(schema, migrator).await;
    assert!(tables.iter().any(|table| table == "orders"), "{tables:?}");
}

#[tokio::test]
async fn nothing_waits_without_end_for_the_database() {
    let world = World::new().await;
    let settings: (String, String, String, String) = sqlx::query_as(
        "select current_setting('lock_timeout'),
           current_setting('statement_timeout'),
           current_setting('idle_in_transaction_session_timeout'),
           current_setting('transaction_isolation')",
    )
    .fetch_one(&world.pool)
    .await
    .unwrap();
    let (lock, statement, idle, isolation) = settings;
    assert_eq!([lock, statement, idle], ["5s", "30s", "30s"]);
    assert_eq!(isolation, "read committed");
}
