//! SQL about levels.

use super::{few, move_told_stock, tell_changes};
use crate::level::{Booking, Change, Level, Rules, StockNow};
use domain::Sku;
use sqlx::{PgConnection, PgPool};
use std::collections::HashMap;

/// What can be bought of each SKU that has a level, and of each bundle.
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
        "with part as (
           select bundle, component, quantity
           from bundle_components
           where bundle = any($1)
         ), totals as (
           select
             level.sku,
             sum(can_be_sold(level))::bigint as available,
             sum(level.version)::bigint as version
           from stock_levels as level
           where level.sku = any($1 || array(select component from part))
           group by level.sku
         )
         select sku, available, version
         from totals
         where sku = any($1)
         union all
         select
           bundle.sku,
           min(coalesce(totals.available, 0) / part.quantity),
           (bundle.version + sum(coalesce(totals.version, 0)))::bigint
         from part
         join bundles as bundle on bundle.sku = part.bundle
         left join totals on totals.sku = part.component
         group by bundle.sku",
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
        "with place as (
           -- locked: it does not stop sending before the levels know that it does
           select active
           from warehouses
           where code = $1
           for share
         )
         insert into stock_levels (sku, warehouse, sends)
         select sku, $1, coalesce((select active from place), true)
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
           select sku, warehouse, on_hand, held + allocated as promised, back_order_limit, version
           from stock_levels
           where sku = any(concerned_by($1))
           order by sku, warehouse
           for no key update
         )
         select sku, on_hand, greatest(promised - back_order_limit, 0) as promised, version
         from locked
         where warehouse = $2
           and sku = any($1)",
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

/// Says what is kept back and what may be promised beyond; answers how many levels have other rules now.
pub async fn set_rules(
    connection: &mut PgConnection,
    warehouse: &str,
    rules: &[(Sku, Rules)],
) -> Result<usize, sqlx::Error> {
    let skus: Vec<_> = rules.iter().map(|(sku, _)| sku.as_str()).collect();
    let safety: Vec<_> = rules.iter().map(|(_, rules)| i64::from(rules.safety)).collect();
    let limits: Vec<_> = rules.iter().map(|(_, rules)| i64::from(rules.back_order_limit)).collect();
    let (changed, _woken): (i64, i64) = sqlx::query_as(concat!(
        "with changed as (
           update stock_levels as level
           set
             safety = rule.safety,
             back_order_limit = rule.back_order_limit,
             version = level.version + 1
           from unnest($3::text[], $4::bigint[], $5::bigint[]) as rule (sku, safety, back_order_limit)
           where level.sku = rule.sku
             and level.warehouse = $2
             and (level.safety, level.back_order_limit) <> (rule.safety, rule.back_order_limit)
           returning level.sku, level.warehouse, can_be_sold(level) as available, level.version",
        tell_changes!(),
        "select
           (select count(*) from changed) as changed,
           (select count(*) from woken) as woken"
    ))
    .bind(few())
    .bind(warehouse)
    .bind(skus)
    .bind(safety)
    .bind(limits)
    .fetch_one(connection)
    .await?;
    Ok(usize::try_from(changed).unwrap_or_default())
}
