//! SQL about other systems' names for our SKUs and warehouses.

use crate::identifier::Identifiers;
use sqlx::{PgConnection, PgPool};
use std::collections::BTreeMap;

/// Keeps what identifiers stand for from now on.
pub async fn keep(
    connection: &mut PgConnection,
    skus: &BTreeMap<&str, &str>,
    warehouses: &BTreeMap<&str, &str>,
) -> Result<(), sqlx::Error> {
    let columns = |names: &BTreeMap<&str, &str>| -> (Vec<String>, Vec<String>) {
        names
            .iter()
            .map(|(name, stands_for)| ((*name).to_owned(), (*stands_for).to_owned()))
            .unzip()
    };
    let ((sku_names, skus), (place_names, places)) = (columns(skus), columns(warehouses));
    sqlx::query(
        "with goods as (
           insert into sku_identifiers (identifier, sku)
           select name.identifier, name.sku
           from unnest($1::text[], $2::text[]) as name (identifier, sku)
           order by name.identifier
           on conflict (identifier) do update
           set sku = excluded.sku
         )
         insert into warehouse_identifiers (identifier, warehouse)
         select name.identifier, name.warehouse
         from unnest($3::text[], $4::text[]) as name (identifier, warehouse)
         order by name.identifier
         on conflict (identifier) do update
         set warehouse = excluded.warehouse",
    )
    .bind(sku_names)
    .bind(skus)
    .bind(place_names)
    .bind(places)
    .execute(connection)
    .await?;
    Ok(())
}

/// What these identifiers stand for.
pub async fn find(
    pool: &PgPool,
    skus: &[&str],
    warehouses: &[&str],
) -> Result<Identifiers, sqlx::Error> {
    let rows: Vec<(bool, String, String)> = sqlx::query_as(
        "select true, identifier, sku
         from sku_identifiers
         where identifier = any($1)
         union all
         select false, identifier, warehouse
         from warehouse_identifiers
         where identifier = any($2)",
    )
    .bind(skus)
    .bind(warehouses)
    .fetch_all(pool)
    .await?;
    let mut found = Identifiers::default();
    for (is_sku, identifier, stands_for) in rows {
        let of = if is_sku { &mut found.skus } else { &mut found.warehouses };
        of.insert(identifier, stands_for);
    }
    Ok(found)
}
