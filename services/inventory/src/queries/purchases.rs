//! SQL about purchase orders.

use super::{date, named, unreadable};
use crate::purchase::{PurchaseLine, PurchaseNow, PurchaseOrder};
use domain::{Sku, stock::PurchaseState};
use jiff::civil::Date;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// Writes a purchase order with its lines; `false` when there is one with its name.
pub async fn insert(pool: &PgPool, purchase: &PurchaseOrder) -> Result<bool, sqlx::Error> {
    let skus: Vec<_> = purchase.lines.iter().map(|(sku, _)| sku.as_str()).collect();
    let pieces: Vec<_> = purchase.lines.iter().map(|(_, pieces)| i64::from(*pieces)).collect();
    let written: i64 = sqlx::query_scalar(
        "with purchase as (
           insert into purchase_orders (id, warehouse, supplier, expected_on)
           values ($1, $2, $3, $4::text::date)
           on conflict (id) do nothing
           returning id
         ), lines as (
           insert into purchase_order_lines (purchase_order, sku, ordered)
           select purchase.id, line.sku, line.pieces
           from purchase
           cross join unnest($5::text[], $6::bigint[]) as line (sku, pieces)
         )
         select count(*) from purchase",
    )
    .bind(purchase.id)
    .bind(&purchase.warehouse)
    .bind(&purchase.supplier)
    .bind(purchase.expected_on.map(|day| day.to_string()))
    .bind(skus)
    .bind(pieces)
    .fetch_one(pool)
    .await?;
    Ok(written > 0)
}

#[derive(sqlx::FromRow)]
struct Row {
    warehouse: String,
    supplier: String,
    state: String,
    expected_on: Option<String>,
    skus: Vec<String>,
    ordered: Vec<i64>,
    received: Vec<i64>,
}

/// The statement that reads one, with a lock or without.
macro_rules! purchase {
    ($lock:literal) => {
        concat!(
            "select
               purchase.warehouse,
               purchase.supplier,
               purchase.state,
               purchase.expected_on::text as expected_on,
               line.skus,
               line.ordered,
               line.received
             from purchase_orders as purchase
             cross join lateral (
               select
                 array_agg(sku order by sku collate \"C\") as skus,
                 array_agg(ordered order by sku collate \"C\") as ordered,
                 array_agg(received order by sku collate \"C\") as received
               from purchase_order_lines
               where purchase_order = purchase.id
             ) as line
             where purchase.id = $1 ",
            $lock
        )
    };
}

/// A purchase order as it stands.
pub async fn find(pool: &PgPool, id: Uuid) -> Result<Option<PurchaseNow>, sqlx::Error> {
    let row: Option<Row> = sqlx::query_as(purchase!("")).bind(id).fetch_optional(pool).await?;
    row.map(now).transpose()
}

/// The same, and nobody else can change it until the transaction ends.
pub async fn lock(
    connection: &mut PgConnection,
    id: Uuid,
) -> Result<Option<PurchaseNow>, sqlx::Error> {
    let query = sqlx::query_as(purchase!("for no key update of purchase"));
    let row: Option<Row> = query.bind(id).fetch_optional(connection).await?;
    row.map(now).transpose()
}

fn now(row: Row) -> Result<PurchaseNow, sqlx::Error> {
    let pieces = |number: i64| u32::try_from(number).map_err(unreadable);
    let line = |((sku, ordered), received): ((&String, &i64), &i64)| {
        Ok(PurchaseLine {
            sku: Sku::parse(sku).map_err(unreadable)?,
            ordered: pieces(*ordered)?,
            received: pieces(*received)?,
        })
    };
    let lines = row.skus.iter().zip(&row.ordered).zip(&row.received).map(line);
    Ok(PurchaseNow {
        lines: lines.collect::<Result<_, sqlx::Error>>()?,
        expected_on: row.expected_on.as_deref().map(date).transpose()?,
        state: named(&PurchaseState::ALL, &row.state, PurchaseState::as_str)?,
        warehouse: row.warehouse,
        supplier: row.supplier,
    })
}

/// Adds what came to the lines; when nothing more is to come the purchase order has been received.
pub async fn add_received(
    connection: &mut PgConnection,
    id: Uuid,
    lines: &[(&str, i64)],
) -> Result<(), sqlx::Error> {
    let (skus, pieces): (Vec<_>, Vec<_>) = lines.iter().copied().unzip();
    sqlx::query(
        "with come as (
           update purchase_order_lines as line
           set received = line.received + told.pieces
           from unnest($2::text[], $3::bigint[]) as told (sku, pieces)
           where line.purchase_order = $1
             and line.sku = told.sku
           returning line.sku, line.ordered, line.received
         )
         update purchase_orders
         set state = 'received'
         where id = $1
           and not exists (
             select
             from purchase_order_lines as line
             left join come on come.sku = line.sku
             where line.purchase_order = $1
               and coalesce(come.received, line.received) < line.ordered
           )",
    )
    .bind(id)
    .bind(skus)
    .bind(pieces)
    .execute(connection)
    .await?;
    Ok(())
}

/// Says when a purchase order is expected now; `false` when nothing of it is waited for.
pub async fn set_expected_on(
    pool: &PgPool,
    id: Uuid,
    day: Option<Date>,
) -> Result<bool, sqlx::Error> {
    let changed = sqlx::query(
        "update purchase_orders
         set expected_on = $2::text::date
         where id = $1
           and state = 'ordered'",
    )
    .bind(id)
    .bind(day.map(|day| day.to_string()))
    .execute(pool)
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// Says how a purchase order ended.
pub async fn set_state(
    connection: &mut PgConnection,
    id: Uuid,
    state: PurchaseState,
) -> Result<(), sqlx::Error> {
    sqlx::query("update purchase_orders set state = $2 where id = $1")
        .bind(id)
        .bind(state.as_str())
        .execute(connection)
        .await?;
    Ok(())
}
