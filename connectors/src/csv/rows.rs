//! The rows of a table.

use super::head::Head;
use crate::{CountRow, Fault, Item, MovementRow, Name, Row, Said};
use ::csv::StringRecord;
use inventory::ToldKind;
use jiff::Timestamp;
use std::{fmt::Display, num::IntErrorKind, str::FromStr};

/// How rows are named.
#[derive(Debug)]
pub enum Named {
    /// Each has a name.
    ByThemselves,
    /// Each is the nth of this very file: the same file has the same names however often it comes.
    After {
        /// The file's name.
        file: String,
        /// What stands in it, in short.
        hash: String,
    },
}

/// Reads a row.
pub fn read(head: &Head, named: &Named, record: &StringRecord, line: u64) -> Item {
    let row = Fields { head, record, place: format!("line {line}") };
    let name = match named {
        // A count is known by what it counts, and as of when.
        _ if head.is_of_counts() => String::new(),
        Named::ByThemselves => head.of(record, "external_id").unwrap_or_default().to_owned(),
        Named::After { file, hash } => format!("{file}@{hash}:{line}"),
    };
    let said = match row.read(&name) {
        Ok(row) => Said::Rows(vec![row]),
        Err(fault) => Said::Wrong(fault),
    };
    Item { place: row.place, name, said }
}

struct Fields<'a> {
    head: &'a Head,
    record: &'a StringRecord,
    place: String,
}

impl Fields<'_> {
    fn read(&self, name: &str) -> Result<Row, Fault> {
        let (width, found) = (self.head.width(), self.record.len());
        if width != found {
            let words = format!("The head has {width} columns, and this row {found}.");
            return Err(self.fault("wrong_width", words));
        }
        let (warehouse, sku) = (self.needed("warehouse")?, self.needed("sku")?);
        let (warehouse, sku) = (Name::Ours(warehouse.to_owned()), Name::Ours(sku.to_owned()));
        if self.head.is_of_counts() {
            let as_of: Timestamp = self.parsed("as_of", self.needed("as_of")?)?;
            let on_hand = self.pieces("on_hand")?;
            return Ok(Row::Count(CountRow { as_of, warehouse, sku, on_hand }));
        }
        if name.is_empty() {
            return Err(self.fault("missing", "There is nothing in the column `external_id`."));
        }
        let optional = |column| self.head.of(self.record, column);
        Ok(Row::Movement(MovementRow {
            external_id: name.to_owned(),
            sequence: optional("sequence").map(|text| self.whole("sequence", text)).transpose()?,
            warehouse,
            sku,
            kind: self.kind()?,
            quantity: self.pieces("quantity")?,
            order: optional("order").map(|text| self.parsed("order", text)).transpose()?,
            occurred_at: optional("occurred_at")
                .map(|text| self.parsed("occurred_at", text))
                .transpose()?,
            elsewhere: None,
        }))
    }

    fn kind(&self) -> Result<ToldKind, Fault> {
        let told = self.needed("kind")?;
        ToldKind::ALL.into_iter().find(|kind| kind.as_str() == told).ok_or_else(|| {
            let there = ToldKind::ALL.map(ToldKind::as_str).join(", ");
            self.fault("unknown_kind", format!("{} is no kind: there are {there}.", quoted(told)))
        })
    }

    fn pieces(&self, column: &str) -> Result<i64, Fault> {
        self.whole(column, self.needed(column)?)
    }

    fn whole(&self, column: &str, text: &str) -> Result<i64, Fault> {
        text.parse::<i64>().map_err(|error| {
            let words = format!("{} in the column `{column}` is no whole number", quoted(text));
            match error.kind() {
                IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => {
                    self.fault("absurd_quantity", words + " of any pieces.")
                }
                _ => self.fault("not_a_number", words + "."),
            }
        })
    }

    fn parsed<T: FromStr<Err: Display>>(&self, column: &str, text: &str) -> Result<T, Fault> {
        text.parse().map_err(|error| {
            let words =
                format!("{} in the column `{column}` cannot be read: {error}.", quoted(text));
            self.fault("wrong_form", words)
        })
    }

    fn needed(&self, column: &str) -> Result<&str, Fault> {
        self.head.of(self.record, column).ok_or_else(|| {
            self.fault("missing", format!("There is nothing in the column `{column}`."))
        })
    }

    fn fault(&self, code: &'static str, words: impl Into<String>) -> Fault {
        Fault::new(self.place.clone(), code, words)
    }
}

/// Nobody is sent back at length what they wrote.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.chars().take(50).collect::<String>())
}
