//! The trial of freshness: the merchant changes a price, and three nodes are watched until the last of
//! them shows it.

use crate::{
    http::{self, Client},
    load,
    merchant::Merchant,
    trial::{Figure, Trial, Unit},
};
use anyhow::{Context, bail};
use std::{
    ops::Range,
    time::{Duration, Instant},
};
use tokio::{task::JoinSet, time::sleep};

/// How many changes there are.
const CHANGES: usize = 200;
/// Prices in cents, each of which is seen once. No other number of the page reads like them.
const PRICES: Range<i64> = 654_000..654_000 + CHANGES as i64;
/// The pause between two looks at a page, and between two changes (of several lengths, so that they
/// meet whatever comes at intervals at different moments of it).
const LOOK_AGAIN: Duration = Duration::from_millis(1);
const PAUSES: [Duration; 3] =
    [Duration::from_millis(13), Duration::from_millis(29), Duration::from_millis(41)];
/// A change that is not seen so long after it was made is not seen at all.
const SEEN_WITHIN: Duration = Duration::from_secs(5);

/// Changes the price on the page again and again; puts it back afterwards.
///
/// # Errors
/// A change is never seen on a node.
pub async fn trial(mongodb: &str, nodes: [&str; 3], path: &str) -> anyhow::Result<Trial> {
    let slug = path.rsplit('/').next().unwrap_or_default();
    let merchant = Merchant::of(mongodb, slug).await?;
    let changed = changes(&merchant, &nodes, path).await;
    merchant.withdraw().await?;
    let mut took = changed?;
    took.sort_unstable();
    let quantile = |share| load::quantile(&took, share).as_secs_f64() * 1e6;
    let figure = |label: &str, share| Figure::new(label, quantile(share), Unit::Microseconds);
    Ok(Trial {
        name: format!(
            "A price changes in MongoDB {CHANGES} times, until all of three nodes show it"
        ),
        figures: vec![
            figure("p50", 0.5),
            figure("p99", 0.99).at_most(50_000.0),
            figure("the longest", 1.0),
        ],
    })
}

async fn changes(merchant: &Merchant, nodes: &[&str], path: &str) -> anyhow::Result<Vec<Duration>> {
    let mut watchers = Vec::new();
    for node in nodes {
        watchers.push(Watcher::at(node, path).await?);
    }
    let mut took = Vec::with_capacity(CHANGES);
    for (cents, pause) in PRICES.zip(PAUSES.into_iter().cycle()) {
        sleep(pause).await;
        merchant.ask(cents).await?;
        let acknowledged = Instant::now();
        let mut watching = JoinSet::new();
        for watcher in watchers.drain(..) {
            watching.spawn_local(watcher.until_it_shows(cents));
        }
        let mut last = acknowledged;
        while let Some(watched) = watching.join_next().await {
            let (watcher, seen) = watched.context("a watcher panicked")??;
            last = last.max(seen);
            watchers.push(watcher);
        }
        took.push(last - acknowledged);
    }
    Ok(took)
}

/// Looks at the page of one node.
struct Watcher {
    node: String,
    path: String,
    client: Client,
    tag: String,
}

impl Watcher {
    async fn at(node: &str, path: &str) -> anyhow::Result<Self> {
        let client = Client::connect(node).await?;
        Ok(Self { node: node.to_owned(), path: path.to_owned(), client, tag: String::new() })
    }

    /// When the price was first there. Before that the page is only asked whether it has changed.
    async fn until_it_shows(mut self, cents: i64) -> anyhow::Result<(Self, Instant)> {
        let price = format!("{},{:03}.{:02}", cents / 100_000, cents / 100 % 1_000, cents % 100);
        let (authority, begun) = (http::split(&self.node)?.0, Instant::now());
        while begun.elapsed() < SEEN_WITHIN {
            let request = http::get_plain(authority, &self.path, Some(&self.tag));
            let answer = self.client.send(&request).await?;
            match answer.status {
                304 => {}
                200 => {
                    self.tag =
                        answer.header("etag").context("a page without entity tag")?.to_owned();
                    if answer.text().contains(&price) {
                        return Ok((self, Instant::now()));
                    }
                }
                status => bail!("{} answers with {status}: {}", self.node, answer.excerpt()),
            }
            sleep(LOOK_AGAIN).await;
        }
        bail!("{} does not show {price} within {SEEN_WITHIN:?}", self.node)
    }
}
