//! The words for what happens in a warehouse, and the lines of its durable file.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One line of the file: everything that one change brings about, so that it happens whole or not at all.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// The software was started.
    Started {
        /// When.
        at: Timestamp,
        /// What the book is called if it begins with this line. Names that are given to others begin with it, so
        /// that a book which begins anew never gives one twice.
        book: String,
    },
    /// What lay on the shelves when the book began; nobody is told.
    Stocked {
        /// When.
        at: Timestamp,
        /// What lay where.
        levels: Vec<Pieces>,
    },
    /// The store was heard.
    Heard {
        /// When.
        at: Timestamp,
        /// What it wants, none of it heard before.
        instructions: Vec<Instruction>,
        /// Where the feed goes on, if it was the feed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cursor: Option<String>,
    },
    /// The store knows that it was heard.
    Acknowledged {
        /// The instructions.
        ids: Vec<Uuid>,
    },
    /// Pieces moved, in one act: a parcel, a return, a delivery. The store is to be told of each.
    Moved {
        /// When.
        at: Timestamp,
        /// What moved. Each gets the next number of the book's own order.
        moves: Vec<Move>,
        /// Where somebody put down a wrong number meanwhile, and by how many it is wrong.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        slips: Vec<Pieces>,
        /// The expected return that is done with this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        closes: Option<Uuid>,
    },
    /// The shelves were counted, rightly or wrongly. The store is to be told.
    Counted {
        /// As of when.
        at: Timestamp,
        /// What was counted.
        levels: Vec<Pieces>,
    },
    /// The store has these movements.
    Told {
        /// By number.
        numbers: Vec<i64>,
    },
    /// These were sent for an order that had been cancelled by then: the store will be told that they left the
    /// house, under another name and for no order.
    CameTooLate {
        /// By number.
        numbers: Vec<i64>,
    },
    /// The store has this count, or a later one.
    CountTold {
        /// As of when it was.
        as_of: Timestamp,
        /// The places that it has it of.
        places: Vec<Place>,
    },
}

/// Where something lies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The warehouse's code.
    pub warehouse: String,
    /// The SKU.
    pub sku: String,
}

/// So many pieces somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pieces {
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// How many.
    pub on_hand: i64,
}

/// So many pieces of a SKU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The SKU.
    pub sku: String,
    /// How many.
    pub quantity: i64,
}

/// What the store wants done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instruction {
    /// The store's name for it.
    pub id: Uuid,
    /// What is to be done.
    #[serde(rename = "type")]
    pub kind: InstructionKind,
    /// When the store decided so.
    pub occurred_at: Timestamp,
    /// In which warehouse.
    pub warehouse: String,
    /// For which order.
    pub order: Uuid,
    /// With what.
    pub lines: Vec<Line>,
}

/// Kinds of instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum InstructionKind {
    /// Send these.
    #[serde(rename = "allocation.created")]
    Send,
    /// Do not send these after all.
    #[serde(rename = "allocation.cancelled")]
    Refrain,
    /// These will come back.
    #[serde(rename = "return.expected")]
    TakeBack,
    /// Something that this software is too old for. It is heard, and nothing is done.
    #[serde(other, rename = "unknown")]
    Unknown,
}

/// Pieces that moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// How.
    pub kind: MoveKind,
    /// How many.
    pub quantity: i64,
    /// For which order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Uuid>,
}

impl Move {
    /// What it adds to what lies there.
    pub fn adds(&self) -> i64 {
        match self.kind {
            MoveKind::Received | MoveKind::Returned => self.quantity,
            MoveKind::Shipped | MoveKind::Scrapped => -self.quantity,
        }
    }
}

/// How pieces move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoveKind {
    /// A supplier brought them.
    Received,
    /// They left the house.
    Shipped,
    /// A customer sent them back.
    Returned,
    /// They were thrown away.
    Scrapped,
}
