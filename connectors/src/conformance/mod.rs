//! What every connector has to keep, tried on a store of its own. A new connector brings a [`Scribe`], which writes
//! facts in its format; the facts, the disorder and the mischief are made here.
//!
//! Each rule can be broken: `tests/conformance` has a connector for each that breaks it, and is caught.

mod absurd;
mod facts;
mod reading;
mod rules;
mod world;

pub use facts::{Fact, What};

use crate::Connector;

/// What writes facts as the system would whose format it is.
pub trait Scribe: Sync {
    /// A document that says these things, in this order. All of them are movements, or all are counts.
    fn write(&self, facts: &[Fact]) -> Vec<u8>;

    /// The same, with something in the place of the fact with this number that nobody can read, and that leaves
    /// the others readable.
    fn write_unreadable(&self, facts: &[Fact], nth: usize) -> Vec<u8>;

    /// Whether the format can say this.
    fn can_say(&self, what: &What) -> bool;

    /// What such a document is called.
    fn file_name(&self) -> &str;
}

/// What a connector has to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// What was written is what is read, to the piece.
    SaysWhatWasWritten,
    /// The same bytes are the same batch.
    IsPure,
    /// The same document a second time changes nothing.
    ToldTwiceIsToldOnce,
    /// The rows of a document may stand in any order.
    RowsInAnyOrder,
    /// Documents may come in any order.
    DocumentsInAnyOrder,
    /// A document that is cut off anywhere says nothing that the whole one does not say.
    CutOffSaysNothingElse,
    /// What is no document of the format is refused, whatever it is, and never is a panic.
    NonsenseIsRefused,
    /// Two sources may use one name for two things.
    SourcesHaveNamesOfTheirOwn,
    /// Each row is answered, in its place, once.
    EveryRowIsAnsweredOnce,
    /// Unknown SKUs and warehouses, negative and absurd quantities are told row by row, and the rest is applied.
    WhatCannotBeIsTold,
    /// Of whatever kind a row is: quantities that cannot be are told row by row, however far off they are, and never
    /// are others, nor a panic.
    AbsurdQuantitiesAreTold,
    /// Where all or nothing is wanted, one row that cannot be read keeps the others out.
    AllOrNothing,
    /// More rows than a document may have are refused, and nothing of them is told.
    TooManyRowsAreRefused,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 13] = [
        Self::SaysWhatWasWritten,
        Self::IsPure,
        Self::ToldTwiceIsToldOnce,
        Self::RowsInAnyOrder,
        Self::DocumentsInAnyOrder,
        Self::CutOffSaysNothingElse,
        Self::NonsenseIsRefused,
        Self::SourcesHaveNamesOfTheirOwn,
        Self::EveryRowIsAnsweredOnce,
        Self::WhatCannotBeIsTold,
        Self::AbsurdQuantitiesAreTold,
        Self::AllOrNothing,
        Self::TooManyRowsAreRefused,
    ];

    /// Tries a connector, with facts and mischief from this seed.
    ///
    /// # Errors
    /// How it breaks the rule.
    ///
    /// # Panics
    /// If the connector does, or if there is no database to try it on.
    pub async fn check(
        self,
        connector: &dyn Connector,
        scribe: &dyn Scribe,
        seed: u64,
    ) -> Result<(), String> {
        let exam = rules::Exam { connector, scribe, seed };
        let kept = match self {
            Self::SaysWhatWasWritten => exam.says_what_was_written().await,
            Self::IsPure => exam.is_pure(),
            Self::ToldTwiceIsToldOnce => exam.told_twice_is_told_once().await,
            Self::RowsInAnyOrder => exam.rows_in_any_order().await,
            Self::DocumentsInAnyOrder => exam.documents_in_any_order().await,
            Self::CutOffSaysNothingElse => exam.cut_off_says_nothing_else(),
            Self::NonsenseIsRefused => exam.nonsense_is_refused(),
            Self::SourcesHaveNamesOfTheirOwn => exam.sources_have_names_of_their_own().await,
            Self::EveryRowIsAnsweredOnce => exam.every_row_is_answered_once().await,
            Self::WhatCannotBeIsTold => exam.what_cannot_be_is_told().await,
            Self::AbsurdQuantitiesAreTold => exam.absurd_quantities_are_told().await,
            Self::AllOrNothing => exam.all_or_nothing().await,
            Self::TooManyRowsAreRefused => exam.too_many_rows_are_refused().await,
        };
        kept.map_err(|how| format!("{self:?}, seed {seed}: {how}"))
    }
}
