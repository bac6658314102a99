//! Answers as a table: a row for each row, in its place.

use crate::{Became, Delivered};
use ::csv::Writer;

const COLUMNS: [&str; 6] = ["line", "external_id", "outcome", "detail", "warehouse", "sku"];

/// Writes them down.
pub fn write(delivered: &Delivered) -> Vec<u8> {
    let mut table = Writer::from_writer(Vec::new());
    // Into memory, and with as many fields in each row: nothing of it can fail.
    let mut row = |fields: [&str; 6]| drop(table.write_record(fields));
    row(COLUMNS);
    for item in &delivered.items {
        let line = item.place.trim_start_matches("line ");
        match &item.became {
            Became::Told(rows) => {
                for told in rows {
                    let (code, words) = (told.outcome.code(), told.outcome.words());
                    row([line, &item.name, code, &words, &told.warehouse, &told.sku]);
                }
            }
            Became::Skipped { code, words } => row([line, &item.name, code, words, "", ""]),
            Became::Refused(fault) => row([line, &item.name, fault.code, &fault.words, "", ""]),
        }
    }
    table.into_inner().unwrap_or_default()
}
