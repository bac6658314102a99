//! Warehouses and stores: the places goods are sent from.

use crate::{Error, Inventory, end, queries};
use domain::{
    Country,
    stock::{Hours, Place},
};
use sqlx::PgConnection;

/// A place goods are sent from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warehouse {
    /// Its code, 1 to 32 characters; levels and holds name it by this.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// Where it is.
    pub country: Country,
    /// Lower goes first among warehouses that could serve equally well.
    pub priority: i32,
}

/// What kind of place it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WarehouseKind {
    /// Nobody but those who work there comes there.
    #[default]
    Warehouse,
    /// Customers come there. It sends as well.
    Store,
}

impl WarehouseKind {
    /// The kind's name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warehouse => "warehouse",
            Self::Store => "store",
        }
    }
}

/// Where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WarehouseAddress {
    /// Street and house number.
    pub street: String,
    /// Town.
    pub city: String,
    /// Postal code.
    pub postal_code: String,
}

/// All that matters from where and when something is sent. A warehouse that nobody described is a warehouse that
/// sends what is ordered until two in the afternoon, UTC, Monday to Friday.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Particulars {
    /// What kind of place it is.
    pub kind: WarehouseKind,
    /// Where it stands.
    pub address: Option<WarehouseAddress>,
    /// And where exactly.
    pub place: Option<Place>,
    /// Whose clock it works by: a name of the IANA's time zone database, e.g. `Europe/Brussels`.
    pub time_zone: String,
    /// When it sends, by that clock.
    pub hours: Hours,
    /// Whether customers can fetch their orders there.
    pub offers_pick_up: bool,
}

impl Default for Particulars {
    fn default() -> Self {
        Self {
            kind: WarehouseKind::default(),
            address: None,
            place: None,
            time_zone: "UTC".to_owned(),
            hours: Hours::default(),
            offers_pick_up: false,
        }
    }
}

/// A warehouse as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WarehouseNow {
    /// Its names.
    pub warehouse: Warehouse,
    /// Its particulars.
    pub particulars: Particulars,
    /// Whether it sends.
    pub active: bool,
}

/// Why a warehouse was not changed.
#[derive(Debug, thiserror::Error)]
pub enum WarehouseError {
    /// No warehouse has this code.
    #[error("there is no warehouse {warehouse:?}")]
    UnknownWarehouse {
        /// The code that was named.
        warehouse: String,
    },
    /// The database knows no such time zone.
    #[error("there is no time zone {time_zone:?}")]
    UnknownTimeZone {
        /// The name that was given.
        time_zone: String,
    },
    /// The database could not be used.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// What PostgreSQL says of a time zone that it does not know: `invalid_parameter_value`.
const UNKNOWN_TIME_ZONE: &str = "22023";

impl Inventory {
    /// Makes the warehouses known, or brings name, country and priority of known ones up to date.
    /// Others stay as they are. Safe to repeat.
    pub async fn ensure_warehouses(&self, warehouses: &[Warehouse]) -> Result<(), Error> {
        queries::warehouses::ensure_warehouses(&self.pool, warehouses).await?;
        Ok(())
    }

    /// Says how a warehouse works, in place of what was said before. Safe to repeat.
    pub async fn describe_warehouse(
        &self,
        code: &str,
        particulars: &Particulars,
    ) -> Result<(), WarehouseError> {
        let described = queries::warehouses::describe(&self.pool, code, particulars).await;
        was_described(code, particulars, described)
    }

    /// Makes a warehouse known, or brings a known one up to date, in all that is said of it. Safe to repeat.
    pub async fn put_warehouse(&self, now: &WarehouseNow) -> Result<(), WarehouseError> {
        let mut transaction = self.pool.begin().await?;
        let put = put_locked(&mut transaction, now).await;
        end(transaction, put).await
    }

    /// All warehouses, by code.
    pub async fn list_warehouses(&self) -> Result<Vec<WarehouseNow>, Error> {
        Ok(queries::warehouses::list(&self.pool).await?)
    }

    /// Says whether a warehouse sends. What lies in one that does not cannot be sold; what was promised out of it
    /// stays promised. Safe to repeat. It waits for, and keeps waiting, whoever changes what it has.
    pub async fn set_active(&self, code: &str, active: bool) -> Result<(), WarehouseError> {
        let mut transaction = self.pool.begin().await?;
        let set = set_active_locked(&mut transaction, code, active).await;
        end(transaction, set).await
    }
}

async fn put_locked(
    connection: &mut PgConnection,
    WarehouseNow { warehouse, particulars, active }: &WarehouseNow,
) -> Result<(), WarehouseError> {
    let code = &warehouse.code;
    queries::warehouses::ensure_warehouses(&mut *connection, std::slice::from_ref(warehouse))
        .await?;
    let described = queries::warehouses::describe(&mut *connection, code, particulars).await;
    was_described(code, particulars, described)?;
    set_active_locked(connection, code, *active).await
}

fn was_described(
    code: &str,
    particulars: &Particulars,
    described: Result<bool, sqlx::Error>,
) -> Result<(), WarehouseError> {
    match described {
        Ok(true) => Ok(()),
        Ok(false) => Err(unknown(code)),
        Err(sqlx::Error::Database(refusal))
            if refusal.code().as_deref() == Some(UNKNOWN_TIME_ZONE) =>
        {
            Err(WarehouseError::UnknownTimeZone { time_zone: particulars.time_zone.clone() })
        }
        Err(error) => Err(error.into()),
    }
}

async fn set_active_locked(
    connection: &mut PgConnection,
    code: &str,
    active: bool,
) -> Result<(), WarehouseError> {
    // All levels are locked only when there is something to say to them: nobody buys meanwhile.
    let is_new = queries::warehouses::set_active(connection, code, active).await?;
    if !is_new.ok_or_else(|| unknown(code))? {
        return Ok(());
    }
    queries::warehouses::lock_all(connection, code).await?;
    queries::warehouses::make_levels_follow(connection, code).await?;
    Ok(())
}

fn unknown(code: &str) -> WarehouseError {
    WarehouseError::UnknownWarehouse { warehouse: code.to_owned() }
}
