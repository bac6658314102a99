//! Purging pages wherever they are kept: in the shared cache, on every node, and in the caches in front.
//!
//! A cache in front is told once every node has taken the change in, or it would fetch the older page
//! again; and once more a moment later, because an answer that a node had sent before may have reached it
//! after the first word. Nobody waits for that: each cache has a task that tells it, so that one that is
//! away, or a node that hangs, holds up neither the nodes nor the other caches. What it was not told waits
//! until it is there again. What a worker could not tell before it ended the next one makes up for: it
//! begins with telling that everything may have changed.

use super::{
    PageStore, Purge,
    front_cache::FrontCache,
    shared::Purged,
    untold::{Untold, Waiting},
};
use platform::Backoff;
use reqwest::Url;
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// How long the nodes may take to take a change in before they are not waited for.
const SETTLED_WITHIN: Duration = Duration::from_secs(5);
/// How long after the first word the second one follows; longer than an answer is under way.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Purges pages, and has the caches in front told. Cheap to clone.
#[derive(Clone)]
pub struct Purger {
    pages: PageStore,
    fronts: Vec<Arc<Waiting>>,
}

impl Purger {
    /// Purges these pages, also in the caches with these addresses: `tasks` tells them, until `stop`.
    pub fn new(
        pages: PageStore,
        fronts: &[Url],
        tasks: &mut JoinSet<()>,
        stop: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let mut waiting = Vec::new();
        for cache in FrontCache::all(fronts)? {
            let teller = Teller { cache, pages: pages.clone(), waiting: Arc::default() };
            teller.waiting.add(Untold::everything());
            waiting.push(teller.waiting.clone());
            tasks.spawn(teller.run(stop.clone()));
        }
        Ok(Self { pages, fronts: waiting })
    }

    /// Says that what carries one of these tags has changed. The caches in front are told soon.
    pub async fn purge(&self, tags: &[String], how: Purge) -> redis::RedisResult<Purged> {
        let purged = self.pages.purge(tags, how).await?;
        for waiting in &self.fronts {
            waiting.add(Untold::new(tags, how, purged.number));
        }
        Ok(purged)
    }
}

/// What came of a purge that was waited for.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What it came to.
    pub purged: Purged,
    /// Who serves older pages still, and why: nodes, and caches in front.
    pub behind: Vec<String>,
}

/// Purges and waits until it is done everywhere: on every node that serves pages, if it does so in time, and
/// then in the caches with these addresses.
pub async fn purge_and_wait(
    pages: &PageStore,
    fronts: &[Url],
    tags: &[String],
    how: Purge,
) -> anyhow::Result<Outcome> {
    let purged = pages.purge(tags, how).await?;
    let nodes = pages.wait_until_settled(purged.number, SETTLED_WITHIN).await?;
    let late = |node| format!("node {node}: it has not taken the change in yet");
    let mut behind: Vec<String> = nodes.into_iter().map(late).collect();
    let untold = Untold::new(tags, how, purged.number);
    let fronts = FrontCache::all(fronts)?;
    if !fronts.is_empty() {
        tell_all(&fronts, &untold).await;
        sleep(AGAIN_AFTER).await;
        behind.extend(tell_all(&fronts, &untold).await);
    }
    Ok(Outcome { purged, behind })
}

/// Tells these caches; which could not be told.
async fn tell_all(fronts: &[FrontCache], untold: &Untold) -> Vec<String> {
    let told = fronts.iter().map(async |cache| {
        let told = cache.tell(untold).await;
        told.err().map(|error| format!("the cache in front at {}: {error}", cache.url))
    });
    futures::future::join_all(told).await.into_iter().flatten().collect()
}

/// Tells one cache in front.
struct Teller {
    cache: FrontCache,
    pages: PageStore,
    waiting: Arc<Waiting>,
}

impl Teller {
    /// Tells it until `stop`, and then what is left, once.
    async fn run(self, stop: CancellationToken) {
        // What was told once, and when it is told again.
        let mut once: VecDeque<(Instant, Untold)> = VecDeque::new();
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        let mut is_away = false;
        loop {
            tokio::select! {
                () = self.waiting.woken() => {}
                () = until_due(&once) => {}
                () = stop.cancelled() => {}
            }
            let is_last = stop.is_cancelled();
            let first = self.waiting.take();
            let mut untold = first.clone();
            let is_due = |(at, _): &mut (Instant, _)| is_last || *at <= Instant::now();
            while let Some((_, told)) = once.pop_front_if(is_due) {
                untold.add(told);
            }
            if !untold.is_empty() {
                stop.run_until_cancelled(self.wait_for_nodes(first.number)).await;
                match self.cache.tell(&untold).await {
                    Ok(()) => {
                        backoff.reset();
                        if std::mem::take(&mut is_away) {
                            tracing::info!(url = %self.cache.url, "a cache in front is there again");
                        }
                        if !first.is_empty() {
                            once.push_back((Instant::now() + AGAIN_AFTER, first));
                        }
                    }
                    Err(error) => {
                        self.waiting.add(untold);
                        if !std::mem::replace(&mut is_away, true) {
                            let words = "a cache in front serves older pages until it can be told";
                            tracing::warn!(url = %self.cache.url, error, "{words}");
                        }
                        stop.run_until_cancelled(backoff.wait()).await;
                    }
                }
            }
            if is_last {
                return;
            }
        }
    }

    /// Waits until every node serves nothing older than this change, if that happens in time.
    async fn wait_for_nodes(&self, number: u64) {
        match self.pages.wait_until_settled(number, SETTLED_WITHIN).await {
            Ok(behind) if behind.is_empty() => {}
            Ok(behind) => tracing::warn!(?behind, "some nodes have not taken a change in yet"),
            // A node that hears of nothing has soon stopped to vouch for what it serves.
            Err(error) => {
                tracing::warn!(%error, "it is not known how the nodes stand");
                sleep(SETTLED_WITHIN).await;
            }
        }
    }
}

/// Waits until the first of these is due; for ever if there is none.
async fn until_due(once: &VecDeque<(Instant, Untold)>) {
    match once.front() {
        Some((at, _)) => sleep_until(*at).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{Router, extract::State, http::HeaderMap, http::StatusCode, routing::any};
    use platform::testing;
    use std::sync::Mutex;

    /// What a cache in front heard, and whether it takes it.
    #[derive(Clone, Default)]
    struct Heard(Arc<Mutex<(Vec<String>, bool)>>);

    async fn hear(State(heard): State<Heard>, headers: HeaderMap) -> StatusCode {
        let (tags, refuses) = &mut *heard.0.lock().unwrap();
        if std::mem::take(refuses) {
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        let soft = if headers.contains_key("soft-purge") { "soft " } else { "hard " };
        tags.push(soft.to_owned() + headers["surrogate-key"].to_str().unwrap());
        StatusCode::OK
    }

    async fn pages() -> PageStore {
        let (url, namespace) = testing::redis();
        PageStore::new(platform::redis::connect(&url).await.unwrap(), &namespace, "eu")
    }

    async fn front(heard: &Heard) -> Url {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let router = Router::new().fallback(any(hear)).with_state(heard.clone());
        tokio::spawn(async { axum::serve(listener, router).await });
        url
    }

    fn tags(tag: &str) -> Vec<String> {
        vec![tag.to_owned()]
    }

    #[tokio::test]
    async fn a_cache_in_front_hears_of_each_change_twice_also_of_what_it_refused_at_first() {
        let heard = Heard::default();
        heard.0.lock().unwrap().1 = true;
        let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
        let fronts = [front(&heard).await];
        let purger = Purger::new(pages().await, &fronts, &mut tasks, &stop).unwrap();
        purger.purge(&tags("product:1"), Purge::Soft).await.unwrap();
        let told = |tag: &str| heard.0.lock().unwrap().0.iter().filter(|told| *told == tag).count();
        while told("soft all") < 2 {
            sleep(Duration::from_millis(10)).await;
        }
        let begun = Instant::now();
        purger.purge(&tags("product:2"), Purge::Hard).await.unwrap();
        while told("hard product:2") < 2 {
            sleep(Duration::from_millis(10)).await;
        }
        assert!(begun.elapsed() >= AGAIN_AFTER);
        // What was told once is told again before the end.
        purger.purge(&tags("product:3"), Purge::Soft).await.unwrap();
        while told("soft product:3") < 1 {
            sleep(Duration::from_millis(10)).await;
        }
        stop.cancel();
        tasks.join_all().await;
        assert_eq!(told("soft product:3"), 2);
    }
}
