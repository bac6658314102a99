//! A cached page follows what it shows.

use crate::world::Store;

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
