//! All SQL of the service. A function here is one statement: it decides nothing and begins no
//! transaction.

pub mod audit;
pub mod bundles;
pub mod counts;
pub mod holds;
pub mod identifiers;
pub mod instructions;
pub mod levels;
pub mod listing;
pub mod purchases;
pub mod reconcile;
pub mod returns;
pub mod shelves;
pub mod shipments;
pub mod told;
pub mod transfers;
pub mod warehouses;

use domain::stock::{Hours, WorkingDays};
use jiff::civil::Date;

/// A statement that changes levels: the given common table expressions, the last of which is
/// `moved` and stands open, followed by what every change of a level does.
///
/// `moved` yields `(sku, warehouse, kind, on_hand, held, allocated, cause, reference)`. Each row becomes a
/// movement. The levels change by the sum of the movements that were written, so that neither can be without
/// the other. For each SKU whose availability changed in a way that a shopper would notice, an event is written
/// and the relay is woken (what `platform::outbox::publish` does for one event, for all of them at
/// once). A bundle is told of when one of its components changes. The answer is how many movements were
/// written.
///
/// All levels that the SKUs concern (`concerned_by`) must be locked by an earlier statement of the transaction:
/// the sums over warehouses are of what this statement's snapshot sees. `$1` is [`StockClass::FEW`].
///
/// [`StockClass::FEW`]: domain::stock::StockClass::FEW
macro_rules! move_stock {
    ($moved:literal) => {
        concat!(
            "with ",
            $moved,
            "
            ), written as (
              insert into movements (sku, warehouse, kind, on_hand, held, allocated, cause, reference)
              select sku, warehouse, kind, on_hand, held, allocated, cause, reference
              from moved
              returning sku, warehouse, on_hand, held, allocated",
            $crate::queries::change_levels!()
        )
    };
}
use move_stock;

/// As [`move_stock`], for what another system may have told: `moved` yields `source`, `external_id` and
/// `occurred_at` as well, no two rows with the same names. A row whose names were told before moves nothing.
/// What is shipped or cancelled out of what an order has is taken off its holds.
macro_rules! move_told_stock {
    ($moved:literal) => {
        concat!(
            "with ",
            $moved,
            "
            ), told_first as (
              insert into told_movements (source, external_id, sku, warehouse, kind, on_hand, reference)
              select source, external_id, sku, warehouse, kind, on_hand, reference
              from moved
              where external_id is not null
              order by source, external_id
              on conflict (source, external_id) do nothing
              returning source, external_id
            ), written as (
              insert into movements
                (sku, warehouse, kind, on_hand, held, allocated, cause, reference, source, external_id,
                 occurred_at)
              select
                sku, warehouse, kind, on_hand, held, allocated, cause, reference, source, external_id,
                occurred_at
              from moved
              where external_id is null
                or (source, external_id) in (select source, external_id from told_first)
              returning sku, warehouse, kind, on_hand, held, allocated, reference
            ), sent as (
              update holds as hold
              set
                shipped = hold.shipped + done.shipped,
                cancelled = hold.cancelled + done.cancelled,
                state = case
                  when hold.shipped + hold.cancelled + done.shipped + done.cancelled < hold.quantity
                    then 'allocated'
                  when hold.shipped + done.shipped > 0 then 'shipped'
                  else 'cancelled'
                end
              from (
                select
                  reference,
                  sku,
                  warehouse,
                  coalesce(-sum(allocated) filter (where kind = 'shipped'), 0)::bigint as shipped,
                  coalesce(-sum(allocated) filter (where kind = 'cancelled'), 0)::bigint as cancelled
                from written
                where allocated < 0
                group by reference, sku, warehouse
              ) as done
              where hold.reference = done.reference
                and hold.sku = done.sku
                and hold.warehouse = done.warehouse
                and hold.state = 'allocated'",
            $crate::queries::change_levels!()
        )
    };
}
use move_told_stock;

/// What follows on the movements that were `written`, which stands open.
macro_rules! change_levels {
    () => {
        concat!(
            "
            ), changed as (
              update stock_levels as level
              set
                on_hand = level.on_hand + delta.on_hand,
                held = level.held + delta.held,
                allocated = level.allocated + delta.allocated,
                version = level.version + 1
              from (
                select
                  sku,
                  warehouse,
                  sum(on_hand)::bigint as on_hand,
                  sum(held)::bigint as held,
                  sum(allocated)::bigint as allocated
                from written
                group by sku, warehouse
              ) as delta
              where level.sku = delta.sku
                and level.warehouse = delta.warehouse
              returning level.sku, level.warehouse, can_be_sold(level) as available, level.version",
            $crate::queries::tell_changes!(),
            "
            select
              (select count(*) from written) as written,
              -- read, or it would not be done
              (select count(*) from woken) as woken"
        )
    };
}
use change_levels;

/// What follows on the levels that were `changed`, which stands open: whatever a shopper would notice is told.
/// `woken` has to be read, or it would not be done.
macro_rules! tell_changes {
    () => {
        "
            ), touched as (
              select distinct part.bundle
              from changed
              join bundle_components as part on part.component = changed.sku
            ), totals as (
              -- the table as it was before this statement, and in place of it what was changed
              select
                level.sku,
                sum(can_be_sold(level))::bigint as before,
                sum(coalesce(changed.available, can_be_sold(level)))::bigint as available,
                sum(coalesce(changed.version, level.version))::bigint as version
              from stock_levels as level
              left join changed
                on changed.sku = level.sku
                and changed.warehouse = level.warehouse
              where level.sku = any(
                array(
                  select sku
                  from changed
                  union
                  select component
                  from bundle_components
                  where bundle in (select bundle from touched)
                )
              )
              group by level.sku
            ), stand as (
              select sku, before, available, version
              from totals
              where sku in (select sku from changed)
              union all
              select
                bundle.sku,
                min(coalesce(totals.before, 0) / part.quantity),
                min(coalesce(totals.available, 0) / part.quantity),
                (bundle.version + sum(coalesce(totals.version, 0)))::bigint
              from touched
              join bundles as bundle on bundle.sku = touched.bundle
              join bundle_components as part on part.bundle = touched.bundle
              left join totals on totals.sku = part.component
              group by bundle.sku
            ), classed as (
              select
                stand.*,
                case when before = 0 then 'sold_out' when before <= $1 then 'few_left' else 'in_stock' end
                  as class_before,
                case when available = 0 then 'sold_out' when available <= $1 then 'few_left' else 'in_stock' end
                  as class
              from stand
            ), told as (
              insert into outbox (id, topic, key, payload)
              select
                gen_random_uuid(),
                'stock',
                sku,
                jsonb_build_object(
                  'sku', sku,
                  'available', available,
                  'version', version,
                  'class', class,
                  'class_changed', class <> class_before
                ) || case class when 'few_left' then jsonb_build_object('left', available) else '{}' end
              from classed
              where class <> class_before
                or (class = 'few_left' and available <> before)
              returning 1
            ), woken as (
              select pg_notify(current_schema() || '_outbox', '')
              from (select from told limit 1) as anything
            )
            "
    };
}
use tell_changes;

/// `StockClass::FEW` as [`move_stock`] wants it.
fn few() -> i64 {
    i64::from(domain::stock::StockClass::FEW)
}

/// What stands in the database and is not what the program knows.
fn unreadable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> sqlx::Error {
    sqlx::Error::Decode(error.into())
}

/// A day as it was read as text.
fn date(text: &str) -> Result<Date, sqlx::Error> {
    text.parse().map_err(|error: jiff::Error| unreadable(error))
}

/// A name of the database among all there are.
fn named<T: Copy>(all: &[T], name: &str, of: impl Fn(T) -> &'static str) -> Result<T, sqlx::Error> {
    let known = all.iter().copied().find(|one| of(*one) == name);
    known.ok_or_else(|| unreadable(format!("unknown name {name:?}")))
}

/// When a warehouse works, from its columns. Working days that are none are the usual ones.
fn hours(
    cut_off_minute: i16,
    working_days: i16,
    holidays: &[String],
) -> Result<Hours, sqlx::Error> {
    let days = u8::try_from(working_days).ok().and_then(WorkingDays::from_bits);
    Ok(Hours {
        cut_off_minute: cut_off_minute.unsigned_abs(),
        working_days: days.unwrap_or(WorkingDays::WEEKDAYS),
        holidays: holidays.iter().map(|day| date(day)).collect::<Result<_, _>>()?,
    })
}
