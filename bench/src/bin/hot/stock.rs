//! The stock that is sold, in a database of its own, and whether what was sold is what was there.

use crate::ways::{SKU, Way, skus};
use anyhow::bail;
use domain::Country;
use inventory::{Inventory, Warehouse};
use sqlx::{
    ConnectOptions, Connection, Executor, PgConnection, Postgres, migrate::MigrateDatabase,
    postgres::PgConnectOptions,
};

/// The database that is made and dropped again.
const DATABASE: &str = "bench_hot";

/// Makes the database anew on the server of this URL; answers its own.
///
/// # Errors
/// The role may make no databases.
pub async fn open(server: &str) -> anyhow::Result<String> {
    let url = server.parse::<PgConnectOptions>()?.database(DATABASE).to_url_lossy().to_string();
    close(&url).await?;
    Postgres::create_database(&url).await?;
    Ok(url)
}

/// Drops the database, whoever is still in it.
///
/// # Errors
/// The role may drop no databases.
pub async fn close(url: &str) -> anyhow::Result<()> {
    if Postgres::database_exists(url).await? {
        Postgres::force_drop_database(url).await?;
    }
    Ok(())
}

/// Makes the tables anew, with so many pieces for this way.
///
/// # Errors
/// The database refuses it.
pub async fn fill(url: &str, way: Way, pieces: i64) -> anyhow::Result<()> {
    let mut database = PgConnection::connect(url).await?;
    match way {
        Way::Store | Way::Spread => fill_the_store(&mut database, url, way, pieces).await?,
        _ => fill_the_tables(&mut database, way, pieces).await?,
    }
    database.execute("analyze").await?;
    database.close().await?;
    Ok(())
}

async fn fill_the_store(
    database: &mut PgConnection,
    url: &str,
    way: Way,
    pieces: i64,
) -> anyhow::Result<()> {
    database.execute("drop schema if exists inventory cascade").await?;
    Inventory::migrate(url).await?;
    let inventory = Inventory::connect(url, 1).await?;
    let (code, name) = ("hot".to_owned(), "Hot".to_owned());
    let warehouse = Warehouse { code, name, country: Country::DE, priority: 1 };
    inventory.ensure_warehouses(&[warehouse]).await?;
    let pieces = u32::try_from(pieces / i64::try_from(way.skus())?)?;
    let lines: Vec<_> = skus(way)?.iter().map(|sku| (sku.clone(), pieces)).collect();
    inventory.receive("hot", &lines, "delivery", None).await?;
    inventory.pool().close().await;
    Ok(())
}

async fn fill_the_tables(database: &mut PgConnection, way: Way, pieces: i64) -> anyhow::Result<()> {
    database.execute(sqlx::raw_sql(include_str!("schema.sql"))).await?;
    if way == Way::SkipLocked {
        sqlx::query("insert into bench_hot.pieces (sku) select $1 from generate_series(1, $2)")
            .bind(SKU)
            .bind(pieces)
            .execute(&mut *database)
            .await?;
    }
    sqlx::query(
        "insert into bench_hot.levels (sku, slot, on_hand)
         select $1, slot, $2 / $3 + case when slot < $2 % $3 then 1 else 0 end
         from generate_series(0, $3 - 1) as slot",
    )
    .bind(SKU)
    .bind(pieces)
    .bind(i64::from(way.slots()))
    .execute(database)
    .await?;
    Ok(())
}

/// That exactly so many were sold, wherever one looks.
///
/// # Errors
/// They were not.
pub async fn check(url: &str, way: Way, pieces: i64, sold: i64) -> anyhow::Result<()> {
    let mut database = PgConnection::connect(url).await?;
    let found: (i64, i64, i64) = match way {
        Way::Store | Way::Spread => {
            sqlx::query_as(
                "select
                   (select sum(held)::bigint from inventory.stock_levels),
                   (select count(*) from inventory.holds where state = 'held'),
                   (select count(*) from inventory.movements where kind = 'held')",
            )
            .fetch_one(&mut database)
            .await?
        }
        _ => {
            sqlx::query_as(
                "select
                   (select sum(case when $1 then $2 - on_hand when $3 then 0 else held end)::bigint
                    from bench_hot.levels)
                     + (select count(*) from bench_hot.pieces where reference is not null),
                   (select count(*) from bench_hot.holds),
                   (select count(*) from bench_hot.movements)",
            )
            .bind(way == Way::Naive)
            .bind(pieces)
            .bind(way == Way::SkipLocked)
            .fetch_one(&mut database)
            .await?
        }
    };
    database.close().await?;
    let written = if way == Way::Naive { 0 } else { sold };
    if found != (sold, written, written) {
        let (level, holds, movements) = found;
        bail!(
            "{way:?}: {sold} were told that a piece is theirs, the level says {level}, \
             there are {holds} holds and {movements} movements"
        );
    }
    Ok(())
}
