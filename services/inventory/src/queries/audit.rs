//! SQL that proves the levels right, or shows where they are not.

use crate::{Difference, Number};
use domain::Sku;
use sqlx::PgPool;

/// Every number of every level that is not the sum of its movements or holds. One statement, so
/// that all sums are of one instant.
pub async fn differences(pool: &PgPool) -> Result<Vec<Difference>, sqlx::Error> {
    #[derive(sqlx::FromRow)]
    struct Row {
        warehouse: String,
        #[sqlx(try_from = "String")]
        sku: Sku,
        number: String,
        level: i64,
        expected: i64,
    }
    let rows: Vec<Row> = sqlx::query_as(
        "with ledger as (
           select
             sku,
             warehouse,
             sum(on_hand)::bigint as on_hand,
             sum(held)::bigint as held,
             sum(allocated)::bigint as allocated
           from movements
           group by sku, warehouse
         ), held_for_orders as (
           select sku, warehouse, sum(quantity)::bigint as held
           from holds
           where state = 'held'
           group by sku, warehouse
         )
         select stock_levels.warehouse, stock_levels.sku, number, level, coalesce(sum, 0) as expected
         from stock_levels
         left join ledger using (sku, warehouse)
         left join held_for_orders using (sku, warehouse)
         cross join lateral (
           values
             ('on_hand', stock_levels.on_hand, ledger.on_hand),
             ('held', stock_levels.held, ledger.held),
             ('allocated', stock_levels.allocated, ledger.allocated),
             ('held_for_orders', stock_levels.held, held_for_orders.held)
         ) as compared (number, level, sum)
         where level <> coalesce(sum, 0)
         order by stock_levels.sku, stock_levels.warehouse, number",
    )
    .fetch_all(pool)
    .await?;
    rows.into_iter()
        .map(|row| {
            let Row { warehouse, sku, number, level, expected } = row;
            Ok(Difference { warehouse, sku, number: parse_number(&number)?, level, expected })
        })
        .collect()
}

fn parse_number(name: &str) -> Result<Number, sqlx::Error> {
    match name {
        "on_hand" => Ok(Number::OnHand),
        "held" => Ok(Number::Held),
        "allocated" => Ok(Number::Allocated),
        "held_for_orders" => Ok(Number::HeldForOrders),
        other => Err(sqlx::Error::Decode(format!("unknown number {other:?}").into())),
    }
}
