//! What is the best way for many to hold pieces of one SKU at the same time? Runs each of the ways that are
//! worth a thought against the same database, in turns, and prints how many pieces a second were held, what
//! that cost the database, and how long one waited; then lets each way run out of stock and checks that
//! exactly what there was has been sold. What came of it stands in `docs/decisions`.

#[path = "../../cpu.rs"]
mod cpu;
mod stock;
mod ways;

use anyhow::{Context, ensure};
use clap::Parser;
use cpu::{Program, load_average};
use inventory::Inventory;
use sqlx::{Connection, Executor, PgConnection};
use std::{
    io::{Write, stdout},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};
use tokio::{sync::mpsc, task::JoinSet};
use ways::{Buyer, Way, node};

/// More than can be sold in a round.
const PLENTY: i64 = 10_000_000;
/// More than anybody waits for.
const QUEUE: usize = 1_024;

/// Where, how many, how long.
#[derive(Parser)]
#[command(about, long_about = None)]
struct Arguments {
    /// The database server; a database `bench_hot` is made on it and dropped again.
    #[arg(long, env = "DATABASE_URL")]
    database: String,
    /// The first process of the database server, whose processor time is counted.
    #[arg(long)]
    pid: u32,
    /// How many buy at the same time.
    #[arg(long, default_value_t = 64)]
    buyers: usize,
    /// How many seconds each way is driven in a round.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// How many rounds; the table has the medians.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// `pgbench`, for what this machine can write at all: one small transaction for each, over a hundred thousand
    /// rows (`-N`).
    #[arg(long)]
    pgbench: Option<PathBuf>,
    /// How many pieces there are when it is tried what happens at the end.
    #[arg(long, default_value_t = 500)]
    last: i64,
}

/// What came of one way in one round.
#[derive(Clone, Copy)]
struct Outcome {
    per_second: f64,
    cpu: Duration,
    p99: Duration,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let url = stock::open(&arguments.database).await?;
    let mut outcomes = vec![Vec::new(); Way::ALL.len()];
    for _ in 0..arguments.rounds {
        for (way, outcomes) in Way::ALL.into_iter().zip(&mut outcomes) {
            outcomes.push(drive(&arguments, &url, way).await?);
        }
    }
    for way in Way::ALL.into_iter().filter(|way| way.skus() == 1) {
        sell_out(&arguments, &url, way).await?;
    }
    let bare = arguments.pgbench.as_deref().map(|program| pgbench(program, &url, &arguments));
    stock::close(&url).await?;
    let naive = median(&outcomes[0], |outcome| outcome.per_second);
    let mut table = stdout().lock();
    writeln!(
        table,
        "One SKU, {} buyers, {} rounds of {} s; load average at the end {}",
        arguments.buyers,
        arguments.rounds,
        arguments.seconds,
        load_average()?
    )?;
    for (way, outcomes) in Way::ALL.into_iter().zip(&outcomes) {
        let per_second = median(outcomes, |outcome| outcome.per_second);
        writeln!(
            table,
            "{:<44} {per_second:>9.0}/s {:>6.2}x  database {:>7.1} us CPU  p99 {:>7.1} ms",
            way.words(),
            per_second / naive,
            median(outcomes, |outcome| outcome.cpu.as_secs_f64() * 1e6),
            median(outcomes, |outcome| outcome.p99.as_secs_f64() * 1e3),
        )?;
    }
    if let Some(per_second) = bare.transpose()? {
        writeln!(table, "{:<44} {per_second:>9.0}/s {:>6.2}x", "pgbench -N", per_second / naive)?;
    }
    writeln!(table, "With {} pieces each way sold exactly these.", arguments.last)?;
    Ok(())
}

/// How many transactions a second `pgbench -N` does with as many clients for as long as all rounds take.
fn pgbench(program: &Path, url: &str, arguments: &Arguments) -> anyhow::Result<f64> {
    // What is set by the URL besides is for sqlx.
    let url = url.split('?').next().unwrap_or(url);
    let run = |options: &[&str]| {
        let output = Command::new(program).args(options).arg(url).output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        anyhow::Ok(String::from_utf8(output.stdout)?)
    };
    run(&["--initialize", "--quiet", "--scale", "1"])?;
    let clients = arguments.buyers.to_string();
    let seconds = (arguments.seconds * arguments.rounds as u64).to_string();
    let options = ["--skip-some-updates", "--no-vacuum", "--jobs", "2", "--client"];
    let told = run(&[&options[..], &[&clients, "--time", &seconds]].concat())?;
    let tps = told.split("tps = ").nth(1).and_then(|rest| rest.split(' ').next());
    Ok(tps.context("pgbench says no tps")?.parse()?)
}

fn median(outcomes: &[Outcome], of: impl Fn(&Outcome) -> f64) -> f64 {
    let mut values: Vec<f64> = outcomes.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Everybody buys for a while, and there is enough.
async fn drive(arguments: &Arguments, url: &str, way: Way) -> anyhow::Result<Outcome> {
    let pieces = if way == Way::SkipLocked { 200_000 } else { PLENTY };
    stock::fill(url, way, pieces).await?;
    let buyers = buyers(arguments, url, way).await?;
    let database_program = [Program { name: "postgresql", pid: arguments.pid }];
    let cpu = cpu::used(&database_program)?;
    let begun = Instant::now();
    let end = begun + Duration::from_secs(arguments.seconds);
    let mut running = JoinSet::new();
    for mut buyer in buyers {
        running.spawn(async move {
            let mut waits = Vec::new();
            while Instant::now() < end {
                let asked = Instant::now();
                ensure!(
                    buyer.hold().await?,
                    "there was enough, and somebody was told there is none"
                );
                waits.push(asked.elapsed());
            }
            anyhow::Ok(waits)
        });
    }
    let mut waits = Vec::new();
    while let Some(done) = running.join_next().await {
        waits.append(&mut done.context("a buyer panicked")??);
    }
    let elapsed = begun.elapsed();
    let cpu = cpu::used(&database_program)?[0] - cpu[0];
    let sold = i64::try_from(waits.len())?;
    stock::check(url, way, pieces, sold).await?;
    waits.sort_unstable();
    Ok(Outcome {
        per_second: waits.len() as f64 / elapsed.as_secs_f64(),
        cpu: cpu / u32::try_from(waits.len())?,
        p99: waits[waits.len() * 99 / 100],
    })
}

/// Everybody buys until everybody was told that there is none left.
async fn sell_out(arguments: &Arguments, url: &str, way: Way) -> anyhow::Result<()> {
    stock::fill(url, way, arguments.last).await?;
    let mut running = JoinSet::new();
    for mut buyer in buyers(arguments, url, way).await? {
        running.spawn(async move {
            let mut got = 0;
            while buyer.hold().await? {
                got += 1;
            }
            anyhow::Ok(got)
        });
    }
    let mut sold = 0;
    while let Some(done) = running.join_next().await {
        sold += done.context("a buyer panicked")??;
    }
    stock::check(url, way, arguments.last, sold).await?;
    ensure!(sold == arguments.last, "{way:?}: {sold} of {} were sold", arguments.last);
    Ok(())
}

async fn buyers(arguments: &Arguments, url: &str, way: Way) -> anyhow::Result<Vec<Buyer>> {
    let mut buyers = Vec::new();
    if way == Way::Together {
        let nodes: Vec<_> = (0..2)
            .map(|_| {
                let (comers, coming) = mpsc::channel(QUEUE);
                tokio::spawn(node(url.to_owned(), coming));
                comers
            })
            .collect();
        return Ok((0..arguments.buyers).map(|n| Buyer::Through(nodes[n % 2].clone())).collect());
    }
    if matches!(way, Way::Store | Way::Spread) {
        let skus = ways::skus(way)?;
        let nodes = [Inventory::connect(url, 4).await?, Inventory::connect(url, 4).await?];
        let buyer = |number: usize| Buyer::OfTheStore {
            inventory: nodes[number % 2].clone(),
            skus: skus.clone(),
            turn: number * 7,
        };
        return Ok((0..arguments.buyers).map(buyer).collect());
    }
    for _ in 0..arguments.buyers {
        let mut connection = PgConnection::connect(url).await?;
        if way == Way::NotWaitedFor {
            connection.execute("set synchronous_commit = off").await?;
        }
        buyers.push(Buyer::Alone(way, connection));
    }
    Ok(buyers)
}
