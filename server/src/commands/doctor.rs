//! `vitrine doctor`: is everything there that the store needs, and if not, what is to be done?

use crate::config::{Invalid, Settings};
use secrecy::ExposeSecret;
use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
    time::Duration,
};

/// How long a dependency may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The oldest versions the store is made for.
const POSTGRESQL: u32 = 14;
const REDIS: u32 = 6;
const MONGODB: u32 = 6;

/// What was found: what it is, or what is wrong and what to do.
type Finding = Result<String, (String, &'static str)>;

/// Checks everything, prints a line for each, and fails if anything is wrong.
pub async fn run(settings: Result<Settings, Invalid>) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    let settings = match settings {
        Ok(settings) => settings,
        Err(invalid) => {
            writeln!(out, "✗ configuration\n{invalid}")?;
            return Ok(ExitCode::FAILURE);
        }
    };
    writeln!(out, "✓ {:<24} valid", "configuration")?;
    let database = &settings.database;
    let findings = [
        ("PostgreSQL (inventory)", postgresql(database.inventory(), inventory::SCHEMA).await),
        ("PostgreSQL (payments)", postgresql(database.payments(), payments::SCHEMA).await),
        ("PostgreSQL (orders)", postgresql(database.orders(), orders::SCHEMA).await),
        ("MongoDB", in_time(mongodb(settings.mongodb.url.expose_secret())).await),
        ("Redis", in_time(redis(settings.redis.url.expose_secret())).await),
        ("payment provider", provider(&settings.payments.sandbox.url).await),
        ("site", site(&settings.server.site_root)),
        ("pictures", pictures(&settings.media.dir)),
    ];
    let mut healthy = true;
    for (what, finding) in findings {
        match finding {
            Ok(found) => writeln!(out, "✓ {what:<24} {found}")?,
            Err((wrong, what_to_do)) => {
                healthy = false;
                writeln!(out, "✗ {what:<24} {wrong}\n  {what_to_do}")?;
            }
        }
    }
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn in_time(finding: impl Future<Output = Finding>) -> Finding {
    tokio::time::timeout(PATIENCE, finding)
        .await
        .unwrap_or_else(|_| Err(("no answer".to_owned(), "Is it running, and is its URL right?")))
}

async fn postgresql(url: &str, schema: &'static str) -> Finding {
    const REACH: &str = "Start it, or correct DATABASE_URL; `scripts/stack.sh start` brings one.";
    in_time(async {
        let unreachable = |error: platform::Error| (error.to_string(), REACH);
        let pool = platform::postgres::connect(url, schema, 1).await.map_err(unreachable)?;
        let version = platform::postgres::version(&pool).await.map_err(unreachable)?;
        at_least(&version, POSTGRESQL, "PostgreSQL 14 or later is needed.")?;
        let migrated = platform::postgres::last_migration(&pool)
            .await
            .map_err(|_| ("not migrated".to_owned(), "Run `vitrine migrate`."))?;
        Ok(format!("{version}, schema {schema} at migration {migrated}"))
    })
    .await
}

async fn mongodb(url: &str) -> Finding {
    const REACH: &str = "Start it, or correct MONGODB_URL; `scripts/stack.sh start` brings one.";
    let unreachable = |error: platform::Error| (error.to_string(), REACH);
    let database = platform::mongodb::connect(url).await.map_err(unreachable)?;
    let version = platform::mongodb::version(&database).await.map_err(unreachable)?;
    at_least(&version, MONGODB, "MongoDB 6 or later is needed.")?;
    Ok(version)
}

async fn redis(url: &str) -> Finding {
    const REACH: &str = "Start it, or correct REDIS_URL; `scripts/stack.sh start` brings one.";
    let unreachable = |error: platform::Error| (error.to_string(), REACH);
    let redis = platform::redis::connect(url).await.map_err(unreachable)?;
    let version = platform::redis::version(redis).await.map_err(unreachable)?;
    at_least(&version, REDIS, "Redis 6 or later is needed.")?;
    Ok(version)
}

async fn provider(url: &str) -> Finding {
    const REACH: &str = "Start it with `vitrine sandbox-psp`, or correct payments.sandbox.url.";
    let authority = url.split("://").nth(1).unwrap_or(url);
    let address = match authority.contains(':') {
        true => authority.to_owned(),
        false if url.starts_with("https://") => format!("{authority}:443"),
        false => format!("{authority}:80"),
    };
    in_time(async move {
        tokio::net::TcpStream::connect(address)
            .await
            .map_err(|error| (error.to_string(), REACH))?;
        Ok("answers".to_owned())
    })
    .await
}

fn site(root: &Path) -> Finding {
    let files = std::fs::read_dir(root.join("pkg"))
        .map_err(|error| (format!("{}: {error}", root.display()), "Run `cargo leptos build`."))?;
    let wasm = files
        .flatten()
        .find(|file| file.path().extension().is_some_and(|ending| ending == "wasm"))
        .ok_or(("no WebAssembly in pkg/".to_owned(), "Run `cargo leptos build`."))?;
    Ok(wasm.file_name().to_string_lossy().into_owned())
}

fn pictures(dir: &Path) -> Finding {
    const MAKE: &str = "Make the folder, or correct media.dir; `vitrine import` fills it.";
    let probe = dir.join(".doctor");
    std::fs::write(&probe, b"")
        .and_then(|()| std::fs::remove_file(&probe))
        .map_err(|error| (format!("{}: {error}", dir.display()), MAKE))?;
    Ok(format!("{} can be written", dir.display()))
}

fn at_least(
    version: &str,
    least: u32,
    what_to_do: &'static str,
) -> Result<(), (String, &'static str)> {
    let major: u32 = version.split(['.', ' ']).next().and_then(|n| n.parse().ok()).unwrap_or(0);
    if major < least { Err((format!("version {version}"), what_to_do)) } else { Ok(()) }
}
