//! How fast other systems' movements are taken in, and what it costs to say how much there is: batches of ten
//! thousand rows, each under a name of its own, through the inventory service and nothing before it; then the
//! question of a category's page, 48 SKUs at once.

#[path = "../cpu.rs"]
mod cpu;

use anyhow::ensure;
use clap::Parser;
use cpu::{Program, load_average};
use domain::{Country, Sku};
use inventory::{Answer, Inventory, Mode, ToldKind, ToldMovement, UnknownSkus, Warehouse};
use sqlx::{ConnectOptions, Postgres, migrate::MigrateDatabase, postgres::PgConnectOptions};
use std::{
    io::{Write, stdout},
    time::{Duration, Instant},
};

/// The database that is made and dropped again.
const DATABASE: &str = "bench_movements";
const BATCH: usize = 10_000;
const SHOWN: usize = 48;
const QUESTIONS: u32 = 2_000;

/// Where, and how many.
#[derive(Parser)]
#[command(about, long_about = None)]
struct Arguments {
    /// The database server; a database `bench_movements` is made on it and dropped again.
    #[arg(long, env = "DATABASE_URL")]
    database: String,
    /// The first process of the database server, whose processor time is counted.
    #[arg(long)]
    pid: u32,
    /// How many batches of each kind.
    #[arg(long, default_value_t = 8)]
    batches: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let url = arguments.database.parse::<PgConnectOptions>()?.database(DATABASE).to_url_lossy();
    let url = url.as_str();
    if Postgres::database_exists(url).await? {
        Postgres::force_drop_database(url).await?;
    }
    Postgres::create_database(url).await?;
    let measured = measure(&arguments, url).await;
    Postgres::force_drop_database(url).await?;
    measured
}

async fn measure(arguments: &Arguments, url: &str) -> anyhow::Result<()> {
    Inventory::migrate(url).await?;
    let inventory = Inventory::connect(url, 4).await?;
    let warehouses = ["north", "south"].map(|code| Warehouse {
        code: code.to_owned(),
        name: code.to_owned(),
        country: Country::DE,
        priority: 1,
    });
    inventory.ensure_warehouses(&warehouses).await?;
    let database = [Program { name: "postgresql", pid: arguments.pid }];
    let mut table = stdout().lock();
    for skus in [1_000, BATCH] {
        // The first one opens the levels.
        tell(&inventory, skus, 0).await?;
        let (before, begun) = (cpu::used(&database)?[0], Instant::now());
        for batch in 1..=arguments.batches {
            tell(&inventory, skus, batch).await?;
        }
        let (elapsed, cpu) = (begun.elapsed(), cpu::used(&database)?[0] - before);
        let rows = u32::try_from(arguments.batches * BATCH)?;
        writeln!(
            table,
            "batches of {BATCH} over {skus} SKUs: {:.0} rows/s, database {:.1} us CPU a row",
            f64::from(rows) / elapsed.as_secs_f64(),
            micros(cpu / rows)
        )?;
    }
    let shown = (0..SHOWN).map(|number| sku(number * 20)).collect::<Result<Vec<_>, _>>()?;
    inventory.stock(&shown).await?;
    let (before, begun) = (cpu::used(&database)?[0], Instant::now());
    for _ in 0..QUESTIONS {
        ensure!(inventory.stock(&shown).await?.values().all(|now| now.available > 0));
    }
    let (elapsed, cpu) = (begun.elapsed(), cpu::used(&database)?[0] - before);
    writeln!(
        table,
        "stock of {SHOWN} SKUs: {:.0} us, database {:.0} us CPU; load average {}",
        micros(elapsed / QUESTIONS),
        micros(cpu / QUESTIONS),
        load_average()?
    )?;
    Ok(())
}

async fn tell(inventory: &Inventory, skus: usize, batch: usize) -> anyhow::Result<()> {
    let row = |number: usize| {
        anyhow::Ok(ToldMovement {
            external_id: format!("{skus}-{batch}-{number}"),
            sequence: None,
            warehouse: if number.is_multiple_of(3) { "south" } else { "north" }.to_owned(),
            sku: sku(number % skus)?.to_string(),
            kind: ToldKind::Received,
            quantity: 5,
            order: None,
            occurred_at: None,
        })
    };
    let rows = (0..BATCH).map(row).collect::<Result<Vec<_>, _>>()?;
    let answers = inventory.apply_movements("bench", Mode::Each, UnknownSkus::Open, &rows).await?;
    ensure!(answers.iter().all(|answer| *answer == Answer::Applied), "not all were applied");
    Ok(())
}

fn sku(number: usize) -> anyhow::Result<Sku> {
    Ok(Sku::parse(&format!("SKU-{number}"))?)
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
