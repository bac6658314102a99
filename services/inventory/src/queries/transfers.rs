//! SQL about transfers.

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

/// One transfer, or all that were ordered or are under way.
pub async fn list(pool: &PgPool, id: Option<Uuid>) -> Result<Vec<TransferNow>, sqlx::Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "select
           transfer.id,
           transfer.from_warehouse,
           transfer.to_warehouse,
           transfer.state,
           transfer.expected_on::text as expected_on,
           array_agg(line.sku order by line.sku collate \"C\") as skus,
           array_agg(line.quantity order by line.sku collate \"C\") as pieces
         from transfers as transfer
         join transfer_lines as line on line.transfer = transfer.id
         where case
           when $1::uuid is null then transfer.state in ('ordered', 'in_transit')
           else transfer.id = $1
         end
         group by transfer.id
         order by transfer.ordered_at, transfer.id",
    )
    .bind(id)
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(now).collect()
}

/// One transfer, which nobody else can change until the transaction ends.
pub async fn lock(
    connection: &mut PgConnection,
    id: Uuid,
) -> Result<Option<TransferNow>, sqlx::Error> {
    let row: Option<Row> = sqlx::query_as(
        "select
           id,
           from_warehouse,
           to_warehouse,
           state,
           expected_on::text as expected_on,
           array(
             select sku from transfer_lines where transfer = $1 order by sku collate \"C\"
           ) as skus,
           array(
             select quantity from transfer_lines where transfer = $1 order by sku collate \"C\"
           ) as pieces
         from transfers
         where id = $1
         for no key update",
    )
    .bind(id)
    .fetch_optional(connection)
    .await?;
    row.map(now).transpose()
}

fn now(row: Row) -> Result<TransferNow, sqlx::Error> {
    let decode = |error: Box<dyn std::error::Error + Send + Sync>| sqlx::Error::Decode(error);
    let state = TransferState::ALL.into_iter().find(|state| state.as_str() == row.state);
    let line = |(sku, pieces): (&String, &i64)| {
        let sku = Sku::parse(sku).map_err(|error| decode(error.into()))?;
        let pieces = u32::try_from(*pieces).map_err(|error| decode(error.into()))?;
        Ok((sku, pieces))
    };
    let expected_on = row.expected_on.as_deref().map(str::parse).transpose();
    Ok(TransferNow {
        transfer: Transfer {
            id: row.id,
            from: row.from_warehouse,
            to: row.to_warehouse,
            expected_on: expected_on.map_err(|error: jiff::Error| decode(error.into()))?,
            lines: row
                .skus
                .iter()
                .zip(&row.pieces)
                .map(line)
                .collect::<Result<_, sqlx::Error>>()?,
        },
        state: state.ok_or_else(|| decode(format!("unknown state {:?}", row.state).into()))?,
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
