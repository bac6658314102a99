//! What became of what a document says.

use crate::Fault;
use inventory::{Answer, CountAnswer, ToldKind};

/// What became of a document, item by item, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// One for each item.
    pub items: Vec<ItemAnswer>,
}

/// What became of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemAnswer {
    /// Where it stands.
    pub place: String,
    /// The source's name for it.
    pub name: String,
    /// What became of it.
    pub became: Became,
}

/// What became of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Became {
    /// Its rows were told, with what became of each.
    Told(Vec<RowAnswer>),
    /// It says nothing about stock.
    Skipped {
        /// What kind of thing it is about instead.
        code: &'static str,
        /// The same in words.
        words: String,
    },
    /// It cannot be told.
    Refused(Fault),
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowAnswer {
    /// The warehouse's code, or as the document has it where nobody knows what that is.
    pub warehouse: String,
    /// The SKU, or as the document has it where nobody knows what that is.
    pub sku: String,
    /// What is said to have happened; nothing if it was counted.
    pub kind: Option<ToldKind>,
    /// Pieces.
    pub quantity: i64,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Of a movement.
    Moved(Answer),
    /// Of a movement that is taken back: it was told and is not any more.
    TakenBack(Answer),
    /// Of a count.
    Counted(CountAnswer),
    /// It was counted in a part of a warehouse, and nobody has said what that part stands for.
    Part,
    /// It was counted at an instant that is still to come.
    Future,
    /// Nothing of the document is told, for something else in it is wrong and all or nothing was wanted.
    Withheld,
}

/// How many of what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows that are in the ledger or agree with it, now or before.
    pub applied: usize,
    /// Rows that are not, and items that cannot be told.
    pub refused: usize,
    /// Items that are not about stock.
    pub skipped: usize,
}

impl Delivered {
    /// How many of what.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for item in &self.items {
            match &item.became {
                Became::Told(rows) => {
                    let applied = rows.iter().filter(|row| row.outcome.is_in()).count();
                    tally.applied += applied;
                    tally.refused += rows.len() - applied;
                }
                Became::Skipped { .. } => tally.skipped += 1,
                Became::Refused(_) => tally.refused += 1,
            }
        }
        tally
    }

    /// Whether all that moved is in the ledger, and all could be read: if not, nothing is told where all or nothing
    /// is wanted.
    pub fn all_movements_are_in(&self) -> bool {
        let is_in = |row: &RowAnswer| row.kind.is_none() || row.outcome.is_in();
        self.items.iter().all(|item| match &item.became {
            Became::Told(rows) => rows.iter().all(is_in),
            Became::Skipped { .. } => true,
            Became::Refused(_) => false,
        })
    }
}

impl Outcome {
    /// Whether what it says is known now, or was before.
    pub fn is_in(self) -> bool {
        match self {
            Self::Moved(answer) | Self::TakenBack(answer) => answer.is_in(),
            Self::Counted(answer) => matches!(
                answer,
                CountAnswer::Agrees | CountAnswer::Adjusted { .. } | CountAnswer::AlreadyCounted
            ),
            Self::Part | Self::Future | Self::Withheld => false,
        }
    }

    /// Its name: the same as in the JSON API.
    pub fn code(self) -> &'static str {
        match self {
            Self::Moved(answer) => answer.code(),
            Self::TakenBack(answer) => match answer {
                Answer::Applied | Answer::AppliedBeforeCount => "taken_back",
                Answer::AlreadyApplied => "already_taken_back",
                answer => answer.code(),
            },
            Self::Counted(answer) => answer.code(),
            Self::Part => "part_of_a_warehouse",
            Self::Future => "not_yet",
            Self::Withheld => "withheld",
        }
    }

    /// The same in words.
    pub fn words(self) -> String {
        match self {
            Self::Moved(answer) => words_of_movement(answer),
            Self::TakenBack(answer) => match answer {
                Answer::Applied | Answer::AppliedBeforeCount => "It was taken back.".to_owned(),
                Answer::AlreadyApplied => "It was taken back before.".to_owned(),
                answer => words_of_movement(answer),
            },
            Self::Counted(answer) => words_of_count(answer),
            Self::Part => {
                "It was counted in a part of a warehouse, which does not say how many lie in the \
                           whole: count the whole, or say what the part stands for."
                    .to_owned()
            }
            Self::Future => {
                "Nobody can have counted that yet: is the source's clock right?".to_owned()
            }
            Self::Withheld => withheld(),
        }
    }
}

fn withheld() -> String {
    "It was right, but something else in the document was not, and all or nothing was wanted."
        .to_owned()
}

fn words_of_movement(answer: Answer) -> String {
    match answer {
        Answer::Applied => "It was written.".to_owned(),
        Answer::AppliedBeforeCount => {
            "It was written, and had been in the last count already.".to_owned()
        }
        Answer::AlreadyApplied => "The same was written before.".to_owned(),
        Answer::Conflict => "Something else was written under this name before.".to_owned(),
        Answer::UnknownWarehouse => "No warehouse is known by this name.".to_owned(),
        Answer::UnknownSku => {
            "No SKU is known by this name there, or it is a bundle, which lies nowhere.".to_owned()
        }
        Answer::WouldTakePromised { on_hand, needed } => {
            format!("It would take what is promised: {on_hand} lie there and {needed} have to stay.")
        }
        Answer::NotAllocated { open } => {
            format!("The order has {open} pieces there that were not sent.")
        }
        Answer::AbsurdQuantity => {
            "No number of pieces that can have moved: none, fewer than none, or a thousand million more."
                .to_owned()
        }
        Answer::BadExternalId => "Its name is empty or too long.".to_owned(),
        Answer::Withheld => withheld(),
    }
}

fn words_of_count(answer: CountAnswer) -> String {
    match answer {
        CountAnswer::Agrees => "It is what was known.".to_owned(),
        CountAnswer::Adjusted { difference } => format!("A difference of {difference} was booked."),
        CountAnswer::AlreadyCounted => "The count as of this instant was told before.".to_owned(),
        CountAnswer::Outdated { last } => format!("A later count was told before, as of {last}."),
        CountAnswer::BelowPromised { on_hand, needed } => {
            format!(
                "Only {on_hand} would be there, and {needed} are promised: people have to look."
            )
        }
        CountAnswer::UnknownWarehouse => words_of_movement(Answer::UnknownWarehouse),
        CountAnswer::UnknownSku => words_of_movement(Answer::UnknownSku),
        CountAnswer::AbsurdQuantity => {
            "Nobody counts fewer than none, or a thousand million.".to_owned()
        }
        CountAnswer::CountedTwice => "Something else in the document counts the same.".to_owned(),
    }
}
