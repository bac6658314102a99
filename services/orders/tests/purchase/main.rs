//! Purchases from the cart to the paid order, and everything that may come between.

mod calling_off;
mod desk;
mod flaky;
mod happenings;
mod invoices;
mod letters;
mod listing;
mod parcels;
mod random_events;
mod refusals;
mod returning;
mod sending;
mod steps;
mod till;
mod together;
mod unfinished;
mod world;

use domain::order::{CancelReason, OrderState, PaymentStanding};
use orders::{PayStep, PlaceError, Seen, Submission};
use world::{CHAIR, LAMP, World, eur, number, typed};

#[tokio::test]
async fn a_paid_order_has_its_stock_its_money_and_an_empty_cart() {
    let world = World::new().await;
    let shopper = world.shopper(LAMP, 3).await;
    let placed = world.place(&shopper).await.unwrap();
    assert_eq!(world.left(LAMP).await, 7, "held while it is being paid");
    let order = world.look(&placed).await;
    assert_eq!((order.state, order.payment), (OrderState::AwaitingPayment, PaymentStanding::Open));

    world.choose(&placed.pay, "success").await;
    let order = world.look(&placed).await;
    assert_eq!((order.state, order.payment), (OrderState::Paid, PaymentStanding::Confirmed));
    assert_eq!(order.totals.total, eur(3 * 1_999 + 490));
    assert_eq!((order.lines[0].quantity, order.lines[0].unit_price), (3, eur(1_999)));
    assert_eq!(order.address.city(), "Berlin");
    assert_eq!(world.left(LAMP).await, 7);
    assert!(world.orders.cart(Some(&shopper)).await.unwrap().is_empty());
    world.assert_in_order().await;
}

#[tokio::test]
async fn a_double_submit_is_one_order_and_one_payment() {
    let world = World::new().await;
    // The only chair: whoever submits twice must not compete with themselves for it.
    let shopper = world.shopper(CHAIR, 1).await;
    let submits = (0..8).map(|_| world.place(&shopper));
    let placed = futures::future::join_all(submits).await;
    let placed: Vec<_> = placed.into_iter().map(|placed| placed.unwrap()).collect();
    assert!(
        placed.iter().all(|other| other.number == placed[0].number && other.pay == placed[0].pay)
    );
    assert_eq!(world.scalar("select count(*) from orders").await, 1);
    assert_eq!(world.at_provider().await, ["requires_action"]);

    world.choose(&placed[0].pay, "success").await;
    // Reload after payment, and back to the checkout and pay again: the one order.
    let form =
        || Submission { form: typed(), cart_version: Seen::Said(1), ..Submission::default() };
    let again = world.orders.place(&shopper, form());
    // The order is found paid by the first look at it, whoever looks.
    let looked = world.look(&placed[0]).await;
    let again = again.await.unwrap();
    assert_eq!(
        (looked.state, again.number, again.pay),
        (OrderState::Paid, placed[0].number.clone(), PayStep::Done)
    );
    assert_eq!(world.scalar("select count(*) from orders").await, 1);
    world.assert_in_order().await;
}

#[tokio::test]
async fn many_who_finish_one_order_at_once_finish_it_once() {
    let world = World::new().await;
    let shopper = world.shopper(LAMP, 2).await;
    let placed = world.place(&shopper).await.unwrap();
    world.choose(&placed.pay, "success").await;
    let looks = futures::future::join_all((0..12).map(|_| world.look(&placed))).await;
    assert!(looks.iter().any(|order| order.state == OrderState::Paid));
    assert_eq!(world.look(&placed).await.payment, PaymentStanding::Confirmed);
    assert_eq!(world.scalar("select count(*) from events where kind = 'paid'").await, 1);
    assert_eq!(world.left(LAMP).await, 8);
    world.assert_in_order().await;
}

#[tokio::test]
async fn a_declined_payment_may_be_tried_again_with_another_card() {
    let world = World::new().await;
    let shopper = world.shopper(LAMP, 1).await;
    let placed = world.place(&shopper).await.unwrap();
    world.choose(&placed.pay, "declined").await;
    assert_eq!(world.look(&placed).await.payment, PaymentStanding::Declined);
    let again = world.orders.pay_again(&placed.number, &placed.key).await.unwrap().unwrap();
    assert_ne!(again, placed.pay);
    world.choose(&again, "success").await;
    assert_eq!(world.look(&placed).await.payment, PaymentStanding::Confirmed);
    assert_eq!(world.scalar("select count(*) from orders").await, 1);
    world.assert_in_order().await;
}

#[tokio::test]
async fn the_last_item_cannot_be_sold_twice() {
    let world = World::new().await;
    let (one, other) = (world.shopper(CHAIR, 1).await, world.shopper(CHAIR, 1).await);
    let (first, second) = tokio::join!(world.place(&one), world.place(&other));
    let (placed, refused) = match (first, second) {
        (Ok(placed), Err(refused)) | (Err(refused), Ok(placed)) => (placed, refused),
        (first, second) => panic!("exactly one gets it: {first:?} {second:?}"),
    };
    let PlaceError::Refused(refusal) = refused else { panic!("{refused}") };
    let told = serde_json::to_value(&*refusal).unwrap();
    assert_eq!(told["code"], "out_of_stock");
    assert_eq!(told["shortages"][0]["left"], 0);
    world.choose(&placed.pay, "success").await;
    assert_eq!(world.look(&placed).await.state, OrderState::Paid);
    assert_eq!(world.left(CHAIR).await, 0);
    world.assert_in_order().await;
}

#[tokio::test]
async fn a_changed_cart_is_another_order_and_the_first_gives_its_stock_back() {
    let world = World::new().await;
    let shopper = world.shopper(LAMP, 4).await;
    let first = world.place(&shopper).await.unwrap();
    let fewer = domain::Quantity::new(1).unwrap();
    world.orders.set_quantity(&shopper, &world::sku(LAMP), fewer).await.unwrap();
    let second = world.place(&shopper).await.unwrap();
    assert_ne!(first.number, second.number);
    assert_eq!(world.left(LAMP).await, 9);
    let given_up = world.look(&first).await;
    assert_eq!(given_up.cancel_reason, Some(CancelReason::Superseded));
    // The first payment's page takes no money any more.
    assert!(world.at_provider().await.contains(&"cancelled".to_owned()));
    world.choose(&second.pay, "success").await;
    assert_eq!(world.look(&second).await.state, OrderState::Paid);
    world.assert_in_order().await;
}

#[tokio::test]
async fn other_details_for_the_same_cart_are_another_order() {
    let world = World::new().await;
    let shopper = world.shopper(CHAIR, 1).await;
    let first = world.place(&shopper).await.unwrap();
    let form = domain::checkout::CheckoutForm { delivery: "express".into(), ..typed() };
    let submission = Submission { form, ..Submission::default() };
    let second = world.orders.place(&shopper, submission).await.unwrap();
    assert_ne!(first.number, second.number);
    assert_eq!(world.look(&second).await.totals.shipping, eur(990));
    assert_eq!(world.look(&first).await.state, OrderState::Cancelled);
    world.assert_in_order().await;
}

#[tokio::test]
async fn a_wrong_key_and_an_unknown_number_look_the_same() {
    let world = World::new().await;
    let shopper = world.shopper(LAMP, 1).await;
    let placed = world.place(&shopper).await.unwrap();
    for (number, key) in [
        (placed.number.clone(), ""),
        (placed.number.clone(), "x"),
        (number("V-0"), placed.key.as_str()),
    ] {
        assert!(world.orders.find(&number, key).await.unwrap().is_none());
        assert!(world.orders.pay_again(&number, key).await.unwrap().is_none());
        assert!(!world.orders.may_see(&number, key).await.unwrap());
    }
}
