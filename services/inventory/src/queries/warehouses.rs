//! SQL about warehouses.

use super::{few, hours, tell_changes};
use crate::warehouse::{Particulars, Warehouse, WarehouseAddress, WarehouseKind, WarehouseNow};
use domain::{Country, stock::Place};
use sqlx::{PgConnection, PgExecutor, PgPool};

/// Adds warehouses and brings known ones up to date.
pub async fn ensure_warehouses(
    database: impl PgExecutor<'_>,
    warehouses: &[Warehouse],
) -> Result<(), sqlx::Error> {
    let codes: Vec<_> = warehouses.iter().map(|warehouse| warehouse.code.as_str()).collect();
    let names: Vec<_> = warehouses.iter().map(|warehouse| warehouse.name.as_str()).collect();
    let countries: Vec<_> = warehouses.iter().map(|warehouse| warehouse.country.code()).collect();
    let priorities: Vec<_> = warehouses.iter().map(|warehouse| warehouse.priority).collect();
    sqlx::query(
        "insert into warehouses (code, name, country, priority)
         select code, name, country, priority
         from unnest($1::text[], $2::text[], $3::text[], $4::integer[])
           as warehouse (code, name, country, priority)
         order by code
         on conflict (code) do update
         set
           name = excluded.name,
           country = excluded.country,
           priority = excluded.priority",
    )
    .bind(codes)
    .bind(names)
    .bind(countries)
    .bind(priorities)
    .execute(database)
    .await?;
    Ok(())
}

/// Describes one; `false` when there is none with this code.
pub async fn describe(
    database: impl PgExecutor<'_>,
    code: &str,
    particulars: &Particulars,
) -> Result<bool, sqlx::Error> {
    let Particulars { kind, address, place, time_zone, hours, offers_pick_up } = particulars;
    let holidays: Vec<_> = hours.holidays.iter().map(|day| day.to_string()).collect();
    let done = sqlx::query(
        "update warehouses
         set
           kind = $2,
           street = $3,
           city = $4,
           postal_code = $5,
           latitude = $6,
           longitude = $7,
           time_zone = $8,
           cut_off_minute = $9,
           working_days = $10,
           holidays = $11::text[]::date[],
           offers_pick_up = $12
         where code = $1",
    )
    .bind(code)
    .bind(kind.as_str())
    .bind(address.as_ref().map(|address| address.street.as_str()))
    .bind(address.as_ref().map(|address| address.city.as_str()))
    .bind(address.as_ref().map(|address| address.postal_code.as_str()))
    .bind(place.map(Place::latitude))
    .bind(place.map(Place::longitude))
    .bind(time_zone)
    .bind(i16::try_from(hours.cut_off_minute).unwrap_or(i16::MAX))
    .bind(i16::from(hours.working_days.bits()))
    .bind(holidays)
    .bind(offers_pick_up)
    .execute(database)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// All of them, by code.
pub async fn list(pool: &PgPool) -> Result<Vec<WarehouseNow>, sqlx::Error> {
    #[derive(sqlx::FromRow)]
    struct Row {
        code: String,
        name: String,
        #[sqlx(try_from = "String")]
        country: Country,
        priority: i32,
        kind: String,
        street: Option<String>,
        city: Option<String>,
        postal_code: Option<String>,
        latitude: Option<i32>,
        longitude: Option<i32>,
        time_zone: String,
        cut_off_minute: i16,
        working_days: i16,
        holidays: Vec<String>,
        offers_pick_up: bool,
        active: bool,
    }
    let rows: Vec<Row> = sqlx::query_as(
        "select
           code, name, country, priority, kind, street, city, postal_code, latitude, longitude,
           time_zone, cut_off_minute, working_days, holidays::text[] as holidays, offers_pick_up, active
         from warehouses
         order by code",
    )
    .fetch_all(pool)
    .await?;
    let now = |row: Row| {
        let hours = hours(row.cut_off_minute, row.working_days, &row.holidays)?;
        let address = match (row.street, row.city, row.postal_code) {
            (Some(street), Some(city), Some(postal_code)) => {
                Some(WarehouseAddress { street, city, postal_code })
            }
            _ => None,
        };
        let kind = match row.kind.as_str() {
            "store" => WarehouseKind::Store,
            _ => WarehouseKind::Warehouse,
        };
        let place = row.latitude.zip(row.longitude);
        Ok(WarehouseNow {
            warehouse: Warehouse {
                code: row.code,
                name: row.name,
                country: row.country,
                priority: row.priority,
            },
            particulars: Particulars {
                kind,
                address,
                place: place.and_then(|(north, east)| Place::new(north, east)),
                time_zone: row.time_zone,
                hours,
                offers_pick_up: row.offers_pick_up,
            },
            active: row.active,
        })
    };
    rows.into_iter().map(now).collect()
}

/// Says whether a warehouse sends; answers whether that is new, and `None` when there is none with this code. Levels
/// are opened after it or before, not meanwhile.
pub async fn set_active(
    connection: &mut PgConnection,
    code: &str,
    active: bool,
) -> Result<Option<bool>, sqlx::Error> {
    sqlx::query_scalar(
        "with before as (
           select code, active
           from warehouses
           where code = $1
           for no key update
         )
         update warehouses as warehouse
         set active = $2
         from before
         where warehouse.code = before.code
         returning before.active <> $2",
    )
    .bind(code)
    .bind(active)
    .fetch_optional(connection)
    .await
}

/// Locks all levels of the SKUs that a warehouse has, by SKU and warehouse as everyone does.
pub async fn lock_all(connection: &mut PgConnection, code: &str) -> Result<(), sqlx::Error> {
    sqlx::query(
        "select
         from stock_levels
         where sku = any(
           concerned_by(array(select sku from stock_levels where warehouse = $1))
         )
         order by sku, warehouse
         for no key update",
    )
    .bind(code)
    .execute(connection)
    .await?;
    Ok(())
}

/// Lets the levels of a warehouse say what the warehouse says, and tells of it.
pub async fn make_levels_follow(
    connection: &mut PgConnection,
    code: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(concat!(
        "with changed as (
           update stock_levels as level
           set
             sends = warehouse.active,
             version = level.version + 1
           from warehouses as warehouse
           where warehouse.code = $2
             and level.warehouse = warehouse.code
             and level.sends <> warehouse.active
           returning level.sku, level.warehouse, can_be_sold(level) as available, level.version",
        tell_changes!(),
        "select count(*) from woken"
    ))
    .bind(few())
    .bind(code)
    .execute(connection)
    .await?;
    Ok(())
}
