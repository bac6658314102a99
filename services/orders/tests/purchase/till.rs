//! Carts of programs, and checkouts that order and pay in one request.

use crate::{
    flaky::Mood,
    world::{CHAIR, LAMP, World, eur, sku, typed},
};
use accounts::{SessionToken, WishId};
use domain::{
    Country, Quantity,
    checkout::{CheckoutForm, Refusal},
    order::{OrderState, PaymentStanding},
};
use orders::{CartFailure, CheckOut, CheckedOut, Orders, PlaceError, RequestName, Step, Wanted};

const STEPS: [Step; 6] =
    [Step::Held, Step::Written, Step::IntentOpened, Step::Posted, Step::Allocated, Step::Paid];

/// A cart of a program's with so many pieces of a SKU.
async fn cart(world: &World, sku_text: &str, pieces: u32) -> SessionToken {
    let (cart, now) = world.orders.open_cart().await.unwrap();
    assert!(now.fresh.cart.is_empty() && now.totals.is_none());
    let wanted = Wanted::new(sku(sku_text), Quantity::new(pieces).unwrap());
    world.orders.add_to_opened(&cart, &wanted).await.unwrap();
    cart
}

fn wanted(name: &str, token: &str) -> CheckOut {
    CheckOut {
        form: CheckoutForm { delivery: String::new(), ..typed() },
        expected_total: None,
        payment_token: token.into(),
        request: RequestName::of(name),
    }
}

async fn check_out(orders: &Orders, cart: &SessionToken, wanted: CheckOut) -> CheckedOut {
    orders.check_out(cart, wanted).await.unwrap().unwrap()
}

async fn refused(world: &World, cart: &SessionToken, wanted: CheckOut) -> Refusal {
    match world.orders.check_out(cart, wanted).await {
        Err(PlaceError::Refused(refusal)) => *refusal,
        other => panic!("{other:?}"),
    }
}

async fn assert_one_paid_order(world: &World) {
    assert_eq!(world.scalar("select count(*) from orders").await, 1);
    assert_eq!(world.scalar("select count(*) from orders where state = 'paid'").await, 1);
    assert_eq!(world.at_provider().await, ["succeeded"]);
    world.assert_in_order().await;
}

#[tokio::test]
async fn a_program_orders_and_pays_in_one_request() {
    let world = World::new().await;
    let cart = cart(&world, LAMP, 3).await;
    let total = 3 * 1_999 + 490;
    let expecting = CheckOut { expected_total: Some(total), ..wanted("a", "tok_ok") };
    let order = check_out(&world.orders, &cart, expecting).await;
    assert_eq!((order.state, order.payment), (OrderState::Paid, PaymentStanding::Confirmed));
    assert_eq!((order.total, order.redirect), (eur(total), None));
    assert_eq!(world.left(LAMP).await, 7);
    assert!(world.orders.cart_now(&cart).await.unwrap().unwrap().fresh.cart.is_empty());
    let found = world.orders.find(&order.number, &order.key).await.unwrap().unwrap();
    assert_eq!(found.totals.total, eur(total));
    assert_one_paid_order(&world).await;
}

#[tokio::test]
async fn a_checkout_under_one_name_is_one_order_and_one_charge_however_often_and_late_it_is_sent() {
    let world = World::new().await;
    let cart = cart(&world, CHAIR, 1).await;
    let nodes = [world.orders.clone(), world.another_node().await];
    let sent = (0..8).map(|n| check_out(&nodes[n % 2], &cart, wanted("a", "tok_ok")));
    let orders = futures::future::join_all(sent).await;
    assert!(orders.iter().all(|order| order.number == orders[0].number), "{orders:?}");
    // The cart is empty by now, and something else is put into it: that is not ordered under this name.
    let lamp = Wanted::new(sku(LAMP), Quantity::ONE);
    for _ in 0..2 {
        let again = check_out(&world.orders, &cart, wanted("a", "tok_ok")).await;
        assert_eq!((&again.number, again.state), (&orders[0].number, OrderState::Paid));
        world.orders.add_to_opened(&cart, &lamp).await.unwrap();
    }
    assert_one_paid_order(&world).await;
}

#[tokio::test]
async fn checkouts_of_one_cart_under_many_names_at_once_are_one_order_and_one_charge() {
    let world = World::new().await;
    let cart = cart(&world, CHAIR, 1).await;
    let names: Vec<String> = (0..8).map(|n| format!("name {n}")).collect();
    let sent = names.iter().map(|name| world.orders.check_out(&cart, wanted(name, "tok_ok")));
    for outcome in futures::future::join_all(sent).await {
        match outcome {
            Ok(Some(order)) => assert_ne!(order.state, OrderState::Cancelled),
            // Whoever came when all was done.
            Err(PlaceError::Refused(refusal)) => assert_eq!(*refusal, Refusal::CartEmpty),
            other => panic!("{other:?}"),
        }
    }
    assert_one_paid_order(&world).await;
}

#[tokio::test]
async fn a_checkout_that_broke_off_after_any_step_is_finished_when_it_is_asked_for_again() {
    for step in STEPS {
        let world = World::new().await;
        let cart = cart(&world, CHAIR, 1).await;
        let node = world.orders.clone().stopping_after(step);
        assert!(node.check_out(&cart, wanted("a", "tok_ok")).await.is_err(), "{step:?}");
        let order = check_out(&world.orders, &cart, wanted("a", "tok_ok")).await;
        assert_eq!(order.state, OrderState::Paid, "{step:?}");
        assert_eq!(world.left(CHAIR).await, 0, "{step:?}");
        assert_one_paid_order(&world).await;
    }
}

#[tokio::test]
async fn what_a_provider_does_unheard_is_found_when_it_is_asked_for_again() {
    for mood in [Mood::Deaf, Mood::Mute] {
        let world = World::new().await;
        let cart = cart(&world, CHAIR, 1).await;
        world.flaky.be(mood);
        match world.orders.check_out(&cart, wanted("a", "tok_ok")).await {
            Ok(Some(order)) => assert_eq!(order.state, OrderState::AwaitingPayment),
            Err(PlaceError::Refused(refusal)) => assert_eq!(*refusal, Refusal::PaymentUnavailable),
            other => panic!("{other:?}"),
        }
        world.flaky.be(Mood::Well);
        let order = check_out(&world.orders, &cart, wanted("a", "tok_ok")).await;
        assert_eq!(order.state, OrderState::Paid);
        assert_one_paid_order(&world).await;
    }
}

#[tokio::test]
async fn a_declined_payment_leaves_an_order_that_another_checkout_pays() {
    let world = World::new().await;
    let cart = cart(&world, CHAIR, 1).await;
    let declined = check_out(&world.orders, &cart, wanted("a", "tok_declined")).await;
    assert_eq!(
        (declined.state, declined.payment),
        (OrderState::AwaitingPayment, PaymentStanding::Declined)
    );
    let paid = check_out(&world.orders, &cart, wanted("b", "tok_ok")).await;
    assert_eq!((&paid.number, paid.state), (&declined.number, OrderState::Paid));
    // Both names are names of the one order.
    for name in ["a", "b"] {
        let again = check_out(&world.orders, &cart, wanted(name, "tok_ok")).await;
        assert_eq!(again, paid);
    }
    assert_eq!(world.at_provider().await.len(), 2);
    world.assert_in_order().await;
}

#[tokio::test]
async fn who_has_to_confirm_is_told_where() {
    let world = World::new().await;
    let cart = cart(&world, CHAIR, 1).await;
    let order = check_out(&world.orders, &cart, wanted("a", "tok_challenge")).await;
    assert_eq!((order.state, order.payment), (OrderState::AwaitingPayment, PaymentStanding::Open));
    assert!(order.redirect.unwrap().starts_with(&world.provider_url));
}

#[tokio::test]
async fn nothing_is_ordered_that_costs_something_else_or_is_not_left_or_has_no_address() {
    let world = World::new().await;
    let chair = cart(&world, CHAIR, 1).await;
    let expecting = CheckOut { expected_total: Some(1), ..wanted("a", "tok_ok") };
    let refusal = refused(&world, &chair, expecting).await;
    assert_eq!(refusal, Refusal::PriceChanged { was: Some(eur(1)), now: eur(10_490) });
    let nowhere = CheckOut { form: CheckoutForm::default(), ..wanted("b", "tok_ok") };
    let Refusal::FieldsInvalid { errors } = refused(&world, &chair, nowhere).await else {
        panic!("it has no address")
    };
    // All but the way of delivery, which is the usual one.
    assert_eq!(errors.len(), 6, "{errors:?}");
    world.count("north", CHAIR, 0).await;
    let Refusal::OutOfStock { shortages } = refused(&world, &chair, wanted("c", "tok_ok")).await
    else {
        panic!("it is not left")
    };
    assert_eq!((&shortages[0].sku, shortages[0].left), (&sku(CHAIR), 0));
    assert_eq!(world.scalar("select count(*) from orders").await, 0);
    assert!(world.at_provider().await.is_empty());
}

#[tokio::test]
async fn a_cart_that_nobody_opened_is_not_filled_not_delivered_and_not_ordered() {
    let world = World::new().await;
    let nobodys = SessionToken::random();
    let lamp = Wanted::new(sku(LAMP), Quantity::ONE);
    let refused = world.orders.add_to_opened(&nobodys, &lamp).await;
    assert!(matches!(refused, Err(CartFailure::NoCart)), "{refused:?}");
    assert!(world.orders.note_delivery(&nobodys, typed()).await.unwrap().is_none());
    assert!(world.orders.delivery_offers(&nobodys, None).await.unwrap().is_none());
    assert!(world.orders.check_out(&nobodys, wanted("a", "tok_ok")).await.unwrap().is_none());
    assert!(world.orders.cart_now(&nobodys).await.unwrap().is_none());
    let (empty, _) = world.orders.open_cart().await.unwrap();
    let outcome = world.orders.check_out(&empty, wanted("a", "tok_ok")).await;
    let Err(PlaceError::Refused(refusal)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(*refusal, Refusal::CartEmpty);
}

#[tokio::test]
async fn what_is_added_under_one_name_is_added_once() {
    let world = World::new().await;
    let (cart, _) = world.orders.open_cart().await.unwrap();
    let wish = Some(WishId::of_name("4711"));
    let lamp = Wanted { wish, ..Wanted::new(sku(LAMP), Quantity::new(2).unwrap()) };
    for _ in 0..2 {
        let now = world.orders.add_to_opened(&cart, &lamp).await.unwrap();
        assert_eq!(now.fresh.cart.pieces(), 2);
        assert_eq!(now.totals.unwrap().total, eur(2 * 1_999));
    }
}

#[tokio::test]
async fn a_cart_costs_what_its_way_of_delivery_and_its_country_make_of_it() {
    let world = World::new().await;
    let cart = cart(&world, LAMP, 1).await;
    let offers = world.orders.delivery_offers(&cart, None).await.unwrap().unwrap();
    let costs: Vec<_> = offers.iter().map(|offer| offer.total.unwrap()).collect();
    assert_eq!(costs, [eur(1_999 + 490), eur(1_999 + 990)]);
    let france = Country::parse("FR");
    let abroad = world.orders.delivery_offers(&cart, france).await.unwrap().unwrap();
    assert_eq!(abroad[0].total, Some(eur(1_999 + 990)));
    let to_france = CheckoutForm { country: "FR".into(), delivery: String::new(), ..typed() };
    let now = world.orders.note_delivery(&cart, to_france).await.unwrap().unwrap();
    assert_eq!(now.totals.unwrap().total, eur(1_999), "no way was chosen yet");
    let express = CheckoutForm { delivery: "express".into(), ..CheckoutForm::default() };
    let now = world.orders.note_delivery(&cart, express).await.unwrap().unwrap();
    assert_eq!((now.form.country.as_str(), now.form.city.as_str()), ("FR", "Berlin"));
    let totals = now.totals.unwrap();
    assert_eq!((totals.total, totals.taxes[0].rate.0), (eur(1_999 + 1_990), 2_000));
    // And so it is ordered, if the checkout says nothing else.
    let french = CheckoutForm { country: "FR".into(), postal_code: "75001".into(), ..typed() };
    let french = CheckoutForm { delivery: String::new(), ..french };
    let order =
        check_out(&world.orders, &cart, CheckOut { form: french, ..wanted("a", "tok_ok") }).await;
    assert_eq!(order.total, eur(1_999 + 1_990));
}
