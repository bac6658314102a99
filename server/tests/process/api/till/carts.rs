//! Carts of apps.

use super::{CARTS, Shop, checkout, euros, told};
use client::{Delivery, DeliveryMethod, NewLine};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::json;

fn line(sku: &str, quantity: u32) -> NewLine {
    NewLine { sku: sku.to_owned(), quantity }
}

#[tokio::test]
async fn whoever_knows_the_name_of_a_cart_has_it_and_nobody_else_and_no_log_knows_it() {
    let shop = Shop::open().await;
    let app = shop.app().await;
    let opened = app.send(Method::POST, CARTS, &json!({})).await;
    assert_eq!((opened.status, opened.header("cache-control")), (201, "no-store"));
    assert_eq!(
        (&opened.body["lines"], &opened.body["totals"]["total"]),
        (&json!([]), &euros(0)),
        "{opened:?}"
    );
    let id = opened.body["id"].as_str().unwrap();
    assert_eq!(id.len(), 43);

    let added = app.api.add(id, &line("LAMP", 2), "1").await.unwrap();
    assert_eq!((added.id.as_str(), added.lines[0].sku.as_str()), (id, "LAMP"));
    assert_eq!((added.lines[0].quantity, added.totals.total.minor), (2, 2 * 1_999));
    assert!(added.version > 0 && added.totals.shipping.is_none());
    // Another app of the same shop.
    let other = shop.app().await;
    assert_eq!(other.api.cart(id).await.unwrap().lines, added.lines);

    let strange = accounts::SessionToken::random().expose();
    for (method, path, body) in [
        (Method::GET, String::new(), json!(null)),
        (Method::PATCH, String::new(), json!({"delivery": "express"})),
        (Method::GET, "/delivery-options".to_owned(), json!(null)),
        (Method::POST, "/lines".to_owned(), json!({"sku": "LAMP", "quantity": 1})),
        (Method::PATCH, "/lines/LAMP".to_owned(), json!({"quantity": 1})),
        (Method::DELETE, "/lines/LAMP".to_owned(), json!(null)),
    ] {
        let told = app.send(method.clone(), &format!("{CARTS}/{strange}{path}"), &body).await;
        let code = told.problem();
        assert!(matches!(code, (404, "not_found" | "not_in_cart")), "{method} {path}: {code:?}");
        let told = app.send(method, &format!("{CARTS}/guessed{path}"), &body).await;
        assert_eq!(told.problem(), (422, "invalid"));
        assert_eq!(told.body["errors"][0]["parameter"], "id");
    }
    let told = app.check_out(&strange, "a", &super::with("tok_ok", json!({}))).await;
    assert_eq!(told.problem(), (404, "not_found"));
    let log = shop.store.serve.log();
    assert!(!log.contains(id) && !log.contains(&strange), "{log}");
}

#[tokio::test]
async fn a_cart_keeps_the_rules_of_the_shop() {
    let shop = Shop::open().await;
    let app = shop.app().await;
    let id = app.cart("LAMP", 3).await;
    let lines = format!("{CARTS}/{id}/lines");
    for (body, problem, at) in [
        (json!({"sku": "NOBODY", "quantity": 1}), (404, "not_sold"), None),
        (json!({"sku": "LAMP", "quantity": 0}), (422, "invalid"), Some("#/quantity")),
        (json!({"sku": "LAMP", "quantity": -1}), (422, "invalid"), Some("#/quantity")),
        (json!({"sku": "LAMP", "quantity": 0.5}), (422, "invalid"), Some("#/quantity")),
        (json!({"sku": "LAMP", "quantity": 1_000}), (422, "invalid"), Some("#/quantity")),
        (json!({"sku": "a b", "quantity": 1}), (422, "invalid"), Some("#/sku")),
        (json!({"sku": "LAMP", "quantity": 1, "price": 1}), (422, "invalid"), Some("#/price")),
    ] {
        let told = app.send(Method::POST, &lines, &body).await;
        assert_eq!(told.problem(), problem, "{body}");
        assert_eq!(told.body["errors"][0]["pointer"].as_str(), at, "{body}");
    }
    let short = app.send(Method::POST, &lines, &json!({"sku": "LAMP", "quantity": 48})).await;
    assert_eq!(short.problem(), (409, "out_of_stock"));
    let facts = ["sku", "left", "in_cart"].map(|name| short.body[name].clone());
    assert_eq!(facts, [json!("LAMP"), json!(50), json!(3)]);

    // Once under each name.
    for (name, pieces) in [("a", 4), ("a", 4), ("b", 5)] {
        assert_eq!(
            app.api.add(&id, &line("LAMP", 1), name).await.unwrap().lines[0].quantity,
            pieces
        );
    }
    let set = app.api.set_quantity(&id, "LAMP", 2).await.unwrap();
    assert_eq!((set.lines[0].quantity, set.totals.items.minor), (2, 2 * 1_999));
    let missing = app.api.set_quantity(&id, "CHAIR-R", 1).await.unwrap_err();
    assert_eq!(missing.code(), Some("not_in_cart"));
    for _ in 0..2 {
        assert!(app.api.remove(&id, "LAMP").await.unwrap().lines.is_empty());
    }
}

#[tokio::test]
async fn a_cart_knows_where_it_goes_and_what_that_costs() {
    let shop = Shop::open().await;
    let app = shop.app().await;
    let id = app.cart("LAMP", 1).await;
    let ways = app.api.delivery_options(&id).await.unwrap().items;
    let costs: Vec<_> = ways.iter().map(|way| (way.price.minor, way.total.clone())).collect();
    let total = |minor: i64| Some(client::Money { minor, currency: "EUR".to_owned() });
    assert_eq!(costs, [(490, total(2_489)), (990, total(2_989))]);
    let abroad = format!("{CARTS}/{id}/delivery-options?country=FR");
    let abroad = told(app.ask(Method::GET, &abroad).send().await.unwrap()).await;
    assert_eq!(abroad.body["items"][0]["price"], euros(990));

    let address = client::ShippingAddress {
        country: "FR".to_owned(),
        postal_code: "75001".to_owned(),
        ..checkout("").shipping_address
    };
    let to_france = Delivery {
        shipping_address: Some(address.clone()),
        delivery: Some(DeliveryMethod::Express),
    };
    let cart = app.api.deliver(&id, &to_france).await.unwrap();
    assert_eq!((cart.shipping_address, cart.delivery), (Some(address), to_france.delivery));
    assert_eq!(cart.totals.shipping.unwrap().minor, 1_990);
    assert_eq!(cart.totals.taxes[0].rate_basis_points, 2_000);
    // What is left out stays.
    let standard = Delivery { delivery: Some(DeliveryMethod::Standard), ..Delivery::default() };
    let cart = app.api.deliver(&id, &standard).await.unwrap();
    assert_eq!(
        (cart.shipping_address.unwrap().country, cart.totals.total.minor),
        ("FR".to_owned(), 2_989)
    );

    let path = format!("{CARTS}/{id}");
    for (body, at) in [
        (
            json!({"shipping_address": {"name": "A", "line1": "B", "city": "C", "postal_code": "1", "country": "FR"}}),
            "#/shipping_address/postal_code",
        ),
        (
            json!({"shipping_address": {"name": "A", "line1": "B", "city": "C", "postal_code": "1", "country": "US"}}),
            "#/shipping_address/country",
        ),
        (
            json!({"shipping_address": {"name": "<b>", "line1": "B", "city": "C", "postal_code": "75001", "country": "FR"}}),
            "#/shipping_address/name",
        ),
        (json!({"delivery": "by pigeon"}), "#/delivery"),
    ] {
        let told = app.send(Method::PATCH, &path, &body).await;
        assert_eq!(told.problem(), (422, "invalid"), "{body}");
        assert_eq!(told.body["errors"][0]["pointer"], at, "{told:?}");
    }
}

#[tokio::test]
async fn what_moved_since_it_was_put_into_a_cart_is_told() {
    let shop = Shop::open().await;
    let app = shop.app().await;
    let id = app.cart("LAMP", 3).await;
    let dearer = crate::world::lamp("Lamp").replace("1999", "2500");
    shop.store.import(&dearer).await;
    shop.store.count("LAMP", 2).await;
    let cart = app.api.cart(&id).await.unwrap();
    assert_eq!(cart.totals.items.minor, 3 * 2_500);
    let changes = serde_json::to_value(&cart.changes).unwrap();
    let moved = json!([{"change": "price", "sku": "LAMP", "name": "Lamp", "was": euros(1_999), "now": euros(2_500)}]);
    assert_eq!(changes, moved);
    assert_eq!((cart.shortages[0].sku.as_str(), cart.shortages[0].left), ("LAMP", 2));
}

#[tokio::test]
async fn what_is_sold_by_a_line_is_not_sold_past_it() {
    let hour = |hours| (Timestamp::now() + SignedDuration::from_hours(hours)).to_string();
    let shop = Shop::open_with(&[
        ("VITRINE__LINE__SECRET", "the secret of the tests, long enough".to_owned()),
        ("VITRINE__LINE__DROPS__LAMP-DROP__TITLE", "Lamp, second edition".to_owned()),
        ("VITRINE__LINE__DROPS__LAMP-DROP__PRODUCTS", "lamp".to_owned()),
        ("VITRINE__LINE__DROPS__LAMP-DROP__OPENS", hour(-1)),
        ("VITRINE__LINE__DROPS__LAMP-DROP__ENDS", hour(1)),
    ])
    .await;
    let app = shop.app().await;
    let id = app.cart("CHAIR-R", 1).await;
    let body = json!({"sku": "LAMP", "quantity": 1});
    let barred = app.send(Method::POST, &format!("{CARTS}/{id}/lines"), &body).await;
    assert_eq!(barred.problem(), (409, "waiting_room"));
    assert_eq!(barred.body["line"], "/line/lamp-drop");
}
