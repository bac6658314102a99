//! Which nodes sell, and what they do when a database is away.

use super::{CARTS, Shop, checkout, told};
use crate::world::until;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn only_nodes_with_the_role_sell_and_all_have_the_one_document() {
    let shop = Shop::open().await;
    let app = shop.app().await;
    let role = |name: &'static str| [("VITRINE__SERVER__ROLES", name)];
    let till = shop.store.another_with(&role("till")).await;
    let api = shop.store.another_with(&role("api")).await;
    let opened = app.ask_at(&till, Method::POST, CARTS).json(&json!({})).send().await.unwrap();
    assert_eq!(opened.status(), 201);
    let elsewhere = app.ask_at(&api, Method::POST, CARTS).json(&json!({})).send().await.unwrap();
    assert_eq!(told(elsewhere).await.problem(), (421, "misdirected"));
    let levels = app.ask_at(&till, Method::GET, "/api/v1/inventory/levels").send().await.unwrap();
    assert_eq!(told(levels).await.problem(), (421, "misdirected"));
    let document = async |node: &str| -> Value {
        let url = format!("{node}/api/openapi.json");
        shop.store.client.get(url).send().await.unwrap().json().await.unwrap()
    };
    let (one, other) = (document(&till).await, document(&api).await);
    assert_eq!(one, other);
    assert!(one["paths"].as_object().unwrap().contains_key("/api/v1/carts/{id}/checkout"));
}

#[tokio::test]
async fn while_the_sessions_are_away_orders_are_shown_and_carts_refused_at_once() {
    let shop = Shop::open().await;
    let app = shop.app().await;
    let id = app.cart("LAMP", 1).await;
    let order = app.api.check_out(&id, &checkout("tok_ok"), "1").await.unwrap().order;
    shop.store.mongodb.cut();
    let away =
        async || app.api.cart(&id).await.is_err_and(|error| error.code() == Some("unavailable"));
    until("it is known", away).await;
    let refused = app.send(Method::GET, &format!("{CARTS}/{id}"), &json!({})).await;
    assert_eq!((refused.problem(), refused.header("retry-after")), ((503, "unavailable"), "5"));
    assert_eq!(app.api.order(&order.number, &order.key).await.unwrap().number, order.number);
    shop.store.mongodb.mend();
    until("all is well", async || app.api.cart(&id).await.is_ok()).await;
}
