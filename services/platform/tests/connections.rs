//! What a pooled connection costs, what a lost one does, over a line that is watched, and what is told
//! of a server that cannot be used.

use platform::testing::{self, SYNC, Wire};
use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use std::time::Duration;

async fn one(pool: &sqlx::PgPool) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar("select 1").fetch_one(pool).await
}

#[tokio::test]
async fn a_query_on_a_busy_pool_waits_for_one_round_trip() {
    let database = testing::empty_postgres().await;
    let (wire, url) = Wire::through(&database.url).await;
    let pool = platform::postgres::connect(&url, "public", 1).await.unwrap();
    one(&pool).await.unwrap();
    // The driver looks after a connection once it is given back.
    let rest = || tokio::time::sleep(Duration::from_millis(100));
    rest().await;
    wire.round_trips();
    one(&pool).await.unwrap();
    rest().await;
    let asked = wire.round_trips();
    assert_eq!(asked.len(), 2, "{asked:#?}");
    assert_ne!(asked[0], SYNC);
    assert_eq!(asked[1], SYNC);
}

#[tokio::test]
async fn a_restarted_server_costs_a_pool_that_rested_no_error() {
    let database = testing::empty_postgres().await;
    let (wire, url) = Wire::through(&database.url).await;
    let pool = platform::postgres::connect(&url, "public", 2).await.unwrap();
    one(&pool).await.unwrap();
    wire.cut();
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    wire.mend();
    assert_eq!(one(&pool).await.unwrap(), 1);
}

/// Nothing listens there.
const NOWHERE: &str = "127.0.0.1:9";

#[tokio::test]
async fn a_server_that_hangs_is_not_waited_for_for_ever() {
    let database = testing::empty_postgres().await;
    let (wire, url) = Wire::through(&database.url).await;
    wire.freeze();
    let refused = platform::postgres::connect(&url, "public", 1).await.unwrap_err();
    assert!(refused.is_absence(), "{refused}");
}

#[tokio::test]
async fn a_server_that_is_away_is_told_from_one_that_refuses() {
    let url = format!("postgres://{NOWHERE}/shop");
    let away = platform::postgres::connect(&url, "public", 1).await.unwrap_err();
    assert!(away.is_absence(), "{away}");

    let database = testing::empty_postgres().await;
    let (wire, url) = Wire::through(&database.url).await;
    wire.cut();
    let away = platform::postgres::connect(&url, "public", 1).await.unwrap_err();
    assert!(away.is_absence(), "{away}");

    let options: PgConnectOptions = database.url.parse().unwrap();
    for wrong in [options.clone().password("wrong"), options.database("nowhere")] {
        let url = wrong.to_url_lossy().to_string();
        let refused = platform::postgres::connect(&url, "public", 1).await.unwrap_err();
        assert!(!refused.is_absence(), "{refused}");
    }

    let url = format!("mongodb://{NOWHERE}/shop");
    let mongodb = platform::mongodb::connect(&url).await.unwrap();
    let away = platform::mongodb::ping(&mongodb).await.unwrap_err();
    assert!(away.is_absence(), "{away}");

    let redis = platform::redis::connect(&format!("redis://{NOWHERE}/0")).await.unwrap();
    let away = platform::redis::ping(redis).await.unwrap_err();
    assert!(away.is_absence(), "{away}");
}

#[tokio::test]
async fn a_redis_behind_tls_is_spoken_to_in_tls() {
    let (url, _) = testing::redis();
    let (wire, url) = Wire::through(&url.replace("redis://", "rediss://")).await;
    let redis = platform::redis::connect(&url).await.unwrap();
    // The server of the tests speaks no TLS: what is to be seen is that nothing was said in the clear.
    platform::redis::ping(redis).await.unwrap_err();
    let said = wire.round_trips().concat();
    assert!(!said.is_empty() && !said.contains("PING"), "{said}");
}
