//! What lies where.

use super::{LEVELS, Program, told};
use crate::world::Store;
use reqwest::{Method, header::IF_NONE_MATCH};
use serde_json::{Value, json};

#[tokio::test]
async fn levels_are_told_with_all_their_numbers_and_page_after_page_each_once() {
    let store = Store::open().await;
    let program = Program::with(&store, "inventory:read").await;
    let told = program.get(&format!("{LEVELS}?sku=LAMP&warehouse=berlin")).await;
    assert_eq!(told.status, 200);
    let lamp = json!({
        "warehouse": "berlin", "sku": "LAMP", "on_hand": 30,
        "held": 0, "allocated": 0, "available": 30, "version": 1,
    });
    assert_eq!(told.body, json!({ "items": [lamp], "next": null }));

    let all = program.get(LEVELS).await;
    let all = all.body["items"].as_array().unwrap();
    assert!(all.len() >= 3, "{all:?}");
    let mut found: Vec<Value> = Vec::new();
    let mut path = format!("{LEVELS}?limit=1");
    loop {
        let page = program.get(&path).await;
        assert_eq!(page.status, 200, "{page:?}");
        found.extend(page.body["items"].as_array().unwrap().iter().cloned());
        match page.body["next"].as_str() {
            Some(next) => path = format!("{LEVELS}?limit=1&after={next}"),
            None => break,
        }
    }
    assert_eq!(&found, all);

    let some = program.get(&format!("{LEVELS}?sku=LAMP&sku=CHAIR-B&sku=NO-SUCH")).await;
    let skus = some.body["items"].as_array().unwrap().iter().map(|level| &level["sku"]);
    let mut skus: Vec<_> = skus.map(|sku| sku.as_str().unwrap()).collect();
    skus.dedup();
    assert_eq!(skus, ["CHAIR-B", "LAMP"]);
    assert_eq!(program.get(&format!("{LEVELS}?warehouse=moon")).await.body["items"], json!([]));
}

#[tokio::test]
async fn who_has_a_page_as_it_is_gets_it_again_only_when_it_has_changed() {
    let store = Store::open().await;
    let program = Program::with(&store, "inventory:read").await;
    let path = format!("{LEVELS}?sku=LAMP");
    let first = program.get(&path).await;
    assert_eq!(first.header("cache-control"), "private, no-cache");
    let tag = first.header("etag").to_owned();
    let again = async || {
        let ask = program.ask(Method::GET, &path).header(IF_NONE_MATCH, &tag);
        told(ask.send().await.unwrap()).await
    };
    let same = again().await;
    assert_eq!((same.status, same.header("etag"), &same.body), (304, &*tag, &Value::Null));
    store.count("LAMP", 7).await;
    let changed = again().await;
    assert_eq!((changed.status, &changed.body["items"][0]["on_hand"]), (200, &json!(7)));
    assert_ne!(changed.header("etag"), tag);
}
