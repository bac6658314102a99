//! The edge on several nodes: fresh after a change, one render however many ask, the same bytes for
//! everyone, and pages from memory when what they are made of is away.

use crate::world::{Store, lamp, run};
use futures::future::join_all;
use reqwest::header::{ACCEPT_ENCODING, COOKIE, HOST, HeaderMap, SET_COOKIE};

const PAGES: [&str; 4] = ["/", "/c/rooms", "/p/lamp", "/p/chair"];

#[tokio::test]
async fn after_a_purge_has_returned_no_node_serves_the_older_page() {
    let store = Store::open().await;
    let nodes = [store.url.clone(), store.another().await, store.another().await];
    for (round, name) in ["Lantern", "Torch", "Candle"].into_iter().enumerate() {
        for node in &nodes {
            for path in PAGES {
                // The second time it is at hand.
                store.page_of(node, path).await;
                assert_eq!(
                    store.page_of(node, path).await.0,
                    "hit-local",
                    "{path} in round {round}"
                );
            }
        }
        store.import(&lamp(name)).await;
        for node in &nodes {
            for path in ["/", "/c/rooms", "/p/lamp"] {
                let (from, html) = store.page_of(node, path).await;
                assert!(html.contains(name), "{path} from {from} in round {round}");
                assert_ne!(from, "stale");
            }
            assert_eq!(store.page_of(node, "/p/chair").await.0, "hit-local");
        }
    }
}

#[tokio::test]
async fn a_page_that_was_being_rendered_during_a_change_is_not_kept() {
    let store = Store::open().await;
    store.import(&lamp("Lantern")).await;
    // The render reads the product, then those beside it, then waits for the stock.
    store.begin_to_count();
    store.postgres.freeze();
    let asking = {
        let url = store.url.clone();
        let client = store.client.clone();
        tokio::spawn(async move { client.get(format!("{url}/p/lamp")).send().await.unwrap() })
    };
    let mut read = 0;
    let reads = async || {
        read += store.mongodb.round_trips().len();
        read == 3
    };
    store.until("the product is read", reads).await;
    store.write(&lamp("Torch")).await;
    let purged = run(store.direct_settings(), &["cache", "purge", "--tag", "category:rooms"]).await;
    assert!(purged.contains("0 pages"), "{purged}");
    store.postgres.mend();
    asking.await.unwrap();
    let (_, html) = store.page("/p/lamp").await;
    assert!(html.contains("Torch"));
}

#[tokio::test]
async fn however_many_ask_for_a_page_it_is_rendered_once() {
    let store = Store::open().await;
    store.page("/p/lamp?sku=LAMP").await;
    store.begin_to_count();
    let asked = join_all((0..200).map(|_| store.page("/p/chair"))).await;
    assert!(asked.iter().all(|(_, html)| html == &asked[0].1));
    let told = store.mongodb.round_trips();
    assert!((1..=3).contains(&told.len()), "{told:#?}");
}

#[tokio::test]
async fn every_visitor_is_sent_the_same_bytes_and_no_cookie() {
    let store = Store::open().await;
    let add = store.form("/api/cart/add", &[("sku", "LAMP"), ("quantity", "1")]);
    let cookie = add.send().await.unwrap().headers()[SET_COOKIE].clone();
    for path in PAGES {
        let plain = store.page(path).await.1;
        let mark = if path.contains('?') { '&' } else { '?' };
        for (name, value) in [
            (COOKIE, cookie.to_str().unwrap()),
            (HOST, "evil.example"),
            ("x-forwarded-host".parse().unwrap(), "evil.example"),
            ("x-forwarded-for".parse().unwrap(), "198.51.100.1"),
            ("x-original-url".parse().unwrap(), "/cart"),
            ("x-rewrite-url".parse().unwrap(), "/cart"),
            ("accept-language".parse().unwrap(), "de"),
        ] {
            let url = format!("{}{path}{mark}utm_source=x&fbclid=y", store.url);
            let headers = HeaderMap::from_iter([(name.clone(), value.parse().unwrap())]);
            let answer = store.client.get(url).headers(headers).send().await.unwrap();
            assert!(!answer.headers().contains_key(SET_COOKIE), "{path} {name}");
            assert_eq!(answer.text().await.unwrap(), plain, "{path} {name}");
        }
    }
}

#[tokio::test]
async fn strange_spellings_of_an_address_never_fill_the_cache() {
    let store = Store::open().await;
    store.page("/p/lamp").await;
    for path in ["/p/lamp%2f..", "/p/x/..%2flamp", "//p/lamp", "/p//lamp", "/p/Lamp", "/p/lamp."] {
        let answer = store.get(path).await;
        let from = answer.headers().get("x-cache").map(|from| from.to_str().unwrap().to_owned());
        assert!(from.is_none_or(|from| from == "bypass"), "{path}");
    }
}

#[tokio::test]
async fn pages_come_from_memory_when_everything_else_is_away() {
    let store = Store::open().await;
    for path in PAGES {
        store.page(path).await;
    }
    let lines = [&store.mongodb, &store.redis, &store.postgres];
    for away in 1..8_usize {
        for freeze in [false, true] {
            let chosen = || lines.iter().enumerate().filter(|(at, _)| away & (1 << at) != 0);
            chosen().for_each(|(_, line)| if freeze { line.freeze() } else { line.cut() });
            // Longer than a node vouches for what it has without hearing anything.
            let begun = std::time::Instant::now();
            while begun.elapsed() < std::time::Duration::from_millis(1_800) {
                for path in PAGES {
                    let (from, _) = store.page(path).await;
                    assert!(
                        matches!(&*from, "hit-local" | "stale" | "miss" | "hit-shared"),
                        "{from}"
                    );
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            chosen().for_each(|(_, line)| line.mend());
        }
    }
    store.until("it is ready again", async || store.readiness().await.0 == 200).await;
    store.import(&lamp("Lantern")).await;
    // Redis is no part of that: until the node hears of changes again, it serves what it has and makes it anew.
    store
        .until("the change is shown", async || store.page("/p/lamp").await.1.contains("Lantern"))
        .await;
}

#[tokio::test]
async fn a_page_that_could_not_be_made_anew_is_tried_again_however_many_ask_for_it() {
    let store = Store::open().await;
    store.page("/p/lamp").await;
    store.mongodb.cut();
    run(store.direct_settings(), &["cache", "purge", "--path", "/p/lamp"]).await;
    // Nor is there a copy of the shared cache to fall back on.
    store.redis.cut();
    // Longer than any try takes, so that none of them goes on until all is well again.
    let begun = std::time::Instant::now();
    while begun.elapsed() < std::time::Duration::from_secs(6) {
        assert_eq!(store.page("/p/lamp").await.0, "stale");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    store.mongodb.mend();
    // It is asked for all the time meanwhile.
    store.until("it is made anew", async || store.page("/p/lamp").await.0 != "stale").await;
}

#[tokio::test]
async fn a_frozen_redis_is_not_asked_for_what_is_at_hand() {
    let store = Store::open().await;
    for path in PAGES {
        store.page(path).await;
    }
    store.redis.freeze();
    for _ in 0..100 {
        for path in PAGES {
            assert_eq!(store.page(path).await.0, "hit-local");
        }
    }
    store.redis.mend();
}

#[tokio::test]
async fn what_is_not_there_is_remembered_until_it_is() {
    let store = Store::open().await;
    let ask = async || {
        let answer = store.get("/p/lantern").await;
        (answer.status().as_u16(), answer.headers()["x-cache"].to_str().unwrap().to_owned())
    };
    assert_eq!(ask().await, (404, "miss".to_owned()));
    store.begin_to_count();
    assert_eq!(ask().await, (404, "hit-local".to_owned()));
    assert_eq!(store.mongodb.round_trips(), [""; 0]);
    store
        .import(&lamp("Lantern").replace("\"lamp\"", "\"lantern\"").replace("LAMP", "LANTERN"))
        .await;
    assert_eq!(ask().await.0, 200);
}

#[tokio::test]
async fn a_warm_cache_answers_every_page_of_the_sitemap_from_memory() {
    let store = Store::open().await;
    let told = run(store.direct_settings(), &["cache", "warm"]).await;
    assert!(told.contains("pages are warm, 0 failed"), "{told}");
    for encoding in ["br", "zstd", "gzip", "identity"] {
        for path in PAGES {
            let request = store.client.get(format!("{}{path}", store.url));
            let answer = request.header(ACCEPT_ENCODING, encoding).send().await.unwrap();
            assert_eq!(answer.headers()["x-cache"], "hit-local", "{path} {encoding}");
        }
    }
    let told = run(store.direct_settings(), &["cache", "stats"]).await;
    assert!(told.contains("1 nodes serve pages"), "{told}");
}
