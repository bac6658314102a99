//! SQL about transfers.

use super::{date, named, unreadable};
use crate::transfer::{Transfer, TransferNow};
use domain::{Sku, stock::TransferState};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// Which of these codes are those of warehouses.
pub async fn warehouses(pool: &PgPool, codes: &[&String]) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar("select code from warehouses where code = any($1)")
        .bind(codes)
        .fetch_all(pool)
        .await
}

/// Writes a transfer with its lines; `false` when there is one with its name.
pub async fn insert(pool: &PgPool, transfer: &Transfer) -> Result<bool, sqlx::Error> {
    let skus: Vec<_> = transfer.lines.iter().map(|(sku, _)| sku.as_str()).collect();
    let pieces: Vec<_> = transfer.lines.iter().map(|(_, pieces)| i64::from(*pieces)).collect();
    let written: i64 = sqlx::query_scalar(
        "with transfer as (
           insert into transfers (id, from_warehouse, to_warehouse, expected_on)
           values ($1, $2, $3, $4::text::date)
           on conflict (id) do nothing
           returning id
         ), lines as (
           insert into transfer_lines (transfer, sku, quantity)
           select transfer.id, line.sku, line.pieces
           from transfer
           cross join unnest($5::text[], $6::bigint[]) as line (sku, pieces)
         )
         select count(*) from transfer",
    )
    .bind(transfer.id)
    .bind(&transfer.from)
    .bind(&transfer.to)
    .bind(transfer.expected_on.map(|day| day.to_string()))
    .bind(skus)
    .bind(pieces)
    .fetch_one(pool)
    .await?;
    Ok(written > 0)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    from_warehouse: String,
    to_warehouse: String,
    state: String,
    expected_on: Option<String>,
    skus: Vec<String>,
    pieces: Vec<i64>,
}

/// The statement that reads transfers, up to what is asked for of them.
macro_rules! transfers {
    ($asked:literal) => {
        concat!(
            "select
               transfer.id,
               transfer.from_warehouse,
               transfer.to_warehouse,
               transfer.state,
               transfer.expected_on::text as expected_on,
               line.skus,
               line.pieces
             from transfers as transfer
             cross join lateral (
               select
                 array_agg(sku order by sku collate \"C\") as skus,
                 array_agg(quantity order by sku collate \"C\") as pieces
               from transfer_lines
               where transfer_lines.transfer = transfer.id
             ) as line ",
            $asked
        )
    };
}

/// A transfer as it stands.
pub async fn find(pool: &PgPool, id: Uuid) -> Result<Option<TransferNow>, sqlx::Error> {
    let query = sqlx::query_as(transfers!("where transfer.id = $1"));
    let row: Option<Row> = query.bind(id).fetch_optional(pool).await?;
    row.map(now).transpose()
}

/// The same, and nobody else can change it until the transaction ends.
pub async fn lock(
    connection: &mut PgConnection,
    id: Uuid,
) -> Result<Option<TransferNow>, sqlx::Error> {
    let query = sqlx::query_as(transfers!(
        "where transfer.id = $1
         for no key update of transfer"
    ));
    let row: Option<Row> = query.bind(id).fetch_optional(connection).await?;
    row.map(now).transpose()
}

/// All that were ordered or are under way, the oldest first.
pub async fn list_open(pool: &PgPool) -> Result<Vec<TransferNow>, sqlx::Error> {
    let rows: Vec<Row> = sqlx::query_as(transfers!(
        "where transfer.state in ('ordered', 'in_transit')
         order by transfer.ordered_at, transfer.id"
    ))
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(now).collect()
}

fn now(row: Row) -> Result<TransferNow, sqlx::Error> {
    let line = |(sku, pieces): (&String, &i64)| {
        let sku = Sku::parse(sku).map_err(unreadable)?;
        Ok((sku, u32::try_from(*pieces).map_err(unreadable)?))
    };
    let lines = row.skus.iter().zip(&row.pieces).map(line);
    Ok(TransferNow {
        state: named(&TransferState::ALL, &row.state, TransferState::as_str)?,
        transfer: Transfer {
            id: row.id,
            expected_on: row.expected_on.as_deref().map(date).transpose()?,
            lines: lines.collect::<Result<_, sqlx::Error>>()?,
            from: row.from_warehouse,
            to: row.to_warehouse,
        },
    })
}

/// Says how far a transfer has come.
pub async fn set_state(
    connection: &mut PgConnection,
    id: Uuid,
    state: TransferState,
) -> Result<(), sqlx::Error> {
    sqlx::query("update transfers set state = $2 where id = $1")
        .bind(id)
        .bind(state.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

/// Says how many pieces arrived of each line.
pub async fn set_arrived(
    connection: &mut PgConnection,
    id: Uuid,
    lines: &[(Sku, u32)],
) -> Result<(), sqlx::Error> {
    let skus: Vec<_> = lines.iter().map(|(sku, _)| sku.as_str()).collect();
    let pieces: Vec<_> = lines.iter().map(|(_, pieces)| i64::from(*pieces)).collect();
    sqlx::query(
        "update transfer_lines as line
         set arrived = told.pieces
         from unnest($2::text[], $3::bigint[]) as told (sku, pieces)
         where line.transfer = $1
           and line.sku = told.sku",
    )
    .bind(id)
    .bind(skus)
    .bind(pieces)
    .execute(connection)
    .await?;
    Ok(())
}
