//! SQL that reads levels page by page.

use crate::listing::{LevelFilter, LevelKey, LevelNow};
use domain::Sku;
use sqlx::PgPool;

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(try_from = "String")]
    sku: Sku,
    warehouse: String,
    on_hand: i64,
    held: i64,
    allocated: i64,
    available: i64,
    version: i64,
}

/// The first so many levels of the filter. Without SKUs it reads the primary key from where the page begins;
/// with SKUs it looks each of them up.
pub async fn levels(
    pool: &PgPool,
    filter: &LevelFilter,
    limit: usize,
) -> Result<Vec<LevelNow>, sqlx::Error> {
    // Before every level there is: no SKU is empty.
    let (after_sku, after_warehouse) = match &filter.after {
        Some(LevelKey { sku, warehouse }) => (sku.as_str(), warehouse.as_str()),
        None => ("", ""),
    };
    let query = if filter.skus.is_empty() {
        "select sku, warehouse, on_hand, held, allocated, can_be_sold(level) as available, version
         from stock_levels as level
         where (sku, warehouse) > ($1, $2)
           and (cardinality($3::text[]) = 0 or warehouse = any($3))
           and cardinality($4::text[]) = 0
         order by sku, warehouse
         limit $5"
    } else {
        "select sku, warehouse, on_hand, held, allocated, can_be_sold(level) as available, version
         from stock_levels as level
         where (sku, warehouse) > ($1, $2)
           and (cardinality($3::text[]) = 0 or warehouse = any($3))
           and sku = any($4)
         order by sku, warehouse
         limit $5"
    };
    let skus: Vec<_> = filter.skus.iter().map(Sku::as_str).collect();
    let rows: Vec<Row> = sqlx::query_as(query)
        .bind(after_sku)
        .bind(after_warehouse)
        .bind(&filter.warehouses)
        .bind(skus)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(pool)
        .await?;
    let level = |row: Row| {
        let Row { sku, warehouse, on_hand, held, allocated, available, version } = row;
        let version = version.unsigned_abs();
        LevelNow { sku, warehouse, on_hand, held, allocated, available, version }
    };
    Ok(rows.into_iter().map(level).collect())
}
