//! `vitrine import`: products, pictures and stock from files. What cannot go in is told with its line
//! and reason, and the rest goes in; the exit code is then 2.

use super::stop_signal;
use crate::{
    cli::Import,
    config::Settings,
    edge::{Outcome, PageStore, Purge, purge_and_wait},
    stores::{self, Stores},
    survey,
};
use anyhow::Context;
use catalogue::{
    Catalogue, MediaStore,
    import::{self, ImportError, Progress, Report},
};
use domain::Sku;
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::Url;
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

/// First stock of an import is shared out: three fifths to the first warehouse, the rest to the
/// second.
const FIRST_WAREHOUSE: &str = "berlin";
const SECOND_WAREHOUSE: &str = "lyon";

/// Imports what the command line names.
pub async fn run(settings: Settings, what: Import) -> anyhow::Result<ExitCode> {
    let stores = stores::connect(&settings).await?;
    let pages = PageStore::new(stores.redis.clone(), &settings.redis.namespace, &stores.market.id);
    let media = || MediaStore::local(&settings.media.dir).context("the folder of pictures");
    let mut bar = Bar(ProgressBar::no_length().with_style(style()));
    let report = match what {
        Import::Stock { file } => {
            let (code, tags) = count_stock(&stores, &file).await?;
            purge(&pages, &settings.edge.purge_urls, &tags).await;
            return Ok(code);
        }
        Import::Vendure { file, assets } => {
            let (file, media) = (open(&file)?, media()?);
            until_stopped(import::vendure(file, &assets, &stores.catalogue, &media, &mut bar)).await
        }
        Import::Jsonl { file, assets } => {
            let (file, media) = (open(&file)?, media()?);
            until_stopped(import::jsonl(file, &assets, &stores.catalogue, &media, &mut bar)).await
        }
    };
    bar.0.finish_and_clear();
    // The worker hears of every change as well, also of those by an import that was killed. This one
    // waits until it is seen, and does not need the worker for it.
    let tags = match &report {
        Ok(report) => report.touched.iter().cloned().collect(),
        Err(_) => vec!["all".to_owned()],
    };
    let tags = survey(&stores.catalogue, tags).await;
    purge(&pages, &settings.edge.purge_urls, &tags).await;
    let report = report?;
    tell(&report)?;
    let booked = receive_first_stock(&stores, &report.stock).await;
    let begun = booked.context("the first stock could not be booked")?;
    writeln!(io::stdout(), "{begun} stock levels begun")?;
    Ok(if report.rejected.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

/// Imports until the file ends or the process is asked to stop.
async fn until_stopped(
    import: impl Future<Output = Result<Report, ImportError>>,
) -> anyhow::Result<Report> {
    let stop = stop_signal()?;
    tokio::select! {
        report = import => Ok(report?),
        () = stop.cancelled() => anyhow::bail!("stopped; to import the rest, run it again"),
    }
}

fn open(file: &Path) -> anyhow::Result<File> {
    File::open(file).with_context(|| format!("{} cannot be opened", file.display()))
}

/// Stock of SKUs that were never stocked; one that is there keeps what was sold since.
pub async fn receive_first_stock(stores: &Stores, stock: &[(Sku, u32)]) -> anyhow::Result<usize> {
    let share = |of: fn(u32) -> u32| -> Vec<(Sku, u32)> {
        stock.iter().map(|(sku, pieces)| (sku.clone(), of(*pieces))).collect()
    };
    let first = share(|pieces| pieces - two_fifths(pieces));
    let second = share(two_fifths);
    let booked = stores.inventory.receive_initial(FIRST_WAREHOUSE, &first).await?
        + stores.inventory.receive_initial(SECOND_WAREHOUSE, &second).await?;
    Ok(booked)
}

/// Counted in 64 bits: twice as many pieces may be more than 32 hold.
fn two_fifths(pieces: u32) -> u32 {
    (u64::from(pieces) * 2 / 5) as u32
}

/// Counts ahead what stands in the categories that these tags tell of; answers the tags of what is
/// other since as well. What fails here the worker does when it hears of the same changes.
async fn survey(catalogue: &Catalogue, mut tags: Vec<String>) -> Vec<String> {
    let surveyed = async {
        let paths = match tags.iter().any(|tag| tag == "all") {
            true => catalogue.paths().await?,
            false => survey::paths(&tags),
        };
        catalogue.survey(&paths).await
    };
    match surveyed.await {
        Ok(changed) if changed.is_empty() => {}
        Ok(changed) => tags.extend(survey::tags(&changed)),
        Err(error) => tracing::warn!(%error, "the categories could not be surveyed"),
    }
    tags
}

/// Returns when neither a node nor a cache in front serves an older page. A page cache that is away has
/// nothing that a later purge or its expiry would not mend.
async fn purge(pages: &PageStore, fronts: &[Url], tags: &[String]) {
    if tags.is_empty() {
        return;
    }
    match purge_and_wait(pages, fronts, tags, Purge::Soft).await {
        Ok(outcome) if outcome.behind.is_empty() => {}
        Ok(Outcome { behind, .. }) => tracing::warn!(?behind, "older pages are still served"),
        Err(error) => {
            tracing::warn!(%error, "cached pages could not be purged; they expire by themselves");
        }
    }
}

fn tell(report: &Report) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for note in &report.notes {
        writeln!(out, "line {}: {}", note.line, note.text)?;
    }
    for rejected in &report.rejected {
        writeln!(out, "line {} did not go in: {}", rejected.line, rejected.reason)?;
    }
    writeln!(
        out,
        "{} created, {} updated, {} unchanged, {} rejected",
        report.created,
        report.updated,
        report.unchanged,
        report.rejected.len()
    )
}

/// One line of a stock count.
#[derive(serde::Deserialize)]
struct Count {
    warehouse: String,
    sku: Sku,
    on_hand: u32,
}

async fn count_stock(stores: &Stores, file: &Path) -> anyhow::Result<(ExitCode, Vec<String>)> {
    let mut out = io::stdout().lock();
    let mut by_warehouse = BTreeMap::<String, Vec<(Sku, u32)>>::new();
    let mut rejected = 0;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(open(file)?);
    for (row, line) in reader.deserialize::<Count>().zip(2..) {
        match row {
            Ok(count) => {
                by_warehouse.entry(count.warehouse).or_default().push((count.sku, count.on_hand));
            }
            Err(error) => {
                rejected += 1;
                writeln!(out, "line {line} did not go in: {error}")?;
            }
        }
    }
    let (mut adjusted, mut tags) = (0, Vec::new());
    for (warehouse, counts) in &by_warehouse {
        match stores.inventory.set_levels(warehouse, counts, "stock count").await {
            Ok(changed) => {
                adjusted += changed;
                tags.extend(counts.iter().map(|(sku, _)| format!("stock:{sku}")));
            }
            Err(error) => {
                rejected += counts.len();
                writeln!(out, "the counts of {warehouse} did not go in: {error}")?;
            }
        }
    }
    writeln!(out, "{adjusted} stock levels adjusted, {rejected} rejected")?;
    Ok((if rejected == 0 { ExitCode::SUCCESS } else { ExitCode::from(2) }, tags))
}

/// The bar that shows how far the import is; on a terminal only.
struct Bar(ProgressBar);

impl Progress for Bar {
    fn begin(&mut self, total: u64) {
        self.0.set_length(total);
    }

    fn done(&mut self, name: &str) {
        self.0.set_message(name.to_owned());
        self.0.inc(1);
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:32} {pos}/{len} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_stock_is_shared_out_to_the_last_piece() {
        assert_eq!([0, 1, 3, 5, 12].map(two_fifths), [0, 0, 1, 2, 4]);
        assert_eq!(two_fifths(u32::MAX), 1_717_986_918);
    }
}
