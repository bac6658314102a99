//! SQL about holds, and about the levels as an order sees them.

use super::{few, move_stock, unreadable};
use crate::hold::LONGEST_HOLD;
use domain::{
    Sku,
    stock::{Allocation, Demand},
};
use sqlx::{PgConnection, PgPool};
use std::time::Duration;
use uuid::Uuid;

/// Lets nobody else change these orders' holds until the transaction ends. Two orders may share a lock by their
/// hash; that costs a wait and nothing else. Everyone takes these locks before any other, by hash, so that nobody
/// waits in a circle.
pub async fn lock_references(
    connection: &mut PgConnection,
    references: &[Uuid],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "select pg_advisory_xact_lock(hash)
         from (
           select distinct hashtextextended('inventory hold ' || reference::text, 0) as hash
           from unnest($1::uuid[]) as reference
           order by hash
         ) as locks",
    )
    .bind(references)
    .execute(connection)
    .await?;
    Ok(())
}

/// As [`lock_references`] for one of them, but answers `false` instead of waiting.
pub async fn try_lock_reference(
    connection: &mut PgConnection,
    reference: Uuid,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "select pg_try_advisory_xact_lock(hashtextextended('inventory hold ' || $1::text, 0))",
    )
    .bind(reference)
    .fetch_one(connection)
    .await
}

/// Pieces to be set aside for an order, as one of its rounds.
#[derive(Debug)]
pub struct Placed {
    reference: Uuid,
    round: i32,
    sku: String,
    warehouse: String,
    quantity: i64,
    milliseconds: i64,
}

impl Placed {
    /// A part of what was planned for an order.
    pub fn new(reference: Uuid, round: i32, part: &Allocation, ttl: Duration) -> Self {
        Self {
            reference,
            round,
            sku: part.sku.to_string(),
            warehouse: part.warehouse.clone(),
            quantity: i64::from(part.quantity),
            milliseconds: milliseconds(ttl),
        }
    }
}

/// Sets these pieces aside.
pub async fn place(connection: &mut PgConnection, placed: &[Placed]) -> Result<(), sqlx::Error> {
    let ids: Vec<_> = placed.iter().map(|_| Uuid::now_v7()).collect();
    let references: Vec<_> = placed.iter().map(|part| part.reference).collect();
    let rounds: Vec<_> = placed.iter().map(|part| part.round).collect();
    let skus: Vec<_> = placed.iter().map(|part| part.sku.as_str()).collect();
    let warehouses: Vec<_> = placed.iter().map(|part| part.warehouse.as_str()).collect();
    let quantities: Vec<_> = placed.iter().map(|part| part.quantity).collect();
    let times: Vec<_> = placed.iter().map(|part| part.milliseconds).collect();
    sqlx::query(move_stock!(
        "taken as (
           insert into holds (id, reference, round, sku, warehouse, quantity, expires_at)
           select
             part.id, part.reference, part.round, part.sku, part.warehouse, part.quantity,
             now() + part.time * interval '1 ms'
           from unnest(
             $2::uuid[], $3::uuid[], $4::integer[], $5::text[], $6::text[], $7::bigint[], $8::bigint[]
           ) as part (id, reference, round, sku, warehouse, quantity, time)
           returning reference, sku, warehouse, quantity
         ), moved as (
           select
             sku, warehouse, 'held' as kind, 0::bigint as on_hand, quantity as held,
             0::bigint as allocated, 'ordered' as cause, reference
           from taken"
    ))
    .bind(few())
    .bind(ids)
    .bind(references)
    .bind(rounds)
    .bind(skus)
    .bind(warehouses)
    .bind(quantities)
    .bind(times)
    .execute(connection)
    .await?;
    Ok(())
}

/// What is held for these orders, by SKU; of a bundle as many as its components that are held make.
pub async fn held_for(pool: &PgPool, references: &[Uuid]) -> Result<Vec<Demand>, sqlx::Error> {
    let held: Vec<(String, i64)> = sqlx::query_as(
        "with held as (
           select sku, sum(quantity)::bigint as quantity
           from holds
           where reference = any($1)
             and state = 'held'
           group by sku
         )
         select sku, quantity
         from held
         union all
         select part.bundle, min(coalesce(held.quantity, 0) / part.quantity)
         from bundle_components as part
         left join held on held.sku = part.component
         where part.bundle in (
           select bundle
           from bundle_components
           where component in (select sku from held)
         )
         group by part.bundle
         having min(coalesce(held.quantity, 0) / part.quantity) > 0",
    )
    .bind(references)
    .fetch_all(pool)
    .await?;
    let demand = |(sku, quantity): (String, i64)| {
        let sku = Sku::parse(&sku).map_err(unreadable)?;
        let quantity = u32::try_from(quantity).map_err(unreadable)?;
        Ok(Demand { sku, quantity })
    };
    held.into_iter().map(demand).collect()
}

/// Puts the expiry of what is held for each of these orders off to so long from now, never nearer; answers how
/// many rows.
pub async fn extend(
    connection: &mut PgConnection,
    orders: &[(Uuid, Duration)],
) -> Result<u64, sqlx::Error> {
    let references: Vec<_> = orders.iter().map(|(reference, _)| *reference).collect();
    let times: Vec<_> = orders.iter().map(|(_, ttl)| milliseconds(*ttl)).collect();
    let done = sqlx::query(
        "update holds
         set expires_at = greatest(expires_at, now() + wanted.time * interval '1 ms')
         from unnest($1::uuid[], $2::bigint[]) as wanted (reference, time)
         where holds.reference = wanted.reference
           and state = 'held'",
    )
    .bind(references)
    .bind(times)
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// Gives back what is held for these orders.
pub async fn release(
    connection: &mut PgConnection,
    references: &[Uuid],
    cause: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(move_stock!(
        "ended as (
           update holds
           set state = 'released', ended_at = now()
           where reference = any($2)
             and state = 'held'
           returning reference, sku, warehouse, quantity
         ), moved as (
           select
             sku, warehouse, 'released' as kind, 0::bigint as on_hand, -quantity as held,
             0::bigint as allocated, $3 as cause, reference
           from ended"
    ))
    .bind(few())
    .bind(references)
    .bind(cause)
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes what is held for these orders their own, and has each warehouse told what of it is to be sent from there.
pub async fn allocate(
    connection: &mut PgConnection,
    references: &[Uuid],
) -> Result<(), sqlx::Error> {
    sqlx::query(move_stock!(
        "ended as (
           update holds
           set state = 'allocated', ended_at = now()
           where reference = any($2)
             and state = 'held'
           returning reference, sku, warehouse, quantity
         ), instructed as (
           insert into untold_lines (kind, warehouse, reference, sku, quantity)
           select 'allocation.created', warehouse, reference, sku, quantity
           from ended
         ), moved as (
           select
             sku, warehouse, 'allocated' as kind, 0::bigint as on_hand, -quantity as held,
             quantity as allocated, 'paid' as cause, reference
           from ended"
    ))
    .bind(few())
    .bind(references)
    .execute(connection)
    .await?;
    Ok(())
}

/// Orders whose hold has run out and was not given back, the longest overdue first.
pub async fn expired(pool: &PgPool, limit: u32) -> Result<Vec<Uuid>, sqlx::Error> {
    // The rows are limited first, so that a long backlog is not read to its end each time. An
    // order's rows expire together and count together, so there may be fewer orders than the limit,
    // but there are some if there are any.
    sqlx::query_scalar(
        "select reference
         from (
           select reference, expires_at
           from holds
           where state = 'held'
             and expires_at <= now()
           order by expires_at
           limit $1
         ) as overdue
         group by reference
         order by min(expires_at)",
    )
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await
}

fn milliseconds(ttl: Duration) -> i64 {
    // The longest hold is far below the range of the number.
    i64::try_from(ttl.min(LONGEST_HOLD).as_millis()).unwrap_or(i64::MAX)
}
