//! SQL about what warehouses are told. What an order's allocation tells is written by the statement that allocates
//! (`holds::allocate`).

use super::{named, unreadable};
use crate::instruction::{
    Acknowledged, Instruction, InstructionFilter, InstructionKind, InstructionLine, Wanted,
};
use domain::{Sku, stock::Allocation};
use sqlx::{PgConnection, PgPool, Row as _};
use uuid::Uuid;

/// Lets nobody else give places until the transaction ends; `false` when somebody does.
pub async fn try_lock_places(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select pg_try_advisory_xact_lock(hashtextextended('inventory places', 0))")
        .fetch_one(connection)
        .await
}

/// Gives the next places to what the first so many lines without a place are about, in about the order in which it was
/// decided; answers how many instructions those were. All lines of an order are taken together: they were written
/// together, and are one instruction for each warehouse. Whoever is not locked out by [`try_lock_places`] would be by
/// the primary key.
pub async fn place(connection: &mut PgConnection, limit: u32) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(
        "with taken as (
           delete from untold_lines
           where reference in (
             select reference
             from untold_lines
             order by id
             limit $1
           )
           returning *
         ), whole as (
           select
             min(id) as first, kind, warehouse, reference, return_id,
             array_agg(sku order by sku) as skus,
             array_agg(quantity order by sku) as quantities,
             min(occurred_at) as occurred_at
           from taken
           group by kind, warehouse, reference, return_id
         ), last as (
           select coalesce(max(position), 0) as position
           from instructions
         )
         insert into instructions
           (position, id, kind, warehouse, reference, return_id, skus, quantities, occurred_at)
         select
           last.position + row_number() over (order by whole.first),
           gen_random_uuid(),
           kind, warehouse, reference, return_id, skus, quantities, occurred_at
         from whole
         cross join last",
    )
    .bind(i64::from(limit))
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// Has a warehouse told that these pieces are not to be sent any more.
pub async fn cancel(
    connection: &mut PgConnection,
    order: Uuid,
    cancelled: &[Allocation],
) -> Result<(), sqlx::Error> {
    let warehouses: Vec<_> = cancelled.iter().map(|part| part.warehouse.as_str()).collect();
    let skus: Vec<_> = cancelled.iter().map(|part| part.sku.as_str()).collect();
    let quantities: Vec<_> = cancelled.iter().map(|part| i64::from(part.quantity)).collect();
    sqlx::query(
        "insert into untold_lines (kind, warehouse, reference, sku, quantity)
         select 'allocation.cancelled', warehouse, $1, sku, quantity
         from unnest($2::text[], $3::text[], $4::bigint[]) as part (warehouse, sku, quantity)",
    )
    .bind(order)
    .bind(warehouses)
    .bind(skus)
    .bind(quantities)
    .execute(connection)
    .await?;
    Ok(())
}

/// The first so many instructions of the filter, each with its place. Of one warehouse, or of what is open, as many
/// rows are read as there are warehouses and are wanted of each, whatever else was told.
pub async fn list(
    pool: &PgPool,
    filter: &InstructionFilter,
    limit: u32,
) -> Result<Vec<(i64, Instruction)>, sqlx::Error> {
    /// Of these warehouses or, if there are none, of all: a part of each, put in order.
    macro_rules! of_each_warehouse {
        ($more:literal) => {
            concat!(
                "select told.*
                 from (
                   select code
                   from warehouses
                   where cardinality($2::text[]) = 0 or code = any($2)
                 ) as place
                 cross join lateral (
                   select *
                   from instructions
                   where warehouse = place.code
                     and position > $1 ",
                $more,
                "  order by position
                   limit $3
                 ) as told
                 order by position
                 limit $3"
            )
        };
    }
    let query = match filter.wanted {
        Wanted::Open => of_each_warehouse!("and acknowledged_at is null"),
        Wanted::All if !filter.warehouses.is_empty() => of_each_warehouse!(""),
        Wanted::All => {
            "select *
             from instructions
             where position > $1
               and cardinality($2::text[]) = 0
             order by position
             limit $3"
        }
    };
    let rows = sqlx::query(query)
        .bind(filter.after)
        .bind(&filter.warehouses)
        .bind(i64::from(limit))
        .fetch_all(pool)
        .await?;
    rows.iter().map(|row| Ok((row.try_get("position")?, read(row)?))).collect()
}

fn read(row: &sqlx::postgres::PgRow) -> Result<Instruction, sqlx::Error> {
    let kind: &str = row.try_get("kind")?;
    let occurred_at: jiff_sqlx::Timestamp = row.try_get("occurred_at")?;
    let skus: Vec<String> = row.try_get("skus")?;
    let quantities: Vec<i64> = row.try_get("quantities")?;
    let line = |(sku, quantity): (String, i64)| {
        Ok(InstructionLine { sku: Sku::parse(&sku).map_err(unreadable)?, quantity })
    };
    Ok(Instruction {
        id: row.try_get("id")?,
        kind: named(&InstructionKind::ALL, kind, InstructionKind::as_str)?,
        occurred_at: occurred_at.to_jiff(),
        warehouse: row.try_get("warehouse")?,
        order: row.try_get("reference")?,
        return_id: row.try_get("return_id")?,
        lines: skus.into_iter().zip(quantities).map(line).collect::<Result<_, sqlx::Error>>()?,
    })
}

/// Acknowledges those of these that are not yet, and says of all that there are which those were.
pub async fn acknowledge(
    pool: &PgPool,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, Acknowledged)>, sqlx::Error> {
    let rows: Vec<(Uuid, bool)> = sqlx::query_as(
        "with known as materialized (
           -- locked in one order, so that nobody waits in a circle; what somebody else acknowledges
           -- meanwhile is waited for and seen
           select position, id, acknowledged_at is not null as before
           from instructions
           where id = any($1)
           order by position
           for no key update
         ), done as (
           update instructions as instruction
           set acknowledged_at = now()
           from known
           where instruction.position = known.position
             and not known.before
         )
         select id, before
         from known",
    )
    .bind(ids)
    .fetch_all(pool)
    .await?;
    let answer = |before| if before { Acknowledged::Before } else { Acknowledged::Now };
    Ok(rows.into_iter().map(|(id, before)| (id, answer(before))).collect())
}
