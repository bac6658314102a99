//! The line before a drop, on two nodes: a place costs no query, any node knows it, and nothing is sold past it.

use crate::world::{Ground, Store, TO_BERLIN};
use jiff::{SignedDuration, Timestamp};
use platform::testing::{SYNC, Wire};
use reqwest::{
    RequestBuilder, Response, StatusCode,
    header::{ACCEPT, COOKIE, LOCATION, SET_COOKIE},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const PROGRAM: &str = "application/json";
const PERSON: &str = "text/html";

/// A store that sells the lamp by a line, and the chairs by one that is not open yet: two nodes, each of which lets
/// somebody in every two seconds.
async fn store() -> (Store, String) {
    let mut ground = Ground::new().await;
    let hours = |hours| (Timestamp::now() + SignedDuration::from_hours(hours)).to_string();
    ground.settings.extend([
        ("VITRINE__LINE__SECRET", "the secret of the tests, long enough".to_owned()),
        ("VITRINE__LINE__NODES", "2".to_owned()),
        ("VITRINE__LINE__DROPS__LAMP-DROP__TITLE", "Lamp, second edition".to_owned()),
        ("VITRINE__LINE__DROPS__LAMP-DROP__PRODUCTS", "lamp".to_owned()),
        ("VITRINE__LINE__DROPS__LAMP-DROP__OPENS", hours(-1)),
        ("VITRINE__LINE__DROPS__LAMP-DROP__ENDS", hours(1)),
        ("VITRINE__LINE__DROPS__CHAIRS__TITLE", "Chairs to come".to_owned()),
        ("VITRINE__LINE__DROPS__CHAIRS__PRODUCTS", "chair".to_owned()),
        ("VITRINE__LINE__DROPS__CHAIRS__OPENS", hours(1)),
        ("VITRINE__LINE__DROPS__CHAIRS__ENDS", hours(2)),
    ]);
    let store = Store::open_on(ground).await;
    let other = store.another().await;
    (store, other)
}

/// Somebody with a browser that keeps its cookies.
struct Visitor<'a> {
    store: &'a Store,
    cookies: BTreeMap<String, String>,
}

impl<'a> Visitor<'a> {
    fn new(store: &'a Store) -> Self {
        Self { store, cookies: BTreeMap::new() }
    }

    async fn send(&mut self, request: RequestBuilder, accept: &str) -> Response {
        let cookies: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.header(ACCEPT, accept).header(COOKIE, cookies.join("; "));
        let answer = request.send().await.unwrap();
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }

    /// Where they stand, by this node.
    async fn place(&mut self, node: &str, line: &str) -> Value {
        let request = self.store.client.get(format!("{node}/api/line/place?name={line}"));
        let answer = self.send(request, PROGRAM).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["cache-control"], "private, no-store");
        answer.json().await.unwrap()
    }

    /// Puts something into the cart, by this node.
    async fn add(&mut self, node: &str, sku: &str, accept: &str) -> Response {
        let form = [("sku", sku), ("slug", "lamp"), ("quantity", "1")];
        let request = self.store.client.post(format!("{node}/api/cart/add"));
        let request = request.header("origin", &self.store.url).form(&form);
        self.send(request, accept).await
    }

    /// Orders what is in the cart of this version.
    async fn order(&mut self, version: &str, accept: &str) -> Response {
        let form = [&TO_BERLIN[..], &[("cart_version", version)]].concat();
        let request = self.store.form("/api/checkout/place", &form);
        self.send(request, accept).await
    }
}

/// The status of a refusal, its code, and the line that it names.
async fn refusal(answer: Response) -> (u16, String, Option<String>) {
    let status = answer.status().as_u16();
    let told: Value = answer.json().await.unwrap();
    let line = told["details"]["drop"].as_str().map(str::to_owned);
    (status, told["code"].as_str().unwrap().to_owned(), line)
}

fn leads_to(answer: &Response) -> &str {
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    answer.headers()[LOCATION].to_str().unwrap()
}

fn asked(wire: &Wire) -> Vec<String> {
    let reports = |said: &String| said != SYNC && !said.contains(":node");
    wire.round_trips().into_iter().filter(reports).collect()
}

#[tokio::test]
async fn a_place_costs_no_query_and_every_node_knows_it() {
    let (store, other) = store().await;
    let (mut first, mut second) = (Visitor::new(&store), Visitor::new(&store));
    store.begin_to_count();
    let told = first.place(&store.url, "lamp-drop").await;
    assert_eq!((&told["state"], &told["next"]), (&json!("admitted"), &json!("/p/lamp")));
    let told = second.place(&store.url, "lamp-drop").await;
    assert_eq!(
        (&told["state"], &told["before"], &told["next"]),
        (&json!("waiting"), &json!(2), &Value::Null)
    );
    let kept = second.cookies.clone();
    let names: Vec<_> = kept.keys().map(String::as_str).collect();
    assert_eq!(names, ["session", "ticket-lamp-drop"]);

    // The other node has never heard of them.
    let told = second.place(&other, "lamp-drop").await;
    assert_eq!((&told["state"], &second.cookies), (&json!("waiting"), &kept));
    assert!(told["seconds"].as_u64().unwrap() <= 2 && told["again"].as_u64().unwrap() <= 2_500);
    store
        .until("it is their turn", async || {
            second.place(&other, "lamp-drop").await["state"] == "admitted"
        })
        .await;
    let told = first.place(&other, "chairs").await;
    assert_eq!(told["state"], "early");
    for wire in [&store.mongodb, &store.postgres, &store.redis] {
        assert_eq!(asked(wire), [""; 0]);
    }
}

#[tokio::test]
async fn the_lines_page_is_the_same_for_everyone_and_the_products_page_leads_there() {
    let (store, _) = store().await;
    for path in ["/line/lamp-drop", "/line/chairs"] {
        let (from, page) = store.page(path).await;
        assert_eq!(from, "miss");
        let answer = store.client.get(format!("{}{path}", store.url));
        let answer = answer.header(COOKIE, "session=x; ticket-lamp-drop=y").send().await.unwrap();
        assert_eq!(answer.headers()["x-cache"], "hit-local");
        assert!(!answer.headers().contains_key(SET_COOKIE));
        assert_eq!(answer.text().await.unwrap(), page);
        assert!(page.contains(&format!("content=\"0;url={path}/place\"")), "{page}");
    }
    assert!(store.page("/line/lamp-drop").await.1.contains("Lamp, second edition"));
    assert!(store.page("/p/lamp").await.1.contains("href=\"/line/lamp-drop\""));
    for path in ["/line/nothing", "/line/nothing/place", "/line/lamp-drop/places"] {
        assert_eq!(store.get(path).await.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn without_scripts_a_page_says_where_one_stands_and_leads_on_when_it_is_ones_turn() {
    let (store, _) = store().await;
    let look = || store.client.get(format!("{}/line/lamp-drop/place", store.url));
    let mut first = Visitor::new(&store);
    assert_eq!(leads_to(&first.send(look(), PERSON).await), "/p/lamp");
    let mut second = Visitor::new(&store);
    let page = second.send(look(), PERSON).await;
    assert_eq!(
        (page.status(), &page.headers()["cache-control"]),
        (StatusCode::OK, &"private, no-store".parse().unwrap())
    );
    let page = page.text().await.unwrap();
    assert!(page.contains("people are before you") || page.contains("You are next"), "{page}");
    assert!(page.contains("http-equiv=\"refresh\" content=\""), "{page}");
    let is_their_turn =
        async || second.send(look(), PERSON).await.status() == StatusCode::SEE_OTHER;
    store.until("it is their turn", is_their_turn).await;
    assert_eq!(leads_to(&second.add(&store.url, "LAMP", PERSON).await), "/cart");

    // No other site takes places in its visitors' name.
    for (mode, dest, status) in
        [("no-cors", "image", 404), ("navigate", "iframe", 404), ("navigate", "document", 200)]
    {
        let foreign = look().header("sec-fetch-site", "cross-site").header("sec-fetch-mode", mode);
        let answer =
            foreign.header("sec-fetch-dest", dest).header(ACCEPT, PERSON).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{mode} {dest}");
        assert_eq!(answer.headers().contains_key(SET_COOKIE), status == 200);
        let foreign = store.client.get(format!("{}/api/line/place?name=lamp-drop", store.url));
        let foreign = foreign.header("sec-fetch-site", "cross-site").header("sec-fetch-mode", mode);
        let answer = foreign.header("sec-fetch-dest", dest).header(ACCEPT, PROGRAM).send();
        assert_eq!(answer.await.unwrap().status() == 403, status != 200, "{mode} {dest}");
    }
}

#[tokio::test]
async fn nothing_is_sold_past_the_line() {
    let (store, other) = store().await;
    let refused = |line: &str| (409, "waiting_room".to_owned(), Some(line.to_owned()));
    let mut stranger = Visitor::new(&store);
    for (sku, line) in [("LAMP", "lamp-drop"), ("CHAIR-R", "chairs")] {
        assert_eq!(refusal(stranger.add(&store.url, sku, PROGRAM).await).await, refused(line));
        let answer = stranger.add(&store.url, sku, PERSON).await;
        assert_eq!(leads_to(&answer), format!("/line/{line}"));
    }
    assert!(stranger.cookies.is_empty(), "who is refused begins no session");

    let mut early = Visitor::new(&store);
    early.place(&store.url, "chairs").await;
    assert_eq!(refusal(early.add(&store.url, "CHAIR-R", PROGRAM).await).await, refused("chairs"));

    let mut first = Visitor::new(&store);
    first.place(&store.url, "lamp-drop").await;
    let session = first.cookies["session"].clone();
    let answer = first.add(&other, "LAMP", PROGRAM).await;
    assert_eq!(answer.status(), 200);
    let cart: Value = answer.json().await.unwrap();
    let version = &*cart["version"].to_string();
    assert_eq!(first.cookies["session"], session, "the cart is the one that the ticket is for");
    let mut friend = Visitor::new(&store);
    friend.cookies.insert("ticket-lamp-drop".to_owned(), first.cookies["ticket-lamp-drop"].clone());
    assert_eq!(refusal(friend.add(&store.url, "LAMP", PROGRAM).await).await, refused("lamp-drop"));

    // The ticket is looked at again when it is ordered.
    let ticket = first.cookies.remove("ticket-lamp-drop").unwrap();
    let mut forged = ticket.clone().into_bytes();
    forged[40] = if forged[40] == b'A' { b'B' } else { b'A' };
    for ticket in [None, Some(String::from_utf8(forged).unwrap()), Some(ticket[..50].to_owned())] {
        first.cookies.remove("ticket-lamp-drop");
        first.cookies.extend(ticket.map(|ticket| ("ticket-lamp-drop".to_owned(), ticket)));
        assert_eq!(refusal(first.order(version, PROGRAM).await).await, refused("lamp-drop"));
        assert_eq!(leads_to(&first.order(version, PERSON).await), "/line/lamp-drop");
    }
    first.cookies.insert("ticket-lamp-drop".to_owned(), ticket);
    let passed = (503, "payment_unavailable".to_owned(), None);
    assert_eq!(refusal(first.order(version, PROGRAM).await).await, passed, "there is no provider here");
    // What was ordered and awaits its payment can be paid, whatever has become of the ticket.
    first.cookies.remove("ticket-lamp-drop");
    assert_eq!(refusal(first.order(version, PROGRAM).await).await, passed);
}

#[tokio::test]
async fn the_line_goes_on_while_every_database_hangs() {
    let (store, _) = store().await;
    for wire in [&store.mongodb, &store.postgres, &store.redis] {
        wire.freeze();
    }
    store
        .until("the store knows that they hang", async || {
            store.get("/api/cart/get").await.status() == 503
        })
        .await;
    let mut visitor = Visitor::new(&store);
    assert_eq!(visitor.place(&store.url, "lamp-drop").await["state"], "admitted");
}
