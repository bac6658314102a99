//! SQL that compares levels with what another system says of them.

use super::{named, unreadable};
use crate::{
    ToldKind,
    reconcile::{Comparison, Discrepancy, PastMovement, Said},
    telling::Names,
};
use jiff::Timestamp;
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// What the database's clock shows.
pub async fn now(connection: &mut PgConnection) -> Result<Timestamp, sqlx::Error> {
    let micros: i64 =
        sqlx::query_scalar("select (extract(epoch from clock_timestamp()) * 1000000)::bigint")
            .fetch_one(connection)
            .await?;
    instant(micros)
}

/// Every place where what is said is not what is known as of then, with what is on its way. Without history.
pub async fn compare(
    connection: &mut PgConnection,
    said: &Said,
) -> Result<Comparison, sqlx::Error> {
    let rows: Vec<ComparedRow> = sqlx::query_as(
        "with said as (
           select *
           from unnest($1::text[], $2::text[], $3::bigint[]) as said (sku, warehouse, on_hand)
         ), on_its_way as (
           select movement.*
           from unnest($4::text[], $5::text[], $6::text[], $7::bigint[])
             as movement (external_id, sku, warehouse, adds)
           where not exists (
             select
             from told_movements
             where told_movements.source = $8
               and told_movements.external_id = movement.external_id
           )
         ), coming as (
           select sku, warehouse, sum(adds)::bigint as adds
           from on_its_way
           group by sku, warehouse
         ), since as (
           select sku, warehouse, sum(on_hand)::bigint as on_hand
           from movements
           -- what was told may have happened up to an hour after it was written: clocks differ
           where recorded_at > timestamptz 'epoch' + $9 * interval '1 microsecond' - interval '1 hour'
             and coalesce(occurred_at, recorded_at) > timestamptz 'epoch' + $9 * interval '1 microsecond'
             and on_hand <> 0
           group by sku, warehouse
         ), known as (
           select sku, warehouse, level.on_hand - coalesce(since.on_hand, 0) as on_hand
           from stock_levels as level
           left join since using (sku, warehouse)
           where warehouse = any($10)
             or (sku, warehouse) in (select sku, warehouse from said)
         ), compared as (
           select
             sku,
             warehouse,
             said.on_hand as said,
             known.on_hand as known,
             coalesce(coming.adds, 0) as coming
           from said
           full join known using (sku, warehouse)
           left join coming using (sku, warehouse)
         ), totals as (
           select
             (select count(*) from compared) as compared,
             (select count(*) from on_its_way) as on_their_way
         )
         select totals.*, compared.sku, compared.warehouse, compared.said, compared.known, compared.coming
         from totals
         left join compared on coalesce(said, 0) <> coalesce(known, 0) + coming
         order by compared.sku, compared.warehouse",
    )
    .bind(said.levels.iter().map(|count| count.sku.as_str()).collect::<Vec<_>>())
    .bind(said.levels.iter().map(|count| count.warehouse.as_str()).collect::<Vec<_>>())
    .bind(said.levels.iter().map(|count| count.on_hand).collect::<Vec<_>>())
    .bind(said.untold.iter().map(|one| one.external_id.as_str()).collect::<Vec<_>>())
    .bind(said.untold.iter().map(|one| one.sku.as_str()).collect::<Vec<_>>())
    .bind(said.untold.iter().map(|one| one.warehouse.as_str()).collect::<Vec<_>>())
    .bind(said.untold.iter().map(|one| one.adds).collect::<Vec<_>>())
    .bind(&said.source)
    .bind(said.as_of.as_microsecond())
    .bind(&said.complete)
    .fetch_all(connection)
    .await?;
    let first = rows.first();
    Ok(Comparison {
        compared: first.map(|row| row.compared).unwrap_or_default(),
        on_their_way: first.map(|row| row.on_their_way).unwrap_or_default(),
        discrepancies: rows.into_iter().filter_map(ComparedRow::discrepancy).collect(),
    })
}

/// The totals come also when nothing differs.
#[derive(sqlx::FromRow)]
struct ComparedRow {
    compared: i64,
    on_their_way: i64,
    sku: Option<String>,
    warehouse: Option<String>,
    said: Option<i64>,
    known: Option<i64>,
    coming: Option<i64>,
}

impl ComparedRow {
    fn discrepancy(self) -> Option<Discrepancy> {
        let Self { sku, warehouse, said, known, coming, .. } = self;
        let (sku, warehouse, coming) = (sku?, warehouse?, coming.unwrap_or_default());
        Some(Discrepancy { warehouse, sku, said, known, coming, history: Vec::new() })
    }
}

/// The last so many movements that changed what is on hand at each of these levels, the latest last.
pub async fn history(
    connection: &mut PgConnection,
    levels: &[(&str, &str)],
    most: u32,
) -> Result<HashMap<Names, Vec<PastMovement>>, sqlx::Error> {
    let mut found = HashMap::<Names, Vec<PastMovement>>::new();
    if levels.is_empty() || most == 0 {
        return Ok(found);
    }
    let (skus, warehouses): (Vec<_>, Vec<_>) = levels.iter().copied().unzip();
    let rows: Vec<PastRow> = sqlx::query_as(
        "with past as (
           select movements.*, row_number() over (partition by sku, warehouse order by id desc) as nth
           from movements
           where on_hand <> 0
             and (sku, warehouse) in (
               select asked.sku, asked.warehouse
               from unnest($1::text[], $2::text[]) as asked (sku, warehouse)
             )
         )
         select
           sku, warehouse, kind, on_hand, cause, reference, source, external_id,
           (extract(epoch from recorded_at) * 1000000)::bigint as recorded,
           (extract(epoch from occurred_at) * 1000000)::bigint as occurred
         from past
         where nth <= $3
         order by id",
    )
    .bind(skus)
    .bind(warehouses)
    .bind(i64::from(most))
    .fetch_all(connection)
    .await?;
    for row in rows {
        let names = (row.sku, row.warehouse);
        found.entry(names).or_default().push(PastMovement {
            kind: named(&ToldKind::ALL, &row.kind, ToldKind::as_str)?.into(),
            on_hand: row.on_hand,
            cause: row.cause,
            reference: row.reference,
            source: row.source,
            external_id: row.external_id,
            recorded_at: instant(row.recorded)?,
            occurred_at: row.occurred.map(instant).transpose()?,
        });
    }
    Ok(found)
}

#[derive(sqlx::FromRow)]
struct PastRow {
    sku: String,
    warehouse: String,
    kind: String,
    on_hand: i64,
    cause: String,
    reference: Option<Uuid>,
    source: Option<String>,
    external_id: Option<String>,
    recorded: i64,
    occurred: Option<i64>,
}

fn instant(micros: i64) -> Result<Timestamp, sqlx::Error> {
    Timestamp::from_microsecond(micros).map_err(unreadable)
}
