//! Levels as they stand, a page at a time, for people and other systems. Nobody decides anything from them: what
//! is read here may be old when it arrives.

use crate::{Error, Inventory, queries};
use domain::Sku;

/// The most levels that one page has.
pub const LONGEST_PAGE: u32 = 1_000;

/// Names a level; pages are in the order of these.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LevelKey {
    /// The SKU.
    pub sku: Sku,
    /// The warehouse's code.
    pub warehouse: String,
}

/// Which levels are wanted.
#[derive(Debug, Clone, Default)]
pub struct LevelFilter {
    /// Of these SKUs; of all if there are none.
    pub skus: Vec<Sku>,
    /// In these warehouses; in all if there are none.
    pub warehouses: Vec<String>,
    /// Behind this one: the `next` of the page before.
    pub after: Option<LevelKey>,
    /// At most so many, up to [`LONGEST_PAGE`].
    pub limit: u32,
}

/// A level as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelNow {
    /// The SKU.
    pub sku: Sku,
    /// The warehouse's code.
    pub warehouse: String,
    /// Pieces that lie there.
    pub on_hand: i64,
    /// Pieces set aside for orders that are being paid.
    pub held: i64,
    /// Pieces that belong to paid orders and were not sent yet.
    pub allocated: i64,
    /// Pieces that can be sold.
    pub available: i64,
    /// Grows with every change of this level.
    pub version: u64,
}

/// Some levels, and where the next ones begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelPage {
    /// The levels, by SKU and warehouse.
    pub levels: Vec<LevelNow>,
    /// For the next page's `after`; `None` when this is the last.
    pub next: Option<LevelKey>,
}

impl Inventory {
    /// A page of levels. Levels that come into being while pages are read are on a later page or none;
    /// no level is on two. One statement.
    pub async fn list_levels(&self, filter: &LevelFilter) -> Result<LevelPage, Error> {
        let limit = filter.limit.clamp(1, LONGEST_PAGE) as usize;
        // One more tells whether there is a next page.
        let mut levels = queries::listing::levels(&self.pool, filter, limit + 1).await?;
        let more = levels.len() > limit;
        levels.truncate(limit);
        let last = levels.last().filter(|_| more);
        let next = last
            .map(|level| LevelKey { sku: level.sku.clone(), warehouse: level.warehouse.clone() });
        Ok(LevelPage { levels, next })
    }
}
