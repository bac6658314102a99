//! What other systems tell has moved: batches of movements, each with the name that its source gave it, in any
//! order and as often as it likes. What is told twice is written once; whoever tells something else under the
//! same name is told so; and what would take pieces that are promised is refused with what there is.
//!
//! Here is what is asked and answered. What is decided from is in `telling`.

use crate::{Error, Inventory, MovementKind, end, queries, telling};
use jiff::Timestamp;
use uuid::Uuid;

/// The most rows that one batch has.
pub const LARGEST_BATCH: usize = 10_000;
/// The most pieces that one row moves: a number beyond it is a slip.
pub const MOST_PIECES: i64 = 1_000_000_000;
/// The most characters of a source's name, and of a name that it gives.
pub const LONGEST_SOURCE: usize = 64;
/// See [`LONGEST_SOURCE`].
pub const LONGEST_EXTERNAL_ID: usize = 200;
/// The source of what the store itself does under a name.
pub(crate) const OURSELVES: &str = "vitrine";

/// Nothing that matters here happened before the year 1, and the database's calendar ends not much earlier: what is said
/// to have happened before happened then.
pub(crate) const EARLIEST: Timestamp = Timestamp::constant(-62_135_596_800, 0);

/// What kinds of things another system can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ToldKind {
    /// Goods came in.
    Received,
    /// So many more were found than were known, or fewer: the one kind whose quantity may be below zero.
    Adjusted,
    /// Pieces left the house, for an order out of what is its own or else out of what is nobody's.
    Shipped,
    /// Pieces came back.
    Returned,
    /// Pieces were thrown away.
    Scrapped,
    /// Pieces left for another warehouse.
    TransferredOut,
    /// Pieces came from another warehouse.
    TransferredIn,
}

impl ToldKind {
    /// Each of them.
    pub const ALL: [Self; 7] = [
        Self::Received,
        Self::Adjusted,
        Self::Shipped,
        Self::Returned,
        Self::Scrapped,
        Self::TransferredOut,
        Self::TransferredIn,
    ];

    /// Its name, which is that of the movement.
    pub fn as_str(self) -> &'static str {
        MovementKind::from(self).as_str()
    }
}

impl From<ToldKind> for MovementKind {
    fn from(kind: ToldKind) -> Self {
        match kind {
            ToldKind::Received => Self::Received,
            ToldKind::Adjusted => Self::Adjusted,
            ToldKind::Shipped => Self::Shipped,
            ToldKind::Returned => Self::Returned,
            ToldKind::Scrapped => Self::Scrapped,
            ToldKind::TransferredOut => Self::TransferredOut,
            ToldKind::TransferredIn => Self::TransferredIn,
        }
    }
}

/// One movement as another system tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldMovement {
    /// The source's name for it, unique within the source.
    pub external_id: String,
    /// Its place in the source's own order, if it counts.
    pub sequence: Option<i64>,
    /// The warehouse's code.
    pub warehouse: String,
    /// The SKU.
    pub sku: String,
    /// What happened.
    pub kind: ToldKind,
    /// Pieces; below zero only for [`ToldKind::Adjusted`].
    pub quantity: i64,
    /// Of what was shipped, the order it was for.
    pub order: Option<Uuid>,
    /// When it happened, by the source's clock.
    pub occurred_at: Option<Timestamp>,
}

/// What happens to a batch of which not all rows are right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Each row that is right is applied.
    Each,
    /// Nothing is applied unless all rows are right.
    All,
}

/// What happens to a SKU that never lay in the warehouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownSkus {
    /// Its rows are answered with [`Answer::UnknownSku`].
    Refuse,
    /// It gets a level there.
    Open,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It was written.
    Applied,
    /// It was written, and changes nothing of what is on hand: it had happened before the last count of the level,
    /// which has it in it.
    AppliedBeforeCount,
    /// The same was written before.
    AlreadyApplied,
    /// Something else was written under the same name before.
    Conflict,
    /// No warehouse has this code.
    UnknownWarehouse,
    /// The SKU never lay in this warehouse, or is a bundle, which lies nowhere.
    UnknownSku,
    /// It would take pieces that are not there or are promised to orders.
    WouldTakePromised {
        /// Pieces that lie there.
        on_hand: i64,
        /// Pieces that have to stay for what is promised.
        needed: i64,
    },
    /// The order does not have so many pieces there that were not sent or cancelled.
    NotAllocated {
        /// How many it has.
        open: i64,
    },
    /// No pieces, fewer than none, or more than [`MOST_PIECES`].
    AbsurdQuantity,
    /// The name is empty or longer than [`LONGEST_EXTERNAL_ID`].
    BadExternalId,
    /// It was right, but another row of a batch in [`Mode::All`] was not.
    Withheld,
}

impl Answer {
    /// Its name for programs, which never changes.
    pub fn code(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::AppliedBeforeCount => "applied_before_count",
            Self::AlreadyApplied => "already_applied",
            Self::Conflict => "conflict",
            Self::UnknownWarehouse => "unknown_warehouse",
            Self::UnknownSku => "unknown_sku",
            Self::WouldTakePromised { .. } => "would_take_promised",
            Self::NotAllocated { .. } => "not_allocated",
            Self::AbsurdQuantity => "absurd_quantity",
            Self::BadExternalId => "bad_external_id",
            Self::Withheld => "withheld",
        }
    }

    /// Whether the row is in the ledger, now or before.
    pub fn is_in(self) -> bool {
        matches!(self, Self::Applied | Self::AppliedBeforeCount | Self::AlreadyApplied)
    }
}

/// Why a whole batch was not looked at.
#[derive(Debug, thiserror::Error)]
pub enum TellError {
    /// More than [`LARGEST_BATCH`] rows.
    #[error("{rows} rows are more than {LARGEST_BATCH}")]
    TooManyRows {
        /// How many there were.
        rows: usize,
    },
    /// The source's name is empty, too long, or the store's own.
    #[error("{source_name:?} is no name of a source")]
    BadSource {
        /// The name.
        source_name: String,
    },
    /// A count of what is still to come.
    #[error("a count as of {as_of} is a count of the future")]
    FromTheFuture {
        /// When it was counted, as it says.
        as_of: Timestamp,
    },
    /// The database could not be used.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl Inventory {
    /// Writes what another system tells has moved, and answers each row in its place.
    ///
    /// Rows of one batch may come in any order: what adds pieces is taken before what takes some, and each of
    /// these by the source's sequence. Rows of several batches may, too: movements commute, and one that would
    /// take more than is there is refused and can be told again.
    ///
    /// Seven statements at most, however many rows.
    pub async fn apply_movements(
        &self,
        source: &str,
        mode: Mode,
        unknown: UnknownSkus,
        rows: &[ToldMovement],
    ) -> Result<Vec<Answer>, TellError> {
        check_source(source)?;
        if rows.len() > LARGEST_BATCH {
            return Err(TellError::TooManyRows { rows: rows.len() });
        }
        let rows: Vec<_> = rows.iter().map(|row| telling::Row::told(row, source)).collect();
        Ok(self.tell(source, mode, unknown, &rows).await?)
    }

    /// The same for rows of ours.
    pub(crate) async fn tell(
        &self,
        source: &str,
        mode: Mode,
        unknown: UnknownSkus,
        rows: &[telling::Row<'_>],
    ) -> Result<Vec<Answer>, Error> {
        if unknown == UnknownSkus::Open {
            queries::told::open(&self.pool, &telling::levels(rows)).await?;
        }
        for _ in 0..TRIES {
            let mut transaction = self.pool.begin().await?;
            let told = telling::tell_locked(&mut transaction, source, mode, rows).await;
            let told = end(transaction, told.map_err(Interrupted::from)).await;
            match told {
                // Somebody else told something under the same name in this very moment.
                Err(Interrupted::Outrun) => {}
                Err(Interrupted::Failed(error)) => return Err(error),
                Ok(answers) => return Ok(answers),
            }
        }
        Err(Error::Outrun)
    }
}

/// How often a batch is decided anew when a name is taken while it is being written.
const TRIES: usize = 3;

/// Why a batch was rolled back.
#[derive(Debug)]
pub(crate) enum Interrupted {
    /// A name was taken meanwhile.
    Outrun,
    /// The database could not be used.
    Failed(Error),
}

impl From<Error> for Interrupted {
    fn from(error: Error) -> Self {
        match error {
            Error::Outrun => Self::Outrun,
            error => Self::Failed(error),
        }
    }
}

impl From<sqlx::Error> for Interrupted {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Whether a source may have this name: it is not empty, not too long, and not the store's own.
pub fn is_source(name: &str) -> bool {
    let fits = (1..=LONGEST_SOURCE).contains(&name.chars().count()) && !name.contains('\0');
    fits && name != OURSELVES
}

pub(crate) fn check_source(source: &str) -> Result<(), TellError> {
    match is_source(source) {
        true => Ok(()),
        false => Err(TellError::BadSource { source_name: source.to_owned() }),
    }
}
