//! How many round trips to the databases a request costs: counted on the line, whatever the code says.

use crate::world::Store;
use futures::future::join_all;
use platform::testing::{SYNC, Wire};
use reqwest::header::{ACCEPT, COOKIE, SET_COOKIE};

/// What somebody waited for.
fn asked(wire: &Wire) -> Vec<String> {
    wire.round_trips().into_iter().filter(|said| said != SYNC).collect()
}

#[tokio::test]
async fn a_page_at_hand_asks_nobody() {
    let store = Store::open().await;
    for path in ["/p/lamp", "/c/rooms", "/"] {
        assert_eq!(store.page(path).await.0, "miss", "{path}");
        store.begin_to_count();
        assert_eq!(store.page(path).await.0, "hit-local", "{path}");
        for wire in [&store.mongodb, &store.postgres] {
            assert_eq!(asked(wire), [""; 0], "{path}");
        }
        assert_eq!(asked_for_pages(&store.redis), [""; 0], "{path}");
    }
}

#[tokio::test]
async fn a_page_that_another_node_has_rendered_asks_redis_once_and_no_database() {
    let store = Store::open().await;
    let other = store.another().await;
    for path in ["/p/lamp", "/c/rooms", "/"] {
        assert_eq!(store.page_of(&other, path).await.0, "miss", "{path}");
        store.begin_to_count();
        assert_eq!(store.page(path).await.0, "hit-shared", "{path}");
        for wire in [&store.mongodb, &store.postgres] {
            assert_eq!(asked(wire), [""; 0], "{path}");
        }
        let redis = asked_for_pages(&store.redis);
        assert_eq!(redis.len(), 1, "{path}: {redis:#?}");
    }
}

/// What was asked of Redis but the nodes' own reports.
fn asked_for_pages(redis: &Wire) -> Vec<String> {
    redis.round_trips().into_iter().filter(|said| !said.contains(":node")).collect()
}

#[tokio::test]
async fn a_page_that_is_not_cached_asks_mongodb_three_times_at_most() {
    let store = Store::open().await;
    // Connections are made and prepared once, not for each page.
    store.page("/p/lamp?sku=LAMP").await;
    for path in ["/p/lamp", "/p/chair", "/c/rooms", "/"] {
        store.begin_to_count();
        assert_eq!(store.page(path).await.0, "miss", "{path}");
        let told = asked(&store.mongodb);
        assert!((1..=3).contains(&told.len()), "{path}: {told:#?}");
        let told = asked(&store.postgres);
        assert!(told.len() <= 1, "{path}: {told:#?}");
    }
}

#[tokio::test]
async fn adding_to_the_cart_asks_the_databases_twice() {
    let store = Store::open().await;
    let add = |fields: &[(&str, &str)], cookie: &str, accept: &str| {
        let request = store.form("/api/cart/add", fields).header(ACCEPT, accept);
        if cookie.is_empty() { request } else { request.header(COOKIE, cookie) }
    };
    let lamp = [("sku", "LAMP"), ("quantity", "1")];
    // Several at once, so that more connections than one at a time needs are made and prepared.
    let mut firsts = join_all((0..4).map(|_| add(&lamp, "", "application/json").send())).await;
    let first = firsts.remove(0).unwrap();
    assert_eq!(first.status(), 200);
    let cookie = first.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap();

    store.begin_to_count();
    assert_eq!(add(&lamp, cookie, "application/json").send().await.unwrap().status(), 200);
    // The stock, then the session.
    let (stock, session) = (asked(&store.postgres), asked(&store.mongodb));
    assert_eq!((stock.len(), session.len()), (1, 1), "{stock:#?} {session:#?}");

    // Without scripts the form tells what is meant by its options.
    let page = store.page("/p/chair").await.1;
    let field = page.split("name=\"variants\" value=\"").nth(1).unwrap();
    let variants = field.split('"').next().unwrap().replace("&amp;", "&");
    let chair = [
        ("slug", "chair"),
        ("variants", variants.as_str()),
        ("options[colour]", "blue"),
        ("quantity", "2"),
    ];
    store.begin_to_count();
    // What was not sold here a moment ago is looked up, while the stock is being asked.
    for reads in [1, 0] {
        let answer = add(&chair, cookie, "text/html").send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["location"]),
            (303, &"/cart".parse().unwrap())
        );
        let (stock, session) = (asked(&store.postgres), asked(&store.mongodb));
        assert_eq!((stock.len(), session.len()), (1, 1 + reads), "{stock:#?} {session:#?}");
    }
    let cart = store.client.get(format!("{}/api/cart/get", store.url)).header(COOKIE, cookie);
    let cart = cart.send().await.unwrap().text().await.unwrap();
    assert!(cart.contains("CHAIR-B") && !cart.contains("CHAIR-R"), "{cart}");
}
