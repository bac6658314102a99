//! `make bench`: measures a running store beside programs that do the least for the same result.
//!
//! Rows beside a reference (`rows.rs`): a product page from memory beside nginx with the same bytes, the
//! same asked for by who has it already, product pages that no cache has beside the one from memory, category
//! pages that no cache has in a large catalogue beside those in a small one (`cold.rs`), pages of the cache that
//! nodes share beside Redis alone, and a whole checkout beside one bare transaction of its writes. Trials that
//! stand for themselves: how soon a large catalogue is made up, a stampede on three nodes (`stampede.rs`), how
//! soon a change is seen on all of them (`fresh.rs`), how soon open pages hear of a movement of stock (`live.rs`),
//! and what pages take in memory (`memory.rs`).
//!
//! `scripts/bench.sh` brings up the store and names everything by environment. All is on this machine,
//! bounded in time and ends by itself; a failure under load ends the run without a table.
//!
//! Figures of different machines or different runs are not comparable; ratios within a run are.

mod checkout;
mod cold;
mod cpu;
mod crowd;
mod fresh;
mod goods;
mod http;
mod live;
mod load;
mod memory;
mod merchant;
mod nginx;
mod nodes;
mod pages;
mod programs;
mod resp;
mod row;
mod rows;
mod stampede;
mod standing;
mod table;
mod transaction;
mod trial;
mod turns;

use anyhow::{Context, bail, ensure};
use clap::{Parser, ValueEnum};
use http::Client;
use nodes::Node;
use row::Plan;
use sqlx::{Connection, PgConnection};
use std::{
    io::Write,
    path::PathBuf,
    time::{Duration, Instant},
};
use table::Report;
use tokio::{task::LocalSet, time::sleep};
use transaction::Transactions;

/// The product whose page is read.
const PRODUCT: &str = "/p/laptop";

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Product pages from memory, and known.
    Pages,
    /// Pages that no cache has.
    Cold,
    /// Pages of the shared cache.
    Shared,
    /// Whole checkouts.
    Checkout,
    /// A crowd on a page that is purged.
    Stampede,
    /// How soon a change is seen.
    Fresh,
    /// How soon open pages hear of a movement of stock.
    Live,
    /// What pages take in memory.
    Memory,
}

/// What is measured, and where it is.
#[derive(Parser)]
#[command(about, long_about = None)]
struct Arguments {
    /// Where the store answers.
    #[arg(long, env = "STORE_URL")]
    store: String,
    /// Where the sandbox payment provider answers.
    #[arg(long, env = "PSP_URL")]
    provider: String,
    /// The store's database; the reference writes to a schema `bench` in it, which goes afterwards.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database: String,
    /// The store's Redis.
    #[arg(long, env = "REDIS_URL")]
    redis: String,
    /// The store's MongoDB.
    #[arg(long, env = "MONGODB_URL")]
    mongodb: String,
    /// The folder with the store's binary `vitrine`.
    #[arg(long, env = "RELEASE")]
    release: PathBuf,
    /// A free port for nginx.
    #[arg(long, env = "NGINX_PORT")]
    nginx_port: u16,
    /// The first of two free ports for more nodes of the store.
    #[arg(long, env = "NODE_PORT")]
    node_port: u16,
    /// What is measured; everything if nothing is named.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Part>,
    /// How many products the catalogue shall have; those that are missing are made up.
    #[arg(long, default_value_t = 100_000)]
    products: u32,
    /// How many ask at the same time in a stampede.
    #[arg(long, default_value_t = 10_000)]
    crowd: usize,
    /// How many connections, and how many shoppers, at once.
    #[arg(long, default_value_t = 16)]
    workers: usize,
    /// How often each side of a row has its turn.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How many seconds a turn takes.
    #[arg(long, default_value_t = 2.5)]
    seconds: f64,
    /// The run is given up after so many seconds.
    #[arg(long, default_value_t = 900)]
    within: u64,
    /// Where the figures are written as JSON.
    #[arg(long, default_value = "var/bench/latest.json")]
    json: PathBuf,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let outcome = LocalSet::new().run_until(bounded(&arguments)).await;
    // Whatever became of the run, what it wrote for the reference goes.
    let cleared = Transactions::clear(&arguments.database).await;
    let report = outcome?;
    cleared?;
    if let Some(folder) = arguments.json.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&arguments.json, serde_json::to_vec_pretty(&report)?)
        .with_context(|| format!("{} could not be written", arguments.json.display()))?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{report}\nAs JSON: {}", arguments.json.display())?;
    Ok(())
}

/// The run, unless it takes too long or is interrupted.
async fn bounded(arguments: &Arguments) -> anyhow::Result<Report> {
    let within = Duration::from_secs(arguments.within);
    tokio::select! {
        report = run(arguments) => report,
        () = sleep(within) => bail!("the run was given up after {within:?}"),
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            bail!("interrupted")
        }
    }
}

async fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    let plan =
        Plan { rounds: arguments.rounds, seconds: arguments.seconds, workers: arguments.workers };
    let before = cpu::load_average()?;
    let (sold, seeded) = catalogue(arguments).await?;
    let (mut rows, mut trials) = (Vec::new(), Vec::from_iter(seeded));
    if arguments.measures(Part::Pages) {
        rows.extend(rows::pages(arguments, plan).await?);
    }
    if arguments.measures(Part::Cold) {
        rows.extend(rows::cold(arguments, plan, &sold).await?);
    }
    if arguments.measures(Part::Memory) {
        let paths = &sold.products[..sold.products.len().min(memory::PAGES)];
        trials.push(memory::trial(&arguments.release, arguments.node_port, paths).await?);
    }
    if arguments.measures(Part::Shared) {
        rows.push(rows::shared(arguments, plan, &sold.products).await?);
    }
    trials.extend(three_nodes(arguments).await?);
    if arguments.measures(Part::Checkout) {
        rows.push(rows::checkout(arguments, plan).await?);
    }
    Ok(Report {
        measured_at: jiff::Timestamp::now().to_string(),
        processors: std::thread::available_parallelism()?.get(),
        load_average: (before, cpu::load_average()?),
        plan,
        rows,
        trials,
    })
}

/// What the store sells: the addresses of its pages.
struct Sold {
    products: Vec<String>,
    categories: Vec<String>,
}

/// Sees to it that the catalogue is large enough, and reads its sitemap.
async fn catalogue(arguments: &Arguments) -> anyhow::Result<(Sold, Option<trial::Trial>)> {
    let begun = Instant::now();
    let made = cold::seed(&arguments.release, arguments.products).await?;
    let took = begun.elapsed().as_secs_f64() * 1e6;
    let trial = (made == arguments.products).then(|| trial::Trial {
        name: format!("`vitrine seed` makes up {made} products, with their stock"),
        figures: vec![
            trial::Figure::new("until all of it is there", took, trial::Unit::Microseconds)
                .at_most(120e6 * f64::from(made) / 1e5),
        ],
    });
    // A node makes its sitemap anew every ten seconds.
    let wanted = arguments.products as usize;
    let mut sold = Sold::read(arguments).await?;
    while sold.products.len() < wanted && begun.elapsed().as_secs_f64() * 1e6 < took + 30e6 {
        sleep(Duration::from_secs(1)).await;
        sold = Sold::read(arguments).await?;
    }
    let count = sold.products.len();
    ensure!(count >= wanted, "only {count} products are sold");
    Ok((sold, trial))
}

impl Sold {
    /// What the sitemap names.
    async fn read(arguments: &Arguments) -> anyhow::Result<Self> {
        let mut client = Client::connect(&arguments.store).await?;
        let mut maps = vec!["/sitemap.xml".to_owned()];
        let mut sold = Self { products: Vec::new(), categories: Vec::new() };
        while let Some(map) = maps.pop() {
            let sitemap = client.page(&map).await?;
            ensure!(sitemap.status == 200, "{map}: {} {}", sitemap.status, sitemap.excerpt());
            let text = sitemap.text();
            let places = text.split("<loc>").skip(1).filter_map(|rest| rest.split("</loc>").next());
            for path in places.filter_map(|place| Some(http::split(place).ok()?.1)) {
                let kind = match path {
                    path if path.starts_with("/p/") => &mut sold.products,
                    path if path.starts_with("/c/") => &mut sold.categories,
                    path if path.ends_with(".xml") => &mut maps,
                    _ => continue,
                };
                kind.push(path.to_owned());
            }
        }
        Ok(sold)
    }
}

/// The trials of three nodes: the store and two more.
async fn three_nodes(arguments: &Arguments) -> anyhow::Result<Vec<trial::Trial>> {
    let mut trials = Vec::new();
    let (stampede, fresh, live) = (Part::Stampede, Part::Fresh, Part::Live);
    if ![stampede, fresh, live].into_iter().any(|part| arguments.measures(part)) {
        return Ok(trials);
    }
    let (release, port) = (&arguments.release, arguments.node_port);
    let second = Node::start(release, port, &[]).await?;
    let third = Node::start(release, port + 1, &[]).await?;
    let nodes = [arguments.store.as_str(), &second.url, &third.url];
    if arguments.measures(stampede) {
        let place = stampede::Place { release, nodes, path: PRODUCT, count: arguments.crowd };
        trials.extend(stampede::trials(&place).await?);
    }
    if arguments.measures(fresh) {
        trials.push(fresh::trial(&arguments.mongodb, nodes, PRODUCT).await?);
    }
    if arguments.measures(live) {
        let mut database = PgConnection::connect(&arguments.database).await?;
        let warehouse: String = sqlx::query_scalar("select min(code) from inventory.warehouses")
            .fetch_one(&mut database)
            .await?;
        trials.push(live::trial(release, nodes, &warehouse).await?);
    }
    Ok(trials)
}

impl Arguments {
    fn measures(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}
