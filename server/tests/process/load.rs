//! Visitors who look at pages all the time, and what comes of it while something happens.

use crate::world::Store;
use reqwest::{Client, Response};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// How long it is looked at: longer than a node vouches for what it has without hearing anything, and than it
/// takes to notice a server that hangs.
const LASTS: Duration = Duration::from_millis(3_500);
/// A page that takes longer counts as one that did not come.
const AT_ONCE: Duration = Duration::from_secs(2);

/// What came of many requests.
#[derive(Default)]
pub struct Tally {
    asked: u64,
    /// How many came from where.
    pub from: BTreeMap<String, u64>,
    failed: Vec<String>,
    slowest: Duration,
}

/// Requests for pages, one after the other, from three visitors at the same time.
pub struct Load {
    tally: Arc<Mutex<Tally>>,
    /// They go with it.
    _visitors: JoinSet<()>,
}

impl Load {
    pub fn on(store: &Store, pages: &'static [&'static str]) -> Self {
        let tally = Arc::new(Mutex::new(Tally::default()));
        let mut visitors = JoinSet::new();
        for visitor in 0..3 {
            let (url, tally) = (store.url.clone(), tally.clone());
            let client = Client::builder().no_proxy().timeout(AT_ONCE).build().unwrap();
            visitors.spawn(async move {
                for path in pages.iter().cycle().skip(visitor) {
                    let begun = Instant::now();
                    let answer = client.get(format!("{url}{path}")).send().await;
                    note(&mut tally.lock().unwrap(), answer, begun.elapsed());
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            });
        }
        Self { tally, _visitors: visitors }
    }

    /// What came of it since the last time.
    fn so_far(&self) -> Tally {
        std::mem::take(&mut self.tally.lock().unwrap())
    }

    /// What comes of it during a fault in which this is done.
    pub async fn during(&self, what: &str, doing: impl Future<Output = ()>) -> Tally {
        let begun = Instant::now();
        let tally = self.through(what, async {
            doing.await;
            tokio::time::sleep(LASTS.saturating_sub(begun.elapsed())).await;
        });
        let tally = tally.await;
        assert!(tally.asked > 100, "{what}: only {} were asked", tally.asked);
        tally
    }

    /// What comes of it while this is done: of a thousand one may fail.
    pub async fn through(&self, what: &str, doing: impl Future<Output = ()>) -> Tally {
        self.so_far();
        doing.await;
        let tally = self.so_far();
        let Tally { asked, from, failed, slowest } = &tally;
        let told = format!("{what}: {asked} asked, {from:?}, slowest {slowest:?}, {failed:?}");
        assert!(failed.len() as u64 * 1_000 <= *asked, "{told}");
        tally
    }
}

fn note(tally: &mut Tally, answer: reqwest::Result<Response>, took: Duration) {
    tally.asked += 1;
    tally.slowest = tally.slowest.max(took);
    match answer {
        Ok(answer) if answer.status().is_success() => {
            let from = answer.headers()["x-cache"].to_str().unwrap().to_owned();
            *tally.from.entry(from).or_default() += 1;
        }
        Ok(answer) => tally.failed.push(answer.status().to_string()),
        Err(error) => tally.failed.push(error.to_string()),
    }
}
