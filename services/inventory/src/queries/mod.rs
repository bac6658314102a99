//! All SQL of the service. A function here is one statement: it decides nothing and begins no
//! transaction.

pub mod audit;
pub mod holds;
pub mod levels;
pub mod listing;

/// A statement that changes levels: the given common table expressions, the last of which is
/// `moved` and stands open, followed by what every change of a level does.
///
/// `moved` yields `(sku, warehouse, kind, on_hand, held, allocated, cause, reference)`. Each row becomes a
/// movement. The levels change by the sum of the movements that were written, so that neither can be without
/// the other. For each SKU whose availability changed in a way that a shopper would notice, an event is written
/// and the relay is woken (what `platform::outbox::publish` does for one event, for all of them at
/// once). The answer is how many movements were written.
///
/// All levels of the SKUs must be locked by an earlier statement of the transaction: the sums over
/// warehouses are of what this statement's snapshot sees. `$1` is [`StockClass::FEW`].
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
              returning sku, warehouse, on_hand, held, allocated",
            $crate::queries::change_levels!()
        )
    };
}
use move_told_stock;

/// What follows on the movements that were `written`, which stands open.
macro_rules! change_levels {
    () => {
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
              returning level.sku, level.warehouse, level.available, level.version
            ), totals as (
              -- the table as it was before this statement, and in place of it what was changed
              select
                level.sku,
                sum(level.available)::bigint as before,
                sum(coalesce(changed.available, level.available))::bigint as available,
                sum(coalesce(changed.version, level.version))::bigint as version
              from stock_levels as level
              left join changed
                on changed.sku = level.sku
                and changed.warehouse = level.warehouse
              where level.sku in (select sku from changed)
              group by level.sku
            ), classed as (
              select
                totals.*,
                case when before = 0 then 'sold_out' when before <= $1 then 'few_left' else 'in_stock' end
                  as class_before,
                case when available = 0 then 'sold_out' when available <= $1 then 'few_left' else 'in_stock' end
                  as class
              from totals
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
            select
              (select count(*) from written) as written,
              -- read, or it would not be done
              (select count(*) from woken) as woken"
    };
}
use change_levels;

/// `StockClass::FEW` as [`move_stock`] wants it.
fn few() -> i64 {
    i64::from(domain::stock::StockClass::FEW)
}
