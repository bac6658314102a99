//! What a connector reads out of a document.

use inventory::ToldKind;
use jiff::Timestamp;
use uuid::Uuid;

/// A document as it came in.
#[derive(Debug, Clone, Copy)]
pub struct Document<'a> {
    /// Who sent it: the names in it are the source's own.
    pub source: &'a str,
    /// The name it came under, of a file for instance. Empty if it came without.
    pub name: &'a str,
    /// What stands in it.
    pub bytes: &'a [u8],
}

/// Something that is wrong, where, and of what kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where in the document, as the format names places: `line 3`, `#/epcisBody/eventList/0/eventID`.
    pub place: String,
    /// What kind of mistake it is. It never changes.
    pub code: &'static str,
    /// The same in words for whoever wrote the document.
    pub words: String,
}

impl Fault {
    /// A mistake at a place.
    pub fn new(place: impl Into<String>, code: &'static str, words: impl Into<String>) -> Self {
        Self { place: place.into(), code, words: words.into() }
    }
}

/// All that stands in a document, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// What the format answers one by one: a line, an event.
    pub items: Vec<Item>,
}

/// What is answered by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Where it stands.
    pub place: String,
    /// The source's name for it; empty if it has none.
    pub name: String,
    /// What it says.
    pub said: Said,
}

/// What an item says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// These things happened, or were counted.
    Rows(Vec<Row>),
    /// These things were told, or may still be, and did not happen: they are taken back. Told before or not, and
    /// however often, nothing is left of them.
    TakenBack(Vec<MovementRow>),
    /// Nothing about stock.
    Nothing {
        /// What kind of thing it is about instead. It never changes.
        code: &'static str,
        /// The same in words.
        words: String,
    },
    /// Something that cannot be told.
    Wrong(Fault),
}

/// Something that is told to the inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// Something has moved.
    Movement(MovementRow),
    /// Something was counted.
    Count(CountRow),
}

/// A movement whose names may still be another system's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovementRow {
    /// The source's name for it, unique within the source: the same thing has it in every document.
    pub external_id: String,
    /// Its place in the source's own order, if it counts.
    pub sequence: Option<i64>,
    /// Where.
    pub warehouse: Name,
    /// What.
    pub sku: Name,
    /// What happened.
    pub kind: ToldKind,
    /// Pieces.
    pub quantity: i64,
    /// Of what was shipped, the order it was for.
    pub order: Option<Uuid>,
    /// When, by the source's clock.
    pub occurred_at: Option<Timestamp>,
    /// Where it came from or went to, if that is told: if one of our warehouses is there, it is a transfer.
    pub elsewhere: Option<Name>,
}

/// A count whose names may still be another system's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountRow {
    /// As of when.
    pub as_of: Timestamp,
    /// Where: all that lies there was counted. By the most exact of its identifiers alone, for what lies in a part of a
    /// place is not all that lies in the place.
    pub warehouse: Name,
    /// What.
    pub sku: Name,
    /// Pieces.
    pub on_hand: i64,
}

/// What a document calls a SKU or a warehouse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    /// By our name.
    Ours(String),
    /// By identifiers, the most exact first: what the first of them that is known stands for.
    Theirs(Vec<String>),
}

impl Batch {
    /// How many rows are to be told.
    pub fn rows(&self) -> usize {
        let rows = |item: &Item| match &item.said {
            Said::Rows(rows) => rows.len(),
            Said::TakenBack(rows) => rows.len(),
            Said::Nothing { .. } | Said::Wrong(_) => 0,
        };
        self.items.iter().map(rows).sum()
    }
}

impl Row {
    /// What it calls the warehouse and the SKU.
    pub fn names(&self) -> (&Name, &Name) {
        match self {
            Self::Movement(row) => (&row.warehouse, &row.sku),
            Self::Count(row) => (&row.warehouse, &row.sku),
        }
    }

    /// The movement that it is.
    pub fn movement(&self) -> Option<&MovementRow> {
        match self {
            Self::Movement(row) => Some(row),
            Self::Count(_) => None,
        }
    }

    /// The count that it is.
    pub fn count(&self) -> Option<&CountRow> {
        match self {
            Self::Movement(_) => None,
            Self::Count(row) => Some(row),
        }
    }
}

impl Name {
    /// As the document has it.
    pub fn as_told(&self) -> &str {
        match self {
            Self::Ours(name) => name,
            Self::Theirs(identifiers) => identifiers.first().map_or("", String::as_str),
        }
    }
}
