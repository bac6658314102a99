//! SQL about warehouses and levels.

use super::{few, move_told_stock};
use crate::{
    Warehouse,
    level::{Booking, Change, Level, StockNow},
};
use domain::Sku;
use sqlx::{PgConnection, PgPool};
use std::collections::HashMap;

/// Adds warehouses and brings known ones up to date.
pub async fn ensure_warehouses(pool: &PgPool, warehouses: &[Warehouse]) -> Result<(), sqlx::Error> {
    let codes: Vec<_> = warehouses.iter().map(|warehouse| warehouse.code.as_str()).collect();
    let names: Vec<_> = warehouses.iter().map(|warehouse| warehouse.name.as_str()).collect();
    let countries: Vec<_> = warehouses.iter().map(|warehouse| warehouse.country.code()).collect();
    let priorities: Vec<_> = warehouses.iter().map(|warehouse| warehouse.priority).collect();
    sqlx::query(
        "insert into warehouses (code, name, country, priority)
         select code, name, country, priority
         from unnest($1::text[], $2::text[], $3::text[], $4::integer[])
           as warehouse (code, name, country, priority)
         order by code
         on conflict (code) do update
         set
           name = excluded.name,
           country = excluded.country,
           priority = excluded.priority",
    )
    .bind(codes)
    .bind(names)
    .bind(countries)
    .bind(priorities)
    .execute(pool)
    .await?;
    Ok(())
}

/// What can be bought of each SKU that has a level.
pub async fn stock(pool: &PgPool, skus: &[Sku]) -> Result<HashMap<Sku, StockNow>, sqlx::Error> {
    #[derive(sqlx::FromRow)]
    struct Row {
        #[sqlx(try_from = "String")]
        sku: Sku,
        available: i64,
        version: i64,
    }
    let skus: Vec<_> = skus.iter().map(Sku::as_str).collect();
    let rows: Vec<Row> = sqlx::query_as(
        "select
           sku,
           sum(available)::bigint as available,
           sum(version)::bigint as version
         from stock_levels
         where sku = any($1)
         group by sku",
    )
    .bind(skus)
    .fetch_all(pool)
    .await?;
    let now = |row: Row| {
        let available = u32::try_from(row.available).unwrap_or(u32::MAX);
        (row.sku, StockNow { available, version: row.version.unsigned_abs() })
    };
    Ok(rows.into_iter().map(now).collect())
}

/// Makes an empty level for each SKU that has none in this warehouse.
pub async fn open(pool: &PgPool, warehouse: &str, skus: &[&str]) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into stock_levels (sku, warehouse)
         select sku, $1
         from unnest($2::text[]) as line (sku)
         order by sku
         on conflict (sku, warehouse) do nothing",
    )
    .bind(warehouse)
    .bind(skus)
    .execute(pool)
    .await?;
    Ok(())
}

/// Locks all levels of these SKUs, by SKU and warehouse as everyone does, and reads those of one
/// warehouse.
pub async fn lock(
    connection: &mut PgConnection,
    warehouse: &str,
    skus: &[&str],
) -> Result<Vec<Level>, sqlx::Error> {
    #[derive(sqlx::FromRow)]
    struct Row {
        #[sqlx(try_from = "String")]
        sku: Sku,
        on_hand: i64,
        promised: i64,
        version: i64,
    }
    let rows: Vec<Row> = sqlx::query_as(
        "with locked as materialized (
           select sku, warehouse, on_hand, held + allocated as promised, version
           from stock_levels
           where sku = any($1)
           order by sku, warehouse
           for no key update
         )
         select sku, on_hand, promised, version
         from locked
         where warehouse = $2",
    )
    .bind(skus)
    .bind(warehouse)
    .fetch_all(connection)
    .await?;
    let level = |Row { sku, on_hand, promised, version }| Level { sku, on_hand, promised, version };
    Ok(rows.into_iter().map(level).collect())
}

/// Books changes of what one warehouse has; answers how many movements were written, which is fewer
/// than there are changes when some were told before.
pub async fn book(
    connection: &mut PgConnection,
    booking: &Booking<'_>,
    changes: &[Change],
) -> Result<usize, sqlx::Error> {
    let skus: Vec<_> = changes.iter().map(|change| change.sku.as_str()).collect();
    let differences: Vec<_> = changes.iter().map(|change| change.difference).collect();
    let external_ids: Vec<_> = changes.iter().map(|change| change.external_id.as_deref()).collect();
    let (written, _woken): (i64, i64) = sqlx::query_as(move_told_stock!(
        "moved as (
           select
             change.sku, $2::text as warehouse, $3::text as kind, change.difference as on_hand,
             0::bigint as held, 0::bigint as allocated, $4::text as cause, null::uuid as reference,
             $5::text as source, change.external_id, null::timestamptz as occurred_at
           from unnest($6::text[], $7::bigint[], $8::text[])
             as change (sku, difference, external_id)"
    ))
    .bind(few())
    .bind(booking.warehouse)
    .bind(booking.kind.as_str())
    .bind(booking.cause)
    .bind(booking.source)
    .bind(skus)
    .bind(differences)
    .bind(external_ids)
    .fetch_one(connection)
    .await?;
    Ok(usize::try_from(written).unwrap_or_default())
}
