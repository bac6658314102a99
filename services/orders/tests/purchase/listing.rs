//! Orders as the store looks through them, by how they stand.

use crate::world::{CHAIR, LAMP, World, eur, sku};
use domain::{
    Email,
    order::{FulfilmentStatus, OrderState, PaymentStatus},
};
use orders::{OrderFilter, Placed};

async fn placed(world: &World, sku_text: &str) -> Placed {
    world.place(&world.shopper(sku_text, 1).await).await.unwrap()
}

async fn paid(world: &World) -> Placed {
    let placed = placed(world, LAMP).await;
    world.choose(&placed.pay, "success").await;
    world.look(&placed).await;
    placed
}

/// The numbers of all that the filter lets through, taken two at a time.
async fn numbers(world: &World, filter: OrderFilter) -> Vec<String> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = world.orders.list(&filter, after.as_ref(), 2).await.unwrap();
        assert!(page.orders.len() <= 2);
        all.extend(page.orders.into_iter().map(|order| order.number.to_string()));
        match page.next {
            Some(next) => after = Some(next),
            None => return all,
        }
    }
}

#[tokio::test]
async fn orders_are_found_by_how_they_their_money_and_their_goods_stand() {
    let world = World::new().await;
    let open = placed(&world, CHAIR).await;
    let (unsent, sent, cancelled) = (paid(&world).await, paid(&world).await, paid(&world).await);
    let id: uuid::Uuid = sqlx::query_scalar("select id from orders where number = $1")
        .bind(sent.number.as_str())
        .fetch_one(&world.pool)
        .await
        .unwrap();
    world.inventory.ship(id, "1", "north", &[(sku(LAMP), 1)]).await.unwrap();
    world.orders.note_shipments(id).await.unwrap();
    world.orders.cancel_for_shopper(&cancelled.number, &cancelled.key).await.unwrap();

    let all = || OrderFilter::default();
    let payment = |status| OrderFilter { payment_status: Some(status), ..all() };
    let state = |state| OrderFilter { state: Some(state), ..all() };
    let goods = |status| OrderFilter { fulfilment: Some(status), ..all() };
    let email = |text| OrderFilter { email: Some(Email::parse(text).unwrap()), ..all() };
    for (filter, wanted) in [
        (all(), vec![&cancelled, &sent, &unsent, &open]),
        (state(OrderState::Paid), vec![&sent, &unsent]),
        (payment(PaymentStatus::Open), vec![&open]),
        (payment(PaymentStatus::Refunded), vec![&cancelled]),
        (payment(PaymentStatus::PartiallyRefunded), vec![]),
        (goods(FulfilmentStatus::Unfulfilled), vec![&unsent]),
        (goods(FulfilmentStatus::Fulfilled), vec![&sent]),
        (email("ada@example.org"), vec![&cancelled, &sent, &unsent, &open]),
        (email("eve@example.org"), vec![]),
    ] {
        let wanted: Vec<_> = wanted.into_iter().map(|order| order.number.to_string()).collect();
        assert_eq!(numbers(&world, filter.clone()).await, wanted, "{filter:?}");
    }
    let page = world.orders.list(&payment(PaymentStatus::Refunded), None, 1).await.unwrap();
    assert_eq!((page.orders[0].total, page.orders[0].refunded), (eur(2_489), eur(2_489)));
}

#[tokio::test]
async fn each_filter_has_an_index() {
    let world = World::new().await;
    // Of an empty table any plan is as good: the planner is asked for the one of a table that is not.
    for (filter, index) in [
        ("true", "orders_placed_idx"),
        ("email = 'a'", "orders_of_email_idx"),
        ("state = 'paid' and fulfilment_status = 'unfulfilled'", "orders_by_fulfilment_idx"),
        ("payment_status = 'refunded'", "orders_given_back_idx"),
    ] {
        let sql = format!(
            "explain select id from orders where {filter} order by placed_at desc, id desc limit 3"
        );
        let mut connection = world.pool.acquire().await.unwrap();
        sqlx::query("set enable_seqscan = off").execute(&mut *connection).await.unwrap();
        sqlx::query("set enable_sort = off").execute(&mut *connection).await.unwrap();
        let plan: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&mut *connection).await.unwrap();
        assert!(plan.join("\n").contains(index), "{filter}: {plan:#?}");
    }
}
