//! `make bench`: measures a running store beside programs that do the least for the same result.
//!
//! Four rows so far: a product page from memory beside nginx with the same bytes, the same asked for by
//! who has it already, the page rendered anew beside the one from memory, and a whole checkout beside
//! one bare transaction of its writes.
//! `scripts/bench.sh` brings up the store and names everything by environment. All is on this machine,
//! bounded in time and ends by itself; a failure under load ends the run without a table.
//!
//! Figures of different machines or different runs are not comparable; ratios within a run are.

mod checkout;
mod cpu;
mod goods;
mod http;
mod load;
mod nginx;
mod pages;
mod programs;
mod row;
mod table;
mod transaction;

use anyhow::{Context, bail, ensure};
use checkout::Checkout;
use clap::Parser;
use cpu::Program;
use goods::Goods;
use nginx::Nginx;
use pages::Page;
use row::{Plan, Row, Side};
use sqlx::{Connection, PgConnection};
use std::{io::Write, path::PathBuf, time::Duration};
use table::Report;
use tokio::{task::LocalSet, time::sleep};
use transaction::Transactions;

/// The product whose page is read.
const PRODUCT: &str = "/p/laptop";

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
    #[arg(long, default_value_t = 90)]
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
    let parts = Parts::find(arguments)?;
    let mut rows = page_rows(arguments, plan, &parts).await?;
    rows.push(checkout_row(arguments, plan, &parts).await?);
    Ok(Report {
        measured_at: jiff::Timestamp::now().to_string(),
        processors: std::thread::available_parallelism()?.get(),
        load_average: (before, cpu::load_average()?),
        plan,
        rows,
    })
}

/// The programs that a store is made of.
struct Parts {
    /// All of them; the payment provider is the last.
    all: [Program; 6],
    database: Program,
}

impl Parts {
    fn find(arguments: &Arguments) -> anyhow::Result<Self> {
        let store = programs::listening("store", &arguments.store, 80)?;
        let database = programs::listening("postgresql", &arguments.database, 5432)?;
        let all = [
            store,
            programs::worker(store)?,
            database,
            programs::listening("redis", &arguments.redis, 6379)?,
            programs::listening("mongodb", &arguments.mongodb, 27017)?,
            programs::listening("provider", &arguments.provider, 80)?,
        ];
        Ok(Self { all, database })
    }

    /// What answers for a page: nobody pays there.
    fn of_pages(&self) -> &[Program] {
        &self.all[..5]
    }
}

async fn page_rows(arguments: &Arguments, plan: Plan, parts: &Parts) -> anyhow::Result<Vec<Row>> {
    let url = format!("{}{PRODUCT}", arguments.store);
    // The first look brings the page into the cache.
    Page::find(&url).await?;
    let cached = Page::find(&url).await?;
    ensure!(cached.source == "hit-local", "{url} is not in memory but {}", cached.source);
    let sku = Page::first_sku(&url).await?;
    // A page with a choice made is one visitor's, so it is rendered for each.
    let uncached = Page::find(&format!("{url}?sku={sku}")).await?;
    ensure!(uncached.source == "bypass", "{url}?sku={sku} is not rendered but {}", uncached.source);

    let nginx = Nginx::start(arguments.nginx_port, &cached.body).await?;
    let same = Page::find(&format!("{}/page.html", nginx.url)).await?;
    ensure!(same.body == cached.body, "nginx does not serve the store's bytes");
    let nginx_programs = [nginx.program()];
    let store = |label: &str, workload| Side {
        label: label.to_owned(),
        workload,
        programs: parts.of_pages(),
    };
    let reference = Side {
        label: format!("nginx, the same {} bytes from the disk", same.body.len()),
        workload: &same,
        programs: &nginx_programs,
    };
    Ok(vec![
        row::measure(
            "Product page, cached",
            plan,
            store("Vitrine, from memory", &cached),
            reference,
        )
        .await?,
        row::measure(
            "Product page, asked for by who has it (304)",
            plan,
            store("Vitrine", &cached.known()?),
            Side { label: "nginx".to_owned(), workload: &same.known()?, programs: &nginx_programs },
        )
        .await?,
        row::measure(
            "Product page, not cached",
            plan,
            store("Vitrine, rendered for each", &uncached),
            store("Vitrine, from memory", &cached),
        )
        .await?,
    ])
}

async fn checkout_row(arguments: &Arguments, plan: Plan, parts: &Parts) -> anyhow::Result<Row> {
    let mut database = PgConnection::connect(&arguments.database).await?;
    let vitrine = arguments.release.join("vitrine");
    let goods = Goods::stock_up(&mut database, &arguments.store, &vitrine).await?;
    let name = format!("Checkout, {} SKUs in turn", goods.len());
    let checkout = Checkout {
        store: arguments.store.clone(),
        provider: arguments.provider.clone(),
        goods: goods.clone(),
    };
    let transactions = Transactions { url: arguments.database.clone(), goods };
    transactions.prepare(&mut database).await?;
    let subject = Side {
        label: "Vitrine, from the cart to the confirmation".to_owned(),
        workload: &checkout,
        programs: &parts.all,
    };
    let reference = Side {
        label: "PostgreSQL, the same writes, one commit".to_owned(),
        workload: &transactions,
        programs: &[parts.database],
    };
    row::measure(&name, plan, subject, reference).await
}
