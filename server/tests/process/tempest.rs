//! The tempest: many buy at once from two nodes, of which one has the wrong time, while every process and every
//! database is killed and frozen, the provider's answers are lost, and its webhooks are lost, doubled, disordered and
//! brought when everything is over. Then it is quiet, and the checker (`check`) holds the four promises against the
//! databases and the provider's own books.
//!
//! Everything that is drawn comes from one seed, which is printed. How processes take turns does not: the same seed
//! is the same weather and the same customers, not the same storm. `scripts/storm.sh` runs many.
//!
//! A checker that finds nothing proves nothing by itself: bugs are planted (`planted`), and each has to be found.

mod check;
mod customers;
mod diary;
mod planted;
mod post;
mod records;
mod shop;
mod story;
mod weather;

use check::Violation;
use customers::Mall;
use diary::Ending;
use planted::Bug;
use shop::Shop;
use std::{
    collections::BTreeSet,
    fmt::Write as _,
    io::{self, Write as _},
    sync::Arc,
    time::{Duration, Instant},
};

/// So many customers are there at a time.
const AT_A_TIME: usize = 24;
/// After the storm, everything has come to an end within this time.
const ENDS_WITHIN: Duration = Duration::from_secs(60);
/// How many stories are told of what went wrong.
const STORIES: usize = 3;

/// `SEED=7` is that storm.
fn seed() -> u64 {
    std::env::var("SEED").map_or(1, |seed| seed.parse().expect("SEED is a number"))
}

/// To whoever reads along.
fn say(line: &str) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_killed_the_four_promises_are_kept() {
    let seed = seed();
    say(&format!("seed {seed}"));
    let mut shop = Shop::on_own_servers(seed).await;
    shop.disturb_warehouse().await;
    shop.post.is_rough(true);
    let mall = Mall::new(seed, shop.nodes.clone(), shop.provider_url());
    let crowd = mall.crowd(AT_A_TIME);
    weather::blows(&mut shop).await;
    mall.closes();
    crowd.join_all().await;
    let (took, late) = calm(&mut shop).await;
    let found = check::violations(&shop, &mall.diary).await;
    say(&format!("seed {seed}: {}", outcome(&shop, &mall).await));
    say(&format!("seed {seed}: all had ended after {took:.1?}; {late} letters came later still"));
    assert!(found.is_empty(), "seed {seed}\n{}", told(&shop, &mall, &found).await);
    assert!(mall.diary.count(Ending::Ok) > 5, "a storm without sales shows nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_is_not_there_is_found_out() {
    is_found_out(Bug::NoUniqueIndex).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_is_acted_on_each_time_is_found_out() {
    is_found_out(Bug::WebhookWithoutDedupe).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_finished_without_its_lock_is_found_out() {
    is_found_out(Bug::FinalisedWithoutLock).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_is_recorded_before_it_is_known_is_found_out() {
    is_found_out(Bug::OutcomeBeforeItIsKnown).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn news_that_count_as_told_before_they_are_sent_are_found_out() {
    is_found_out(Bug::AcknowledgedBeforeSending).await;
}

/// Customers come while the post is rough and a bug is planted, until the checker complains of it.
async fn is_found_out(bug: Bug) {
    let (promise, words) = bug.breaks();
    let shop = Shop::on_shared_servers(1).await;
    bug.plant(&shop.store.database.pool).await;
    for round in 0..4 {
        shop.post.is_rough(true);
        let mall = Mall::new(round, shop.nodes.clone(), shop.provider_url());
        let crowd = mall.crowd(AT_A_TIME);
        tokio::time::sleep(Duration::from_secs(4)).await;
        mall.closes();
        crowd.join_all().await;
        shop.post.is_rough(false);
        shop.post.brings_the_rest().await;
        // With some bugs it never comes to rest.
        rests_within(&shop, Duration::from_secs(3)).await;
        let found = check::violations(&shop, &mall.diary).await;
        let is_it = |one: &&Violation| one.promise == promise && one.to_string().contains(words);
        if let Some(one) = found.iter().find(is_it) {
            say(&format!("{bug:?} was found out by {one}"));
            return;
        }
    }
    panic!("{bug:?} was not found out");
}

/// Nothing goes wrong any more: how long it took until all had ended, and how many webhooks came after that.
async fn calm(shop: &mut Shop) -> (Duration, usize) {
    let begun = Instant::now();
    // It sends what was not taken as soon as it begins anew, and not with the patience that it has learnt.
    shop.provider.kill().await;
    shop.start_what_has_ended();
    shop.is_up().await;
    assert!(shop.tells_provider(&weather::well()).await, "the provider is there");
    shop.calm_warehouse().await;
    shop.post.is_rough(false);
    rests_within(shop, ENDS_WITHIN).await;
    let took = begun.elapsed();
    let late = shop.post.brings_the_rest().await;
    rests_within(shop, ENDS_WITHIN).await;
    (took, late)
}

/// Waits until nothing is left to be done, but no longer than this.
async fn rests_within(shop: &Shop, patience: Duration) {
    let begun = Instant::now();
    while !records::undone(shop).await.is_empty() && begun.elapsed() < patience {
        shop.time_runs_out(0).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// What came of the storm, in numbers.
async fn outcome(shop: &Shop, mall: &Arc<Mall>) -> String {
    let states: Vec<(String, i64)> =
        sqlx::query_as("select state, count(*) from orders.orders group by state order by state")
            .fetch_all(&shop.store.database.pool)
            .await
            .unwrap();
    let mut outcome = format!("{} customers:", mall.came());
    for ending in [Ending::Ok, Ending::Failed, Ending::Unknown] {
        let _ = write!(outcome, " {} {ending:?}", mall.diary.count(ending));
    }
    outcome.push_str("; orders:");
    for (state, number) in states {
        let _ = write!(outcome, " {number} {state}");
    }
    let _ = write!(outcome, "; {} webhooks taken", shop.post.taken().len());
    outcome
}

/// What was broken, and the stories of the first orders that it was broken to.
async fn told(shop: &Shop, mall: &Arc<Mall>, found: &[Violation]) -> String {
    let mut told: String = found.iter().map(|one| format!("{one}\n")).collect();
    let orders: BTreeSet<_> = found.iter().filter_map(|one| one.order).collect();
    for order in orders.into_iter().take(STORIES) {
        told.push_str(&story::of(shop, &mall.diary, order).await);
    }
    let _ = writeln!(told, "the worker's last words:\n{}", shop::last_words(&shop.worker));
    told
}
