//! `vitrine work`: what happens behind the pages. A worker does what its roles say; several of one role may
//! run beside each other, on any machines: the relays, the sweeper, the courier, the postman and the clerk share the work by rows that they
//! lock, the others do twice what does no harm twice.

mod pages;
mod parcels;
mod tell;

use super::stop_signal;
use crate::{
    config::Settings,
    drop::DropFolder,
    edge::{PageStore, Purger},
    live::Teller,
    roles::{Needs, Working},
    schema::Schema,
    stores::Connections,
    survey::Surveyor,
};
use accounts::webhooks::Courier;
use admissions::Admissions;
use catalogue::Catalogue;
use domain::Market;
use inventory::Inventory;
use orders::{Orders, letters::Postman};
use platform::{idempotency::Idempotency, outbox::Relay};
use secrecy::ExposeSecret;
use std::{sync::Arc, time::Duration};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Events that were carried are kept this long, for whoever wants to know what was told.
const OUTBOX_KEPT: jiff::SignedDuration = jiff::SignedDuration::from_hours(24 * 7);
const PRICES_EVERY: Duration = Duration::from_secs(30);
/// Two partitions stand ready, and each takes a minute or more to fill.
const LEDGER_EVERY: Duration = Duration::from_secs(20);
/// Answers to programs are kept a day; a few hours more cost room alone.
const FORGET_EVERY: Duration = Duration::from_secs(600);
const PRUNE_EVERY: Duration = Duration::from_secs(3600);

/// Works until asked to stop; what was begun is finished first. What does not finish in time is given
/// up: every step can be repeated, and is when the next worker looks.
pub async fn run(settings: Settings) -> anyhow::Result<()> {
    let stop = stop_signal()?;
    let needs = Needs::of_working(&settings.work.roles);
    let opening = Connections::open(&settings, &needs);
    let Some(connections) = stop.run_until_cancelled(opening).await.transpose()? else {
        return Ok(());
    };
    let mut tasks = begin(&settings, &connections, &stop)?;
    tracing::info!(roles = %settings.work.roles, "working");

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

/// Begins the work of each role.
fn begin(
    settings: &Settings,
    connections: &Connections,
    stop: &CancellationToken,
) -> anyhow::Result<JoinSet<()>> {
    let roles = &settings.work.roles;
    let market = Arc::new(Market::european_union());
    let stream = settings.stream();
    let mut tasks = JoinSet::new();
    // Roles that have nothing to do, and why.
    let mut idle = Vec::new();
    if roles.has(Working::Pages) {
        let redis = connections.redis()?.clone();
        let catalogue = connections.catalogue(&market)?;
        let store = PageStore::new(redis.clone(), &settings.redis.namespace, &market.id);
        let store = Purger::new(store, &settings.edge.purge_urls, &mut tasks, stop)?;
        let teller = Teller::new(redis.clone(), stream.clone());
        let surveyor = Surveyor::default();
        tasks.spawn(surveyor.clone().run(catalogue.clone(), store.clone(), stop.clone()));
        let url = settings.redis.url.expose_secret().to_owned();
        let bus = pages::Bus { url, redis, stream: stream.clone() };
        tasks.spawn(pages::follow_stock(bus, store.clone(), stop.clone()));
        let told = pages::Told { pages: store, surveyor, teller };
        tasks.spawn(pages::follow_catalogue(catalogue, told, stop.clone()));
    }
    if roles.has(Working::Relay) {
        let redis = connections.redis()?;
        let relay =
            |schema: &Schema| Relay::new(schema.pool.clone(), schema.name, redis.clone(), &stream);
        // Accounts has nothing to tell, and so no outbox.
        let telling = connections.schemas.iter().filter(|schema| schema.name != accounts::SCHEMA);
        for schema in telling {
            tasks.spawn(relay(schema).run(stop.clone()));
            tasks.spawn(prune(relay(schema), stop.clone()));
        }
        tasks.spawn(extend_ledger(connections.inventory()?, stop.clone()));
    }
    if roles.has(Working::Prices) {
        tasks.spawn(apply_due_prices(connections.catalogue(&market)?, stop.clone()));
    }
    if roles.has(Working::Sweep) {
        let every = Duration::from_secs(settings.orders.sweep_seconds);
        // Who sweeps sells nothing.
        let orders = connections.orders(settings, &market, &Admissions::none())?;
        tasks.spawn(sweep(orders, every, stop.clone()));
        tasks.spawn(forget(connections.idempotency()?, stop.clone()));
    }
    if roles.has(Working::Parcels) {
        let url = settings.redis.url.expose_secret().to_owned();
        let bus = pages::Bus { url, redis: connections.redis()?.clone(), stream: stream.clone() };
        let orders = connections.orders(settings, &market, &Admissions::none())?;
        tasks.spawn(parcels::follow(bus, orders, stop.clone()));
    }
    if roles.has(Working::Tell) {
        let webhooks = connections.webhooks(settings)?;
        let courier = Courier::new(webhooks.clone(), settings.webhooks.reach())?;
        tasks.spawn(tell::instructions(connections.inventory()?, webhooks.clone(), stop.clone()));
        tasks.spawn(tell::orders(connections.timelines()?, webhooks.clone(), stop.clone()));
        tasks.spawn(courier.run(stop.clone()));
        tasks.spawn(tell::forget(webhooks, stop.clone()));
    }
    if roles.has(Working::Drop) {
        match &settings.drop.folder {
            Some(folder) => {
                let drop = DropFolder::new(folder, &settings.drop, connections.inventory()?);
                tasks.spawn(drop.run(stop.clone()));
            }
            None => idle.push("drop.folder is not set"),
        }
    }
    if roles.has(Working::Mail) {
        match settings.mail.mailer()? {
            Some(mailer) => {
                let postman = Postman::new(connections.letters(settings)?, mailer);
                tasks.spawn(postman.run(stop.clone()));
            }
            None => idle.push("mail.url is not set, so mails wait"),
        }
    }
    if roles.has(Working::Documents) {
        match connections.clerk(settings)? {
            Some(clerk) => {
                tasks.spawn(clerk.run(stop.clone()));
            }
            None => idle.push("seller is not set, so invoices wait"),
        }
    }
    let idle = idle.join("; ");
    anyhow::ensure!(!tasks.is_empty(), "there is nothing to do: {idle}");
    if !idle.is_empty() {
        tracing::info!(idle, "some roles have nothing to do");
    }
    Ok(tasks)
}

async fn sweep(orders: Orders, every: Duration, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match orders.sweep().await {
            Ok(swept) if swept == orders::Swept::default() => {}
            Ok(swept) => tracing::info!(?swept, "swept"),
            Err(error) => tracing::warn!(%error, "the sweeper will try again"),
        }
        rest(every, &stop).await;
    }
}

async fn forget(answers: Idempotency, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match answers.sweep().await {
            Ok(0) => {}
            Ok(swept) => tracing::info!(swept, "old answers were forgotten"),
            Err(error) => tracing::warn!(%error, "old answers could not be forgotten"),
        }
        rest(FORGET_EVERY, &stop).await;
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

/// The stock's ledger is written into partitions that are there before they are needed.
async fn extend_ledger(inventory: Inventory, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = inventory.extend_ledger().await {
            tracing::warn!(%error, "the stock's ledger could not be extended");
        }
        rest(LEDGER_EVERY, &stop).await;
    }
}

/// Prices with a date begin and end by themselves. Their pages hear of it like of any other change. A
/// product is replaced only as it was read: who comes second finds it done.
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
