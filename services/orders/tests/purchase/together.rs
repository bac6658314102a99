//! Several tabs and several nodes at one cart: one order of it can be paid.

use crate::world::{CHAIR, LAMP, World, eur, sku, typed};
use domain::{
    Quantity,
    checkout::{CheckoutForm, Refusal},
    order::OrderState,
};
use orders::{PlaceError, Seen, Submission, Wanted};

const AWAITING: &str = "select count(*) from orders where state = 'awaiting_payment'";

fn pieces(n: u32) -> Quantity {
    Quantity::new(n).unwrap()
}

#[tokio::test]
async fn two_tabs_with_two_versions_of_a_cart_end_in_one_order_that_can_be_paid() {
    let world = World::new().await;
    for _ in 0..6 {
        let shopper = world.shopper(LAMP, 1).await;
        let stale = world.filled_in(&shopper).await;
        // One tab orders what it shows while the other adds to the cart and orders that.
        let other = async {
            world.orders.set_quantity(&shopper, &sku(LAMP), pieces(2)).await.unwrap();
            world.place(&shopper).await
        };
        let (one, other) = tokio::join!(world.orders.place(&shopper, stale), other);
        let other = other.unwrap();
        assert_eq!(world.look(&other).await.totals.items, eur(2 * 1_999));
        assert_eq!(world.look(&other).await.state, OrderState::AwaitingPayment);
        match one {
            Ok(one) => assert_eq!(world.look(&one).await.state, OrderState::Cancelled),
            Err(PlaceError::Refused(refusal)) => {
                assert!(matches!(*refusal, Refusal::CartChanged { .. }), "{refusal:?}")
            }
            Err(error) => panic!("{error}"),
        }
        world.choose(&other.pay, "success").await;
        assert_eq!(world.look(&other).await.state, OrderState::Paid);
        assert_eq!(world.scalar(AWAITING).await, 0);
        world.count("north", LAMP, 20).await;
    }
    world.assert_in_order().await;
}

#[tokio::test]
async fn of_one_cart_with_two_addresses_at_once_each_tab_gets_its_own_or_is_told() {
    let world = World::new().await;
    let shopper = world.shopper(CHAIR, 1).await;
    let form = |city: &str| Submission {
        form: CheckoutForm { city: city.into(), ..typed() },
        seen_total: Seen::Said(10_490),
        cart_version: Seen::Said(1),
        ..Submission::default()
    };
    let (berlin, bremen) = tokio::join!(
        world.orders.place(&shopper, form("Berlin")),
        world.orders.place(&shopper, form("Bremen")),
    );
    for (placed, city) in [(&berlin, "Berlin"), (&bremen, "Bremen")] {
        match placed {
            Ok(placed) => assert_eq!(world.look(placed).await.address.city(), city),
            Err(PlaceError::Refused(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert!(berlin.is_ok() || bremen.is_ok());
    assert_eq!(world.scalar(AWAITING).await, 1);
    assert_eq!(world.left(CHAIR).await, 0);
    world.assert_in_order().await;
}

#[tokio::test]
async fn two_nodes_that_place_one_cart_at_once_write_one_order() {
    let world = World::new().await;
    let other = world.another_node().await;
    let shopper = world.shopper(CHAIR, 1).await;
    let form = world.filled_in(&shopper).await;
    let places = (0..8).map(|turn| {
        let node = if turn % 2 == 0 { &world.orders } else { &other };
        node.place(&shopper, form.clone())
    });
    let placed = futures::future::join_all(places).await;
    let placed: Vec<_> = placed.into_iter().map(Result::unwrap).collect();
    assert!(placed.iter().all(|one| one.number == placed[0].number && one.pay == placed[0].pay));
    assert_eq!(world.scalar("select count(*) from orders").await, 1);
    assert_eq!(world.at_provider().await.len(), 1);
    world.choose(&placed[0].pay, "success").await;
    let looks = [&world.orders, &other].map(|node| node.find(&placed[0].number, &placed[0].key));
    futures::future::join_all(looks).await;
    assert_eq!(world.look(&placed[0]).await.state, OrderState::Paid);
    assert_eq!(world.scalar("select count(*) from events where kind = 'paid'").await, 1);
    world.assert_in_order().await;
}

#[tokio::test]
async fn what_is_held_for_an_order_of_ones_own_is_not_sold_out() {
    let world = World::new().await;
    let shopper = world.shopper(CHAIR, 1).await;
    world.place(&shopper).await.unwrap();
    assert_eq!(world.left(CHAIR).await, 0);
    let page = world.orders.checkout(Some(&shopper)).await.unwrap();
    assert_eq!(page.fresh.shortages, []);
    world.orders.remove(&shopper, &sku(CHAIR)).await.unwrap();
    world.orders.add_to_cart(Some(&shopper), &Wanted::new(sku(CHAIR), pieces(1))).await.unwrap();
    assert!(
        world
            .orders
            .add_to_cart(Some(&shopper), &Wanted::new(sku(CHAIR), pieces(1)))
            .await
            .is_err()
    );
    world.orders.set_quantity(&shopper, &sku(CHAIR), pieces(1)).await.unwrap();
    assert!(world.place(&shopper).await.is_ok());
    // To anybody else it is.
    let added = world.orders.add_to_cart(None, &Wanted::new(sku(CHAIR), pieces(1))).await;
    assert!(added.is_err());
}

#[tokio::test]
async fn what_was_added_while_one_paid_stays_in_the_cart() {
    let world = World::new().await;
    let shopper = world.shopper(LAMP, 2).await;
    let placed = world.place(&shopper).await.unwrap();
    world.orders.add_to_cart(Some(&shopper), &Wanted::new(sku(CHAIR), pieces(1))).await.unwrap();
    world.choose(&placed.pay, "success").await;
    assert_eq!(world.look(&placed).await.state, OrderState::Paid);
    let cart = world.orders.cart(Some(&shopper)).await.unwrap();
    let left: Vec<_> = cart.lines.iter().map(|line| line.item.sku.as_str()).collect();
    assert_eq!(left, [CHAIR]);
}
