//! What a pooled connection costs, and what a lost one does, over a line that is watched.

use platform::testing::{self, SYNC, Wire};
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
