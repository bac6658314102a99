//! How the worker stops.

use crate::world::Store;

#[tokio::test]
async fn a_worker_stops_when_it_is_asked_to() {
    let store = Store::open().await;
    let mut worker = store.worker();
    store.until("it works", async || worker.log().contains("working")).await;
    worker.ask_to_stop();
    assert!(worker.ended().await.success(), "{}", worker.log());
    assert!(worker.log().contains("stopped"), "{}", worker.log());
}

#[tokio::test]
async fn work_that_hangs_is_given_up_in_time() {
    let store = Store::open().await;
    let mut worker = store.start("work", &[("VITRINE__SERVER__SHUTDOWN_SECONDS", "1")]);
    store.until("it works", async || worker.log().contains("working")).await;
    store.mongodb.freeze();
    store.postgres.freeze();
    worker.ask_to_stop();
    assert!(worker.ended().await.success(), "{}", worker.log());
    assert!(worker.log().contains("stopped"), "{}", worker.log());
}

#[tokio::test]
async fn a_purge_that_fails_is_tried_again() {
    let store = Store::open().await;
    let worker = store.worker();
    store.until("it works", async || worker.log().contains("working")).await;
    store.until("a page is cached", async || store.page("/p/lamp").await.0 != "miss").await;
    store.redis.cut();
    store.count("LAMP", 0).await;
    let told =
        async || worker.log().contains("will be tried again") || worker.log().contains("try again");
    store.until("Redis is missed", told).await;
    store.redis.mend();
    let is_fresh = async || store.page("/p/lamp").await.1.contains("Sold out");
    store.until("the page is made anew", is_fresh).await;
}
