//! `vitrine cache`: says that pages have changed, fills the page cache, and tells how it stands.

use crate::{
    cli::Cache,
    config::Settings,
    edge::{Outcome, PageStore, Purge, purge_and_wait},
};
use anyhow::Context;
use futures::{StreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use platform::redis as redis_platform;
use reqwest::Client;
use secrecy::ExposeSecret;
use std::{
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

/// How many pages are asked for at once to fill the cache.
const WARMED_AT_ONCE: usize = 8;

/// Does what the command line asks of the page cache.
pub async fn run(settings: Settings, what: Cache) -> anyhow::Result<ExitCode> {
    match what {
        Cache::Purge { tags, paths, all, hard } => {
            let paths = paths.into_iter().map(|path| format!("path:{path}"));
            let all = all.then(|| "all".to_owned());
            let tags: Vec<String> = tags.into_iter().chain(paths).chain(all).collect();
            let how = if hard { Purge::Hard } else { Purge::Soft };
            purge(&settings, &tags, how).await
        }
        Cache::Warm { node } => {
            warm(&node.unwrap_or_else(|| settings.server.public_url.clone()), &settings).await
        }
        Cache::Stats => stats(&open(&settings).await?).await,
    }
}

async fn open(settings: &Settings) -> anyhow::Result<PageStore> {
    let redis = redis_platform::connect(settings.redis.url.expose_secret()).await?;
    let market = domain::Market::european_union().id;
    Ok(PageStore::new(redis, &settings.redis.namespace, &market))
}

/// Purges, waits until nobody serves an older page, and names who still does.
async fn purge(settings: &Settings, tags: &[String], how: Purge) -> anyhow::Result<ExitCode> {
    let (pages, fronts) = (open(settings).await?, &settings.edge.purge_urls);
    let Outcome { purged, behind } = purge_and_wait(&pages, fronts, tags, how).await?;
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{} pages of the shared cache have changed (number {})",
        purged.pages, purged.number
    )?;
    for late in &behind {
        writeln!(out, "{late}")?;
    }
    Ok(if behind.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

/// Asks a node for every page that the sitemap names.
async fn warm(node: &str, settings: &Settings) -> anyhow::Result<ExitCode> {
    let client = Client::builder().no_proxy().timeout(Duration::from_secs(30)).build()?;
    let urls = pages(&client, node, &settings.server.public_url).await?;
    let bar = ProgressBar::new(urls.len() as u64).with_style(
        ProgressStyle::with_template("{bar:32} {pos}/{len} {per_sec}")
            .context("the progress bar's template")?,
    );
    let mut failed = Vec::new();
    let mut answers = stream::iter(urls)
        .map(|url| {
            let asked = client.get(&url).header("accept-encoding", "br").send();
            async move { (asked.await.and_then(reqwest::Response::error_for_status).err(), url) }
        })
        .buffer_unordered(WARMED_AT_ONCE);
    while let Some((error, url)) = answers.next().await {
        bar.inc(1);
        if let Some(error) = error {
            failed.push(format!("{url}: {error}"));
        }
    }
    let pages = bar.position() - failed.len() as u64;
    bar.finish_and_clear();
    let mut out = io::stdout().lock();
    for failure in &failed {
        writeln!(out, "{failure}")?;
    }
    writeln!(out, "{pages} pages are warm, {} failed", failed.len())?;
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

/// Every page that a node's sitemap names, or the sitemaps that it names.
async fn pages(client: &Client, node: &str, public_url: &str) -> anyhow::Result<Vec<String>> {
    let places = async |path: &str| {
        let sitemap = client.get(format!("{node}{path}")).send().await?.error_for_status()?;
        let sitemap = sitemap.text().await?;
        let places = sitemap.split("<loc>").skip(1).filter_map(|rest| rest.split("</loc>").next());
        let paths = places.filter_map(|place| place.strip_prefix(public_url));
        anyhow::Ok(paths.map(str::to_owned).collect::<Vec<_>>())
    };
    let mut urls = Vec::new();
    for path in places("/sitemap.xml").await? {
        let pages = match path.starts_with("/sitemaps/") {
            true => places(&path).await?,
            false => vec![path],
        };
        urls.extend(pages.into_iter().map(|path| format!("{node}{path}")));
    }
    Ok(urls)
}

async fn stats(pages: &PageStore) -> anyhow::Result<ExitCode> {
    let nodes = pages.nodes_standing().await?;
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{:38} {:>8} {:>10} {:>10} {:>10} {:>8} {:>8} {:>9}",
        "node", "pages", "MiB", "hit-local", "hit-shared", "stale", "miss", "rendered"
    )?;
    for standing in &nodes {
        let report = standing.report;
        let [local, shared, stale, miss] = report.served;
        let mebibytes = report.bytes as f64 / f64::from(1 << 20);
        let (node, pages, rendered) = (&standing.node, report.pages, report.rendered);
        writeln!(
            out,
            "{node:38} {pages:>8} {mebibytes:>10.1} {local:>10} {shared:>10} {stale:>8} {miss:>8} \
             {rendered:>9}"
        )?;
    }
    writeln!(out, "{} nodes serve pages", nodes.len())?;
    Ok(ExitCode::SUCCESS)
}
