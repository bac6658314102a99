//! SQL about purchase orders.

use crate::purchase::{PurchaseLine, PurchaseNow, PurchaseOrder};
use domain::{Sku, stock::PurchaseState};
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
               warehouse,
               state,
               expected_on::text as expected_on,
               array(
                 select sku
                 from purchase_order_lines
                 where purchase_order = $1
                 order by sku collate \"C\"
               ) as skus,
               array(
                 select ordered
                 from purchase_order_lines
                 where purchase_order = $1
                 order by sku collate \"C\"
               ) as ordered,
               array(
                 select received
                 from purchase_order_lines
                 where purchase_order = $1
                 order by sku collate \"C\"
               ) as received
             from purchase_orders
             where id = $1 ",
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
    let query = sqlx::query_as(purchase!("for no key update"));
    let row: Option<Row> = query.bind(id).fetch_optional(connection).await?;
    row.map(now).transpose()
}

fn now(row: Row) -> Result<PurchaseNow, sqlx::Error> {
    let decode = |error: Box<dyn std::error::Error + Send + Sync>| sqlx::Error::Decode(error);
    let state = PurchaseState::ALL.into_iter().find(|state| state.as_str() == row.state);
    let pieces = |number: i64| u32::try_from(number).map_err(|error| decode(error.into()));
    let line = |((sku, ordered), received): ((&String, &i64), &i64)| {
        Ok(PurchaseLine {
            sku: Sku::parse(sku).map_err(|error| decode(error.into()))?,
            ordered: pieces(*ordered)?,
            received: pieces(*received)?,
        })
    };
    let lines = row.skus.iter().zip(&row.ordered).zip(&row.received).map(line);
    let expected_on = row.expected_on.as_deref().map(str::parse).transpose();
    Ok(PurchaseNow {
        lines: lines.collect::<Result<_, sqlx::Error>>()?,
        expected_on: expected_on.map_err(|error: jiff::Error| decode(error.into()))?,
        state: state.ok_or_else(|| decode(format!("unknown state {:?}", row.state).into()))?,
        warehouse: row.warehouse,
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
