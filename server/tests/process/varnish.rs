//! Varnish in front of a node, with the configuration of `deploy/`.

use crate::world::{Ground, Process, SOON, Store, free_port, lamp, run, until};
use platform::testing::Wire;
use reqwest::{
    Client, Response,
    header::{ACCEPT_ENCODING, AGE, CONTENT_ENCODING, COOKIE, HeaderMap, SET_COOKIE},
};
use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

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
    /// Between the worker and Varnish.
    line: Wire,
    worker: Process,
    _varnish: Process,
}

impl Behind {
    async fn new() -> Self {
        let mut ground = Ground::new().await;
        let front = free_port();
        let url = format!("http://127.0.0.1:{front}");
        let (line, through) = Wire::through(&url).await;
        ground.settings.push(("VITRINE__EDGE__SHARED_CACHE_SECONDS", "3600".to_owned()));
        ground.settings.push(("VITRINE__EDGE__PURGE_URLS", through));
        let store = Store::open_on(ground).await;
        let node = store.url.rsplit(':').next().unwrap().parse().unwrap();
        let (_varnish, worker) = (varnish(&store.folder, front, node), store.worker());
        let behind = Self { store, url, line, worker, _varnish };
        let answers = async || {
            let asked = behind.store.client.get(format!("{}/robots.txt", behind.url)).send().await;
            asked.is_ok_and(|answer| answer.status() == 200)
        };
        until("Varnish answers", answers).await;
        behind
    }

    /// Waits until Varnish keeps a page: what the worker found to be done at its start is over then.
    async fn keeps(&self, path: &str) {
        until("it is kept", async || self.page(path).await.0 == "hit").await;
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
        behind.keeps(path).await;
    }
    behind.store.write(&lamp("Lantern")).await;
    for path in ["/", "/c/rooms", "/p/lamp"] {
        until("it is renamed", async || behind.page(path).await.1.contains("Lantern")).await;
    }
    behind.store.count("LAMP", 0).await;
    until("it is sold out", async || behind.page("/p/lamp").await.1.contains("Sold out")).await;
    behind.keeps("/p/lamp").await;
    let gone = lamp("Lantern").replace("\"featured\"", "\"status\": \"withdrawn\", \"featured\"");
    behind.store.write(&gone).await;
    let status = async || behind.get("/p/lamp", &HeaderMap::new()).await.status();
    until("it is gone", async || status().await == 404).await;
}

#[tokio::test]
async fn what_an_import_has_counted_is_seen_in_front_when_it_returns() {
    let mut behind = Behind::new().await;
    behind.keeps("/c/rooms").await;
    behind.worker.kill().await;
    behind.store.import(&ladder("Ladder")).await;
    assert!(behind.page("/c/rooms").await.1.contains("3 products"));
}

/// A second product beside the lamp, under this name.
fn ladder(name: &str) -> String {
    lamp(name).replace("\"lamp\"", "\"ladder\"").replace("\"LAMP\"", "\"LADDER\"")
}

#[tokio::test]
async fn a_front_that_hangs_or_is_gone_holds_up_nobody_and_is_told_when_it_is_back() {
    const AWAY: &str = "a cache in front serves older pages";
    let behind = Behind::new().await;
    let store = &behind.store;
    // In no category, so that its page shows nothing else, and is told of by nobody else's change.
    let apart = |name: &str| ladder(name).replace("[\"rooms\"]", "[]");
    store.write(&apart("Ladder")).await;
    for (round, hang) in [Wire::freeze, Wire::cut].into_iter().enumerate() {
        // Whatever was told before is told again within a second: none of it shall help.
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        for path in ["/p/lamp", "/p/ladder"] {
            behind.keeps(path).await;
        }
        let known = behind.worker.log().matches(AWAY).count();
        hang(&behind.line);
        let higher = format!("Higher {round}");
        store.write(&apart(&higher)).await;
        let is_known = async || behind.worker.log().matches(AWAY).count() > known;
        until("the worker knows that the front is away", is_known).await;
        // Longer than one who waited for the front could take it.
        let begun = Instant::now();
        for change in 0..12 {
            let name = format!("Lamp {round} {change}");
            store.write(&lamp(&name)).await;
            let is_renamed = async || store.page("/p/lamp").await.1.contains(&name);
            until("the node has taken it in", is_renamed).await;
        }
        assert!(begun.elapsed() < SOON, "the worker waits for the front");
        assert_eq!(behind.page("/p/lamp").await.0, "hit");
        behind.line.mend();
        let name = format!("Lamp {round} 11");
        for (path, name) in [("/p/lamp", name), ("/p/ladder", higher)] {
            until("the front is told", async || behind.page(path).await.1.contains(&name)).await;
        }
    }
}

#[tokio::test]
async fn what_no_worker_could_tell_the_next_one_does() {
    let mut behind = Behind::new().await;
    behind.keeps("/p/lamp").await;
    behind.line.cut();
    behind.store.write(&lamp("Lantern")).await;
    let is_renamed = async || behind.store.page("/p/lamp").await.1.contains("Lantern");
    until("the node has taken it in", is_renamed).await;
    // When the worker has told of the next change, it is past that one for good.
    behind.store.write(&ladder("Ladder")).await;
    let is_there = async || behind.store.page("/c/rooms").await.1.contains("Ladder");
    until("the node has taken it in", is_there).await;
    behind.worker.kill().await;
    behind.line.mend();
    assert_eq!(behind.page("/p/lamp").await.0, "hit");
    behind.worker = behind.store.worker();
    until("the front is told", async || behind.page("/p/lamp").await.1.contains("Lantern")).await;
}

#[tokio::test]
async fn what_a_node_cannot_vouch_for_does_not_stay_in_front() {
    let mut behind = Behind::new().await;
    behind.keeps("/p/lamp").await;
    // Nobody will tell the front when the older page can be made anew.
    behind.worker.kill().await;
    behind.store.mongodb.cut();
    behind.store.write(&lamp("Lantern")).await;
    run(behind.store.direct_settings(), &["cache", "purge", "--path", "/p/lamp"]).await;
    let older = behind.get("/p/lamp", &HeaderMap::new()).await;
    assert_eq!(header(&older, "x-cache"), "stale");
    assert!(older.text().await.unwrap().contains("Lamp"));
    behind.store.mongodb.mend();
    until("it is made anew", async || behind.page("/p/lamp").await.1.contains("Lantern")).await;
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
    for (asked, expected) in [
        ("br", "br"),
        ("gzip", "gzip"),
        ("identity", ""),
        ("gzip, BR;q=0.5", "br"),
        ("zstd, br;q=0, gzip", "gzip"),
        ("broad", ""),
    ] {
        let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, asked.parse().unwrap())]);
        let answer = behind.get("/p/lamp", &headers).await;
        assert_eq!(header(&answer, CONTENT_ENCODING.as_str()), expected, "{asked}");
        // Counted from when the node vouched for it, not from when it was made.
        assert!(header(&answer, AGE.as_str()).parse::<u64>().unwrap() < 60);
    }
}

#[tokio::test]
async fn what_an_address_carries_beside_what_a_page_knows_makes_no_copies() {
    let behind = Behind::new().await;
    let mut asked = 0;
    for (plain, marked) in [
        ("/p/lamp", "/p/lamp?utm_source=x&fbclid=y&anything="),
        ("/", "/?gclid="),
        ("/c/rooms?page=1&sort=price-up", "/c/rooms?a&sort=price-up&page=1&utm_medium="),
        ("/c/rooms", "/c/rooms?x="),
    ] {
        let served = behind.store.page(plain).await.1;
        let is_same = async || {
            // Nobody has asked for this one yet.
            asked += 1;
            behind.keeps(plain).await;
            behind.page(&format!("{marked}{asked}")).await == ("hit".to_owned(), served.clone())
        };
        until("it is the same copy", is_same).await;
    }
    let front = &behind.store.client;
    for own in ["/p/lamp?sku=LAMP&quantity=0", "/cart", "/nothing", "/p/lamp/"] {
        for _ in 0..2 {
            let answer = front.get(format!("{}{own}", behind.url)).send().await.unwrap();
            assert_eq!(header(&answer, "x-front"), "miss", "{own}");
        }
    }
}

#[tokio::test]
async fn only_the_stores_workers_may_purge_in_front_of_it() {
    let behind = Behind::new().await;
    behind.keeps("/p/lamp").await;
    let stranger = Client::builder().no_proxy().local_address("127.0.0.2".parse().ok()).build();
    let all = [("surrogate-key", "all")];
    assert_eq!(behind.purge(&stranger.unwrap(), &all).await, 403);
    assert_eq!(behind.purge(&behind.store.client, &[]).await, 400);
    behind.keeps("/p/lamp").await;
    assert_eq!(behind.purge(&behind.store.client, &all).await, 200);
    assert_eq!(behind.page("/p/lamp").await.0, "miss");
}

#[tokio::test]
async fn an_older_page_stands_in_when_the_store_hangs_or_is_gone() {
    let mut behind = Behind::new().await;
    behind.keeps("/p/lamp").await;
    behind.worker.kill().await;
    // Each time it has to be fetched again, and cannot be.
    let older = async |behind: &Behind| {
        let soft = [("surrogate-key", "all"), ("soft-purge", "1")];
        assert_eq!(behind.purge(&behind.store.client, &soft).await, 200);
        for _ in 0..3 {
            let (from, page) = behind.page("/p/lamp").await;
            assert!(from == "hit" && page.contains("Lamp"), "{from}");
        }
    };
    behind.store.serve.freeze();
    older(&behind).await;
    behind.store.serve.thaw();
    until("the store answers", async || {
        behind.get("/cart", &HeaderMap::new()).await.status() == 200
    })
    .await;
    behind.keeps("/p/lamp").await;
    behind.store.serve.kill().await;
    older(&behind).await;
    let cart = behind.get("/cart", &HeaderMap::new()).await;
    assert_eq!(cart.status(), 503);
}
