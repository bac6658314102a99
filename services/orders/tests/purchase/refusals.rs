//! Orders that are not placed, and what the shopper is told.

use crate::world::{CHAIR, LAMP, World, eur, sku, typed};
use domain::checkout::{CheckoutForm, Refusal};
use orders::{CartFailure, PlaceError, Seen, Submission, Wanted};

fn refusal(outcome: Result<orders::Placed, PlaceError>) -> Refusal {
    match outcome {
        Err(PlaceError::Refused(refusal)) => *refusal,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_changed_price_is_shown_and_asked_again() {
    let world = World::new().await;
    let shopper = world.shopper(LAMP, 1).await;
    let form = world.filled_in(&shopper).await;
    world.catalogue.set_price(&sku(LAMP), eur(2_100)).await.unwrap();
    // Sent twice, it is told twice.
    for _ in 0..2 {
        let refused = refusal(world.orders.place(&shopper, form.clone()).await);
        let Refusal::CartChanged { changes } = refused else { panic!("the price moved") };
        let told = serde_json::to_value(&changes[0]).unwrap();
        assert_eq!((&told["was"]["minor"], &told["now"]["minor"]), (&1_999.into(), &2_100.into()));
    }
    assert_eq!(world.scalar("select count(*) from orders").await, 0);
    // Seen and accepted.
    let placed = world.place(&shopper).await.unwrap();
    assert_eq!(world.look(&placed).await.totals.total, eur(2_100 + 490));
}

#[tokio::test]
async fn a_change_is_told_as_often_as_the_cart_is_looked_at_until_the_shopper_changes_it() {
    let world = World::new().await;
    let shopper = world.shopper(LAMP, 2).await;
    world.catalogue.set_price(&sku(LAMP), eur(2_100)).await.unwrap();
    for _ in 0..2 {
        let cart = world.orders.fresh_cart(Some(&shopper)).await.unwrap();
        assert_eq!((cart.changes.len(), cart.cart.subtotal()), (1, Some(eur(4_200))));
        let checkout = world.orders.checkout(Some(&shopper)).await.unwrap();
        assert_eq!((checkout.fresh.changes.len(), checkout.fresh.cart.version), (1, 1));
    }
    assert_eq!(world.sessions.cart(&shopper.id()).await.unwrap().version, 1, "nothing is written");
    let one = domain::Quantity::new(1).unwrap();
    let cart = world.orders.set_quantity(&shopper, &sku(LAMP), one).await.unwrap();
    assert_eq!(cart.subtotal(), Some(eur(2_100)));
    assert!(world.orders.fresh_cart(Some(&shopper)).await.unwrap().changes.is_empty());
}

#[tokio::test]
async fn goods_that_were_not_on_the_page_are_not_ordered() {
    let world = World::new().await;
    let shopper = world.shopper(LAMP, 1).await;
    let form = Submission { seen_total: Seen::Unsaid, ..world.filled_in(&shopper).await };
    let one = domain::Quantity::new(1).unwrap();
    world.orders.add_to_cart(Some(&shopper), &Wanted::new(sku(CHAIR), one)).await.unwrap();
    for cart_version in [form.cart_version, Seen::Unreadable] {
        let form = Submission { cart_version, ..form.clone() };
        let refused = refusal(world.orders.place(&shopper, form).await);
        assert_eq!(refused, Refusal::CartChanged { changes: vec![] });
    }
    assert_eq!(world.scalar("select count(*) from orders").await, 0);
    // What was typed is kept, and the page's form is for the cart as it is now.
    let page = world.orders.checkout(Some(&shopper)).await.unwrap();
    assert_eq!((page.form, page.fresh.cart.lines.len()), (typed(), 2));
    assert!(world.place(&shopper).await.is_ok());
}

#[tokio::test]
async fn a_price_that_only_a_page_left_open_still_shows_is_told_and_not_charged() {
    let world = World::new().await;
    for (seen, tells) in
        [(Some(1_500), true), (Some(1_999), false), (None, false), (Some(-1), false)]
    {
        let wanted = Wanted { seen_price: seen, ..Wanted::new(sku(LAMP), domain::Quantity::ONE) };
        let saved = world.orders.add_to_cart(None, &wanted).await.unwrap();
        let fresh = world.orders.fresh_cart(saved.new_session.as_ref()).await.unwrap();
        let told = serde_json::to_value(&fresh.changes).unwrap();
        assert_eq!(told[0]["was"]["minor"].as_i64(), seen.filter(|_| tells), "{told}");
        assert_eq!(fresh.cart.subtotal(), Some(eur(1_999)));
    }
}

#[tokio::test]
async fn the_total_on_the_button_is_the_total_that_is_charged() {
    let world = World::new().await;
    let shopper = world.shopper(LAMP, 1).await;
    let submit = |seen: &str| Submission {
        form: typed(),
        seen_total: Seen::read(Some(seen)),
        ..Submission::default()
    };
    for (seen, was) in [("1", Some(eur(1))), ("24,89", None), ("", None)] {
        let refused = refusal(world.orders.place(&shopper, submit(seen)).await);
        assert_eq!(refused, Refusal::PriceChanged { was, now: eur(2_489) });
    }
    let placed = world.orders.place(&shopper, submit("2489")).await.unwrap();
    assert_eq!(world.look(&placed).await.totals.total, eur(2_489));
}

#[tokio::test]
async fn what_was_typed_is_kept_with_what_is_wrong_about_it() {
    let world = World::new().await;
    let shopper = world.shopper(LAMP, 1).await;
    let form = CheckoutForm { postal_code: "1".into(), ..typed() };
    let submission = Submission { form: form.clone(), ..Submission::default() };
    let refused = refusal(world.orders.place(&shopper, submission).await);
    let page = world.orders.checkout(Some(&shopper)).await.unwrap();
    assert_eq!((page.form, page.refusal), (form, Some(refused)));
    assert_eq!(world.left(LAMP).await, 10, "nothing is held for a form that was refused");
    world.place(&shopper).await.unwrap();
    assert_eq!(world.orders.checkout(Some(&shopper)).await.unwrap().refusal, None);
}

#[tokio::test]
async fn an_empty_cart_orders_nothing() {
    let world = World::new().await;
    let shopper = world.shopper(LAMP, 1).await;
    world.orders.remove(&shopper, &sku(LAMP)).await.unwrap();
    assert_eq!(refusal(world.place(&shopper).await), Refusal::CartEmpty);
}

#[tokio::test]
async fn more_than_there_is_cannot_be_put_into_the_cart() {
    let world = World::new().await;
    let shopper = world.shopper(LAMP, 8).await;
    let pieces = |n| domain::Quantity::new(n).unwrap();
    let wanted = |name, n| Wanted::new(sku(name), pieces(n));
    let refused = world.orders.add_to_cart(Some(&shopper), &wanted(LAMP, 3)).await.unwrap_err();
    assert!(matches!(refused, CartFailure::OutOfStock { left: 10, in_cart: 8, .. }), "{refused}");
    let refused = world.orders.set_quantity(&shopper, &sku(LAMP), pieces(11)).await.unwrap_err();
    assert!(matches!(refused, CartFailure::OutOfStock { left: 10, .. }), "{refused}");
    let refused = world.orders.add_to_cart(None, &wanted("NOBODY", 1)).await.unwrap_err();
    assert!(matches!(refused, CartFailure::UnknownSku { .. }), "{refused}");
    assert_eq!(world.orders.cart(Some(&shopper)).await.unwrap().pieces(), 8);
}

#[tokio::test]
async fn what_was_sold_out_meanwhile_is_told_in_the_cart_and_at_the_checkout() {
    let world = World::new().await;
    let shopper = world.shopper(CHAIR, 1).await;
    world.count("north", CHAIR, 0).await;
    let fresh = world.orders.fresh_cart(Some(&shopper)).await.unwrap();
    assert_eq!((fresh.shortages[0].name.as_str(), fresh.shortages[0].left), ("Chair", 0));
    assert!(matches!(refusal(world.place(&shopper).await), Refusal::OutOfStock { .. }));
    assert_eq!(world.scalar("select count(*) from orders").await, 0);
}

#[tokio::test]
async fn while_the_provider_is_away_nothing_is_charged_and_the_order_waits() {
    let mut world = World::new().await;
    let shopper = world.shopper(LAMP, 1).await;
    world.stop_provider().await;
    assert_eq!(refusal(world.place(&shopper).await), Refusal::PaymentUnavailable);
    world.start_provider().await;
    let placed = world.place(&shopper).await.unwrap();
    assert_eq!(world.scalar("select count(*) from orders").await, 1);
    world.choose(&placed.pay, "success").await;
    assert_eq!(world.look(&placed).await.state, domain::order::OrderState::Paid);
}
