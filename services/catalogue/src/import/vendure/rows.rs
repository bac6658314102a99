//! From bytes to rows, and from rows to groups: a product's row with those of its variants. What
//! the cells mean is read in [`super::product`].

use crate::import::{ImportError, Reason, Report};
use std::io::Read;

/// The columns that are read, as Vendure names them, and whether a file can be without.
const COLUMNS: [(&str, bool); 14] = [
    ("name", true),
    ("slug", true),
    ("description", true),
    ("assets", true),
    ("facets", true),
    ("optionGroups", true),
    ("optionValues", true),
    ("sku", true),
    ("price", true),
    ("taxCategory", true),
    ("stockOnHand", false),
    ("trackInventory", false),
    ("variantAssets", false),
    ("variantFacets", false),
];
/// How many of them, from the first, speak of the product and not of a variant.
const OF_THE_PRODUCT: usize = 6;

/// A line of the file, trimmed.
#[derive(Debug)]
pub(super) struct Row {
    pub line: u64,
    /// In the order of [`COLUMNS`]; a column that the file lacks is empty.
    cells: [String; COLUMNS.len()],
}

impl Row {
    pub fn name(&self) -> &str {
        &self.cells[0]
    }
    pub fn slug(&self) -> &str {
        &self.cells[1]
    }
    pub fn description(&self) -> &str {
        &self.cells[2]
    }
    pub fn assets(&self) -> Vec<&str> {
        list(&self.cells[3])
    }
    pub fn facets(&self) -> Vec<&str> {
        list(&self.cells[4])
    }
    pub fn option_groups(&self) -> Vec<&str> {
        list(&self.cells[5])
    }
    pub fn option_values(&self) -> Vec<&str> {
        list(&self.cells[6])
    }
    pub fn sku(&self) -> &str {
        &self.cells[7]
    }
    pub fn price(&self) -> &str {
        &self.cells[8]
    }
    pub fn tax_category(&self) -> &str {
        &self.cells[9]
    }
    pub fn stock_on_hand(&self) -> &str {
        &self.cells[10]
    }
    pub fn track_inventory(&self) -> &str {
        &self.cells[11]
    }
    pub fn variant_assets(&self) -> Vec<&str> {
        list(&self.cells[12])
    }
    pub fn variant_facets(&self) -> Vec<&str> {
        list(&self.cells[13])
    }

    /// Whether it says anything that only a product's row says.
    fn speaks_of_a_product(&self) -> bool {
        self.cells[..OF_THE_PRODUCT].iter().any(|cell| !cell.is_empty())
    }

    fn is_empty(&self) -> bool {
        self.cells.iter().all(String::is_empty)
    }
}

/// A product's row and those of its other variants.
#[derive(Debug)]
pub(super) struct Group {
    pub product: Row,
    pub others: Vec<Row>,
}

impl Group {
    /// All rows: each of them is a variant.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        std::iter::once(&self.product).chain(&self.others)
    }
}

/// What the row above a variant's row was.
enum Above {
    Nothing,
    Product,
    /// A product's row that could not be read, on this line.
    Broken(u64),
}

/// Counts the lines down to a record. The CSV reader counts as well, but where it went on reading:
/// at the `\n` of the line above if lines end with `\r\n`, and before empty lines.
struct Lines<'a> {
    file: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the record that is read from this byte on, which lies behind the last one's.
    fn of_record(&mut self, byte: u64) -> u64 {
        let is_end = |byte: &&u8| matches!(byte, b'\r' | b'\n');
        let (above, rest) = self.file.split_at((byte as usize).min(self.file.len()));
        let begin = above.len() + rest.iter().take_while(is_end).count();
        let passed = self.file[self.at..begin].iter().filter(|byte| **byte == b'\n');
        self.line += passed.count() as u64;
        self.at = begin;
        self.line
    }
}

/// Reads the rows in their groups. Lines that cannot be read are rejected here.
pub(super) fn read(mut reader: impl Read, report: &mut Report) -> Result<Vec<Group>, ImportError> {
    let mut file = Vec::new();
    reader.read_to_end(&mut file)?;
    let mut lines = Lines { file: &file, at: 0, line: 1 };
    let mut csv =
        csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(file.as_slice());
    let mut records = csv.byte_records();
    let Some(first) = records.next() else {
        return Err(ImportError::MissingColumns(COLUMNS.map(|(name, _)| name).to_vec()));
    };
    let first = first.map_err(io_error)?;
    let columns = columns(&first, report)?;

    let (mut groups, mut above) = (Vec::<Group>::new(), Above::Nothing);
    for record in records {
        let record = record.map_err(io_error)?;
        let line = lines.of_record(record.position().map_or(0, csv::Position::byte));
        let row = match row(&record, line, &columns, first.len()) {
            Ok(row) if row.is_empty() => continue,
            Ok(row) => row,
            Err(reason) => {
                report.reject(line, reason);
                // Without its name the line is a variant's: the product above it stays.
                let name = columns[0].and_then(|index| record.get(index)).unwrap_or_default();
                if !name.trim_ascii().is_empty() {
                    above = Above::Broken(line);
                }
                continue;
            }
        };
        if row.speaks_of_a_product() {
            above = match row.name().is_empty() {
                true => {
                    report.reject(line, Reason::Missing("name"));
                    Above::Broken(line)
                }
                false => {
                    groups.push(Group { product: row, others: Vec::new() });
                    Above::Product
                }
            };
            continue;
        }
        match (&above, groups.last_mut()) {
            (Above::Product, Some(group)) => group.others.push(row),
            (Above::Broken(product), _) => {
                report.reject(line, Reason::ProductRejected { line: *product });
            }
            _ => report.reject(line, Reason::NoProductAbove),
        }
    }
    Ok(groups)
}

/// Where each column is; those that are not read are noted.
fn columns(
    first: &csv::ByteRecord,
    report: &mut Report,
) -> Result<[Option<usize>; COLUMNS.len()], ImportError> {
    let headings: Vec<String> =
        first.iter().map(|cell| String::from_utf8_lossy(cell).trim().to_owned()).collect();
    let is = |heading: &str, name: &str| heading.split(':').next() == Some(name);
    let found = COLUMNS.map(|(name, _)| headings.iter().position(|heading| is(heading, name)));
    let missing = COLUMNS.iter().zip(&found).filter(|((_, needed), at)| *needed && at.is_none());
    let missing: Vec<&'static str> = missing.map(|((name, _), _)| *name).collect();
    if !missing.is_empty() {
        return Err(ImportError::MissingColumns(missing));
    }
    for (index, heading) in headings.iter().enumerate() {
        if !heading.is_empty() && !found.contains(&Some(index)) {
            report.note(1, format!("the column {heading:?} is not read"));
        }
    }
    Ok(found)
}

fn row(
    record: &csv::ByteRecord,
    line: u64,
    columns: &[Option<usize>; COLUMNS.len()],
    expected: usize,
) -> Result<Row, Reason> {
    if record.len() != expected {
        return Err(Reason::Cells { found: record.len(), expected });
    }
    let mut cells = <[String; COLUMNS.len()]>::default();
    for (cell, column) in cells.iter_mut().zip(columns) {
        let bytes = column.and_then(|index| record.get(index)).unwrap_or_default();
        *cell = std::str::from_utf8(bytes).map_err(|_| Reason::NotUtf8)?.trim().to_owned();
    }
    Ok(Row { line, cells })
}

/// Several values in one cell are separated by `|`.
fn list(cell: &str) -> Vec<&str> {
    cell.split('|').map(str::trim).filter(|value| !value.is_empty()).collect()
}

/// Rows are read flexibly, as bytes and from memory: nothing is left to fail.
fn io_error(error: csv::Error) -> ImportError {
    ImportError::Read(error.into())
}
