//! `vitrine doctor`: is everything there that the store needs, and if not, what is to be done?

use crate::{
    config::{Invalid, Settings},
    roles::{Need, Needs},
    schema::{self, Place},
    site,
};
use platform::Error;
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
/// Where `vitrine migrate` makes indexes.
const COLLECTIONS: [&str; 3] = ["products", "categories", "sessions"];
const MIGRATE: &str = "Run `vitrine migrate`.";

/// What was found: what it is, or what is wrong and what to do.
type Finding = Result<String, (String, &'static str)>;

/// Checks everything, prints a line for each, and fails if anything is wrong.
pub async fn run(settings: Result<Settings, Invalid>, needs: &Needs) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    let settings = match settings {
        Ok(settings) => settings,
        Err(invalid) => {
            writeln!(out, "✗ configuration\n{invalid}")?;
            return Ok(ExitCode::FAILURE);
        }
    };
    writeln!(out, "✓ {:<24} valid", "configuration")?;
    let mut healthy = true;
    for (need, what) in LOOKED_AT {
        if !needs.has(need) {
            continue;
        }
        match look_at(need, &settings).await {
            Ok(found) => writeln!(out, "✓ {what:<24} {found}")?,
            Err((wrong, what_to_do)) => {
                healthy = false;
                writeln!(out, "✗ {what:<24} {wrong}\n  {what_to_do}")?;
            }
        }
    }
    if needs.has(Need::Orders) {
        match mail(&settings).await {
            Ok(found) => writeln!(out, "✓ {:<24} {found}", "mail")?,
            Err((wrong, what_to_do)) => {
                healthy = false;
                writeln!(out, "✗ {:<24} {wrong}\n  {what_to_do}", "mail")?;
            }
        }
        let seller = settings.seller.named();
        let seller = seller.map(|seller| format!("issued in the name of {}", seller.name));
        let seller = seller.unwrap_or("no seller is named: they wait for one".to_owned());
        writeln!(out, "✓ {:<24} {seller}", "invoices")?;
    }
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What is looked at, in this order.
const LOOKED_AT: [(Need, &str); 10] = [
    (Need::Accounts, "PostgreSQL (accounts)"),
    (Need::Inventory, "PostgreSQL (inventory)"),
    (Need::Payments, "PostgreSQL (payments)"),
    (Need::Orders, "PostgreSQL (orders)"),
    (Need::Mongodb, "MongoDB"),
    (Need::Redis, "Redis"),
    (Need::Provider, "payment provider"),
    (Need::Tickets, "lines"),
    (Need::Site, "site"),
    (Need::Pictures, "pictures"),
];

async fn look_at(need: Need, settings: &Settings) -> Finding {
    let [(_, of_accounts), (_, of_inventory), (_, of_payments), (_, of_orders)] =
        schema::places(&settings.database);
    match need {
        Need::Accounts => in_time(postgresql(of_accounts)).await,
        Need::Inventory => in_time(postgresql(of_inventory)).await,
        Need::Payments => in_time(postgresql(of_payments)).await,
        Need::Orders => in_time(postgresql(of_orders)).await,
        Need::Mongodb => in_time(mongodb(settings.mongodb.url.expose_secret())).await,
        Need::Redis => in_time(redis(settings.redis.url.expose_secret())).await,
        Need::Provider => in_time(provider(&settings.payments.sandbox.url)).await,
        // That they make sense was looked at with the configuration.
        Need::Tickets => Ok(format!("{} drops", settings.line.drops.len())),
        Need::Site => site(&settings.server.site_root),
        Need::Pictures => pictures(&settings.media.dir),
    }
}

async fn in_time(finding: impl Future<Output = Finding>) -> Finding {
    tokio::time::timeout(PATIENCE, finding)
        .await
        .unwrap_or_else(|_| Err(("no answer".to_owned(), "Is it running, and is its URL right?")))
}

async fn postgresql(place: Place<'_>) -> Finding {
    const REACH: &str = "Start it, or correct DATABASE_URL; `scripts/stack.sh start` brings one.";
    let Place { schema, url, migrator } = place;
    let unreachable = |error: Error| (error.to_string(), REACH);
    let pool = platform::postgres::connect(url, schema, 1).await.map_err(unreachable)?;
    let version = platform::postgres::version(&pool).await.map_err(unreachable)?;
    at_least(&version, POSTGRESQL, "PostgreSQL 14 or later is needed.")?;
    let migrated = platform::postgres::migrated(&pool, migrator).await.map_err(|error| {
        let what_to_do = if matches!(error, Error::Unmigrated { .. }) { MIGRATE } else { REACH };
        (error.to_string(), what_to_do)
    })?;
    Ok(format!("{version}, schema {schema} at migration {migrated}"))
}

async fn mongodb(url: &str) -> Finding {
    const REACH: &str = "Start it, or correct MONGODB_URL; `scripts/stack.sh start` brings one.";
    let unreachable = |error: Error| (error.to_string(), REACH);
    let database = platform::mongodb::connect(url).await.map_err(unreachable)?;
    let version = platform::mongodb::version(&database).await.map_err(unreachable)?;
    at_least(&version, MONGODB, "MongoDB 6 or later is needed.")?;
    for collection in COLLECTIONS {
        if !platform::mongodb::is_indexed(&database, collection).await.map_err(unreachable)? {
            return Err((format!("no indexes on {collection}"), MIGRATE));
        }
    }
    Ok(format!("{version}, indexes are there"))
}

async fn redis(url: &str) -> Finding {
    const REACH: &str = "Start it, or correct REDIS_URL; `scripts/stack.sh start` brings one.";
    let unreachable = |error: Error| (error.to_string(), REACH);
    let redis = platform::redis::connect(url).await.map_err(unreachable)?;
    let version = platform::redis::version(redis).await.map_err(unreachable)?;
    at_least(&version, REDIS, "Redis 6 or later is needed.")?;
    Ok(version)
}

async fn provider(url: &str) -> Finding {
    const REACH: &str = "Start it with `vitrine sandbox-psp`, or correct payments.sandbox.url.";
    let unreachable = |error: reqwest::Error| (error.to_string(), REACH);
    // As the store itself asks it: past any proxy.
    let client = reqwest::Client::builder().no_proxy().build().map_err(unreachable)?;
    let answer = client.get(format!("{url}/health")).send().await.map_err(unreachable)?;
    match answer.status() {
        status if status.is_success() => Ok("answers".to_owned()),
        status => Err((format!("{url}/health answers {status}"), REACH)),
    }
}

/// Whether mails to customers can be sent. A store without a mail server is no ill store: they wait.
async fn mail(settings: &Settings) -> Finding {
    const REACH: &str = "Start it, or correct VITRINE__MAIL__URL; mails wait meanwhile.";
    let mailer = settings.mail.mailer().map_err(|error| (error.to_string(), REACH))?;
    match mailer {
        None => Ok("none is named (VITRINE__MAIL__URL): mails wait for one".to_owned()),
        Some(mailer) => {
            in_time(async {
                mailer.check().await.map_err(|wrong| (wrong, REACH))?;
                Ok("the mail server answers".to_owned())
            })
            .await
        }
    }
}

/// Whether the files are there that pages name.
fn site(root: &Path) -> Finding {
    const BUILD: &str = "Build them (`cargo leptos build`), or correct server.site_root.";
    for names in site::named() {
        if !names.iter().any(|name| root.join(name).is_file()) {
            return Err((format!("no {} in {}", names.join(" or "), root.display()), BUILD));
        }
    }
    Ok(if site::is_hashed() { "hashed files" } else { "plain files" }.to_owned())
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
