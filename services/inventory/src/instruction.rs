//! What the store tells the warehouses, in one order that never changes: what of an order is theirs to send, what of
//! it is not to be sent any more, and what will come back.
//!
//! An instruction is written in the transaction of what it tells of, and has no place yet: transactions commit in
//! another order than that in which they began to write, so that a place given then could come up in front of one
//! that somebody has read already. A teller ([`Inventory::tell_instructions`]) gives places afterwards, one
//! transaction at a time, to whatever has been committed. How instructions travel, this crate does not know.

use crate::{Error, Inventory, queries};
use domain::Sku;
use jiff::Timestamp;
use std::{
    collections::{HashMap, HashSet},
    fmt,
};
use uuid::Uuid;

/// The most instructions that one page has.
pub const LONGEST_INSTRUCTION_PAGE: u32 = 1_000;
/// The most instructions that are acknowledged at once.
pub const MOST_ACKNOWLEDGED: usize = 1_000;
/// About how many lines get their places in one transaction, so that none is long.
const TOLD_AT_ONCE: u32 = 10_000;

/// What kind of thing a warehouse is told. The names are the world's: they are never changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InstructionKind {
    /// An order was paid, and these pieces of it are sent from here.
    AllocationCreated,
    /// These pieces are not to be sent any more.
    AllocationCancelled,
    /// These pieces will come back.
    ReturnExpected,
}

impl InstructionKind {
    /// Every kind there is.
    pub const ALL: [Self; 3] =
        [Self::AllocationCreated, Self::AllocationCancelled, Self::ReturnExpected];

    /// The kind's name, here and for the world.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AllocationCreated => "allocation.created",
            Self::AllocationCancelled => "allocation.cancelled",
            Self::ReturnExpected => "return.expected",
        }
    }
}

impl fmt::Display for InstructionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something that a warehouse was told. It never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// Names it, however often it arrives.
    pub id: Uuid,
    /// What it tells.
    pub kind: InstructionKind,
    /// When that was so, by the database's clock.
    pub occurred_at: Timestamp,
    /// The warehouse's code.
    pub warehouse: String,
    /// The order it is about.
    pub order: Uuid,
    /// The return it is about, if it is about one.
    pub return_id: Option<Uuid>,
    /// The pieces, by SKU.
    pub lines: Vec<InstructionLine>,
}

/// So many pieces of a SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstructionLine {
    /// The SKU.
    pub sku: Sku,
    /// Pieces.
    pub quantity: i64,
}

/// Whether what was acknowledged is wanted again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wanted {
    /// All that was ever told.
    #[default]
    All,
    /// What was not acknowledged.
    Open,
}

/// Which instructions are wanted.
#[derive(Debug, Clone, Default)]
pub struct InstructionFilter {
    /// For these warehouses; for all if there are none.
    pub warehouses: Vec<String>,
    /// All, or what is open.
    pub wanted: Wanted,
    /// Behind this place: the `next` of the page before. 0 is before everything.
    pub after: i64,
    /// At most so many, up to [`LONGEST_INSTRUCTION_PAGE`].
    pub limit: u32,
}

/// Some instructions, and where to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstructionPage {
    /// In the order in which they were told.
    pub instructions: Vec<Instruction>,
    /// The place of the last of them, or the place that was asked for if there are none: what is told later has a
    /// higher one.
    pub next: i64,
}

/// What became of an acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acknowledged {
    /// It is acknowledged by this.
    Now,
    /// It was before.
    Before,
    /// Nothing of that name was ever told.
    Unknown,
}

impl Inventory {
    /// Gives places to all instructions that have been committed and have none, and answers how many those were.
    /// For the worker, all the time. While another teller is at it there is nothing to do.
    pub async fn tell_instructions(&self) -> Result<u64, Error> {
        let mut told = 0;
        loop {
            let mut transaction = self.pool.begin().await?;
            if !queries::instructions::try_lock_places(&mut transaction).await? {
                return Ok(told);
            }
            // A statement of its own: it sees what the last holder of the lock committed.
            let now = queries::instructions::place(&mut transaction, TOLD_AT_ONCE).await?;
            transaction.commit().await?;
            told += now;
            if now == 0 {
                return Ok(told);
            }
        }
    }

    /// A page of what was told. What is told later has a place behind all that was ever shown. One statement.
    pub async fn list_instructions(
        &self,
        filter: &InstructionFilter,
    ) -> Result<InstructionPage, Error> {
        let limit = filter.limit.clamp(1, LONGEST_INSTRUCTION_PAGE);
        let placed = queries::instructions::list(&self.pool, filter, limit).await?;
        let next = placed.last().map_or(filter.after, |(place, _)| *place);
        let instructions = placed.into_iter().map(|(_, instruction)| instruction).collect();
        Ok(InstructionPage { instructions, next })
    }

    /// Writes down that these were taken on, and answers each in its place; of a name that comes twice the second is
    /// a repetition. Safe to repeat. One statement. Names beyond [`MOST_ACKNOWLEDGED`] are to be sent in a second
    /// call.
    pub async fn acknowledge_instructions(&self, ids: &[Uuid]) -> Result<Vec<Acknowledged>, Error> {
        let found = queries::instructions::acknowledge(&self.pool, ids).await?;
        let found: HashMap<Uuid, Acknowledged> = found.into_iter().collect();
        let mut seen = HashSet::new();
        let answer = |id: &Uuid| match found.get(id) {
            None => Acknowledged::Unknown,
            Some(_) if !seen.insert(*id) => Acknowledged::Before,
            Some(answer) => *answer,
        };
        Ok(ids.iter().map(answer).collect())
    }
}
