//! SQL about returns that are expected.

use super::unreadable;
use crate::expected::ExpectedReturn;
use domain::Sku;
use sqlx::PgConnection;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A return as it was told.
pub struct Known {
    pub order: Uuid,
    pub warehouse: String,
    /// By SKU.
    pub lines: BTreeMap<Sku, i64>,
}

/// The return of this name.
pub async fn find(connection: &mut PgConnection, id: Uuid) -> Result<Option<Known>, sqlx::Error> {
    let row: Option<(Uuid, String, Vec<String>, Vec<i64>)> = sqlx::query_as(
        "select reference, warehouse, skus, quantities
         from expected_returns
         where id = $1",
    )
    .bind(id)
    .fetch_optional(connection)
    .await?;
    let known = |(order, warehouse, skus, quantities): (_, _, Vec<_>, Vec<_>)| {
        Ok(Known { order, warehouse, lines: by_sku(skus.into_iter().zip(quantities))? })
    };
    row.map(known).transpose()
}

/// How many pieces of each SKU were sent to an order and are not expected back yet. It grows by what is sent
/// meanwhile, and shrinks only for who has the order locked.
pub async fn can_come_back(
    connection: &mut PgConnection,
    order: Uuid,
) -> Result<BTreeMap<Sku, i64>, sqlx::Error> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "select sku, sum(pieces)::bigint
         from (
           select sku, shipped as pieces
           from holds
           where reference = $1
           union all
           select line.sku, -line.quantity
           from expected_returns as expected
           cross join lateral unnest(expected.skus, expected.quantities) as line (sku, quantity)
           where expected.reference = $1
         ) as all_of_it
         group by sku",
    )
    .bind(order)
    .fetch_all(connection)
    .await?;
    by_sku(rows.into_iter())
}

/// Writes a return down, and has the warehouse told; `false` if there is no such warehouse.
pub async fn expect(
    connection: &mut PgConnection,
    expected: &ExpectedReturn,
    lines: &BTreeMap<&Sku, i64>,
) -> Result<bool, sqlx::Error> {
    let skus: Vec<_> = lines.keys().map(|sku| sku.as_str()).collect();
    let quantities: Vec<_> = lines.values().copied().collect();
    let done = sqlx::query(
        "with expected as (
           insert into expected_returns (id, reference, warehouse, skus, quantities)
           select $1, $2, code, $4, $5
           from warehouses
           where code = $3
           returning *
         )
         insert into untold_lines (kind, warehouse, reference, return_id, sku, quantity)
         select
           'return.expected', expected.warehouse, expected.reference, expected.id, line.sku, line.quantity
         from expected
         cross join lateral unnest(expected.skus, expected.quantities) as line (sku, quantity)",
    )
    .bind(expected.id)
    .bind(expected.order)
    .bind(&expected.warehouse)
    .bind(skus)
    .bind(quantities)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

fn by_sku(lines: impl Iterator<Item = (String, i64)>) -> Result<BTreeMap<Sku, i64>, sqlx::Error> {
    lines.map(|(sku, pieces)| Ok((Sku::parse(&sku).map_err(unreadable)?, pieces))).collect()
}
