//! Levels: how many there are, and how more come in. Setting pieces aside is the hold's business.

use crate::{Error, ExternalId, Inventory, MovementKind, end, queries};
use domain::Sku;
use sqlx::PgConnection;
use std::collections::{BTreeMap, HashMap};

/// A count that is lower than what was promised to orders from the same shelf.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{counted} of {sku} were counted, but {promised} are promised to orders")]
pub struct BelowPromised {
    /// The SKU.
    pub sku: Sku,
    /// How many were counted.
    pub counted: u32,
    /// How many are held or allocated.
    pub promised: u64,
}

/// Why levels were not changed. Nothing of the call was done.
#[derive(Debug, thiserror::Error)]
pub enum LevelError {
    /// A line without pieces.
    #[error("no pieces of {sku} were named")]
    NoPieces {
        /// The line's SKU.
        sku: Sku,
    },
    /// Two counts of one SKU, which cannot both be true.
    #[error("{sku} was counted twice")]
    CountedTwice {
        /// The SKU.
        sku: Sku,
    },
    /// Fewer were counted than are promised to orders. Every such SKU is told at once.
    #[error("{} counts are below what is promised to orders", .0.len())]
    BelowPromised(Vec<BelowPromised>),
    /// No warehouse has this code.
    #[error("there is no warehouse {warehouse:?}")]
    UnknownWarehouse {
        /// The code that was named.
        warehouse: String,
    },
    /// The database could not be used.
    #[error(transparent)]
    Storage(#[from] Error),
}

/// What can be bought of a SKU, all warehouses together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StockNow {
    /// Pieces.
    pub available: u32,
    /// That of [`crate::StockChanged`]; 0 for a SKU that never lay anywhere.
    pub version: u64,
}

/// What is kept back of a level, and what may be promised beyond it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rules {
    /// Pieces that are not sold, e.g. because counts are never quite right.
    pub safety: u32,
    /// Pieces that may be promised beyond what is on hand.
    pub back_order_limit: u32,
}

/// A level as it stands under lock.
#[derive(Debug)]
pub(crate) struct Level {
    pub sku: Sku,
    pub on_hand: i64,
    /// Held and allocated together, less what may be promised beyond what is on hand.
    pub promised: i64,
    /// Zero: nothing ever moved here.
    pub version: i64,
}

/// A change of one level's `on_hand`.
#[derive(Debug)]
pub(crate) struct Change {
    pub sku: Sku,
    pub difference: i64,
    /// The source's name for this very change.
    pub external_id: Option<String>,
}

/// What a group of changes has in common.
#[derive(Debug)]
pub(crate) struct Booking<'a> {
    pub warehouse: &'a str,
    pub kind: MovementKind,
    pub cause: &'a str,
    pub source: Option<&'a str>,
}

impl Inventory {
    /// How many of each SKU can be bought, all warehouses together; 0 for one that is nowhere.
    /// One statement, no lock: the answer may be old when it arrives, only a hold is a promise.
    pub async fn availability(&self, skus: &[Sku]) -> Result<HashMap<Sku, u32>, Error> {
        let stock = self.stock(skus).await?;
        Ok(stock.into_iter().map(|(sku, now)| (sku, now.available)).collect())
    }

    /// The same with its version, for those who hear [`crate::StockChanged`] afterwards: what carries a
    /// greater version has happened since.
    pub async fn stock(&self, skus: &[Sku]) -> Result<HashMap<Sku, StockNow>, Error> {
        let mut found = queries::levels::stock(&self.pool, skus).await?;
        for sku in skus {
            found.entry(sku.clone()).or_default();
        }
        Ok(found)
    }

    /// Books goods that came in; returns how many SKUs were booked. Lines of one SKU are summed.
    ///
    /// With an external id (of a delivery, say) each SKU is booked once for this id: told again, it
    /// changes nothing, and a repetition that names more SKUs books only those.
    pub async fn receive(
        &self,
        warehouse: &str,
        lines: &[(Sku, u32)],
        cause: &str,
        external_id: Option<&ExternalId>,
    ) -> Result<usize, LevelError> {
        let mut summed = BTreeMap::<&Sku, i64>::new();
        for (sku, quantity) in lines {
            if *quantity == 0 {
                return Err(LevelError::NoPieces { sku: sku.clone() });
            }
            *summed.entry(sku).or_default() += i64::from(*quantity);
        }
        let change = |(sku, difference): (&Sku, i64)| Change {
            sku: sku.clone(),
            difference,
            // A SKU has no space in it, so that no two pairs of id and SKU make the same text.
            external_id: external_id.map(|external| format!("{} {sku}", external.id)),
        };
        let changes: Vec<_> = summed.into_iter().map(change).collect();
        let source = external_id.map(|external| external.source.as_str());
        let booking = Booking { warehouse, kind: MovementKind::Received, cause, source };
        self.book(booking, &skus_of(lines), |_| Ok(changes)).await
    }

    /// Books first stock: only for SKUs of which nothing ever moved in this warehouse, so that an
    /// import that is run again does not bring back what was sold. Returns how many were booked.
    pub async fn receive_initial(
        &self,
        warehouse: &str,
        levels: &[(Sku, u32)],
    ) -> Result<usize, LevelError> {
        let counts = counts(levels)?;
        let kind = MovementKind::Received;
        let booking = Booking { warehouse, kind, cause: "first stock", source: None };
        self.book(booking, &skus_of(levels), |levels| {
            let untouched = levels.into_iter().filter(|level| level.version == 0);
            Ok(untouched.filter_map(|level| difference(&counts, level)).collect())
        })
        .await
    }

    /// Sets levels to what was counted, each by a movement of the difference. A count that agrees
    /// writes nothing. Returns how many levels were adjusted.
    pub async fn set_levels(
        &self,
        warehouse: &str,
        levels: &[(Sku, u32)],
        cause: &str,
    ) -> Result<usize, LevelError> {
        let counts = counts(levels)?;
        let booking = Booking { warehouse, kind: MovementKind::Adjusted, cause, source: None };
        self.book(booking, &skus_of(levels), |levels| {
            let short: Vec<_> =
                levels.iter().filter_map(|level| below_promised(&counts, level)).collect();
            if !short.is_empty() {
                return Err(LevelError::BelowPromised(short));
            }
            Ok(levels.into_iter().filter_map(|level| difference(&counts, level)).collect())
        })
        .await
    }

    /// Says what is kept back of levels and what may be promised beyond them. A limit that is below what is owed
    /// already is refused by the database. Returns how many levels have other rules now.
    pub async fn set_rules(
        &self,
        warehouse: &str,
        rules: &[(Sku, Rules)],
    ) -> Result<usize, LevelError> {
        let mut skus: Vec<_> = rules.iter().map(|(sku, _)| sku.as_str()).collect();
        skus.sort_unstable();
        if let Some(twice) = skus.windows(2).find(|pair| pair[0] == pair[1]) {
            let sku = Sku::parse(twice[0]).map_err(|error| sqlx::Error::Decode(error.into()))?;
            return Err(LevelError::CountedTwice { sku });
        }
        queries::levels::open(&self.pool, warehouse, &skus)
            .await
            .map_err(|error| unknown_warehouse(error.into(), warehouse))?;
        let mut transaction = self.pool.begin().await?;
        let set = async {
            queries::levels::lock(&mut transaction, warehouse, &skus).await?;
            Ok(queries::levels::set_rules(&mut transaction, warehouse, rules).await?)
        };
        let set = set.await;
        end(transaction, set).await
    }

    /// Locks the SKUs' levels, lets `decide` make changes of what this warehouse has, and books them:
    /// one statement beforehand, two between begin and commit, however many SKUs.
    async fn book(
        &self,
        booking: Booking<'_>,
        skus: &[&str],
        decide: impl FnOnce(Vec<Level>) -> Result<Vec<Change>, LevelError>,
    ) -> Result<usize, LevelError> {
        // A statement of its own, committed before the locks are taken: whoever locks a SKU's levels
        // then sees all rows there are, and the sums over warehouses that are told are true.
        queries::levels::open(&self.pool, booking.warehouse, skus)
            .await
            .map_err(|error| unknown_warehouse(error.into(), booking.warehouse))?;
        let mut transaction = self.pool.begin().await?;
        let booked = book_locked(&mut transaction, &booking, skus, decide).await;
        end(transaction, booked).await
    }
}

async fn book_locked(
    connection: &mut PgConnection,
    booking: &Booking<'_>,
    skus: &[&str],
    decide: impl FnOnce(Vec<Level>) -> Result<Vec<Change>, LevelError>,
) -> Result<usize, LevelError> {
    let levels = queries::levels::lock(connection, booking.warehouse, skus).await?;
    let changes = decide(levels)?;
    if changes.is_empty() {
        return Ok(0);
    }
    Ok(queries::levels::book(connection, booking, &changes).await?)
}

fn skus_of(lines: &[(Sku, u32)]) -> Vec<&str> {
    let mut skus: Vec<_> = lines.iter().map(|(sku, _)| sku.as_str()).collect();
    skus.sort_unstable();
    skus.dedup();
    skus
}

fn counts(levels: &[(Sku, u32)]) -> Result<HashMap<Sku, u32>, LevelError> {
    let mut counts = HashMap::with_capacity(levels.len());
    for (sku, count) in levels {
        if counts.insert(sku.clone(), *count).is_some() {
            return Err(LevelError::CountedTwice { sku: sku.clone() });
        }
    }
    Ok(counts)
}

fn difference(counts: &HashMap<Sku, u32>, level: Level) -> Option<Change> {
    let difference = i64::from(*counts.get(&level.sku)?) - level.on_hand;
    (difference != 0).then_some(Change { sku: level.sku, difference, external_id: None })
}

fn below_promised(counts: &HashMap<Sku, u32>, level: &Level) -> Option<BelowPromised> {
    let counted = *counts.get(&level.sku)?;
    let promised = level.promised.unsigned_abs();
    let short = u64::from(counted) < promised;
    short.then(|| BelowPromised { sku: level.sku.clone(), counted, promised })
}

fn unknown_warehouse(error: Error, warehouse: &str) -> LevelError {
    match error {
        Error::UnknownWarehouse => LevelError::UnknownWarehouse { warehouse: warehouse.to_owned() },
        other => other.into(),
    }
}
