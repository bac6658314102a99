//! Orders, by their keys and by the merchant's.

use super::{App, Shop, checkout, told};
use crate::api::key;
use reqwest::Method;

#[tokio::test]
async fn an_order_is_shown_to_who_holds_its_key_and_to_the_merchant() {
    let shop = Shop::open().await;
    let app = shop.app().await;
    let id = app.cart("LAMP", 1).await;
    let order = app.api.check_out(&id, &checkout("tok_ok"), "1").await.unwrap().order;
    let other = app.cart("LAMP", 2).await;
    let other = app.api.check_out(&other, &checkout("tok_ok"), "2").await.unwrap().order;
    let shown = app.api.order(&order.number, &order.key).await.unwrap();
    assert_eq!((shown.number, shown.email.as_str()), (order.number.clone(), "shopper@example.com"));
    assert!(shown.paid_at.is_some());

    let path = format!("/api/v1/orders/{}", order.number);
    for (what, presented) in
        [("none", None), ("another's", Some(&other.key)), ("", Some(&"x".to_owned()))]
    {
        let request = app.ask(Method::GET, &path);
        let request =
            presented.into_iter().fold(request, |request, key| request.header("order-key", key));
        let refused = told(request.send().await.unwrap()).await;
        assert_eq!(refused.problem(), (404, "not_found"), "{what}");
    }
    // Nor is it a part of the address.
    let request = app.ask(Method::GET, &format!("{path}?key={}", order.key));
    assert_eq!(told(request.send().await.unwrap()).await.problem(), (404, "not_found"));

    let merchant = App::with(&shop.store, &key(&shop.store, "orders:read").await);
    let seen = told(merchant.ask(Method::GET, &path).send().await.unwrap()).await;
    assert_eq!((seen.status, &seen.body["number"]), (200, &order.number.into()));
    let unknown = merchant.ask(Method::GET, "/api/v1/orders/V-0000-0000").send().await.unwrap();
    assert_eq!(told(unknown).await.problem(), (404, "not_found"));
    let no_number = merchant.ask(Method::GET, "/api/v1/orders/what").send().await.unwrap();
    assert_eq!(told(no_number).await.problem(), (422, "invalid"));
}
