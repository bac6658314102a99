//! SQL about what other systems tell.

use super::{few, move_told_stock, unreadable};
use crate::{
    feed::FeedNow,
    telling::{Known, Locked, Names, Row},
};
use jiff::Timestamp;
use sqlx::{PgConnection, PgPool};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Makes an empty level for each SKU and warehouse that has none, where there is such a warehouse and the SKU is
/// no bundle.
pub async fn open(pool: &PgPool, levels: &BTreeSet<(&str, &str)>) -> Result<(), sqlx::Error> {
    let (skus, warehouses): (Vec<_>, Vec<_>) = levels.iter().copied().unzip();
    sqlx::query(
        "with place as (
           -- locked: it does not stop sending before the levels know that it does
           select code, active
           from warehouses
           where code = any($2)
           order by code
           for share
         )
         insert into stock_levels (sku, warehouse, sends)
         select level.sku, place.code, place.active
         from unnest($1::text[], $2::text[]) as level (sku, warehouse)
         join place on place.code = level.warehouse
         where not exists (select from bundles where bundles.sku = level.sku)
         order by level.sku, place.code
         on conflict (sku, warehouse) do nothing",
    )
    .bind(skus)
    .bind(warehouses)
    .execute(pool)
    .await?;
    Ok(())
}

/// Locks all levels that the SKUs concern, by SKU and warehouse as everyone does, and reads those that are asked
/// for.
pub async fn lock(
    connection: &mut PgConnection,
    levels: &BTreeSet<(&str, &str)>,
) -> Result<HashMap<Names, Locked>, sqlx::Error> {
    let skus: BTreeSet<_> = levels.iter().map(|(sku, _)| *sku).collect();
    let skus: Vec<_> = skus.into_iter().collect();
    let rows: Vec<LockedRow> = sqlx::query_as(
        "select sku, warehouse, on_hand, held + allocated as promised, back_order_limit
         from stock_levels
         where sku = any(concerned_by($1))
         order by sku, warehouse
         for no key update",
    )
    .bind(skus)
    .fetch_all(connection)
    .await?;
    let locked = |row: LockedRow| {
        let locked = Locked {
            on_hand: row.on_hand,
            promised: row.promised,
            back_order_limit: row.back_order_limit,
            counted: None,
            counted_by_source: None,
        };
        ((row.sku, row.warehouse), locked)
    };
    let asked = |row: &LockedRow| levels.contains(&(row.sku.as_str(), row.warehouse.as_str()));
    Ok(rows.into_iter().filter(asked).map(locked).collect())
}

#[derive(sqlx::FromRow)]
struct LockedRow {
    sku: String,
    warehouse: String,
    on_hand: i64,
    promised: i64,
    back_order_limit: i64,
}

/// As of when each of these levels was counted last, and as of when the source counted it last; none that never
/// was.
pub async fn counted(
    connection: &mut PgConnection,
    source: &str,
    levels: &BTreeSet<(&str, &str)>,
) -> Result<Vec<(Names, Timestamp, Option<Timestamp>)>, sqlx::Error> {
    let (skus, warehouses): (Vec<_>, Vec<_>) = levels.iter().copied().unzip();
    let rows: Vec<(String, String, i64, Option<i64>)> = sqlx::query_as(
        "select
           level.sku,
           level.warehouse,
           (extract(epoch from last.counted) * 1000000)::bigint,
           (extract(epoch from last.counted_by_source) * 1000000)::bigint
         from unnest($1::text[], $2::text[]) as level (sku, warehouse)
         cross join lateral (
           select
             max(as_of) as counted,
             max(as_of) filter (where source = $3) as counted_by_source
           from counts
           where counts.sku = level.sku
             and counts.warehouse = level.warehouse
         ) as last
         where last.counted is not null",
    )
    .bind(skus)
    .bind(warehouses)
    .bind(source)
    .fetch_all(connection)
    .await?;
    let instant = |micros: i64| Timestamp::from_microsecond(micros).map_err(unreadable);
    let counted = |(sku, warehouse, counted, by_source): (String, String, i64, Option<i64>)| {
        Ok(((sku, warehouse), instant(counted)?, by_source.map(instant).transpose()?))
    };
    rows.into_iter().map(counted).collect()
}

/// What the source told before under any of these names.
pub async fn known(
    connection: &mut PgConnection,
    source: &str,
    external_ids: &[&str],
) -> Result<HashMap<String, Known>, sqlx::Error> {
    let rows: Vec<(String, String, String, String, i64, Option<Uuid>)> = sqlx::query_as(
        "select external_id, sku, warehouse, kind, on_hand, reference
         from told_movements
         where source = $1
           and external_id = any($2)",
    )
    .bind(source)
    .bind(external_ids)
    .fetch_all(connection)
    .await?;
    let known = |(external_id, sku, warehouse, kind, on_hand, reference)| {
        (external_id, Known { sku, warehouse, kind, on_hand, reference })
    };
    Ok(rows.into_iter().map(known).collect())
}

/// What these orders have at each level that was neither sent nor cancelled. It changes only for who has the
/// levels locked.
pub async fn open_pieces(
    connection: &mut PgConnection,
    orders: &[Uuid],
) -> Result<HashMap<(Uuid, String, String), i64>, sqlx::Error> {
    let rows: Vec<(Uuid, String, String, i64)> = sqlx::query_as(
        "select reference, sku, warehouse, quantity - shipped - cancelled
         from holds
         where reference = any($1)
           and state = 'allocated'",
    )
    .bind(orders)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(order, sku, code, open)| ((order, sku, code), open)).collect())
}

/// The codes of all warehouses.
pub async fn warehouses(connection: &mut PgConnection) -> Result<BTreeSet<String>, sqlx::Error> {
    let codes: Vec<String> =
        sqlx::query_scalar("select code from warehouses").fetch_all(connection).await?;
    Ok(codes.into_iter().collect())
}

/// Writes rows, each with whether the last count has it in it already: what it adds to what is on hand is
/// taken back at once then. Answers how many movements were written.
pub async fn write(
    connection: &mut PgConnection,
    source: &str,
    rows: &[(&Row<'_>, bool)],
) -> Result<usize, sqlx::Error> {
    let all = || rows.iter().map(|(row, _)| *row);
    let micros = |row: &Row<'_>| row.occurred_at.map(Timestamp::as_microsecond);
    let (written, _woken): (i64, i64) = sqlx::query_as(move_told_stock!(
        "heard as (
           insert into feeds (source, sequence)
           values ($2, $3)
           on conflict (source) do update
           set
             sequence = greatest(feeds.sequence, excluded.sequence),
             heard_at = now()
         ), change as (
           select *
           from unnest(
             $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::text[], $10::uuid[],
             $11::text[], $12::bigint[], $13::boolean[]
           ) as change
             (sku, warehouse, kind, on_hand, allocated, cause, reference, external_id, micros, counted)
         ), moved as (
           select
             sku, warehouse, kind, on_hand, 0::bigint as held, allocated, cause, reference,
             $2 as source, external_id,
             timestamptz 'epoch' + micros * interval '1 microsecond' as occurred_at
           from change
           union all
           select
             sku, warehouse, 'adjusted', -on_hand, 0, 0, 'counted before it was told', reference,
             null, null, timestamptz 'epoch' + micros * interval '1 microsecond'
           from change
           where counted
             and on_hand <> 0"
    ))
    .bind(few())
    .bind(source)
    .bind(all().filter_map(|row| row.sequence).max())
    .bind(all().map(|row| row.sku).collect::<Vec<_>>())
    .bind(all().map(|row| row.warehouse).collect::<Vec<_>>())
    .bind(all().map(|row| row.kind.as_str()).collect::<Vec<_>>())
    .bind(all().map(Row::on_hand).collect::<Vec<_>>())
    .bind(all().map(Row::allocated).collect::<Vec<_>>())
    .bind(all().map(|row| row.cause).collect::<Vec<_>>())
    .bind(all().map(|row| row.reference).collect::<Vec<_>>())
    .bind(all().map(|row| row.external_id).collect::<Vec<_>>())
    .bind(all().map(micros).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, counted)| *counted).collect::<Vec<_>>())
    .fetch_one(connection)
    .await?;
    Ok(usize::try_from(written).unwrap_or_default())
}

/// How far a source is.
pub async fn find_feed(pool: &PgPool, source: &str) -> Result<Option<FeedNow>, sqlx::Error> {
    let row: Option<(Option<i64>, Option<String>, i64)> = sqlx::query_as(
        "select sequence, cursor, (extract(epoch from heard_at) * 1000000)::bigint
         from feeds
         where source = $1",
    )
    .bind(source)
    .fetch_optional(pool)
    .await?;
    let now = |(sequence, cursor, heard)| {
        let heard_at = Timestamp::from_microsecond(heard);
        let heard_at = heard_at.map_err(unreadable)?;
        Ok(FeedNow { sequence, cursor, heard_at })
    };
    row.map(now).transpose()
}

/// Remembers where to go on with a source.
pub async fn set_cursor(pool: &PgPool, source: &str, cursor: &str) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into feeds (source, cursor)
         values ($1, $2)
         on conflict (source) do update
         set cursor = excluded.cursor",
    )
    .bind(source)
    .bind(cursor)
    .execute(pool)
    .await?;
    Ok(())
}
