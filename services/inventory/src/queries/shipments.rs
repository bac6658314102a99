//! SQL about what became of an order's pieces.

use super::unreadable;
use crate::shipment::{Shipment, TOPIC};
use domain::Sku;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// What the order was given in each warehouse when it was paid, and what became of it.
pub async fn list(pool: &PgPool, order: Uuid) -> Result<Vec<Shipment>, sqlx::Error> {
    let rows: Vec<(String, String, String, i64, i64, i64)> = sqlx::query_as(
        "select hold.warehouse, warehouse.name, hold.sku, hold.quantity, hold.shipped, hold.cancelled
         from holds as hold
         join warehouses as warehouse on warehouse.code = hold.warehouse
         where hold.reference = $1
           and hold.state in ('allocated', 'shipped', 'cancelled')
         order by hold.warehouse, hold.sku",
    )
    .bind(order)
    .fetch_all(pool)
    .await?;
    let pieces = |count: i64| u32::try_from(count).map_err(unreadable);
    let shipment =
        |(warehouse, warehouse_name, sku, quantity, sent, cancelled): (_, _, String, _, _, _)| {
            Ok(Shipment {
                warehouse,
                warehouse_name,
                sku: Sku::parse(&sku).map_err(unreadable)?,
                quantity: pieces(quantity)?,
                sent: pieces(sent)?,
                cancelled: pieces(cancelled)?,
            })
        };
    rows.into_iter().map(shipment).collect()
}

/// Whether anything of the order was sent.
pub async fn any_sent(connection: &mut PgConnection, order: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select exists (select from holds where reference = $1 and shipped > 0)")
        .bind(order)
        .fetch_one(connection)
        .await
}

/// Tells that something became of these orders' pieces, once this transaction is committed.
pub async fn tell(connection: &mut PgConnection, orders: &[Uuid]) -> Result<(), sqlx::Error> {
    sqlx::query(
        "with told as (
           insert into outbox (id, topic, key, payload)
           select gen_random_uuid(), $2, order_id::text, '{}'
           from unnest($1::uuid[]) as order_id
           returning 1
         )
         select pg_notify(current_schema() || '_outbox', '')
         from (select from told limit 1) as anything",
    )
    .bind(orders)
    .bind(TOPIC)
    .execute(connection)
    .await?;
    Ok(())
}
