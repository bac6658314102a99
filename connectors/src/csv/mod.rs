//! Tables with a head: movements, or counts, a row each. `docs/connectors.md` has the columns.
//!
//! Which of the two a file is its head says. Columns may come in any order, between commas or semicolons, with fields
//! in quotes or without, lines ended as any system ends them, and a byte order mark in front.
//!
//! A table has no end of its own, so that one which was cut off looks like a shorter one. Therefore its last line has
//! to be ended like the others; and where rows have no names of their own the last line says how many there are
//! (`#end,3`), for a row is then named after the whole file, and half a file must not pass for one.

mod answers;
mod head;
mod rows;

use crate::{Batch, Connector, Delivered, Document, Fault, MOST_ROWS, digest, ends};
use ::csv::{ReaderBuilder, StringRecord, Trim};
use head::Head;
use rows::Named;

/// What the last line begins with that says how many rows there are.
const END: &str = "#end";

/// The connector for tables.
#[derive(Debug, Clone, Copy)]
pub struct Csv;

impl Connector for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn takes(&self, file_name: &str) -> bool {
        ends(file_name, ".csv")
    }

    fn read(&self, document: &Document<'_>) -> Result<Batch, Vec<Fault>> {
        let bytes = document.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document.bytes);
        let text = whole(bytes).map_err(|fault| vec![fault])?;
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter(text))
            .flexible(true)
            .has_headers(false)
            .trim(Trim::All)
            .from_reader(text.as_bytes());
        let mut records = reader.records();
        let Some(first) = records.next() else {
            return Err(vec![Fault::new("line 1", "empty", "There is nothing, not even a head.")]);
        };
        let head = Head::read(&readable(first, 1).map_err(|fault| vec![fault])?)?;
        let named = match head.names_rows() {
            true => Named::ByThemselves,
            // As long as a name may be with the rest of it.
            false => Named::After {
                file: document.name.chars().take(100).collect(),
                hash: digest(document.bytes, 16),
            },
        };
        table(&head, &named, records).map_err(|fault| vec![fault])
    }

    fn answers_end(&self) -> &'static str {
        ".answers.csv"
    }

    fn answer(&self, delivered: &Delivered) -> Vec<u8> {
        answers::write(delivered)
    }
}

/// The rows behind the head.
fn table(
    head: &Head,
    named: &Named,
    records: impl Iterator<Item = Result<StringRecord, ::csv::Error>>,
) -> Result<Batch, Fault> {
    let mut batch = Batch::default();
    let mut end = None;
    for (record, nth) in records.zip(2..) {
        let record = readable(record, nth)?;
        let line = record.position().map_or(nth, |position| position.line());
        if end.is_some() {
            let words = format!("There is something behind the line that begins with {END}.");
            return Err(Fault::new(format!("line {line}"), "behind_the_end", words));
        }
        if let Some(rows) = told_at_the_end(&record) {
            end = Some((line, rows.parse::<usize>().ok()));
            continue;
        }
        if batch.items.len() == MOST_ROWS {
            let words = format!("A file has {MOST_ROWS} rows at most: send several.");
            return Err(Fault::new(format!("line {line}"), "too_many_rows", words));
        }
        batch.items.push(rows::read(head, named, &record, line));
    }
    match end {
        Some((_, Some(rows))) if rows == batch.items.len() => Ok(batch),
        Some((line, _)) => {
            let words = format!("It does not say how many rows there are: {}.", batch.items.len());
            Err(Fault::new(format!("line {line}"), "cut_off", words))
        }
        None if matches!(named, Named::After { .. }) && !head.is_of_counts() => {
            let words = format!(
                "Rows without external_id need a last line that says how many they are: {END},{}",
                batch.items.len()
            );
            Err(Fault::new("the end", "no_end", words))
        }
        None => Ok(batch),
    }
}

/// What stands behind [`END`], if a line begins so. Whether a comma or a semicolon is between the two does not matter: where
/// it is not what the table has between fields, both are in one field.
fn told_at_the_end(record: &StringRecord) -> Option<&str> {
    let rest = record.get(0)?.strip_prefix(END)?;
    match rest.strip_prefix([',', ';']) {
        Some(rows) => record.iter().skip(1).all(str::is_empty).then(|| rows.trim()),
        None => rest.is_empty().then(|| record.get(1).unwrap_or_default()),
    }
}

/// The text, if it may be a whole one.
fn whole(bytes: &[u8]) -> Result<&str, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        Fault::new(format!("line {line}"), "not_utf8", "This is not in UTF-8.")
    })?;
    if !text.is_empty() && !text.ends_with(['\n', '\r']) {
        let words = "The last line is not ended: the file may have been cut off.";
        return Err(Fault::new("the end", "cut_off", words));
    }
    // A quote within a field is written twice, so they are even in all.
    if text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1 {
        let words = "A quote is opened and not closed: the file may have been cut off.";
        return Err(Fault::new("the end", "cut_off", words));
    }
    Ok(text)
}

/// What stands between fields: as the head has it.
fn delimiter(text: &str) -> u8 {
    let head = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    if !head.contains(',') && head.contains(';') { b';' } else { b',' }
}

fn readable(record: Result<StringRecord, ::csv::Error>, nth: u64) -> Result<StringRecord, Fault> {
    record.map_err(|error| {
        let line = error.position().map_or(nth, |position| position.line());
        Fault::new(format!("line {line}"), "not_csv", format!("This cannot be read: {error}."))
    })
}

#[cfg(test)]
mod tests;
