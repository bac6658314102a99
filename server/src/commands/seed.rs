//! `vitrine seed`: a made-up catalogue of any size, with stock, for measuring and for trying things
//! out. The same seed makes the same products; what is there already stays as it is, so that a run
//! that was stopped is continued by running it again.

use super::{import::receive_first_stock, stop_signal};
use crate::{
    cli,
    config::Settings,
    edge::{PageStore, Purge, purge_and_wait},
    stores::{self, Stores},
};
use catalogue::seed::{Seed, Seeded};
use futures::{StreamExt, TryStreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    io::{self, Write},
    ops::Range,
    process::ExitCode,
};

/// Products that are stored in one step.
const BATCH: u32 = 1_000;
/// Steps at once: while one waits for MongoDB, another is made or books its stock.
const AT_ONCE: usize = 3;

/// What has been done.
#[derive(Default)]
struct Done {
    products: u64,
    levels: u64,
}

/// Stores the products, their categories and their stock.
pub async fn run(settings: Settings, wanted: cli::Seed) -> anyhow::Result<ExitCode> {
    let stores = stores::connect(&settings).await?;
    let pages = PageStore::new(stores.redis.clone(), &settings.redis.namespace, &stores.market.id);
    let stop = stop_signal()?;
    let seed = Seed::new(wanted.seed);
    for category in seed.categories()? {
        stores.catalogue.upsert_category(&category).await?;
    }
    let progress = Progress::of(u64::from(wanted.products));
    let begins = (0..wanted.products).step_by(BATCH as usize);
    let batches = begins.map(|begin| begin..(begin + BATCH).min(wanted.products));
    let storing = stream::iter(batches)
        .map(|numbers| store(&stores, seed, numbers))
        .buffer_unordered(AT_ONCE)
        .try_fold(Done::default(), |mut all, (count, done)| {
            progress.add(count);
            all.products += done.products;
            all.levels += done.levels;
            async { Ok(all) }
        });
    let done = stop.run_until_cancelled(storing).await;
    progress.end();
    // The worker hears of it too; this does not need one.
    stores.catalogue.survey(&stores.catalogue.paths().await?).await?;
    let (fronts, all) = (&settings.edge.purge_urls, ["all".to_owned()]);
    if let Err(error) = purge_and_wait(&pages, fronts, &all, Purge::Soft).await {
        tracing::warn!(%error, "cached pages could not be purged; they expire by themselves");
    }
    let Some(done) = done else {
        anyhow::bail!("stopped; to store the rest, run it again");
    };
    let Done { products, levels } = done?;
    let there = u64::from(wanted.products) - products;
    writeln!(
        io::stdout(),
        "{products} products stored, {there} were there, {levels} stock levels begun"
    )?;
    Ok(ExitCode::SUCCESS)
}

async fn store(stores: &Stores, seed: Seed, numbers: Range<u32>) -> anyhow::Result<(u64, Done)> {
    let count = u64::from(numbers.end - numbers.start);
    let seeded: Vec<Seeded> =
        numbers.map(|number| seed.product(number)).collect::<Result<_, _>>()?;
    let (drafts, stock): (Vec<_>, Vec<_>) =
        seeded.into_iter().map(|seeded| (seeded.product, seeded.stock)).unzip();
    // The stock first: a product that is seen can be bought. That it is there also says that the stock
    // was booked, whenever the run was stopped.
    let levels = receive_first_stock(stores, &stock.concat()).await? as u64;
    let products = stores.catalogue.insert_new(&drafts).await?;
    Ok((count, Done { products, levels }))
}

/// A bar on a terminal, else a line for each tenth.
struct Progress(ProgressBar);

impl Progress {
    fn of(total: u64) -> Self {
        let style =
            ProgressStyle::with_template("{bar:32} {pos}/{len} products, {per_sec}, {eta} left");
        Self(
            ProgressBar::new(total)
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())),
        )
    }

    fn add(&self, count: u64) {
        let total = self.0.length().unwrap_or_default().max(1);
        let tenths = |at: u64| at * 10 / total;
        let before = self.0.position();
        self.0.inc(count);
        if self.0.is_hidden() && tenths(before + count) > tenths(before) {
            // Who does not listen misses nothing but this.
            let _ = writeln!(io::stdout(), "{} of {total} products", before + count);
        }
    }

    fn end(&self) {
        self.0.finish_and_clear();
    }
}
