//! The head of a table: which columns there are, and what the rows are therefore about.

use crate::Fault;
use ::csv::StringRecord;
use std::collections::BTreeMap;

const MOVEMENTS: Columns = Columns {
    needed: &["warehouse", "sku", "kind", "quantity"],
    possible: &["external_id", "sequence", "order", "occurred_at"],
};

const COUNTS: Columns =
    Columns { needed: &["warehouse", "sku", "on_hand", "as_of"], possible: &[] };

struct Columns {
    needed: &'static [&'static str],
    possible: &'static [&'static str],
}

/// Where each column stands.
#[derive(Debug)]
pub struct Head {
    places: BTreeMap<String, usize>,
    width: usize,
}

impl Head {
    /// Reads the head.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn read(record: &StringRecord) -> Result<Self, Vec<Fault>> {
        let mut wrong = Vec::new();
        let mut places = BTreeMap::new();
        for (at, name) in record.iter().enumerate() {
            if places.insert(name.to_owned(), at).is_some() {
                let words = format!("There are two columns `{name}`.");
                wrong.push(Fault::new("line 1", "repeated_column", words));
            }
        }
        let head = Self { places, width: record.len() };
        let columns = if head.is_of_counts() { &COUNTS } else { &MOVEMENTS };
        for name in columns.needed {
            if !head.has(name) {
                let words = format!("There is no column `{name}`.");
                wrong.push(Fault::new("line 1", "missing_column", words));
            }
        }
        let is_known =
            |name: &str| columns.needed.contains(&name) || columns.possible.contains(&name);
        for name in head.places.keys().filter(|name| !is_known(name)) {
            let short: String = name.chars().take(50).collect();
            let words = format!("The column `{short}` is not known here.");
            wrong.push(Fault::new("line 1", "unknown_column", words));
        }
        if wrong.is_empty() { Ok(head) } else { Err(wrong) }
    }

    /// Whether the rows are counts.
    pub fn is_of_counts(&self) -> bool {
        self.has("on_hand")
    }

    /// Whether the rows have names of their own.
    pub fn names_rows(&self) -> bool {
        self.has("external_id")
    }

    /// How many columns there are.
    pub fn width(&self) -> usize {
        self.width
    }

    /// What a row has in a column; nothing if it is empty, or there is no such column.
    pub fn of<'r>(&self, record: &'r StringRecord, name: &str) -> Option<&'r str> {
        let field = record.get(*self.places.get(name)?)?;
        Some(field).filter(|field| !field.is_empty())
    }

    fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }
}
