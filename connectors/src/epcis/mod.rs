//! GS1 EPCIS 2.0 documents in JSON: what was seen where, when, and at which step of business. `meaning` says what of
//! it moves stock, `event` reads one event, `docs/connectors.md` says what a warehouse has to write.
//!
//! An event is named by its `eventID`, and each of its rows by that and the kind of goods: the same event sent again,
//! alone or among others, with its lists in another order, is the same rows. An event that is wrong keeps no other.
//! An event with an `errorDeclaration` takes the event of the same name back.

mod answers;
mod event;
mod field;
mod goods;
mod meaning;

pub use answers::{Answers, EventAnswer, EventOutcome, EventRow};

use crate::{Batch, Connector, Delivered, Document, Fault, MOST_ROWS, ends};
use field::{Field, pointer};
use jiff::Timestamp;
use serde_json::Value;

/// Where events stand in a document.
const EVENTS: &str = "/epcisBody/eventList";

/// The connector for EPCIS documents.
#[derive(Debug, Clone, Copy)]
pub struct Epcis;

impl Connector for Epcis {
    fn name(&self) -> &'static str {
        "epcis"
    }

    fn takes(&self, file_name: &str) -> bool {
        ends(file_name, ".json") || ends(file_name, ".jsonld")
    }

    fn read(&self, document: &Document<'_>) -> Result<Batch, Vec<Fault>> {
        let bytes = document.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document.bytes);
        let value = platform::json::read(bytes);
        let value = value.map_err(|why| {
            vec![Fault::new("#", "not_json", format!("This cannot be read: {why}."))]
        })?;
        self.read_value(&value)
    }

    fn answers_end(&self) -> &'static str {
        ".answers.json"
    }

    fn answer(&self, delivered: &Delivered) -> Vec<u8> {
        // Texts and numbers can always be written.
        serde_json::to_vec_pretty(&Answers::new(delivered)).unwrap_or_default()
    }
}

impl Epcis {
    /// Reads a document that was read as JSON already.
    ///
    /// # Errors
    /// All that is wrong with it as a whole.
    pub fn read_value(&self, value: &Value) -> Result<Batch, Vec<Fault>> {
        let mut wrong = Vec::new();
        let document = Field::root(value);
        if !value.is_object() {
            return Err(vec![document.fault("wrong_type", "A document is an object.")]);
        }
        let mut note = |checked: Result<(), Fault>| wrong.extend(checked.err());
        note(named(&document));
        note(versioned(&document));
        note(dated(&document));
        note(document.needed("@context").map(drop));
        let events = document.needed("epcisBody").and_then(|body| {
            let events = body.needed("eventList")?.items()?;
            match events.iter().find(|event| !event.value.is_object()) {
                Some(other) => Err(other.fault("wrong_type", "An event is an object.")),
                None if events.len() > MOST_ROWS => {
                    let words = format!("A document has {MOST_ROWS} events at most.");
                    Err(Fault::new(pointer(EVENTS), "too_many_rows", words))
                }
                None => Ok(events),
            }
        });
        match events {
            Ok(events) if wrong.is_empty() => {
                Ok(Batch { items: events.iter().map(event::read).collect() })
            }
            Ok(_) => Err(wrong),
            Err(fault) => {
                wrong.push(fault);
                Err(wrong)
            }
        }
    }
}

fn named(document: &Field<'_>) -> Result<(), Fault> {
    let kind = document.needed("type")?;
    match kind.text()? {
        "EPCISDocument" => Ok(()),
        _ => Err(kind.fault("not_epcis", "It is no EPCISDocument.")),
    }
}

fn versioned(document: &Field<'_>) -> Result<(), Fault> {
    let version = document.needed("schemaVersion")?;
    let (major, rest) = version.text()?.split_at_checked(1).unwrap_or_default();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let follows = rest.is_empty()
        || rest.strip_prefix('.').is_some_and(|rest| rest.split('.').all(is_number));
    match major == "2" && follows {
        true => Ok(()),
        false => Err(version.fault("unknown_version", "Only EPCIS 2.0 is read here.")),
    }
}

fn dated(document: &Field<'_>) -> Result<(), Fault> {
    document.needed("creationDate")?.parsed::<Timestamp>("an instant").map(drop)
}

#[cfg(test)]
mod tests;
