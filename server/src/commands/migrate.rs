//! `vitrine migrate`: every schema and index as this version needs them. Can be run again.

use crate::{
    config::Settings,
    schema::{self, Place},
    stores,
    waiting::Waiting,
};
use anyhow::Context;
use domain::Country;
use inventory::Warehouse;

/// The demo's two warehouses; real ones come with the warehouse software.
fn demo_warehouses() -> Vec<Warehouse> {
    let warehouse = |code: &str, name: &str, country: &str, priority| {
        let country = Country::parse(country)?;
        Some(Warehouse { code: code.to_owned(), name: name.to_owned(), country, priority })
    };
    [warehouse("berlin", "Berlin", "DE", 1), warehouse("lyon", "Lyon", "FR", 2)]
        .into_iter()
        .flatten()
        .collect()
}

/// Migrates PostgreSQL, then the indexes of MongoDB.
pub async fn run(settings: Settings) -> anyhow::Result<()> {
    let waiting = Waiting::begin(&settings);
    for (_, Place { schema, url, migrator }) in schema::places(&settings.database) {
        // Only the database is waited for: what is wrong with a migration is told at once, and one
        // that takes its time is given it.
        waiting.until("PostgreSQL", || platform::postgres::connect(url, schema, 1)).await?;
        platform::postgres::migrate(url, schema, migrator)
            .await
            .with_context(|| format!("the schema {schema} cannot be migrated"))?;
        tracing::info!(schema, "migrated");
    }
    let stores = stores::connect(&settings).await?;
    stores.catalogue.ensure_indexes().await?;
    stores.sessions.ensure_indexes().await?;
    stores.inventory.ensure_warehouses(&demo_warehouses()).await?;
    tracing::info!("indexes and warehouses are there");
    Ok(())
}
