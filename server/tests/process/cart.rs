//! The cart as browsers without scripts and programs meet it.

use crate::world::Store;
use reqwest::{
    Response, StatusCode,
    header::{ACCEPT, COOKIE, LOCATION, SET_COOKIE},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A visitor who keeps the cookie they were given.
struct Visitor<'a> {
    store: &'a Store,
    cookie: String,
}

impl<'a> Visitor<'a> {
    /// One with a lamp in the cart.
    async fn with_a_lamp(store: &'a Store) -> Self {
        let mut visitor = Self { store, cookie: String::new() };
        let first = visitor.send("add", &[("sku", "LAMP"), ("quantity", "1")], PROGRAM).await;
        visitor.cookie = kept(&first);
        visitor
    }

    async fn send(&self, what: &str, fields: &[(&str, &str)], accept: &str) -> Response {
        let form = self.store.form(&format!("/api/cart/{what}"), fields).header(ACCEPT, accept);
        let form = match self.cookie.is_empty() {
            true => form,
            false => form.header(COOKIE, &self.cookie),
        };
        form.send().await.unwrap()
    }

    async fn page(&self, path: &str) -> String {
        let request = self.store.client.get(format!("{}{path}", self.store.url));
        let answer = request.header(COOKIE, &self.cookie).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    }
}

const PROGRAM: &str = "application/json";
const PERSON: &str = "text/html";

/// The cookie of an answer, as the browser sends it back.
fn kept(answer: &Response) -> String {
    let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
    assert!(cookie.contains("Max-Age=2592000"), "{cookie}");
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_cart_in_use_is_kept_for_thirty_days_from_its_last_change() {
    let store = Store::open().await;
    let visitor = Visitor::with_a_lamp(&store).await;
    let changes: [(&str, &[(&str, &str)]); 3] = [
        ("add", &[("sku", "LAMP"), ("quantity", "1")]),
        ("set", &[("sku", "LAMP"), ("quantity", "5")]),
        ("remove", &[("sku", "LAMP")]),
    ];
    for (change, fields) in changes {
        for accept in [PROGRAM, PERSON] {
            let answer = visitor.send(change, fields, accept).await;
            assert_eq!(kept(&answer), visitor.cookie, "{change}");
        }
    }
    let refused = visitor.send("set", &[("sku", "LAMP"), ("quantity", "0")], PROGRAM).await;
    assert!(!refused.headers().contains_key(SET_COOKIE));
}

#[tokio::test]
async fn a_wish_whose_answer_was_lost_is_granted_once_when_it_is_sent_again() {
    let store = Store::open().await;
    let visitor = Visitor::with_a_lamp(&store).await;
    let wish = [("sku", "LAMP"), ("quantity", "2"), ("wish", "5f0c1d2e-press")];
    for _ in 0..2 {
        let cart: serde_json::Value =
            visitor.send("add", &wish, PROGRAM).await.json().await.unwrap();
        assert_eq!(cart["lines"][0]["quantity"], 3);
    }
}

#[tokio::test]
async fn the_cart_says_that_a_page_left_open_showed_another_price() {
    let store = Store::open().await;
    let page = store.page("/p/lamp").await.1;
    assert!(page.contains("name=\"seen_price\" value=\"1999\""));
    let mut visitor = Visitor { store: &store, cookie: String::new() };
    let form = [("sku", "LAMP"), ("quantity", "1"), ("seen_price", "1500")];
    visitor.cookie = kept(&visitor.send("add", &form, PERSON).await);
    let told = "The price of Lamp changed from €15.00 to €19.99";
    // Looking at it changes nothing, so a second look tells it as well.
    for _ in 0..2 {
        let cart = visitor.page("/cart").await;
        assert!(cart.contains(told) && cart.contains("€19.99 each"), "{cart}");
    }
    visitor.send("set", &[("sku", "LAMP"), ("quantity", "2")], PERSON).await;
    assert!(!visitor.page("/cart").await.contains(told));
}

#[tokio::test]
async fn the_cart_and_no_page_of_everyones_counts_without_scripts() {
    let store = Store::open().await;
    let visitor = Visitor::with_a_lamp(&store).await;
    visitor.send("add", &[("sku", "LAMP"), ("quantity", "1")], PROGRAM).await;
    let cart = visitor.page("/cart").await;
    assert!(cart.contains("aria-label=\"Cart, 2 items\""), "{cart}");
    assert!(!visitor.page("/p/lamp").await.contains("aria-label=\"Cart, "));
}

#[tokio::test]
async fn a_combination_that_is_not_made_comes_back_as_it_was_chosen() {
    let store = Store::open().await;
    let visitor = Visitor { store: &store, cookie: String::new() };
    let form = [
        ("slug", "chair"),
        ("variants", "colour%3Dred=CHAIR-R+9900"),
        ("options[colour]", "blue"),
        ("quantity", "2"),
    ];
    let answer = visitor.send("add", &form, PERSON).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let page = visitor.page(answer.headers()[LOCATION].to_str().unwrap()).await;
    assert!(page.contains("value=\"blue\" checked"), "{page}");
    assert!(page.contains("name=\"quantity\"") && page.contains("value=\"2\""), "{page}");
    assert!(page.contains("Please choose another."), "{page}");
}

#[tokio::test]
async fn a_form_that_is_too_large_is_refused_and_sent_nowhere() {
    let store = Store::open().await;
    let host = store.url.trim_start_matches("http://");
    for path in ["/api/cart/add", "/api/checkout/place", "/webhooks/sandbox"] {
        // Without a length the store has to count.
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\norigin: {url}\r\nreferer: {url}/p/lamp\r\n\
             accept: text/html\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             connection: close\r\ntransfer-encoding: chunked\r\n\r\n11170\r\n{body}\r\n0\r\n\r\n",
            url = store.url,
            body = "a".repeat(70_000),
        );
        let mut line = TcpStream::connect(host).await.unwrap();
        line.write_all(request.as_bytes()).await.unwrap();
        let mut told = String::new();
        line.read_to_string(&mut told).await.unwrap();
        assert!(told.starts_with("HTTP/1.1 413 ") && told.contains("\"too_large\""), "{told}");
        assert!(!told.contains("location: "), "{told}");
    }
}
