//! `vitrine work`: what happens behind the pages. The relays carry events from the outboxes to the
//! bus, the sweeper ends what stopped half-way, and pages whose stock class changed are made anew.

use super::stop_signal;
use crate::{
    config::Settings,
    edge::{PageStore, Purge},
    stores::{self, Stores},
};
use catalogue::{Catalogue, Change};
use platform::{
    Backoff,
    events::{Feed, STREAM},
    outbox::Relay,
};
use secrecy::ExposeSecret;
use std::{sync::Arc, time::Duration};
use tokio::{sync::broadcast, task::JoinSet};
use tokio_util::sync::CancellationToken;

/// Events that were carried are kept this long, for whoever wants to know what was told.
const OUTBOX_KEPT: jiff::SignedDuration = jiff::SignedDuration::from_hours(24 * 7);
const PRICES_EVERY: Duration = Duration::from_secs(30);
const PRUNE_EVERY: Duration = Duration::from_secs(3600);

/// Works until asked to stop.
pub async fn run(settings: Settings) -> anyhow::Result<()> {
    let stop = stop_signal()?;
    let stores = stores::connect(&settings).await?;
    let feed = Feed::follow(settings.redis.url.expose_secret(), STREAM, stop.clone());
    let pages = PageStore::new(stores.redis.clone(), &settings.redis.namespace, &stores.market.id);
    let mut tasks = JoinSet::new();
    for (schema, pool) in &stores.pools {
        let relay = || Relay::new(pool.clone(), schema, stores.redis.clone(), STREAM);
        tasks.spawn(relay().run(stop.clone()));
        tasks.spawn(prune(relay(), stop.clone()));
    }
    tasks.spawn(freshen_pages(feed.subscribe(), pages.clone(), stop.clone()));
    tasks.spawn(follow_catalogue(stores.catalogue.clone(), pages.clone(), stop.clone()));
    tasks.spawn(apply_due_prices(stores.catalogue.clone(), stop.clone()));
    let every = Duration::from_secs(settings.orders.sweep_seconds);
    tasks.spawn(sweep(stores, every, stop));
    tracing::info!("working");
    while let Some(ended) = tasks.join_next().await {
        ended?;
    }
    tracing::info!("stopped");
    Ok(())
}

async fn sweep(stores: Stores, every: Duration, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match stores.orders.sweep().await {
            Ok(swept) if swept == orders::Swept::default() => {}
            Ok(swept) => tracing::info!(?swept, "swept"),
            Err(error) => tracing::warn!(%error, "the sweeper will try again"),
        }
        rest(every, &stop).await;
    }
}

async fn prune(relay: Relay, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = relay.prune(OUTBOX_KEPT).await {
            tracing::warn!(%error, "old events could not be deleted");
        }
        rest(PRUNE_EVERY, &stop).await;
    }
}

/// Whether a page would say something else after this change of stock: another class, or another
/// number where few are left.
fn is_shown(change: &serde_json::Value) -> bool {
    change["class_changed"] == true || change["class"] == "few_left"
}

/// A change of stock that is shown makes the pages that show it stale.
async fn freshen_pages(
    mut news: broadcast::Receiver<Arc<platform::events::Event>>,
    pages: PageStore,
    stop: CancellationToken,
) {
    loop {
        let event = tokio::select! {
            event = news.recv() => event,
            () = stop.cancelled() => return,
        };
        let tag = match event {
            Ok(event) if event.topic == "stock" && is_shown(&event.payload) => {
                format!("stock:{}", event.key)
            }
            Ok(_) => continue,
            // Some news was missed, so any page may be stale.
            Err(broadcast::error::RecvError::Lagged(_)) => "all".to_owned(),
            Err(broadcast::error::RecvError::Closed) => return,
        };
        match pages.purge(&[tag], Purge::Soft).await {
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "a page could not be purged"),
        }
    }
}

/// Who the catalogue's changes are told to.
const FOLLOWER: &str = "pages";

/// What changes in the catalogue makes the pages that show it stale, whoever changed it. What was
/// changed while no worker ran is heard of when one runs again.
async fn follow_catalogue(catalogue: Catalogue, pages: PageStore, stop: CancellationToken) {
    let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
    loop {
        let ended = tokio::select! {
            ended = hear_catalogue(&catalogue, &pages, &mut backoff) => ended,
            () = stop.cancelled() => return,
        };
        if let Err(error) = ended {
            tracing::warn!(%error, "the catalogue's changes will be listened to again");
        }
        tokio::select! {
            () = backoff.wait() => {}
            () = stop.cancelled() => return,
        }
    }
}

async fn hear_catalogue(
    catalogue: &Catalogue,
    pages: &PageStore,
    backoff: &mut Backoff,
) -> anyhow::Result<()> {
    let mut changes = catalogue.changes(FOLLOWER).await?;
    if changes.missed {
        pages.purge(&["all".to_owned()], Purge::Soft).await?;
    }
    // A place to go on from is there before the first change.
    changes.keep_place().await?;
    while let Some(change) = changes.next().await? {
        match change {
            Change::Shown(tags) => pages.purge(&tags, Purge::Soft).await?,
            Change::Withdrawn { shown, own } => {
                pages.purge(&own, Purge::Hard).await?;
                pages.purge(&shown, Purge::Soft).await?
            }
            Change::Everything => pages.purge(&["all".to_owned()], Purge::Soft).await?,
        };
        // Whoever takes over after a failure hears of it again: a purge twice does no harm.
        changes.keep_place().await?;
        backoff.reset();
    }
    Ok(())
}

/// Prices with a date begin and end by themselves. Their pages hear of it like of any other change.
async fn apply_due_prices(catalogue: Catalogue, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = catalogue.apply_due_prices(jiff::Timestamp::now()).await {
            tracing::warn!(%error, "due prices could not be applied");
        }
        rest(PRICES_EVERY, &stop).await;
    }
}

async fn rest(time: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        () = stop.cancelled() => {}
    }
}
