//! What apps and the merchant's programs are told of orders.

use super::{App, Shop, checkout, with};
use crate::{
    webhooks::{self, Wms},
    world::until,
};
use client::PlacedOrder;
use reqwest::{Method, Response};
use serde_json::{Value, json};

/// A stream of events, read one by one.
struct Stream {
    answer: Response,
    read: String,
}

/// An event: its name, its id and its data.
type Event = (String, Option<String>, Value);

impl Stream {
    async fn of(app: &App<'_>, order: &PlacedOrder, last: Option<&str>) -> Self {
        let request = app.ask(Method::GET, &format!("/api/v1/orders/{}/events", order.number));
        let request = request.header("order-key", &order.key);
        let request =
            last.into_iter().fold(request, |request, id| request.header("last-event-id", id));
        let answer = request.send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["content-type"]),
            (200, &"text/event-stream".parse().unwrap())
        );
        Self { answer, read: String::new() }
    }

    /// The next event.
    async fn next(&mut self) -> Event {
        loop {
            while let Some((event, rest)) = self.read.split_once("\n\n") {
                let field = |name: &str| {
                    event.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned)
                };
                let found = field("event: ").map(|name| {
                    let data = serde_json::from_str(&field("data: ").unwrap()).unwrap();
                    (name, field("id: "), data)
                });
                self.read = rest.to_owned();
                if let Some(found) = found {
                    return found;
                }
            }
            let more = self.answer.chunk().await.unwrap().expect("the stream goes on");
            self.read.push_str(std::str::from_utf8(&more).unwrap());
        }
    }
}

#[tokio::test]
async fn an_order_is_followed_and_who_comes_back_is_told_the_rest() {
    let shop = Shop::open().await;
    let _relay = shop.store.worker();
    let app = shop.app().await;
    let id = app.cart("LAMP", 1).await;
    let declined = app.check_out(&id, "1", &with("tok_declined", json!({}))).await;
    let order: PlacedOrder = serde_json::from_value(declined.body["order"].clone()).unwrap();
    let mut stream = Stream::of(&app, &order, None).await;
    let (name, placed, data) = stream.next().await;
    assert_eq!(
        (name.as_str(), &data["type"], &data["number"]),
        ("happened", &json!("order.placed"), &json!(order.number))
    );
    let (name, no_id, data) = stream.next().await;
    assert_eq!(
        (name.as_str(), no_id, &data["payment_status"]),
        ("standing", None, &json!("declined"))
    );
    app.api.check_out(&id, &checkout("tok_ok"), "2").await.unwrap();
    let (name, paid, data) = stream.next().await;
    assert_eq!((name.as_str(), &data["type"]), ("happened", &json!("order.paid")));
    let (_, _, data) = stream.next().await;
    assert_eq!((&data["status"], &data["payment_status"]), (&json!("paid"), &json!("confirmed")));

    let mut again = Stream::of(&app, &order, placed.as_deref()).await;
    assert_eq!(again.next().await.1, paid);
    assert_eq!(again.next().await.0, "standing");
    let mut all_told = Stream::of(&app, &order, paid.as_deref()).await;
    assert_eq!(all_told.next().await.0, "standing");
}

#[tokio::test]
async fn nobody_follows_an_order_without_its_key() {
    let shop = Shop::open().await;
    let app = shop.app().await;
    let id = app.cart("LAMP", 1).await;
    let order = app.api.check_out(&id, &checkout("tok_ok"), "1").await.unwrap().order;
    let path = format!("/api/v1/orders/{}/events", order.number);
    for key in ["", "x"] {
        let request = app.ask(Method::GET, &path);
        let request = if key.is_empty() { request } else { request.header("order-key", key) };
        let refused = super::told(request.send().await.unwrap()).await;
        assert_eq!(refused.problem(), (404, "not_found"));
    }
}

#[tokio::test]
async fn who_wants_to_hear_of_orders_is_told_of_each_once_and_by_whom() {
    let shop = Shop::open_with(&[("VITRINE__WEBHOOKS__ALLOW_PRIVATE", "true".to_owned())]).await;
    let (all, paid) = (Wms::open().await, Wms::open().await);
    let (_, secret) = webhooks::add_for(&shop.store, &all, "order.placed,order.paid").await;
    webhooks::add_for(&shop.store, &paid, "order.paid").await;
    let _workers = [webhooks::teller(&shop.store), webhooks::teller(&shop.store)];
    let app = shop.app().await;
    let id = app.cart("LAMP", 2).await;
    let order = app.api.check_out(&id, &checkout("tok_ok"), "1").await.unwrap().order;
    until("both are told", async || all.told().len() >= 2 && !paid.told().is_empty()).await;
    let mut kinds = Vec::new();
    for (headers, body) in all.told() {
        standardwebhooks::Webhook::new(&secret).unwrap().verify(&body, &headers).unwrap();
        let told: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(told["data"]["number"], order.number.as_str());
        assert_eq!(told["data"]["total"], serde_json::to_value(&order.total).unwrap());
        kinds.push(told["type"].as_str().unwrap().to_owned());
    }
    kinds.sort();
    assert_eq!(kinds, ["order.paid", "order.placed"]);
    // A second order is told of when all of the first has been: so nothing of that came twice.
    let id = app.cart("LAMP", 1).await;
    app.api.check_out(&id, &checkout("tok_ok"), "2").await.unwrap();
    until("it is told", async || all.told().len() >= 4).await;
    assert_eq!((all.told().len(), paid.told().len()), (4, 2));
}

#[tokio::test]
async fn an_endpoint_for_orders_is_of_no_warehouse_and_of_no_type_that_there_is_not() {
    let shop = Shop::open().await;
    for (more, words) in [
        (&["--types", "order.sent"][..], "`order.sent` is no type; there are "),
        (
            &["--types", "order.paid", "--warehouse", "berlin"],
            "`order.paid` is told of no warehouse",
        ),
    ] {
        let arguments = [&["add", "--url", "https://shop.example/hooks"], more].concat();
        let (code, said) = webhooks::webhook(&shop.store, &arguments).await;
        assert!(code == Some(1) && said.contains(words), "{said}");
    }
}
