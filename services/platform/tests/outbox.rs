//! The outbox, its relay and the event bus against real PostgreSQL and Redis.

use platform::{
    events::{Event, Feed},
    outbox::{self, Relay},
    testing::{self, TestDatabase},
};
use serde_json::json;
use sqlx::migrate::Migrator;
use std::time::Duration;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

static NO_MIGRATIONS: Migrator = Migrator::DEFAULT;

async fn database() -> TestDatabase {
    let database = testing::postgres("shop", &NO_MIGRATIONS).await;
    sqlx::query(
        "create table outbox (
           id uuid primary key,
           position bigint generated always as identity,
           topic text not null,
           key text not null,
           payload jsonb not null,
           occurred_at timestamptz not null default now(),
           relayed_at timestamptz
         )",
    )
    .execute(&database.pool)
    .await
    .unwrap();
    database
}

async fn relay(database: &TestDatabase) -> (Relay, String, String) {
    let (url, stream) = testing::redis();
    let bus = platform::redis::connect(&url).await.unwrap();
    (Relay::new(database.pool.clone(), "shop", bus, &stream), url, stream)
}

async fn publish(database: &TestDatabase, key: &str) {
    let mut connection = database.pool.acquire().await.unwrap();
    outbox::publish(&mut connection, "order", key, &json!({ "key": key })).await.unwrap();
}

#[tokio::test]
async fn what_was_rolled_back_is_not_told() {
    let database = database().await;
    let mut transaction = database.pool.begin().await.unwrap();
    outbox::publish(&mut transaction, "order", "never", &json!({})).await.unwrap();
    transaction.rollback().await.unwrap();
    publish(&database, "happened").await;
    let (relay, _, _) = relay(&database).await;
    assert_eq!(relay.relay_batch().await.unwrap(), 1);
    assert_eq!(relay.relay_batch().await.unwrap(), 0);
}

#[tokio::test]
async fn events_reach_every_listener_in_their_order() {
    let database = database().await;
    let (relay, url, stream) = relay(&database).await;
    publish(&database, "before anyone listened").await;
    relay.relay_batch().await.unwrap();

    let stop = CancellationToken::new();
    let feed = Feed::follow(&url, &stream, stop.clone()).await.unwrap();
    let (mut one, mut other) = (feed.subscribe(), feed.subscribe());
    let running = tokio::spawn(relay.run(stop.clone()));
    for n in 0..20 {
        publish(&database, &n.to_string()).await;
    }
    for n in 0..20 {
        for listener in [&mut one, &mut other] {
            let event = tokio::time::timeout(Duration::from_secs(5), listener.recv()).await;
            assert_eq!(event.unwrap().unwrap().key, n.to_string());
        }
    }
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn what_was_told_before_the_stop_is_heard_before_the_news_end() {
    let database = database().await;
    let (relay, url, stream) = relay(&database).await;
    let stop = CancellationToken::new();
    let feed = Feed::follow(&url, &stream, stop.clone()).await.unwrap();
    let mut news = feed.subscribe();
    drop(feed);
    for n in 0..1_000 {
        publish(&database, &n.to_string()).await;
    }
    while relay.relay_batch().await.unwrap() > 0 {}
    stop.cancel();
    for n in 0..1_000 {
        assert_eq!(news.recv().await.unwrap().key, n.to_string());
    }
    assert_eq!(news.recv().await, Err(broadcast::error::RecvError::Closed));
}

#[tokio::test]
async fn a_break_is_told_and_what_was_said_meanwhile_is_heard_before_it_ends() {
    let (url, stream) = testing::redis();
    let (line, through) = testing::Wire::through(&url).await;
    let mut bus = platform::redis::connect(&url).await.unwrap();
    let feed = Feed::follow(&through, &stream, CancellationToken::new()).await.unwrap();
    let (mut news, mut hears) = (feed.subscribe(), feed.hears());
    assert!(*hears.borrow());
    for happens in [testing::Wire::cut, testing::Wire::freeze] {
        happens(&line);
        let within = Duration::from_secs(20);
        let broken = tokio::time::timeout(within, hears.wait_for(|hears| !hears)).await;
        broken.expect("it is noticed that nothing is heard").unwrap();
        let event = Event::new("order", "meanwhile", json!({}));
        platform::events::append(&mut bus, &stream, std::slice::from_ref(&event)).await.unwrap();
        line.mend();
        let heard = tokio::time::timeout(within, hears.wait_for(|hears| *hears)).await;
        heard.expect("the bus is heard again").unwrap();
        assert_eq!(*news.try_recv().unwrap(), event);
    }
}

#[tokio::test]
async fn an_event_whose_relay_died_is_told_by_the_next() {
    let database = database().await;
    publish(&database, "a").await;
    let (first, url, stream) = relay(&database).await;
    first.relay_batch().await.unwrap();
    // As if the process had died between the bus and the commit.
    sqlx::query("update outbox set relayed_at = null").execute(&database.pool).await.unwrap();
    assert_eq!(first.relay_batch().await.unwrap(), 1);
    let mut bus = platform::redis::connect(&url).await.unwrap();
    let told: redis::streams::StreamRangeReply =
        redis::AsyncCommands::xrange_all(&mut bus, &stream).await.unwrap();
    let ids: std::collections::HashSet<uuid::Uuid> = told
        .ids
        .iter()
        .map(|entry| {
            let json: String = entry.get("event").unwrap();
            serde_json::from_str::<platform::events::Event>(&json).unwrap().id
        })
        .collect();
    assert_eq!((told.ids.len(), ids.len()), (2, 1), "told twice, under one id");
}

#[tokio::test]
async fn two_relays_share_the_work_and_tell_nothing_twice() {
    let database = database().await;
    for n in 0..1_200 {
        publish(&database, &n.to_string()).await;
    }
    let (one, url, stream) = relay(&database).await;
    let bus = platform::redis::connect(&url).await.unwrap();
    let other = Relay::new(database.pool.clone(), "shop", bus, &stream);
    let drain = |relay: Relay| async move {
        let mut told = 0;
        loop {
            match relay.relay_batch().await.unwrap() {
                0 => return told,
                n => told += n,
            }
        }
    };
    let (a, b) = tokio::join!(drain(one), drain(other));
    let left: i64 = sqlx::query_scalar("select count(*) from outbox where relayed_at is null")
        .fetch_one(&database.pool)
        .await
        .unwrap();
    assert_eq!((a + b, left), (1_200, 0));
}
