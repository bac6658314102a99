//! SQL about counts by other systems.

use super::{few, move_told_stock, unreadable};
use crate::{count::Count, telling::Names};
use jiff::Timestamp;
use sqlx::PgConnection;
use std::collections::{BTreeSet, HashMap};

/// What has moved since an instant.
pub struct Moved {
    /// What the database's clock shows.
    pub now: Timestamp,
    /// What was added to what is on hand at each level.
    pub since: HashMap<Names, i64>,
}

/// What movements that happened after an instant have added to what is on hand at these levels. One that was told
/// happened when its source says, which may be an hour after it was written: clocks differ.
pub async fn moved_since(
    connection: &mut PgConnection,
    as_of: Timestamp,
    levels: &BTreeSet<(&str, &str)>,
) -> Result<Moved, sqlx::Error> {
    let skus: BTreeSet<_> = levels.iter().map(|(sku, _)| *sku).collect();
    let skus: Vec<_> = skus.into_iter().collect();
    let rows: Vec<MovedRow> = sqlx::query_as(
        "with asked as (
           select timestamptz 'epoch' + $1 * interval '1 microsecond' as as_of
         ), moved as (
           select sku, warehouse, sum(on_hand)::bigint as on_hand
           from movements
           where recorded_at > timestamptz 'epoch' + $1 * interval '1 microsecond' - interval '1 hour'
             and coalesce(occurred_at, recorded_at) > (select as_of from asked)
             and on_hand <> 0
             and sku = any($2)
           group by sku, warehouse
         )
         select (extract(epoch from clock_timestamp()) * 1000000)::bigint as now, moved.*
         from (select 1) as one
         left join moved on true",
    )
    .bind(as_of.as_microsecond())
    .bind(skus)
    .fetch_all(connection)
    .await?;
    let now = rows.first().map(|row| row.now).unwrap_or_default();
    let moved = |MovedRow { sku, warehouse, on_hand, .. }| Some(((sku?, warehouse?), on_hand?));
    Ok(Moved {
        now: Timestamp::from_microsecond(now).map_err(unreadable)?,
        since: rows.into_iter().filter_map(moved).collect(),
    })
}

/// The time comes also when nothing has moved.
#[derive(sqlx::FromRow)]
struct MovedRow {
    now: i64,
    sku: Option<String>,
    warehouse: Option<String>,
    on_hand: Option<i64>,
}

/// Remembers counts, each with its difference, and books those differences as of the instant of the count.
pub async fn write(
    connection: &mut PgConnection,
    source: &str,
    as_of: Timestamp,
    counts: &[(&Count, i64)],
) -> Result<(), sqlx::Error> {
    let all = || counts.iter().map(|(count, _)| *count);
    sqlx::query(move_told_stock!(
        "count as (
           select *
           from unnest($4::text[], $5::text[], $6::bigint[], $7::bigint[])
             as count (sku, warehouse, on_hand, difference)
         ), asked as (
           select timestamptz 'epoch' + $3 * interval '1 microsecond' as as_of
         ), heard as (
           insert into feeds (source)
           values ($2)
           on conflict (source) do update
           set heard_at = now()
         ), remembered as (
           insert into counts (source, sku, warehouse, as_of, on_hand)
           select $2, count.sku, count.warehouse, asked.as_of, count.on_hand
           from count
           cross join asked
           on conflict (sku, warehouse, source) do update
           set
             as_of = excluded.as_of,
             on_hand = excluded.on_hand
         ), moved as (
           select
             count.sku, count.warehouse, 'adjusted' as kind, count.difference as on_hand,
             0::bigint as held, 0::bigint as allocated, 'counted' as cause, null::uuid as reference,
             $2 as source, format('count %s %s %s', $3, count.sku, count.warehouse) as external_id,
             asked.as_of as occurred_at
           from count
           cross join asked
           where count.difference <> 0"
    ))
    .bind(few())
    .bind(source)
    .bind(as_of.as_microsecond())
    .bind(all().map(|count| count.sku.as_str()).collect::<Vec<_>>())
    .bind(all().map(|count| count.warehouse.as_str()).collect::<Vec<_>>())
    .bind(all().map(|count| count.on_hand).collect::<Vec<_>>())
    .bind(counts.iter().map(|(_, difference)| *difference).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}
