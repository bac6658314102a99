//! Systems that write what happened, each in its own format.

use connectors::conformance::{Fact, Scribe, What};
use inventory::{MovementKind, ToldKind};
use serde_json::{Value, json};

/// Writes tables.
pub struct Tables;

impl Scribe for Tables {
    fn write(&self, facts: &[Fact]) -> Vec<u8> {
        table(facts, None)
    }

    fn write_unreadable(&self, facts: &[Fact], nth: usize) -> Vec<u8> {
        table(facts, Some(nth))
    }

    fn can_say(&self, _: &What) -> bool {
        true
    }

    fn file_name(&self) -> &str {
        "facts.csv"
    }
}

fn table(facts: &[Fact], unreadable: Option<usize>) -> Vec<u8> {
    let of_counts = facts.iter().any(|fact| fact.what.is_count());
    let head = match of_counts {
        true => "warehouse,sku,on_hand,as_of\n",
        false => "external_id,warehouse,sku,kind,quantity,occurred_at\n",
    };
    let row = |(nth, fact): (usize, &Fact)| {
        let Fact { id, warehouse, sku, what, at } = fact;
        match what {
            What::Counted(pieces) => format!("{warehouse},{sku},{pieces},{at}\n"),
            What::Moved(kind, pieces) => {
                let kind = MovementKind::from(*kind).as_str();
                let kind = if unreadable == Some(nth) { "eaten" } else { kind };
                format!("{id},{warehouse},\"{sku}\",{kind},{pieces},{at}\n")
            }
        }
    };
    let rows: String = facts.iter().enumerate().map(row).collect();
    (head.to_owned() + &rows).into_bytes()
}

/// Writes EPCIS events.
pub struct Events;

impl Scribe for Events {
    fn write(&self, facts: &[Fact]) -> Vec<u8> {
        document(facts.iter().map(event).collect())
    }

    fn write_unreadable(&self, facts: &[Fact], nth: usize) -> Vec<u8> {
        let mut events: Vec<_> = facts.iter().map(event).collect();
        events[nth]["eventTime"] = "yesterday".into();
        document(events)
    }

    /// There is no event that says that more was found than was known.
    fn can_say(&self, what: &What) -> bool {
        !matches!(what, What::Moved(ToldKind::Adjusted, _))
    }

    fn file_name(&self) -> &str {
        "facts.json"
    }
}

fn document(events: Vec<Value>) -> Vec<u8> {
    let document = json!({
        "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2025-01-07T00:00:00Z",
        "epcisBody": {"eventList": events},
    });
    serde_json::to_vec(&document).unwrap()
}

fn event(fact: &Fact) -> Value {
    let Fact { id, warehouse, sku, what, at } = fact;
    let (action, step, pieces) = match what {
        What::Counted(pieces) => ("OBSERVE", "cycle_counting", pieces),
        What::Moved(kind, pieces) => match kind {
            ToldKind::Received | ToldKind::TransferredIn => ("OBSERVE", "receiving", pieces),
            ToldKind::Shipped | ToldKind::TransferredOut => ("OBSERVE", "shipping", pieces),
            ToldKind::Returned => ("OBSERVE", "void_shipping", pieces),
            ToldKind::Scrapped => ("DELETE", "destroying", pieces),
            ToldKind::Adjusted => panic!("no event says so"),
        },
    };
    let mut event = json!({
        "type": "ObjectEvent",
        "eventID": format!("urn:uuid:{id}"),
        "eventTime": at.to_string(),
        "eventTimeZoneOffset": "+00:00",
        "action": action,
        "bizStep": step,
        "readPoint": {"id": format!("urn:vitrine:warehouse:{warehouse}")},
        "quantityList": [{"epcClass": format!("urn:vitrine:sku:{sku}"), "quantity": pieces}],
    });
    let elsewhere = if warehouse == "north" { "south" } else { "north" };
    let elsewhere = format!("urn:vitrine:warehouse:{elsewhere}");
    match what {
        What::Moved(ToldKind::TransferredIn, _) => {
            event["sourceList"] = json!([{"type": "location", "source": elsewhere}]);
        }
        What::Moved(ToldKind::TransferredOut, _) => {
            event["destinationList"] = json!([{"type": "location", "destination": elsewhere}]);
        }
        _ => {}
    }
    event
}
