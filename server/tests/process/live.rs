//! Streams of live news, from whoever changes something to the page that is open.

use crate::world::{Process, SOON, Store, free_port, lamp};
use futures::future::join_all;
use platform::testing::SYNC;
use reqwest::{
    Response, StatusCode,
    header::{COOKIE, SET_COOKIE},
};
use serde_json::{Value, json};

/// A page that listens.
struct Page {
    answer: Response,
    heard: String,
}

/// What a page hears.
#[derive(Debug, Clone, PartialEq)]
struct Event {
    id: String,
    name: String,
    data: Value,
}

impl Event {
    /// What is said, without the version.
    fn said(&self) -> (String, Value) {
        let mut data = self.data.clone();
        data.as_object_mut().unwrap().remove("version");
        (self.name.clone(), data)
    }
}

impl Page {
    async fn open(store: &Store, query: &str, last: Option<&str>) -> Self {
        let answer = ask(store, query, last).await;
        assert_eq!(answer.status(), 200, "{query}");
        Self { answer, heard: String::new() }
    }

    /// The next event; `None` when the stream has ended.
    async fn next(&mut self) -> Option<Event> {
        // Signs of life are no news.
        tokio::time::timeout(SOON, self.hear()).await.expect("something is told")
    }

    async fn hear(&mut self) -> Option<Event> {
        loop {
            while let Some((event, rest)) = self.heard.split_once("\n\n") {
                let event = event.to_owned();
                self.heard = rest.to_owned();
                let field = |name: &str| {
                    let line = event.lines().find_map(|line| line.strip_prefix(name));
                    line.map(|value| value.trim_start_matches([':', ' ']).to_owned())
                };
                if let (Some(name), Some(data)) = (field("event"), field("data")) {
                    let data = serde_json::from_str(&data).unwrap();
                    return Some(Event { id: field("id").unwrap_or_default(), name, data });
                }
            }
            let chunk = self.answer.chunk().await.ok().flatten()?;
            self.heard.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn said(&mut self) -> (String, Value) {
        self.next().await.expect("the stream goes on").said()
    }

    /// The first two: how much there is and what it costs, in either order. Ends with the last id.
    async fn begins_with(&mut self, stock: &Value, price: &Value) -> String {
        let first = self.next().await.unwrap();
        let second = self.next().await.unwrap();
        let mut said = [first.said(), second.said()];
        said.sort_by(|one, other| other.0.cmp(&one.0));
        assert_eq!(said, [("stock".into(), stock.clone()), ("price".into(), price.clone())]);
        second.id
    }
}

async fn ask(store: &Store, query: &str, last: Option<&str>) -> Response {
    ask_at(store, &store.url, query, last).await
}

async fn ask_at(store: &Store, node: &str, query: &str, last: Option<&str>) -> Response {
    let request = store.client.get(format!("{node}/events?{query}"));
    let request = match last {
        Some(id) => request.header("last-event-id", id),
        None => request,
    };
    request.send().await.unwrap()
}

fn plenty() -> Value {
    json!({ "sku": "LAMP", "class": "in_stock" })
}

fn few(left: u32) -> Value {
    json!({ "sku": "LAMP", "class": "few_left", "left": left })
}

fn costs(minor: i64) -> Value {
    json!({ "sku": "LAMP", "price": { "minor": minor, "currency": "EUR" } })
}

fn repriced(minor: i64) -> String {
    lamp("Lamp").replace("1999", &minor.to_string())
}

#[tokio::test]
async fn an_open_page_hears_what_becomes_of_what_it_shows() {
    let store = Store::open().await;
    let _worker = store.worker();
    let mut page = Page::open(&store, "sku=LAMP", None).await;
    page.begins_with(&plenty(), &costs(1_999)).await;
    store.count("CHAIR-R", 1).await;
    store.count("LAMP", 2).await;
    assert_eq!(page.said().await, ("stock".into(), few(2)));
    store.write(&repriced(2_500)).await;
    assert_eq!(page.said().await, ("price".into(), costs(2_500)));
    // Another name and the same price is no news; nor is what was withdrawn to be had.
    store.write(&repriced(2_500).replace("\"Lamp\"", "\"Torch\"")).await;
    let withdrawn =
        repriced(2_500).replace("\"featured\"", "\"status\": \"withdrawn\", \"featured\"");
    store.write(&withdrawn).await;
    let gone = json!({ "sku": "LAMP", "price": null });
    assert_eq!(page.said().await, ("price".into(), gone));
    store.count("LAMP", 0).await;
    let none = json!({ "sku": "LAMP", "class": "sold_out" });
    assert_eq!(page.said().await, ("stock".into(), none));
}

#[tokio::test]
async fn a_page_that_comes_back_to_its_node_hears_what_it_missed_and_nothing_twice() {
    let store = Store::open().await;
    let _worker = store.worker();
    let mut page = Page::open(&store, "sku=LAMP", None).await;
    let last = page.begins_with(&plenty(), &costs(1_999)).await;
    drop(page);
    // Another page hears of it, so it is known to the node.
    let mut other = Page::open(&store, "sku=LAMP", None).await;
    other.begins_with(&plenty(), &costs(1_999)).await;
    store.count("LAMP", 3).await;
    assert_eq!(other.said().await.1, few(3));
    let mut again = Page::open(&store, "sku=LAMP", Some(&last)).await;
    assert_eq!(again.said().await.1, few(3));
    store.count("LAMP", 1).await;
    assert_eq!(again.said().await.1, few(1));

    // Another node says all there is.
    let node = store.another().await;
    let answer = ask_at(&store, &node, "sku=LAMP", Some(&last)).await;
    let mut there = Page { answer, heard: String::new() };
    there.begins_with(&few(1), &costs(1_999)).await;
}

#[tokio::test]
async fn many_pages_that_open_at_once_cost_each_database_a_few_reads() {
    let store = Store::open().await;
    let query = "sku=LAMP&sku=CHAIR-R&sku=CHAIR-B";
    // Connections are made and prepared once, not for each page.
    Page::open(&store, "sku=nothing", None).await.next().await;
    store.begin_to_count();
    let mut pages = join_all((0..100).map(|_| Page::open(&store, query, None))).await;
    for page in &mut pages {
        for _ in 0..6 {
            page.next().await.unwrap();
        }
    }
    let of_stock: Vec<_> =
        store.postgres.round_trips().into_iter().filter(|said| said != SYNC).collect();
    let of_prices = store.mongodb.round_trips();
    assert!((1..=4).contains(&of_stock.len()), "{of_stock:#?}");
    assert!((1..=4).contains(&of_prices.len()), "{of_prices:#?}");
}

#[tokio::test]
async fn while_a_database_is_away_streams_stay_open_and_are_told_later() {
    let store = Store::open().await;
    let _worker = store.worker();
    store.postgres.cut();
    let mut page = Page::open(&store, "sku=LAMP", None).await;
    assert_eq!(page.said().await, ("price".into(), costs(1_999)));
    store.postgres.mend();
    assert_eq!(page.said().await, ("stock".into(), plenty()));

    store.redis.cut();
    store.write(&repriced(900)).await;
    store.redis.mend();
    assert_eq!(page.said().await, ("price".into(), costs(900)));
}

#[tokio::test]
async fn what_the_bus_forgot_is_looked_up_when_it_is_back() {
    let store = Store::open().await;
    let mut page = Page::open(&store, "sku=LAMP", None).await;
    page.begins_with(&plenty(), &costs(1_999)).await;
    store.redis.cut();
    let away = async || store.serve.log().contains("the event bus is away");
    store.until("the bus is missed", away).await;
    // No worker runs: nobody tells of it, as if what was told had been lost.
    store.count("LAMP", 4).await;
    store.write(&repriced(1_500)).await;
    store.redis.mend();
    page.begins_with(&few(4), &costs(1_500)).await;
}

#[tokio::test]
async fn one_address_has_so_many_streams_and_gets_a_place_back_that_it_leaves() {
    let store = Store::open().await;
    let address = free_address();
    let limits = [
        ("VITRINE__SERVER__LISTEN", address.as_str()),
        ("VITRINE__LIVE__MAX_STREAMS_PER_ADDRESS", "2"),
    ];
    let _node = store.start("serve", &limits);
    let node = format!("http://{address}");
    let ready = async || store.client.get(format!("{node}/health/live")).send().await.is_ok();
    store.until("the node answers", ready).await;
    let first = ask_at(&store, &node, "sku=LAMP", None).await;
    let second = ask_at(&store, &node, "sku=LAMP", None).await;
    assert_eq!((first.status(), second.status()), (StatusCode::OK, StatusCode::OK));
    let refused = ask_at(&store, &node, "sku=LAMP", None).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()["retry-after"], "30");
    assert_eq!(refused.json::<Value>().await.unwrap()["code"], "too_many_requests");
    drop(first);
    let place = async || ask_at(&store, &node, "sku=LAMP", None).await.status() == 200;
    store.until("there is a place again", place).await;
    drop(second);
}

#[tokio::test]
async fn what_cannot_be_told_is_refused_with_a_code() {
    let store = Store::open().await;
    let many: String = (0..101).map(|n| format!("&sku=s{n}")).collect();
    for (query, status, code) in [
        ("", 400, "nothing_asked"),
        ("sku=", 400, "malformed"),
        ("sku=LAMP&page=1", 400, "malformed"),
        (&many[1..], 400, "too_many_skus"),
        ("order=V-0000-0000&key=x", 404, "not_found"),
        ("order=V-0000-0000", 404, "not_found"),
        ("sku=LAMP&order=V-0000-0000&key=x", 404, "not_found"),
    ] {
        let answer = ask(&store, query, None).await;
        assert_eq!(answer.status(), status, "{query}");
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], code, "{query}");
    }
}

#[tokio::test]
async fn streams_end_when_the_node_stops() {
    let mut store = Store::open().await;
    let mut pages = join_all((0..20).map(|_| Page::open(&store, "sku=LAMP", None))).await;
    for page in &mut pages {
        page.begins_with(&plenty(), &costs(1_999)).await;
    }
    store.serve.ask_to_stop();
    for page in &mut pages {
        assert_eq!(page.next().await, None);
    }
    assert!(store.serve.ended().await.success());
    assert!(!store.serve.log().contains("did not finish in time"), "{}", store.serve.log());
}

#[tokio::test]
async fn a_stream_knows_nobody_and_a_page_stays_the_same_for_everybody() {
    let store = Store::open().await;
    let _worker = store.worker();
    let request = store.client.get(format!("{}/events?sku=LAMP", store.url));
    let answer = request.header(COOKIE, "session=somebody").send().await.unwrap();
    assert!(!answer.headers().contains_key(SET_COOKIE));
    assert_eq!(answer.headers()["cache-control"], "private, no-store");
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let mut page = Page { answer, heard: String::new() };
    page.begins_with(&plenty(), &costs(1_999)).await;
    for left in [3, 1] {
        store.count("LAMP", left).await;
        assert_eq!(page.said().await.1, few(left));
        let looks =
            ["", "session=somebody"].map(|cookie| {
                let request = store.client.get(format!("{}/p/lamp", store.url));
                async move {
                    request.header(COOKIE, cookie).send().await.unwrap().bytes().await.unwrap()
                }
            });
        let says = format!("Only {left} left");
        let fresh = async || store.page("/p/lamp").await.1.contains(&says);
        store.until("the page says it too", fresh).await;
        let [one, other] = <[_; 2]>::try_from(join_all(looks).await).unwrap();
        assert_eq!(one, other);
    }
}

#[tokio::test]
async fn an_order_is_told_to_whoever_holds_its_key() {
    let store = Store::open().await;
    let _worker = store.worker();
    let (provider, address) = (free_address(), free_address());
    let state = store.folder.join("provider.state").to_string_lossy().into_owned();
    let webhooks = format!("{}/webhooks/sandbox", store.url);
    let _provider = Process::start(&mut store.command(&[
        "sandbox-psp",
        "--listen",
        &provider,
        "--state",
        &state,
        "--webhook-url",
        &webhooks,
    ]));
    let provider = format!("http://{provider}");
    let _desk = store.start(
        "serve",
        &[("VITRINE__SERVER__LISTEN", &address), ("VITRINE__PAYMENTS__SANDBOX__URL", &provider)],
    );
    let desk = format!("http://{address}");
    for url in [&desk, &provider] {
        let answers = async || store.client.get(url).send().await.is_ok();
        store.until("it answers", answers).await;
    }
    let send = async |path: &str, fields: &[(&str, &str)], cookie: &str| {
        let request = store.client.post(format!("{desk}{path}")).form(fields);
        let request = request.header("origin", &store.url).header(COOKIE, cookie);
        let answer = request.header("accept", "application/json").send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer
    };
    let lamp = [("sku", "LAMP"), ("quantity", "1")];
    let added = send("/api/cart/add", &lamp, "").await;
    let cookie = added.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap();
    let form = [
        ("email", "ada@example.com"),
        ("full_name", "Ada Lovelace"),
        ("address", "Torstraße 1"),
        ("city", "Berlin"),
        ("postal_code", "10119"),
        ("country", "DE"),
        ("delivery", "standard"),
    ];
    send("/api/checkout/place", &form, cookie).await;
    let schema = platform::postgres::connect(&store.database.url, orders::SCHEMA, 1).await.unwrap();
    let (number, key): (String, String) =
        sqlx::query_as("select number, access_key from orders").fetch_one(&schema).await.unwrap();
    let query = format!("sku=LAMP&order={number}&key={key}");
    let mut page = Page { answer: ask_at(&store, &desk, &query, None).await, heard: String::new() };
    let mut first = [page.next().await, page.next().await, page.next().await].map(Option::unwrap);
    first.sort_by(|one, other| one.name.cmp(&other.name));
    let [order, ..] = first;
    assert_eq!((order.name.as_str(), &order.data["state"]), ("order", &"awaiting_payment".into()));
    let wrong = format!("order={number}&key=x{key}");
    assert_eq!(ask_at(&store, &desk, &wrong, None).await.status(), 404);

    // Another order in its stead.
    send("/api/cart/add", &lamp, cookie).await;
    send("/api/checkout/place", &form, cookie).await;
    let told = page.next().await.unwrap();
    assert_eq!((told.name.as_str(), &told.data["state"]), ("order", &"cancelled".into()));
    assert_eq!(told.data["cancel_reason"], "superseded");
}

fn free_address() -> String {
    format!("127.0.0.1:{}", free_port())
}
