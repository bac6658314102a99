//! SQL about parcels.

use super::Result;
use domain::order::Tracking;
use sqlx::{PgConnection, PgPool};
use std::time::Duration;
use uuid::Uuid;

/// A parcel that is to be written.
pub(crate) struct NewParcel<'a> {
    pub number: i32,
    pub warehouse: &'a str,
    pub warehouse_name: &'a str,
    /// SKUs with their pieces.
    pub lines: &'a [(String, i32)],
}

/// A line of a parcel, with what is known of the parcel.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct ParcelRecord {
    pub number: i32,
    pub warehouse: String,
    pub warehouse_name: String,
    pub sent_at: jiff_sqlx::Timestamp,
    pub carrier: Option<String>,
    pub tracking_number: Option<String>,
    pub delivered_at: Option<jiff_sqlx::Timestamp>,
    pub sku: String,
    pub quantity: i32,
}

const PARCELS: &str =
    "select parcel.number, parcel.warehouse, parcel.warehouse_name, parcel.sent_at,
       parcel.carrier, parcel.tracking_number, parcel.delivered_at, line.sku, line.quantity
     from parcels as parcel
     join parcel_lines as line
       on line.order_id = parcel.order_id
       and line.parcel = parcel.number
     where parcel.order_id = $1
     order by parcel.number, line.sku";

/// The lines of an order's parcels, by parcel.
pub(crate) async fn list(pool: &PgPool, order: Uuid) -> Result<Vec<ParcelRecord>> {
    sqlx::query_as(PARCELS).bind(order).fetch_all(pool).await
}

/// The same, for whoever holds the order's lock.
pub(crate) async fn list_locked(
    connection: &mut PgConnection,
    order: Uuid,
) -> Result<Vec<ParcelRecord>> {
    sqlx::query_as(PARCELS).bind(order).fetch_all(connection).await
}

pub(crate) async fn insert(
    connection: &mut PgConnection,
    order: Uuid,
    parcel: &NewParcel<'_>,
) -> Result<()> {
    let (skus, quantities): (Vec<&str>, Vec<i32>) =
        parcel.lines.iter().map(|(sku, quantity)| (sku.as_str(), *quantity)).unzip();
    sqlx::query(
        "with parcel as (
           insert into parcels (order_id, number, warehouse, warehouse_name)
           values ($1, $2, $3, $4)
           returning order_id, number
         )
         insert into parcel_lines (order_id, parcel, sku, quantity)
         select parcel.order_id, parcel.number, line.sku, line.quantity
         from parcel
         cross join unnest($5::text[], $6::int[]) as line (sku, quantity)",
    )
    .bind(order)
    .bind(parcel.number)
    .bind(parcel.warehouse)
    .bind(parcel.warehouse_name)
    .bind(skus)
    .bind(quantities)
    .execute(connection)
    .await?;
    Ok(())
}

/// Puts another label on a parcel; `false` if it has this one already, or there is no such parcel.
pub(crate) async fn label(
    connection: &mut PgConnection,
    order: Uuid,
    number: i32,
    tracking: &Tracking,
) -> Result<bool> {
    let labelled = sqlx::query(
        "update parcels
         set carrier = $3, tracking_number = $4
         where order_id = $1
           and number = $2
           and (carrier, tracking_number) is distinct from ($3, $4)",
    )
    .bind(order)
    .bind(number)
    .bind(&tracking.carrier)
    .bind(&tracking.number)
    .execute(connection)
    .await?;
    Ok(labelled.rows_affected() > 0)
}

/// Writes down that a parcel arrived; `false` if that was known, or there is no such parcel.
pub(crate) async fn mark_delivered(
    connection: &mut PgConnection,
    order: Uuid,
    number: i32,
) -> Result<bool> {
    let delivered = sqlx::query(
        "update parcels
         set delivered_at = now()
         where order_id = $1
           and number = $2
           and delivered_at is null",
    )
    .bind(order)
    .bind(number)
    .execute(connection)
    .await?;
    Ok(delivered.rows_affected() > 0)
}

/// Paid orders of which not all was sent and that are due for a look. Each is put off (doubling from `first` to a
/// day): what a warehouse tells is heard at once as a rule.
pub(crate) async fn take_to_be_sent(
    pool: &PgPool,
    first: Duration,
    limit: i64,
) -> Result<Vec<Uuid>> {
    sqlx::query_scalar(
        "update orders
         set checks = checks + 1,
             next_check_at = now() + make_interval(secs => least($1 * power(2, least(checks, 20)), 86400))
         where id in (
           select id
           from orders
           where state = 'paid'
             and fulfilment_status in ('unfulfilled', 'partially_fulfilled')
             and next_check_at <= now()
           order by next_check_at
           limit $2
           for update skip locked
         )
         returning id",
    )
    .bind(first.as_secs_f64())
    .bind(limit)
    .fetch_all(pool)
    .await
}
