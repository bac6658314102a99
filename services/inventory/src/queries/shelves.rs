//! SQL that reads all that an order's pieces are decided from: the levels, their warehouses, what is on its way,
//! what the bundles are made of, and what the order has already.

use super::{date, hours, named, unreadable};
use crate::standing::{Piece, Room, Shelf};
use domain::{
    Country, Sku,
    stock::{HoldState, Incoming, Level, Place, Recipe, Site},
};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use sqlx::{PgConnection, PgPool};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// The statement, with a lock on the levels or without: a row for each level, and one more for each further order
/// that has pieces of it. `$1` are the orders, `$2` is what is wanted.
macro_rules! shelves {
    ($lock:literal) => {
        concat!(
            "with piece as (
               select reference, sku, warehouse, round, quantity, state, expires_at <= now() as expired
               from holds
               where reference = any($1)
                 and round = (
                   select max(latest.round)
                   from holds as latest
                   where latest.reference = holds.reference
                 )
             ), recipe as (
               select bundle, component, quantity
               from bundle_components
               where bundle = any($2)
             )
             select
               level.warehouse,
               level.sku,
               level.on_hand,
               level.held + level.allocated as promised,
               level.safety,
               level.back_order_limit,
               level.sends,
               warehouse.name,
               warehouse.country,
               warehouse.priority,
               warehouse.latitude,
               warehouse.longitude,
               extract(epoch from now() at time zone warehouse.time_zone)::bigint as local_second,
               warehouse.cut_off_minute,
               warehouse.working_days,
               warehouse.holidays::text[] as holidays,
               warehouse.offers_pick_up,
               coming.days,
               coming.pieces,
               piece.reference,
               piece.round,
               piece.quantity,
               piece.state,
               piece.expired,
               (select array_agg(bundle order by bundle, component) from recipe) as bundles,
               (select array_agg(component order by bundle, component) from recipe) as components,
               (select array_agg(quantity order by bundle, component) from recipe) as quantities
             from stock_levels as level
             join warehouses as warehouse
               on warehouse.code = level.warehouse
             left join piece
               on piece.sku = level.sku
               and piece.warehouse = level.warehouse
             cross join lateral (
               select
                 array_agg(incoming.expected_on::text) as days,
                 array_agg(incoming.pieces) as pieces
               from incoming
               where incoming.sku = level.sku
                 and incoming.warehouse = level.warehouse
                 and incoming.expected_on is not null
                 -- nobody asks when pieces come that may not be promised
                 and level.back_order_limit > 0
             ) as coming
             where level.sku = any(concerned_by($2::text[] || array(select sku from piece)))
             order by level.sku, level.warehouse ",
            $lock
        )
    };
}

/// Locks and reads all levels that these SKUs and those in the orders' latest rounds concern, by SKU and warehouse:
/// everyone locks in this order, so that nobody waits in a circle.
pub async fn lock(
    connection: &mut PgConnection,
    references: &[Uuid],
    skus: &[&str],
) -> Result<Room, sqlx::Error> {
    let query = sqlx::query_as(shelves!("for no key update of level"));
    room(query.bind(references).bind(skus).fetch_all(connection).await?)
}

/// Reads the same as it stands, for an order that has nothing yet.
pub async fn look(pool: &PgPool, skus: &[&str]) -> Result<Room, sqlx::Error> {
    let query = sqlx::query_as(shelves!(""));
    room(query.bind(&[] as &[Uuid]).bind(skus).fetch_all(pool).await?)
}

#[derive(sqlx::FromRow)]
struct Row {
    warehouse: String,
    #[sqlx(try_from = "String")]
    sku: Sku,
    on_hand: i64,
    promised: i64,
    safety: i64,
    back_order_limit: i64,
    sends: bool,
    name: String,
    #[sqlx(try_from = "String")]
    country: Country,
    priority: i32,
    latitude: Option<i32>,
    longitude: Option<i32>,
    local_second: i64,
    cut_off_minute: i16,
    working_days: i16,
    holidays: Vec<String>,
    offers_pick_up: bool,
    days: Option<Vec<String>>,
    pieces: Option<Vec<i64>>,
    reference: Option<Uuid>,
    round: Option<i32>,
    quantity: Option<i64>,
    state: Option<String>,
    expired: Option<bool>,
    bundles: Option<Vec<String>>,
    components: Option<Vec<String>>,
    quantities: Option<Vec<i64>>,
}

fn room(rows: Vec<Row>) -> Result<Room, sqlx::Error> {
    let mut sites = BTreeMap::new();
    let mut names = BTreeMap::new();
    let recipes = rows.first().map(recipes).transpose()?.unwrap_or_default();
    let mut shelves = Vec::<Shelf>::with_capacity(rows.len());
    let mut pieces = HashMap::<Uuid, Vec<Piece>>::new();
    for row in rows {
        if row.sends && !sites.contains_key(&row.warehouse) {
            sites.insert(row.warehouse.clone(), site(&row)?);
            names.insert(row.warehouse.clone(), row.name.clone());
        }
        // The rows of one level follow each other.
        let is_next = |last: &Shelf| (&last.sku, &last.warehouse) != (&row.sku, &row.warehouse);
        let new = shelves.last().is_none_or(is_next);
        let at = if new { shelves.len() } else { shelves.len() - 1 };
        if let Some((reference, piece)) = piece(&row, at)? {
            pieces.entry(reference).or_default().push(piece);
        }
        if new {
            shelves.push(shelf(row)?);
        }
    }
    Ok(Room { shelves, sites: sites.into_values().collect(), names, recipes, pieces })
}

/// What the row says of an order, on this shelf.
fn piece(row: &Row, shelf: usize) -> Result<Option<(Uuid, Piece)>, sqlx::Error> {
    let (Some(reference), Some(round), Some(quantity), Some(state), Some(expired)) =
        (row.reference, row.round, row.quantity, &row.state, row.expired)
    else {
        return Ok(None);
    };
    let quantity = u32::try_from(quantity).map_err(unreadable)?;
    let state = named(&HoldState::ALL, state, HoldState::as_str)?;
    Ok(Some((reference, Piece { shelf, round, quantity, state, expired })))
}

/// The rows all say the same about the bundles.
fn recipes(row: &Row) -> Result<Vec<Recipe>, sqlx::Error> {
    let (Some(bundles), Some(components), Some(quantities)) =
        (&row.bundles, &row.components, &row.quantities)
    else {
        return Ok(Vec::new());
    };
    let recipe = |((bundle, component), quantity): ((&String, &String), &i64)| {
        Ok(Recipe {
            bundle: Sku::parse(bundle).map_err(unreadable)?,
            component: Sku::parse(component).map_err(unreadable)?,
            quantity: u32::try_from(*quantity).map_err(unreadable)?,
        })
    };
    bundles.iter().zip(components).zip(quantities).map(recipe).collect()
}

fn site(row: &Row) -> Result<Site, sqlx::Error> {
    let place = row.latitude.zip(row.longitude).and_then(|(north, east)| Place::new(north, east));
    let hours = hours(row.cut_off_minute, row.working_days, &row.holidays)?;
    Ok(Site {
        code: row.warehouse.clone(),
        country: row.country,
        place,
        priority: row.priority,
        leaves: hours.leaves(civil(row.local_second)?),
        offers_pick_up: row.offers_pick_up,
    })
}

fn shelf(row: Row) -> Result<Shelf, sqlx::Error> {
    let days = row.days.unwrap_or_default();
    let coming = |(day, pieces): (&String, i64)| {
        let pieces = u32::try_from(pieces).unwrap_or(u32::MAX);
        Ok(Incoming { on: date(day)?, pieces })
    };
    let incoming = days.iter().zip(row.pieces.unwrap_or_default()).map(coming);
    Ok(Shelf {
        warehouse: row.warehouse,
        sku: row.sku,
        level: Level {
            on_hand: row.on_hand,
            promised: row.promised,
            safety: row.safety,
            back_order_limit: row.back_order_limit,
        },
        incoming: incoming.collect::<Result<_, sqlx::Error>>()?,
    })
}

/// What a clock shows that has counted so many seconds since 1970 where it hangs.
fn civil(second: i64) -> Result<DateTime, sqlx::Error> {
    let shown = Timestamp::from_second(second).map_err(unreadable)?;
    Ok(shown.to_zoned(TimeZone::UTC).datetime())
}
