//! A cached page follows what it shows, whoever changed it.

use crate::world::{Store, lamp};

#[tokio::test]
async fn a_page_is_made_anew_when_its_stock_gets_low() {
    let store = Store::open().await;
    let _worker = store.worker();
    let says = async |words: &str| store.page("/p/lamp").await.1.contains(words);
    assert!(says("In stock").await);
    store.until("the page is cached", async || store.page("/p/lamp").await.0 != "miss").await;
    store.count("LAMP", 2).await;
    store.until("two are left", async || says("Only 2 left").await).await;
    store.count("LAMP", 0).await;
    store.until("none are left", async || says("Sold out").await).await;
}

#[tokio::test]
async fn a_page_follows_what_is_written_into_the_catalogue() {
    let store = Store::open().await;
    let worker = store.worker();
    let says = async |words: &str| store.page("/p/lamp").await.1.contains(words);
    assert!(says("Lamp").await);
    store.write(&lamp("Lantern")).await;
    store.until("it is renamed", async || says("Lantern").await).await;

    // What changes while no worker runs is heard of when one runs again.
    drop(worker);
    store.write(&lamp("Torch")).await;
    let _worker = store.worker();
    store.until("it is renamed again", async || says("Torch").await).await;

    store
        .write(&lamp("Torch").replace("\"featured\"", "\"status\": \"withdrawn\", \"featured\""))
        .await;
    store.until("it is gone", async || store.get("/p/lamp").await.status() == 404).await;
    store
        .write(&lamp("Torch").replace("\"featured\"", "\"status\": \"published\", \"featured\""))
        .await;
    store.until("it is back", async || store.get("/p/lamp").await.status() == 200).await;
}

#[tokio::test]
async fn a_new_product_comes_to_its_category_and_is_counted() {
    let store = Store::open().await;
    let _worker = store.worker();
    let says = async |words: &str| store.page("/c/rooms").await.1.contains(words);
    assert!(says("2 products").await);
    let ladder = lamp("Ladder").replace("\"lamp\"", "\"ladder\"").replace("\"LAMP\"", "\"LADDER\"");
    store.write(&ladder).await;
    store.until("it is counted", async || says("3 products").await).await;
    assert!(says("Ladder").await);
}
