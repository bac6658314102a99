//! SQL that proves the levels right, or shows where they are not.

use crate::{Difference, Number};
use domain::Sku;
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

/// A transaction that sees the database as of one instant and may take its time.
pub async fn begin(pool: &PgPool) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    let mut transaction =
        pool.begin_with("begin isolation level repeatable read, read only").await?;
    sqlx::query("set local statement_timeout = 0").execute(&mut *transaction).await?;
    Ok(transaction)
}

/// How many levels, movements and holds there are.
pub async fn counts(connection: &mut PgConnection) -> Result<(i64, i64, i64), sqlx::Error> {
    sqlx::query_as(
        "select
           (select count(*) from stock_levels),
           (select count(*) from movements),
           (select count(*) from holds)",
    )
    .fetch_one(connection)
    .await
}

/// Makes the ledger's next partitions, so many ahead of the one that is being written.
pub async fn open_partitions(pool: &PgPool, ahead: u32) -> Result<u32, sqlx::Error> {
    let made: i32 = sqlx::query_scalar("select open_movement_partitions($1)")
        .bind(i32::try_from(ahead).unwrap_or(i32::MAX))
        .fetch_one(pool)
        .await?;
    Ok(made.unsigned_abs())
}

/// Every number of every level that is not the sum of its movements or holds, or promises more than may be.
/// One statement, so that all sums are of one instant.
pub async fn differences(connection: &mut PgConnection) -> Result<Vec<Difference>, sqlx::Error> {
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
         ), allocated_for_orders as (
           select sku, warehouse, sum(quantity - shipped - cancelled)::bigint as allocated
           from holds
           where state = 'allocated'
           group by sku, warehouse
         )
         select stock_levels.warehouse, stock_levels.sku, number, level, coalesce(sum, 0) as expected
         from stock_levels
         left join ledger using (sku, warehouse)
         left join held_for_orders using (sku, warehouse)
         left join allocated_for_orders using (sku, warehouse)
         cross join lateral (
           values
             ('on_hand', stock_levels.on_hand, ledger.on_hand),
             ('held', stock_levels.held, ledger.held),
             ('allocated', stock_levels.allocated, ledger.allocated),
             ('held_for_orders', stock_levels.held, held_for_orders.held),
             (
               'allocated_for_orders',
               stock_levels.allocated,
               allocated_for_orders.allocated
             ),
             (
               'promised',
               greatest(
                 stock_levels.held + stock_levels.allocated,
                 stock_levels.on_hand + stock_levels.back_order_limit
               ),
               stock_levels.on_hand + stock_levels.back_order_limit
             )
         ) as compared (number, level, sum)
         where level <> coalesce(sum, 0)
         order by stock_levels.sku, stock_levels.warehouse, number",
    )
    .fetch_all(connection)
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
        "allocated_for_orders" => Ok(Number::AllocatedForOrders),
        "promised" => Ok(Number::Promised),
        other => Err(sqlx::Error::Decode(format!("unknown number {other:?}").into())),
    }
}
