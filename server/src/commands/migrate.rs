//! `vitrine migrate`: every schema and index as this version needs them. Can be run again.

use crate::{
    config::Settings,
    stores::{self, wait_for},
};
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
    let (patience, database) = (settings.patience(), &settings.database);
    for (url, schema, migrator) in [
        (database.inventory(), inventory::SCHEMA, &inventory::MIGRATOR),
        (database.payments(), payments::SCHEMA, &payments::MIGRATOR),
        (database.orders(), orders::SCHEMA, &orders::MIGRATOR),
    ] {
        wait_for("PostgreSQL", patience, || platform::postgres::migrate(url, schema, migrator))
            .await?;
        tracing::info!(schema, "migrated");
    }
    let stores = stores::connect(&settings).await?;
    stores.catalogue.ensure_indexes().await?;
    stores.sessions.ensure_indexes().await?;
    stores.inventory.ensure_warehouses(&demo_warehouses()).await?;
    tracing::info!("indexes and warehouses are there");
    Ok(())
}
