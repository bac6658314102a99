//! The worker's role `pages`: what changes makes the pages that show it stale, whoever changed it. What
//! changes while no such worker runs is heard of when one runs again.

use crate::{
    edge::{Purge, Purger},
    live::Teller,
    survey::{self, Surveyor},
};
use catalogue::{Catalogue, Change};
use platform::{Backoff, events::Event, follower::Follower, redis::Redis};
use std::{collections::BTreeSet, fmt::Display, time::Duration};
use tokio_util::sync::CancellationToken;

/// How many changes of the catalogue are purged in one step when many are made at once.
const TOGETHER: usize = 250;
/// Who the changes are told to.
const FOLLOWER: &str = "pages";
/// What the log says when open pages could not be told.
const UNTOLD: &str = "prices could not be told";

/// Where the event bus is.
pub struct Bus {
    /// Redis's URL.
    pub url: String,
    /// A connection to it.
    pub redis: Redis,
    /// The stream's name.
    pub stream: String,
}

/// A change of stock that is shown makes the pages that show it stale; what is told together is purged
/// together.
pub async fn follow_stock(bus: Bus, pages: Purger, stop: CancellationToken) {
    let mut backoff = backoff();
    while !stop.is_cancelled() {
        let hearing = hear_stock(&bus, &pages, &mut backoff, &stop);
        match stop.run_until_cancelled(hearing).await {
            None => return,
            Some(Ok(never)) => match never {},
            Some(Err(error)) => {
                tracing::warn!(%error, "changes of stock will be listened to again");
            }
        }
        stop.run_until_cancelled(backoff.wait()).await;
    }
}

async fn hear_stock(
    bus: &Bus,
    pages: &Purger,
    backoff: &mut Backoff,
    stop: &CancellationToken,
) -> Result<std::convert::Infallible, platform::Error> {
    let mut follower = Follower::begin(&bus.url, bus.redis.clone(), &bus.stream, FOLLOWER).await?;
    if follower.missed {
        tracing::info!("what was told before is not known: every page is made anew");
        purge(pages, ["all".to_owned()].into(), Purge::Soft, stop).await;
        // A place to go on from is there before the first event.
        follower.keep_place().await?;
    }
    loop {
        let told = follower.next().await?;
        let shown = told.iter().filter(|event| is_shown(event));
        let tags = shown.map(|event| format!("stock:{}", event.key)).collect();
        purge(pages, tags, Purge::Soft, stop).await;
        if !told.is_empty() {
            follower.keep_place().await?;
        }
        backoff.reset();
    }
}

/// Whether a page would say something else after this change of stock: another class, or another
/// number where few are left.
fn is_shown(event: &Event) -> bool {
    let change = &event.payload;
    event.topic == "stock" && (change["class_changed"] == true || change["class"] == "few_left")
}

/// Who is told of the catalogue's changes.
pub struct Told {
    /// Pages that are kept.
    pub pages: Purger,
    /// Whoever counts what stands in the categories.
    pub surveyor: Surveyor,
    /// Pages that are open.
    pub teller: Teller,
}

/// What changes in the catalogue makes the pages that show it stale, has its categories surveyed, and its
/// prices told to the pages that are open.
pub async fn follow_catalogue(catalogue: Catalogue, told: Told, stop: CancellationToken) {
    let mut backoff = backoff();
    while !stop.is_cancelled() {
        let hearing = hear_catalogue(&catalogue, &told, &mut backoff, &stop);
        match stop.run_until_cancelled(hearing).await {
            None => return,
            Some(Ok(())) => {}
            Some(Err(error)) => {
                tracing::warn!(%error, "the catalogue's changes will be listened to again");
            }
        }
        stop.run_until_cancelled(backoff.wait()).await;
    }
}

async fn hear_catalogue(
    catalogue: &Catalogue,
    Told { pages, surveyor, teller }: &Told,
    backoff: &mut Backoff,
    stop: &CancellationToken,
) -> Result<(), catalogue::Error> {
    let mut changes = catalogue.changes(FOLLOWER).await?;
    if changes.missed {
        tracing::info!("what was changed before is not known: every page is made anew");
        purge(pages, ["all".to_owned()].into(), Purge::Soft, stop).await;
        surveyor.want(catalogue.paths().await?);
        repeat(UNTOLD, stop, || teller.prices_in_doubt()).await;
    } else {
        surveyor.want(catalogue.unsurveyed().await?);
    }
    // A place to go on from is there before the first change.
    changes.keep_place().await?;
    while let Some(told) = changes.next_few(TOGETHER).await? {
        let (mut shown, mut gone) = (BTreeSet::new(), BTreeSet::new());
        let (mut prices, mut in_doubt) = (Vec::new(), false);
        for change in told {
            prices.push(change.prices);
            match change.pages {
                Change::Shown(tags) => shown.extend(tags),
                Change::Withdrawn { shown: tags, own } => {
                    shown.extend(tags);
                    gone.extend(own);
                }
                Change::Everything => {
                    shown.insert("all".to_owned());
                    in_doubt = true;
                }
            }
        }
        match shown.contains("all") {
            true => surveyor.want(catalogue.paths().await?),
            false => surveyor.want(survey::paths(&shown)),
        }
        for (tags, how) in [(gone, Purge::Hard), (shown, Purge::Soft)] {
            purge(pages, tags, how, stop).await;
        }
        repeat(UNTOLD, stop, || teller.prices(&prices)).await;
        if in_doubt {
            repeat(UNTOLD, stop, || teller.prices_in_doubt()).await;
        }
        // Whoever takes over after a failure hears of it again: a purge twice does no harm, nor does
        // what is told twice.
        changes.keep_place().await?;
        backoff.reset();
    }
    Ok(())
}

async fn purge(pages: &Purger, tags: BTreeSet<String>, how: Purge, stop: &CancellationToken) {
    let tags: Vec<String> = tags.into_iter().collect();
    if !tags.is_empty() {
        repeat("pages could not be purged", stop, || pages.purge(&tags, how)).await;
    }
}

/// Tries until it works; at the stop, once: whoever takes over hears of it again.
async fn repeat<T, E: Display, F: Future<Output = Result<T, E>>>(
    failure: &'static str,
    stop: &CancellationToken,
    mut attempt: impl FnMut() -> F,
) {
    let mut backoff = backoff();
    while let Err(error) = attempt().await {
        if stop.is_cancelled() {
            tracing::warn!(%error, "{failure} before the stop");
            return;
        }
        tracing::warn!(%error, "{failure}; this will be tried again");
        stop.run_until_cancelled(backoff.wait()).await;
    }
}

fn backoff() -> Backoff {
    Backoff::new(Duration::from_millis(100), Duration::from_secs(5))
}
