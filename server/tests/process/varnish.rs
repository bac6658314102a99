//! Varnish in front of a node, with the configuration of `deploy/`.

use crate::world::{Ground, Process, Store, free_port, lamp, until};
use reqwest::{
    Client, Response,
    header::{ACCEPT_ENCODING, AGE, CONTENT_ENCODING, COOKIE, HeaderMap, SET_COOKIE},
};
use std::{path::Path, process::Command};

const CONFIGURATION: &str = include_str!("../../../deploy/varnish/default.vcl");

/// The configuration with something of this test's own in the place of what `deploy/` says.
fn with(configuration: &str, theirs: &str, ours: &str) -> String {
    assert_eq!(configuration.matches(theirs).count(), 1, "{theirs}");
    configuration.replace(theirs, ours)
}

/// Varnish on this port in front of a node on that one.
fn varnish(folder: &Path, port: u16, node: u16) -> Process {
    let ours = with(CONFIGURATION, ".host = \"nginx\"", ".host = \"127.0.0.1\"");
    let ours = with(&ours, ".port = \"8080\"", &format!(".port = \"{node}\""));
    // What is older than it may be is not served at all while the store is there: a test need not wait.
    let ours = with(&ours, "set req.grace = 10s;", "set req.grace = 0s;");
    let file = folder.join("default.vcl");
    std::fs::write(&file, ours).unwrap();
    let mut command = Command::new("/usr/sbin/varnishd");
    command
        // As whoever runs the tests: another user could not read what lies in their folders.
        .args(["-j", "none", "-F", "-a", &format!("127.0.0.1:{port}"), "-s", "malloc,16m"])
        .args(["-p", "http_gzip_support=off"])
        .arg("-n")
        .arg(folder.join("varnish"))
        .arg("-f")
        .arg(file);
    Process::start(&mut command)
}

/// A store behind Varnish, which may keep pages for an hour, and its worker.
struct Behind {
    store: Store,
    url: String,
    _processes: [Process; 2],
}

impl Behind {
    async fn new() -> Self {
        let mut ground = Ground::new().await;
        let front = free_port();
        let url = format!("http://127.0.0.1:{front}");
        ground.settings.push(("VITRINE__EDGE__SHARED_CACHE_SECONDS", "3600".to_owned()));
        ground.settings.push(("VITRINE__EDGE__PURGE_URLS", url.clone()));
        let store = Store::open_on(ground).await;
        let node = store.url.rsplit(':').next().unwrap().parse().unwrap();
        let processes = [varnish(&store.folder, front, node), store.worker()];
        let behind = Self { store, url, _processes: processes };
        let answers = async || {
            let asked = behind.store.client.get(format!("{}/robots.txt", behind.url)).send().await;
            asked.is_ok_and(|answer| answer.status() == 200)
        };
        until("Varnish answers", answers).await;
        behind
    }

    async fn get(&self, path: &str, headers: &HeaderMap) -> Response {
        let request = self.store.client.get(format!("{}{path}", self.url));
        request.headers(headers.clone()).send().await.unwrap()
    }

    /// A page, and whether Varnish had it.
    async fn page(&self, path: &str) -> (String, String) {
        let answer = self.get(path, &HeaderMap::new()).await;
        assert_eq!(answer.status(), 200, "{path}");
        (header(&answer, "x-front"), answer.text().await.unwrap())
    }

    async fn purge(&self, client: &Client, headers: &[(&str, &str)]) -> u16 {
        let mut request = client.request("PURGE".parse().unwrap(), &self.url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap().status().as_u16()
    }
}

fn header(answer: &Response, name: &str) -> String {
    answer.headers().get(name).map_or(String::new(), |value| value.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_page_is_served_from_in_front_until_what_it_shows_has_changed() {
    let behind = Behind::new().await;
    for path in ["/", "/c/rooms", "/p/lamp", "/p/chair"] {
        // What the worker found to be done at its start is over when a page stays.
        until("it is kept", async || behind.page(path).await.0 == "hit").await;
    }
    let marked = "/p/lamp?utm_source=x&fbclid=y&utm_medium=z";
    until("marks do not split it", async || behind.page(marked).await.0 == "hit").await;
    let served = behind.store.page("/p/lamp").await.1;
    assert_eq!(behind.page(marked).await.1, served);

    behind.store.write(&lamp("Lantern")).await;
    for path in ["/", "/c/rooms", "/p/lamp"] {
        until("it is renamed", async || behind.page(path).await.1.contains("Lantern")).await;
    }
    behind.store.count("LAMP", 0).await;
    until("it is sold out", async || behind.page("/p/lamp").await.1.contains("Sold out")).await;
    until("it is kept again", async || behind.page("/p/lamp").await.0 == "hit").await;
    let gone = lamp("Lantern").replace("\"featured\"", "\"status\": \"withdrawn\", \"featured\"");
    behind.store.write(&gone).await;
    let status = async || behind.get("/p/lamp", &HeaderMap::new()).await.status();
    until("it is gone", async || status().await == 404).await;
}

#[tokio::test]
async fn a_page_in_front_is_the_same_for_everyone_and_a_cart_is_ones_own() {
    let behind = Behind::new().await;
    let store = &behind.store;
    let add = store.client.post(format!("{}/api/cart/add", behind.url));
    let add = add.header("origin", &store.url).form(&[("sku", "LAMP"), ("quantity", "3")]);
    let answer = add.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let cookie = answer.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap();
    let own = HeaderMap::from_iter([(COOKIE, cookie.parse().unwrap())]);
    for path in ["/", "/p/lamp", "/pkg/vitrine.css"] {
        let plain = behind.page(path).await.1;
        let answer = behind.get(path, &own).await;
        assert!(!answer.headers().contains_key(SET_COOKIE), "{path}");
        assert_eq!(answer.text().await.unwrap(), plain, "{path}");
    }
    let cart = async |headers: &HeaderMap| {
        let answer = behind.get("/cart", headers).await;
        assert_eq!(header(&answer, "x-front"), "miss");
        answer.text().await.unwrap()
    };
    assert!(cart(&own).await.contains("aria-label=\"Cart, 3 items\""));
    assert!(!cart(&HeaderMap::new()).await.contains("aria-label=\"Cart, 3 items\""));

    // Each way of sending bodies has a copy of its own.
    for encoding in ["br", "gzip", "identity", "gzip, br", "br"] {
        let asked = HeaderMap::from_iter([(ACCEPT_ENCODING, encoding.parse().unwrap())]);
        let answer = behind.get("/p/lamp", &asked).await;
        let expected = if encoding.contains("br") { "br" } else { encoding };
        let sent = header(&answer, CONTENT_ENCODING.as_str());
        assert_eq!(if sent.is_empty() { "identity" } else { &sent }, expected);
        // Counted from when the node vouched for it, not from when it was made.
        assert!(header(&answer, AGE.as_str()).parse::<u64>().unwrap() < 60);
    }
}

#[tokio::test]
async fn only_the_stores_workers_may_purge_in_front_of_it() {
    let behind = Behind::new().await;
    until("it is kept", async || behind.page("/p/lamp").await.0 == "hit").await;
    let stranger = Client::builder().no_proxy().local_address("127.0.0.2".parse().ok()).build();
    let all = [("surrogate-key", "all")];
    assert_eq!(behind.purge(&stranger.unwrap(), &all).await, 403);
    assert_eq!(behind.purge(&behind.store.client, &[]).await, 400);
    until("it is kept still", async || behind.page("/p/lamp").await.0 == "hit").await;
    assert_eq!(behind.purge(&behind.store.client, &all).await, 200);
    assert_eq!(behind.page("/p/lamp").await.0, "miss");
}

#[tokio::test]
async fn an_older_page_stands_in_when_the_store_is_gone() {
    let mut behind = Behind::new().await;
    until("it is kept", async || behind.page("/p/lamp").await.0 == "hit").await;
    behind.store.serve.kill().await;
    // It has to be fetched again, and cannot be.
    let soft = [("surrogate-key", "all"), ("soft-purge", "1")];
    assert_eq!(behind.purge(&behind.store.client, &soft).await, 200);
    for _ in 0..3 {
        let (from, page) = behind.page("/p/lamp").await;
        assert!(from == "hit" && page.contains("Lamp"), "{from}");
    }
    let cart = behind.get("/cart", &HeaderMap::new()).await;
    assert_eq!(cart.status(), 503);
}
