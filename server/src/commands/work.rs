//! `vitrine work`: what happens behind the pages. The relays carry events from the outboxes to the
//! bus, the sweeper ends what stopped half-way, and pages whose stock class changed are made anew.

use super::stop_signal;
use crate::{
    config::Settings,
    edge::{PageStore, Purge},
    live::Teller,
    schema::Schema,
    stores::{self, Stores},
    survey::{self, Surveyor},
};
use catalogue::{Catalogue, Change};
use futures::future::join_all;
use platform::{Backoff, outbox::Relay};
use std::{collections::BTreeSet, fmt::Display, future::Future, sync::Arc, time::Duration};
use tokio::{
    sync::broadcast::{
        self,
        error::{RecvError, TryRecvError},
    },
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

/// Events that were carried are kept this long, for whoever wants to know what was told.
const OUTBOX_KEPT: jiff::SignedDuration = jiff::SignedDuration::from_hours(24 * 7);
const PRICES_EVERY: Duration = Duration::from_secs(30);
const PRUNE_EVERY: Duration = Duration::from_secs(3600);

/// Works until asked to stop; what was begun is finished first. What does not finish in time is given
/// up: every step can be repeated, and is when the next worker looks.
pub async fn run(settings: Settings) -> anyhow::Result<()> {
    let stop = stop_signal()?;
    // The bus is heard before the relays begin to tell, and until they have ended.
    let hearing = CancellationToken::new();
    let Some((stores, feed)) = stores::open(&settings, &stop, &hearing).await? else {
        return Ok(());
    };
    let pages = PageStore::new(stores.redis.clone(), &settings.redis.namespace, &stores.market.id);
    let mut tasks = JoinSet::new();
    tasks.spawn(freshen_pages(feed.subscribe(), pages.clone(), stop.clone()));
    // The listeners hear the feed's end only when nobody could tell anything more.
    drop(feed);
    let stream = settings.stream();
    let relay = |schema: &Schema| {
        Relay::new(schema.pool.clone(), schema.name, stores.redis.clone(), &stream)
    };
    let telling: Vec<_> =
        stores.schemas.iter().map(|schema| relay(schema).run(stop.clone())).collect();
    tasks.spawn(async move {
        join_all(telling).await;
        hearing.cancel();
    });
    for schema in &stores.schemas {
        tasks.spawn(prune(relay(schema), stop.clone()));
    }
    let surveyor = Surveyor::default();
    tasks.spawn(surveyor.clone().run(stores.catalogue.clone(), pages.clone(), stop.clone()));
    let teller = Teller::new(stores.redis.clone(), stream.clone());
    let followers = Followers { pages: pages.clone(), surveyor, teller };
    tasks.spawn(follow_catalogue(stores.catalogue.clone(), followers, stop.clone()));
    tasks.spawn(apply_due_prices(stores.catalogue.clone(), stop.clone()));
    let every = Duration::from_secs(settings.orders.sweep_seconds);
    tasks.spawn(sweep(stores, every, stop.clone()));
    tracing::info!("working");

    let working = async {
        while let Some(ended) = tasks.join_next().await {
            ended?;
        }
        anyhow::Ok(())
    };
    let overdue = async {
        stop.cancelled().await;
        tokio::time::sleep(settings.grace()).await;
    };
    tokio::select! {
        worked = working => worked?,
        () = overdue => tracing::warn!("some work did not finish in time"),
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

/// A change of stock that is shown makes the pages that show it stale; what is told together is purged
/// together. It ends with the news.
async fn freshen_pages(
    mut news: broadcast::Receiver<Arc<platform::events::Event>>,
    pages: PageStore,
    stop: CancellationToken,
) {
    loop {
        let mut tags = BTreeSet::new();
        let mut heard = news.recv().await;
        loop {
            match heard {
                Ok(event) if event.topic == "stock" && is_shown(&event.payload) => {
                    tags.insert(format!("stock:{}", event.key));
                }
                Ok(_) => {}
                // Some news was missed, so any page may be stale.
                Err(RecvError::Lagged(_)) => {
                    tags.insert("all".to_owned());
                }
                Err(RecvError::Closed) => break,
            }
            heard = match news.try_recv() {
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Closed) => Err(RecvError::Closed),
                Err(TryRecvError::Lagged(missed)) => Err(RecvError::Lagged(missed)),
                Ok(event) => Ok(event),
            };
        }
        if !tags.is_empty() {
            let tags: Vec<String> = tags.into_iter().collect();
            purge(&pages, &tags, Purge::Soft, &stop).await;
        }
        if news.is_closed() && news.is_empty() {
            return;
        }
    }
}

/// Purges, however often that must be tried. Only at the stop one try is enough: pages expire by
/// themselves.
async fn purge(pages: &PageStore, tags: &[String], how: Purge, stop: &CancellationToken) {
    repeat("pages could not be purged", stop, || pages.purge(tags, how)).await;
}

/// Tries until it works; at the stop, once.
async fn repeat<T, E: Display, F: Future<Output = Result<T, E>>>(
    failure: &'static str,
    stop: &CancellationToken,
    mut attempt: impl FnMut() -> F,
) {
    let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
    while let Err(error) = attempt().await {
        if stop.is_cancelled() {
            tracing::warn!(%error, "{failure} before the stop");
            return;
        }
        tracing::warn!(%error, "{failure}; this will be tried again");
        stop.run_until_cancelled(backoff.wait()).await;
    }
}

/// How many changes of the catalogue are purged in one step when many are made at once.
const TOGETHER: usize = 250;
/// Who the catalogue's changes are told to.
const FOLLOWER: &str = "pages";
/// What the log says when open pages could not be told.
const UNTOLD: &str = "prices could not be told";

/// Who hears of the catalogue's changes.
struct Followers {
    pages: PageStore,
    surveyor: Surveyor,
    teller: Teller,
}

/// What changes in the catalogue makes the pages that show it stale, whoever changed it, has its
/// categories surveyed, and its prices told to the pages that are open. What was changed while no worker
/// ran is heard of when one runs again.
async fn follow_catalogue(catalogue: Catalogue, followers: Followers, stop: CancellationToken) {
    let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
    while !stop.is_cancelled() {
        let hearing = hear_catalogue(&catalogue, &followers, &mut backoff, &stop);
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
    Followers { pages, surveyor, teller }: &Followers,
    backoff: &mut Backoff,
    stop: &CancellationToken,
) -> Result<(), catalogue::Error> {
    let mut changes = catalogue.changes(FOLLOWER).await?;
    if changes.missed {
        purge(pages, &["all".to_owned()], Purge::Soft, stop).await;
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
            let tags: Vec<String> = tags.into_iter().collect();
            purge(pages, &tags, how, stop).await;
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
    stop.run_until_cancelled(tokio::time::sleep(time)).await;
}
