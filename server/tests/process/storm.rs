//! The store and a warehouse's software, each a process of its own, while everything goes wrong between them: lost,
//! doubled, late and disordered messages, miscounts, and each of the processes killed. Orders are paid and
//! cancelled meanwhile. In the end both sides have the same stock to the piece, and every order was sent once.
//!
//! What is found is looked for in the store's books and in the warehouse's own file, past both programs
//! (`check`). A count mends the levels, whatever was booked before: so each kind of movement is compared by itself,
//! and a message that was lost or taken twice is found however often somebody counts.

mod check;
pub mod software;
mod weather;

use serde_json::json;
use std::time::{Duration, Instant};
use weather::Storm;

/// How many storms there are: one in the suite, as many as wanted by hand, past nextest's patience:
/// `SEEDS=20 cargo test -p server --test process storm::whatever`.
fn seeds() -> u64 {
    std::env::var("SEEDS").map_or(1, |seeds| seeds.parse().expect("SEEDS is a number"))
}

/// Waits until something with this in its words is found: the second hearing may come after all seemed to be done.
async fn found_out(storm: &Storm, words: &str) {
    let begun = Instant::now();
    loop {
        let found = check::differences(storm).await;
        if found.iter().any(|said| said.contains(words)) {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{found:#?}");
    }
}

#[tokio::test]
async fn whatever_goes_wrong_the_store_and_the_warehouse_agree_in_the_end() {
    for seed in 1..=seeds() {
        let mut storm = Storm::begin(seed, json!({})).await;
        storm.blow().await;
        storm.calm().await;
        let found = check::differences(&storm).await;
        assert!(found.is_empty(), "seed {seed}: {found:#?}\n{}", storm.last_words());
    }
}

#[tokio::test]
async fn a_warehouse_that_sends_twice_what_it_hears_twice_is_found_out() {
    let mut storm = Storm::begin(1, json!({ "forgetful": true })).await;
    // It hears of it by webhook and by the feed.
    let order = storm.order(&[("LAMP", 2)]).await.expect("there are lamps");
    storm.rests_or_not().await;
    found_out(&storm, &order.to_string()).await;
}

#[tokio::test]
async fn a_warehouse_that_loses_its_book_is_found_out() {
    let mut storm = Storm::begin(1, json!({})).await;
    storm.order(&[("LAMP", 2)]).await.expect("there are lamps");
    storm.calm().await;
    assert!(check::differences(&storm).await.is_empty());
    storm.kill_warehouse().await;
    std::fs::remove_file(storm.state()).unwrap();
    storm.start_warehouse();
    storm.rests_or_not().await;
    assert!(!check::differences(&storm).await.is_empty());
}

#[tokio::test]
async fn a_store_that_takes_twice_what_it_is_told_twice_is_found_out() {
    let storm = Storm::begin(1, json!({ "duplicates": 1_000 })).await;
    let forgets = "
        create function inventory.forget() returns trigger language plpgsql as
          'begin delete from inventory.told_movements; return null; end';
        create trigger forget after insert on inventory.told_movements
        for each statement execute function inventory.forget()";
    sqlx::raw_sql(forgets).execute(&storm.store.database.pool).await.unwrap();
    storm.receive("LAMP", 3).await;
    // What is doubled stays so: it may not have been told yet.
    storm.rests_or_not().await;
    found_out(&storm, "\"received\"").await;
}
