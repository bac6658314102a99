//! Whole documents, which the standard's published schema finds valid or not (`end2end/epcis.http.spec.ts`).

use crate::{Connector, Document, Epcis, Item, Row, Said};
use std::path::Path;

/// What each sample is read as: the codes of its items, or of what is wrong with the whole, with their places.
fn read_sample(path: &Path) -> Vec<String> {
    let bytes = std::fs::read(path).unwrap();
    let item = |item: &Item| match &item.said {
        Said::Rows(rows) => {
            let row = |row: &Row| match row {
                Row::Movement(row) => {
                    format!("{} {}", row.kind.as_str(), row.quantity)
                }
                Row::Count(row) => format!("counted {}", row.on_hand),
            };
            rows.iter().map(row).collect::<Vec<_>>().join(", ")
        }
        Said::TakenBack(rows) => format!("taken back {}", rows.len()),
        Said::Nothing { code, .. } => (*code).to_owned(),
        Said::Wrong(fault) => format!("{} {}", fault.place, fault.code),
    };
    match Epcis.read(&Document { source: "wms", name: "", bytes: &bytes }) {
        Ok(batch) => batch.items.iter().map(item).collect(),
        Err(faults) => {
            faults.iter().map(|fault| format!("{} {}", fault.place, fault.code)).collect()
        }
    }
}

#[test]
fn samples_of_every_kind_of_event_are_read_and_invalid_ones_refused() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/epcis");
    let event = "#/epcisBody/eventList/0";
    let expected: [(&str, String); 22] = [
        ("valid/aggregation-packing", "not_about_stock".to_owned()),
        ("valid/aggregation-shipping", "shipped 6, shipped 2".to_owned()),
        ("valid/association-installing", "association".to_owned()),
        ("valid/object-commissioning", "received 3".to_owned()),
        ("valid/object-cycle-counting", "counted 17".to_owned()),
        ("valid/object-destroying", "scrapped 2".to_owned()),
        ("valid/object-error-declaration", "taken back 1".to_owned()),
        ("valid/object-inspecting", "scrapped 1".to_owned()),
        ("valid/object-receiving", "received 12, received 2".to_owned()),
        ("valid/object-returned", "returned 1".to_owned()),
        ("valid/object-sensor", "not_about_stock".to_owned()),
        ("valid/object-shipping", "shipped 2".to_owned()),
        ("valid/object-stocking", "not_about_stock".to_owned()),
        ("valid/transaction-shipping", "shipped 4".to_owned()),
        ("valid/transformation-assembling", "adjusted -4, adjusted 1".to_owned()),
        ("invalid/no-context", "#/%40context missing".to_owned()),
        ("invalid/no-event-time", format!("{event}/eventTime missing")),
        ("invalid/no-place-id", format!("{event}/bizLocation/id missing")),
        ("invalid/quantity-in-words", format!("{event}/quantityList/0/quantity wrong_type")),
        ("invalid/transformation-of-nothing", format!("{event} missing")),
        ("invalid/unknown-action", format!("{event}/action unknown_value")),
        ("invalid/unknown-step", format!("{event}/bizStep unknown_value")),
    ];
    let mut there = Vec::new();
    for folder in ["valid", "invalid"] {
        for found in std::fs::read_dir(samples.join(folder)).unwrap() {
            let name = found.unwrap().file_name().into_string().unwrap();
            there.push(format!("{folder}/{}", name.trim_end_matches(".json")));
        }
    }
    assert_eq!(there.len(), expected.len(), "a sample is not tried: {there:?}");
    for (name, said) in expected {
        let found = read_sample(&samples.join(format!("{name}.json"))).join("; ");
        assert_eq!(found, said, "{name}");
    }
}
