//! Counts by other systems: how many pieces lay somewhere at some instant. A count is not the truth of now: what
//! has moved since is kept, and only the difference that the count found is booked.

use crate::{
    Error, Inventory, TellError, UnknownSkus, end, queries,
    telling::{self, Facts, Names},
    told::{EARLIEST, LARGEST_BATCH, MOST_PIECES, check_source},
};
use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};
use sqlx::PgConnection;
use std::collections::{BTreeSet, HashMap};

/// How far ahead of the database's a source's clock may be.
pub(crate) const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// How many pieces of a SKU lay in a warehouse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// The warehouse's code.
    pub warehouse: String,
    /// The SKU.
    pub sku: String,
    /// Pieces.
    pub on_hand: i64,
}

/// What became of a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountAnswer {
    /// It is what was known.
    Agrees,
    /// So many more were found than were known, or fewer; the difference was booked.
    Adjusted {
        /// Pieces.
        difference: i64,
    },
    /// The source has told its count as of this instant before.
    AlreadyCounted,
    /// The source has told a later count before: nothing is changed.
    Outdated {
        /// As of when that was.
        last: Timestamp,
    },
    /// Fewer would be there than are promised to orders. People have to look: nothing is changed, and the same count
    /// can be told again.
    BelowPromised {
        /// Pieces that would be there, with what has moved since.
        on_hand: i64,
        /// Pieces that have to stay for what is promised.
        needed: i64,
    },
    /// No warehouse has this code.
    UnknownWarehouse,
    /// The SKU never lay in this warehouse, or is a bundle, which lies nowhere.
    UnknownSku,
    /// Fewer pieces than none, or more than [`MOST_PIECES`].
    AbsurdQuantity,
    /// Another row counts the same.
    CountedTwice,
}

impl CountAnswer {
    /// Its name for programs, which never changes.
    pub fn code(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Adjusted { .. } => "adjusted",
            Self::AlreadyCounted => "already_counted",
            Self::Outdated { .. } => "outdated",
            Self::BelowPromised { .. } => "below_promised",
            Self::UnknownWarehouse => "unknown_warehouse",
            Self::UnknownSku => "unknown_sku",
            Self::AbsurdQuantity => "absurd_quantity",
            Self::CountedTwice => "counted_twice",
        }
    }
}

impl Inventory {
    /// Brings levels to what a source counted at an instant, and answers each count in its place: the difference
    /// is what was counted, less what was known as of then, that is what is on hand now without the movements that
    /// happened later. Counts of one batch stand for themselves: one that is refused keeps no other.
    ///
    /// What is told afterwards to have happened before the instant is in the count already and does not change
    /// what is on hand ([`Answer::AppliedBeforeCount`](crate::Answer::AppliedBeforeCount)).
    ///
    /// Six statements at most, however many rows.
    pub async fn reconcile_counts(
        &self,
        source: &str,
        told_as_of: Timestamp,
        unknown: UnknownSkus,
        rows: &[Count],
    ) -> Result<Vec<CountAnswer>, TellError> {
        check_source(source)?;
        if rows.len() > LARGEST_BATCH {
            return Err(TellError::TooManyRows { rows: rows.len() });
        }
        let levels: BTreeSet<_> =
            rows.iter().filter(|row| row.fault().is_none()).map(Count::level).collect();
        if unknown == UnknownSkus::Open {
            queries::told::open(&self.pool, &levels).await.map_err(Error::from)?;
        }
        // As instants are kept: told again it is the same one.
        let as_of = TimestampRound::new().smallest(Unit::Microsecond).mode(RoundMode::Trunc);
        let as_of = told_as_of.max(EARLIEST).round(as_of).unwrap_or(told_as_of);
        let mut transaction = self.pool.begin().await.map_err(Error::from)?;
        let work = Work { source, as_of, rows, levels };
        let counted = work.reconcile(&mut transaction).await;
        end(transaction, counted).await
    }
}

impl From<sqlx::Error> for TellError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl Count {
    fn level(&self) -> (&str, &str) {
        (&self.sku, &self.warehouse)
    }

    fn fault(&self) -> Option<CountAnswer> {
        if !(0..=MOST_PIECES).contains(&self.on_hand) {
            return Some(CountAnswer::AbsurdQuantity);
        }
        if self.warehouse.contains('\0') {
            return Some(CountAnswer::UnknownWarehouse);
        }
        domain::Sku::parse(&self.sku).is_err().then_some(CountAnswer::UnknownSku)
    }
}

struct Work<'a> {
    source: &'a str,
    as_of: Timestamp,
    rows: &'a [Count],
    levels: BTreeSet<(&'a str, &'a str)>,
}

impl Work<'_> {
    async fn reconcile(self, connection: &mut PgConnection) -> Result<Vec<CountAnswer>, TellError> {
        let mut facts = telling::lock(connection, self.source, &self.levels).await?;
        let moved = queries::counts::moved_since(connection, self.as_of, &self.levels).await?;
        if self.as_of > moved.now.saturating_add(AHEAD).unwrap_or(Timestamp::MAX) {
            return Err(TellError::FromTheFuture { as_of: self.as_of });
        }
        if self.levels.len() > facts.levels.len() {
            facts.warehouses = queries::told::warehouses(connection).await?;
        }
        let mut seen = BTreeSet::new();
        let mut answers = Vec::with_capacity(self.rows.len());
        for row in self.rows {
            answers.push(match row.fault() {
                Some(fault) => fault,
                None if !seen.insert(row.level()) => CountAnswer::CountedTwice,
                None => self.answer(row, &facts, &moved.since),
            });
        }
        let right: Vec<_> = self
            .rows
            .iter()
            .zip(&answers)
            .filter_map(|(row, answer)| match answer {
                CountAnswer::Agrees => Some((row, 0)),
                CountAnswer::Adjusted { difference } => Some((row, *difference)),
                _ => None,
            })
            .collect();
        if !right.is_empty() {
            queries::counts::write(connection, self.source, self.as_of, &right).await?;
        }
        Ok(answers)
    }

    fn answer(&self, row: &Count, facts: &Facts, since: &HashMap<Names, i64>) -> CountAnswer {
        let names = (row.sku.clone(), row.warehouse.clone());
        let Some(level) = facts.levels.get(&names) else {
            let is_known = facts.warehouses.contains(&row.warehouse);
            return if is_known { CountAnswer::UnknownSku } else { CountAnswer::UnknownWarehouse };
        };
        match level.counted_by_source {
            Some(last) if last == self.as_of => return CountAnswer::AlreadyCounted,
            Some(last) if last > self.as_of => return CountAnswer::Outdated { last },
            _ => {}
        }
        let since = since.get(&names).copied().unwrap_or_default();
        let difference = row.on_hand - (level.on_hand - since);
        let (on_hand, needed) = (level.on_hand + difference, level.needed(0));
        if on_hand < needed {
            return CountAnswer::BelowPromised { on_hand, needed };
        }
        match difference {
            0 => CountAnswer::Agrees,
            difference => CountAnswer::Adjusted { difference },
        }
    }
}
