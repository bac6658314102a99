//! Checkouts of apps: one order and one charge, or a refusal with what has to be known to go on.

use super::{CARTS, Shop, checkout, euros, with};
use client::{Money, NextAction, OrderStatus, PaymentStatus};
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

/// How many orders there are, and how many charges that succeeded.
async fn orders_and_charges(shop: &Shop) -> (i64, i64) {
    let count = async |schema: &'static str, query: &'static str| -> i64 {
        let pool = platform::postgres::connect(&shop.store.database.url, schema, 1).await.unwrap();
        sqlx::query_scalar(query).fetch_one(&pool).await.unwrap()
    };
    let charges = "select count(*) from attempts where state = 'succeeded'";
    (
        count("orders", "select count(*) from orders where state <> 'cancelled'").await,
        count("payments", charges).await,
    )
}

#[tokio::test]
async fn an_app_orders_pays_and_looks_at_its_order() {
    let shop = Shop::open().await;
    let app = shop.app().await;
    let id = app.cart("LAMP", 2).await;
    let total = Money { minor: 2 * 1_999 + 490, currency: "EUR".to_owned() };
    let asked = client::Checkout { expected_total: Some(total.clone()), ..checkout("tok_ok") };
    let done = app.api.check_out(&id, &asked, "order 1").await.unwrap();
    assert_eq!(
        (done.order.status, done.order.payment_status),
        (OrderStatus::Paid, PaymentStatus::Confirmed)
    );
    assert_eq!((&done.order.total, &done.next_action), (&total, &None));
    // Sent again it is answered the same, by whichever node, though the cart is empty.
    let other = shop.store.another().await;
    let again = app.check_out_at(&other, &id, "order 1", &asked).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"));
    assert_eq!(again.body["order"], serde_json::to_value(&done.order).unwrap());
    assert!(app.api.cart(&id).await.unwrap().lines.is_empty());
    let empty = app.check_out(&id, "order 2", &asked).await;
    assert_eq!(empty.problem(), (409, "cart_empty"));
    let order = app.api.order(&done.order.number, &done.order.key).await.unwrap();
    assert_eq!((order.totals.total, order.lines[0].quantity), (total, 2));
    assert_eq!(orders_and_charges(&shop).await, (1, 1));
    let log = shop.store.serve.log();
    assert!(!log.contains(&done.order.key) && !log.contains("tok_ok"), "{log}");
}

#[tokio::test]
async fn a_crowd_of_checkouts_of_one_cart_on_two_nodes_is_one_order_and_one_charge() {
    let shop = Shop::open().await;
    let app = shop.app().await;
    let other = shop.store.another().await;
    let body = with("tok_ok", json!({}));
    for names in [1, 6] {
        let id = app.cart("CHAIR-R", 1).await;
        let before = orders_and_charges(&shop).await;
        let sent = (0..12).map(async |n| {
            let node = if n % 2 == 0 { &shop.store.url } else { &other };
            app.check_out_at(node, &id, &format!("name {}", n % names), &body).await
        });
        let answers = join_all(sent).await;
        let numbers: Vec<_> = answers
            .iter()
            .filter(|told| matches!(told.status, 201 | 202))
            .map(|told| told.body["order"]["number"].clone())
            .collect();
        assert!(!numbers.is_empty() && numbers.iter().all(|number| *number == numbers[0]));
        for told in answers.iter().filter(|told| !matches!(told.status, 201 | 202)) {
            let (status, code) = told.problem();
            assert!(matches!(code, "idempotency_in_flight" | "cart_empty"), "{status} {code}");
        }
        assert_eq!(orders_and_charges(&shop).await, (before.0 + 1, before.1 + 1));
    }
}

#[tokio::test]
async fn names_belong_to_a_cart_and_one_name_to_one_checkout() {
    let shop = Shop::open().await;
    let app = shop.app().await;
    let body = with("tok_ok", json!({}));
    let (one, two) = (app.cart("LAMP", 1).await, app.cart("LAMP", 2).await);
    let first = app.check_out(&one, "1", &body).await;
    let second = app.check_out(&two, "1", &body).await;
    assert_eq!((first.status, second.status), (201, 201));
    assert_ne!(first.body["order"]["number"], second.body["order"]["number"]);
    let other =
        app.check_out(&one, "1", &with("tok_ok", json!({"email": "other@example.com"}))).await;
    assert_eq!(other.problem(), (422, "idempotency_key_reused"));
    let nameless = app.send(Method::POST, &format!("{CARTS}/{one}/checkout"), &body).await;
    assert_eq!(nameless.problem(), (400, "idempotency_key_invalid"));
}

#[tokio::test]
async fn a_payment_that_is_not_made_says_what_to_do() {
    let shop = Shop::open().await;
    let app = shop.app().await;
    let id = app.cart("CHAIR-B", 1).await;
    let declined = app.check_out(&id, "1", &with("tok_declined", json!({}))).await;
    assert_eq!(declined.problem(), (402, "declined"));
    let order = &declined.body["order"];
    assert_eq!(
        (&order["status"], &order["payment_status"]),
        (&json!("awaiting_payment"), &json!("declined"))
    );
    // Another try of the same order, which has to be confirmed by its customer.
    let asked = app.api.check_out(&id, &checkout("tok_challenge"), "2").await.unwrap();
    assert_eq!(json!(asked.order.number), order["number"]);
    let Some(NextAction::Redirect { url }) = asked.next_action else { panic!("{asked:?}") };
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    // One whose outcome only time tells.
    let slow = app.cart("CHAIR-B", 1).await;
    let waits = app.api.check_out(&slow, &checkout("tok_slow"), "1").await.unwrap();
    assert_eq!(
        (waits.order.payment_status, waits.next_action),
        (PaymentStatus::Processing, Some(NextAction::Wait))
    );
    let nowhere = app.cart("CHAIR-B", 1).await;
    let unknown = app.check_out(&nowhere, "1", &with("tok_nobody_has", json!({}))).await;
    assert_eq!(unknown.problem(), (402, "declined"));
}

#[tokio::test]
async fn nothing_is_ordered_that_costs_something_else_or_is_not_left() {
    let shop = Shop::open().await;
    let app = shop.app().await;
    let id = app.cart("LAMP", 3).await;
    let expecting = |minor: i64| with("tok_ok", json!({ "expected_total": euros(minor) }));
    let wrong = app.check_out(&id, "1", &expecting(1)).await;
    assert_eq!(wrong.problem(), (409, "price_changed"));
    let total = 3 * 1_999 + 490;
    assert_eq!((&wrong.body["total"], &wrong.body["expected_total"]), (&euros(total), &euros(1)));

    shop.store.import(&crate::world::lamp("Lamp").replace("1999", "2500")).await;
    // Who expected the price before, and who expected nothing.
    for (name, body) in [("2", expecting(total)), ("3", with("tok_ok", json!({})))] {
        let moved = app.check_out(&id, name, &body).await;
        assert_eq!(moved.problem(), (409, "price_changed"), "{body}");
        assert_eq!(moved.body["changes"][0]["now"], euros(2_500));
    }
    shop.store.count("LAMP", 2).await;
    let short = app.check_out(&id, "4", &expecting(3 * 2_500 + 490)).await;
    assert_eq!(short.problem(), (409, "out_of_stock"));
    assert_eq!((&short.body["sku"], &short.body["left"]), (&json!("LAMP"), &json!(2)));
    assert_eq!(orders_and_charges(&shop).await, (0, 0));
    app.api.set_quantity(&id, "LAMP", 2).await.unwrap();
    let done = app.check_out(&id, "5", &expecting(2 * 2_500 + 490)).await;
    assert_eq!(done.status, 201, "{done:?}");
}

#[tokio::test]
async fn all_that_is_wrong_with_a_checkout_is_told_at_once() {
    let shop = Shop::open().await;
    let app = shop.app().await;
    let id = app.cart("LAMP", 1).await;
    let wrong = async |body: &Value| {
        let told = app.check_out(&id, &uuid::Uuid::now_v7().to_string(), body).await;
        assert_eq!(told.problem(), (422, "invalid"), "{body}");
        let errors = told.body["errors"].as_array().unwrap();
        let mut wrong: Vec<_> = errors
            .iter()
            .map(|error| error["pointer"].as_str().unwrap().trim_start_matches("#/").to_owned())
            .collect();
        wrong.sort();
        wrong.dedup();
        wrong
    };
    let address = |postal_code: &str, country: &str| json!({"name": "", "line1": "{}", "city": "Berlin", "postal_code": postal_code, "country": country});
    let payment = json!({"provider": "nobody", "token": ""});
    let body = json!({
        "email": "nobody", "shipping_address": address("1", "DE"), "payment": payment, "delivery": "pigeon",
        "expected_total": {"minor": 1.5, "currency": "euro"}, "total": 1,
    });
    let all = [
        "delivery",
        "email",
        "expected_total/currency",
        "expected_total/minor",
        "payment/provider",
        "payment/token",
        "shipping_address/line1",
        "shipping_address/name",
        "shipping_address/postal_code",
        "total",
    ];
    assert_eq!(wrong(&body).await, all);
    let nothing = wrong(&json!({})).await;
    assert_eq!(nothing, ["email", "payment", "shipping_address"]);
    let abroad =
        with("tok_ok", json!({"shipping_address": address("10117", "US"), "email": "a@b"}));
    let wrongs =
        ["email", "shipping_address/country", "shipping_address/line1", "shipping_address/name"];
    assert_eq!(wrong(&abroad).await, wrongs);
    let dollars = with("tok_ok", json!({"expected_total": {"minor": 2489, "currency": "USD"}}));
    assert_eq!(wrong(&dollars).await, ["expected_total/currency"]);
    assert_eq!(orders_and_charges(&shop).await, (0, 0));
}
