//! Warehouses: the places that movements and counts name.

use crate::api::{
    conditional,
    input::{Json, Part, field, names},
    problem::Problem,
};
use axum::{extract::State, http::HeaderMap, response::Response};
use domain::{
    Country,
    stock::{Hours, Place, WorkingDays},
};
use inventory::{
    Inventory, Particulars, WarehouseAddress, WarehouseError, WarehouseKind, WarehouseNow,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// What kind of place it is.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WarehouseKind)]
enum PlaceKind {
    /// Nobody but those who work there comes there.
    #[default]
    Warehouse,
    /// Customers come there. It sends as well.
    Store,
}

/// Where it stands.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WarehouseAddress)]
struct Address {
    /// Street and house number.
    #[schema(min_length = 1, max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]+$")]
    street: String,
    /// Town.
    #[schema(min_length = 1, max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]+$")]
    city: String,
    /// Postal code.
    #[schema(min_length = 1, max_length = 20, pattern = "^[ -~]+$")]
    postal_code: String,
}

/// Where it is on the map, in degrees (WGS 84), kept to a millionth.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Coordinates {
    /// North positive.
    #[schema(minimum = -90, maximum = 90)]
    latitude: f64,
    /// East positive.
    #[schema(minimum = -180, maximum = 180)]
    longitude: f64,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// A place goods are sent from.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Warehouse {
    /// Its code, by which all else names it.
    #[schema(schema_with = names::warehouse)]
    code: String,
    /// What people call it.
    #[schema(schema_with = names::name)]
    name: String,
    /// Where it is.
    #[schema(schema_with = names::country)]
    country: Country,
    /// Lower goes first among those that could send equally well.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000)]
    priority: i32,
    /// What kind of place it is.
    #[serde(default)]
    kind: PlaceKind,
    /// Whether it sends: what lies in one that does not cannot be sold.
    #[serde(default = "yes")]
    active: bool,
    /// Where it stands.
    #[serde(default)]
    address: Option<Address>,
    /// And where exactly.
    #[serde(default)]
    coordinates: Option<Coordinates>,
    /// Whose clock it works by (IANA's time zone database).
    #[serde(default = "utc")]
    #[schema(min_length = 1, max_length = 60, pattern = "^[ -~]+$")]
    time_zone: String,
    /// What is ordered before this time of its day leaves on that day; `00:00` for never, `24:00` for always.
    #[serde(default = "usual_cut_off")]
    #[schema(pattern = r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
    cut_off: String,
    /// The days it works.
    #[serde(default = "weekdays")]
    #[schema(max_items = 7)]
    working_days: BTreeSet<Weekday>,
    /// Days that it does not work although it would.
    #[serde(default)]
    #[schema(schema_with = names::days)]
    holidays: Vec<Date>,
    /// Whether customers can fetch their orders there.
    #[serde(default)]
    offers_pick_up: bool,
}

/// Warehouses, by code.
#[derive(Debug, Serialize, ToSchema)]
pub struct Warehouses {
    /// The warehouses.
    items: Vec<Warehouse>,
}

/// How warehouses are from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Described {
    /// In any order.
    #[schema(min_items = 1, max_items = 100)]
    warehouses: Vec<Warehouse>,
}

fn yes() -> bool {
    true
}

fn utc() -> String {
    Particulars::default().time_zone
}

fn usual_cut_off() -> String {
    clock(Hours::default().cut_off_minute)
}

fn weekdays() -> BTreeSet<Weekday> {
    days(WorkingDays::WEEKDAYS)
}

const WEEK: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

fn days(working: WorkingDays) -> BTreeSet<Weekday> {
    let works = |(day, _): &(usize, Weekday)| working.bits() >> day & 1 == 1;
    WEEK.into_iter().enumerate().filter(works).map(|(_, day)| day).collect()
}

/// A minute of the day as a clock shows it.
fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// The minute of a time that the schema has let through.
fn minute(clock: &str) -> Option<u16> {
    let (hours, minutes) = clock.split_once(':')?;
    Some(hours.parse::<u16>().ok()? * 60 + minutes.parse::<u16>().ok()?)
}

/// Degrees in millionths; the schema has let through none that do not exist.
#[expect(clippy::cast_possible_truncation, reason = "180 million fits")]
fn microdegrees(degrees: f64) -> i32 {
    (degrees * 1e6).round() as i32
}

impl From<WarehouseNow> for Warehouse {
    fn from(now: WarehouseNow) -> Self {
        let WarehouseNow { warehouse, particulars, active } = now;
        let address = particulars.address.map(|address| Address {
            street: address.street,
            city: address.city,
            postal_code: address.postal_code,
        });
        let coordinates = particulars.place.map(|place| Coordinates {
            latitude: f64::from(place.latitude()) / 1e6,
            longitude: f64::from(place.longitude()) / 1e6,
        });
        Self {
            code: warehouse.code,
            name: warehouse.name,
            country: warehouse.country,
            priority: warehouse.priority,
            kind: match particulars.kind {
                WarehouseKind::Warehouse => PlaceKind::Warehouse,
                WarehouseKind::Store => PlaceKind::Store,
            },
            active,
            address,
            coordinates,
            time_zone: particulars.time_zone,
            cut_off: clock(particulars.hours.cut_off_minute),
            working_days: days(particulars.hours.working_days),
            holidays: particulars.hours.holidays,
            offers_pick_up: particulars.offers_pick_up,
        }
    }
}

impl Warehouse {
    fn into_now(self) -> WarehouseNow {
        let bits = self.working_days.iter().map(|day| 1 << *day as u8).sum();
        let hours = Hours {
            cut_off_minute: minute(&self.cut_off).unwrap_or_default(),
            working_days: WorkingDays::from_bits(bits).unwrap_or(WorkingDays::WEEKDAYS),
            holidays: self.holidays,
        };
        let place = self.coordinates.and_then(|place| {
            Place::new(microdegrees(place.latitude), microdegrees(place.longitude))
        });
        let address = self.address.map(|address| WarehouseAddress {
            street: address.street,
            city: address.city,
            postal_code: address.postal_code,
        });
        let kind = match self.kind {
            PlaceKind::Warehouse => WarehouseKind::Warehouse,
            PlaceKind::Store => WarehouseKind::Store,
        };
        WarehouseNow {
            warehouse: inventory::Warehouse {
                code: self.code,
                name: self.name,
                country: self.country,
                priority: self.priority,
            },
            particulars: Particulars {
                kind,
                address,
                place,
                time_zone: self.time_zone,
                hours,
                offers_pick_up: self.offers_pick_up,
            },
            active: self.active,
        }
    }
}

/// All warehouses.
///
/// There are few enough to be told at once. Who sends the `ETag` back in `If-None-Match` gets 304 and no body
/// while nothing has changed.
#[utoipa::path(
    get,
    path = "/api/v1/inventory/warehouses",
    operation_id = "list_warehouses",
    tag = "inventory",
    responses(
        (status = 200, description = "All of them.", body = Warehouses, headers(
            ("ETag" = String, description = "A tag for what is told."),
        )),
        (status = 304, description = "Nothing has changed."),
    ),
)]
pub async fn list(
    State(inventory): State<Inventory>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Ok(conditional::json(&headers, &all(&inventory).await?))
}

/// Say which warehouses there are, and how they work.
///
/// Those that are named are so from now on, whether they were known or not; what is left out of one is as usual, and
/// the others stay as they are. It takes effect for the next order. Said again, it changes nothing.
#[utoipa::path(
    put,
    path = "/api/v1/inventory/warehouses",
    operation_id = "describe_warehouses",
    tag = "inventory",
    request_body = Described,
    responses((status = 200, description = "All warehouses as they are now.", body = Warehouses)),
)]
pub async fn describe(
    State(inventory): State<Inventory>,
    Json(described): Json<Described>,
) -> Result<axum::Json<Warehouses>, Problem> {
    for (at, warehouse) in described.warehouses.into_iter().enumerate() {
        inventory.put_warehouse(&warehouse.into_now()).await.map_err(|error| match error {
            WarehouseError::UnknownTimeZone { .. } => {
                let (at, words) =
                    (format!("/warehouses/{at}/time_zone"), "There is no such time zone.");
                Problem::invalid(vec![field(Part::Body, &at, "unknown_value", words.to_owned())])
            }
            error => Problem::of_error(&error),
        })?;
    }
    Ok(axum::Json(all(&inventory).await?))
}

async fn all(inventory: &Inventory) -> Result<Warehouses, Problem> {
    let all = inventory.list_warehouses().await.map_err(|error| Problem::of_error(&error))?;
    Ok(Warehouses { items: all.into_iter().map(Warehouse::from).collect() })
}
