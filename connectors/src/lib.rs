//! Connectors: what the software of warehouses writes, each in a format of its own, read into movements and counts,
//! and what became of them said back in its terms.
//!
//! A [`Connector`] is pure: bytes go in, a [`Batch`] comes out. It opens nothing, asks nobody, and knows no time; so
//! the same bytes are the same batch wherever they are read, and what was interrupted can be read again. What it
//! reads is told to the inventory by [`deliver()`], the same for all of them: names are looked up, rows told under the
//! names that their source gave them, answers collected. By which way a document comes (a folder, a request) is the
//! server's to know.
//!
//! What a new connector has to keep is tested by `conformance` (feature `testing`), which it hands a scribe: something
//! that writes facts in its format.

mod batch;
#[cfg(feature = "testing")]
pub mod conformance;
pub mod csv;
mod deliver;
pub mod epcis;
pub mod gs1;
mod lines;
mod outcome;

pub use batch::{Batch, CountRow, Document, Fault, Item, MovementRow, Name, Row, Said};
pub use csv::Csv;
pub use deliver::{DeliverError, Policy, deliver, tell};
pub use epcis::Epcis;
pub use outcome::{Became, Delivered, ItemAnswer, Outcome, RowAnswer, Tally};

use std::fmt::Debug;

/// The most rows that one document has, in whatever format. More are sent in several documents.
pub const MOST_ROWS: usize = 100_000;

/// What reads documents of one format.
pub trait Connector: Debug + Send + Sync {
    /// What the format is called.
    fn name(&self) -> &'static str;

    /// Whether a file of this name is of the format.
    fn takes(&self, file_name: &str) -> bool;

    /// Reads a document. Of the same document it is always the same batch.
    ///
    /// # Errors
    /// All that is wrong with it as a whole, so that nothing of it may be told. What is wrong with one item alone
    /// stands in its place ([`Said::Wrong`]), and what is not about stock as well ([`Said::Nothing`]).
    fn read(&self, document: &Document<'_>) -> Result<Batch, Vec<Fault>>;

    /// How the name of a file with answers ends.
    fn answers_end(&self) -> &'static str;

    /// What became of each item, in the format's own terms.
    fn answer(&self, delivered: &Delivered) -> Vec<u8>;
}

/// Every connector there is.
pub const ALL: [&dyn Connector; 2] = [&Csv, &Epcis];

/// The connector for files of this name.
pub fn for_file(file_name: &str) -> Option<&'static dyn Connector> {
    ALL.into_iter().find(|connector| connector.takes(file_name))
}

/// Whether a file's name ends so, in small letters or large.
fn ends(file_name: &str, extension: &str) -> bool {
    let stem = file_name.len().checked_sub(extension.len());
    // Not at a character's border: then it ends otherwise.
    let end = stem.and_then(|stem| file_name.get(stem..));
    stem > Some(0) && end.is_some_and(|end| end.eq_ignore_ascii_case(extension))
}

/// The beginning of what these bytes' SHA-256 is: so many hexadecimal digits of it.
fn digest(bytes: &[u8], digits: usize) -> String {
    use sha2::{Digest, Sha256};
    let mut text =
        Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    text.truncate(digits);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_belongs_to_the_connector_that_its_name_says() {
        let name = |file| for_file(file).map(Connector::name);
        assert_eq!(name("receipts.csv"), Some("csv"));
        assert_eq!(name("RECEIPTS.CSV"), Some("csv"));
        assert_eq!(name("events.json"), Some("epcis"));
        assert_eq!(name("events.jsonld"), Some("epcis"));
        for other in ["receipts.csv.part", ".csv", "csv", "receipts", "", "é.xml", "ecsv"] {
            assert_eq!(name(other), None, "{other}");
        }
    }
}
