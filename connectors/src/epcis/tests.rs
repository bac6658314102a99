//! Events of every kind, right and wrong.

mod samples;

use super::*;
use crate::{CountRow, MovementRow, Name, Row, Said};
use inventory::ToldKind;
use serde_json::{Value, json};

fn document(events: &[Value]) -> Value {
    json!({
        "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-27T10:00:00Z",
        "epcisBody": {"eventList": events},
    })
}

/// Twelve mugs came in; with what is put over it.
fn event(over: &Value) -> Value {
    let mut event = json!({
        "type": "ObjectEvent",
        "eventID": "urn:uuid:1",
        "eventTime": "2026-11-27T10:00:00.000+01:00",
        "eventTimeZoneOffset": "+01:00",
        "action": "OBSERVE",
        "bizStep": "receiving",
        "bizLocation": {"id": "urn:vitrine:warehouse:north"},
        "quantityList": [{"epcClass": "urn:vitrine:sku:MUG", "quantity": 12}],
    });
    for (key, value) in over.as_object().unwrap() {
        event[key] = value.clone();
    }
    event
}

fn said(over: Value) -> Said {
    let bytes = document(&[event(&over)]).to_string().into_bytes();
    let batch = Epcis.read(&Document { source: "wms", name: "", bytes: &bytes }).unwrap();
    batch.items.into_iter().next().unwrap().said
}

fn movement(said: Said) -> MovementRow {
    match said {
        Said::Rows(rows) => match rows.into_iter().next() {
            Some(Row::Movement(row)) => row,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// Where and what is wrong with an event.
fn wrong(over: Value) -> (String, &'static str) {
    match said(over) {
        Said::Wrong(fault) => (fault.place.replace("#/epcisBody/eventList/0", "#"), fault.code),
        other => panic!("{other:?}"),
    }
}

fn mugs(kind: ToldKind) -> MovementRow {
    MovementRow {
        external_id: "urn:uuid:1#MUG".to_owned(),
        sequence: None,
        warehouse: Name::Ours("north".to_owned()),
        sku: Name::Ours("MUG".to_owned()),
        kind,
        quantity: 12,
        order: None,
        occurred_at: "2026-11-27T09:00:00Z".parse().ok(),
        elsewhere: None,
    }
}

#[test]
fn an_event_is_one_row_for_each_kind_of_goods_wherever_it_stands_in_the_lists() {
    let pieces = ["1", "2", "2"].map(|n| format!("urn:epc:id:sgtin:0614141.112345.{n}"));
    let quantities = json!([
        {"epcClass": "urn:epc:class:lgtin:0614141.112345.LOT", "quantity": 3.0, "uom": "EA"},
        {"epcClass": "urn:vitrine:sku:MUG", "quantity": 12},
        {"epcClass": "urn:epc:idpat:grai:0614141.00234.*", "quantity": 1},
    ]);
    let mut turned = quantities.clone();
    turned.as_array_mut().unwrap().reverse();
    let straight = said(json!({"epcList": pieces, "quantityList": quantities}));
    let Said::Rows(rows) = &straight else { panic!("{straight:?}") };
    let names: Vec<_> = rows.iter().map(|row| row.names().1.as_told()).collect();
    assert_eq!(names, ["MUG", "gtin:10614141123459", "urn:epc:idpat:grai:0614141.00234.*"]);
    let Row::Movement(both) = &rows[1] else { panic!("{rows:?}") };
    assert_eq!((both.quantity, &*both.external_id), (5, "urn:uuid:1#gtin:10614141123459"));
    assert_eq!(rows[0], Row::Movement(mugs(ToldKind::Received)));
    assert_eq!(said(json!({"epcList": pieces, "quantityList": turned})), straight);
}

#[test]
fn what_leaves_was_where_it_was_read_and_what_comes_is_where_it_is_now() {
    let places = json!({
        "readPoint": {"id": "urn:epc:id:sgln:0614141.12345.dock"},
        "bizLocation": {"id": "urn:vitrine:warehouse:south"},
    });
    let at = |over: Value| {
        let mut both = places.clone();
        both.as_object_mut().unwrap().extend(over.as_object().unwrap().clone());
        movement(said(both)).warehouse
    };
    let dock = ["gln:0614141123452/dock", "gln:0614141123452"].map(str::to_owned).to_vec();
    assert_eq!(at(json!({})), Name::Ours("south".to_owned()));
    assert_eq!(at(json!({"bizStep": "shipping"})), Name::Theirs(dock));
}

#[test]
fn what_is_sent_for_an_order_of_ours_names_it_and_what_goes_to_another_house_names_that() {
    let order = "0f3a77d1-1111-7222-8333-444455556666";
    let shipping = |lists: Value| {
        let mut over = json!({"bizStep": "urn:epcglobal:cbv:bizstep:shipping"});
        over.as_object_mut().unwrap().extend(lists.as_object().unwrap().clone());
        movement(said(over))
    };
    let papers = json!({"bizTransactionList": [
        {"type": "inv", "bizTransaction": "urn:uuid:00000000-0000-7000-8000-000000000000"},
        {"type": "https://ref.gs1.org/cbv/BTT-po", "bizTransaction": format!("urn:uuid:{order}")},
    ]});
    let expected = MovementRow { order: order.parse().ok(), ..mugs(ToldKind::Shipped) };
    assert_eq!(shipping(papers), expected);
    let destination = json!({"destinationList": [
        {"type": "owning_party", "destination": "urn:epc:id:pgln:0614141.00001"},
        {"type": "location", "destination": "urn:vitrine:warehouse:south"},
    ]});
    let elsewhere = Some(Name::Ours("south".to_owned()));
    assert_eq!(shipping(destination), MovementRow { elsewhere, ..mugs(ToldKind::Shipped) });
    let foreign = json!({"bizTransactionList": [
        {"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:0614141073467:1152"},
    ]});
    assert_eq!(shipping(foreign), mugs(ToldKind::Shipped));
}

#[test]
fn what_was_counted_is_a_count_and_none_is_a_number_too() {
    let counted = said(json!({
        "bizStep": "cycle_counting",
        "quantityList": [{"epcClass": "urn:vitrine:sku:MUG", "quantity": 0}],
    }));
    let expected = CountRow {
        as_of: "2026-11-27T09:00:00Z".parse().unwrap(),
        warehouse: Name::Ours("north".to_owned()),
        sku: Name::Ours("MUG".to_owned()),
        on_hand: 0,
    };
    assert_eq!(counted, Said::Rows(vec![Row::Count(expected)]));
}

#[test]
fn what_is_made_takes_what_it_is_made_of() {
    let made = |condition: &str| {
        said(json!({
            "type": "TransformationEvent",
            "bizStep": "assembling",
            "disposition": condition,
            "inputQuantityList": [{"epcClass": "urn:vitrine:sku:MUG", "quantity": 4}],
            "outputQuantityList": [{"epcClass": "urn:vitrine:sku:SET", "quantity": 1}],
        }))
    };
    let gone = MovementRow {
        external_id: "urn:uuid:1#in/MUG".to_owned(),
        quantity: -4,
        ..mugs(ToldKind::Adjusted)
    };
    let new = MovementRow {
        external_id: "urn:uuid:1#out/SET".to_owned(),
        sku: Name::Ours("SET".to_owned()),
        quantity: 1,
        ..mugs(ToldKind::Adjusted)
    };
    let both = vec![Row::Movement(gone.clone()), Row::Movement(new)];
    assert_eq!(made("active"), Said::Rows(both));
    assert_eq!(made("damaged"), Said::Rows(vec![Row::Movement(gone)]));
}

#[test]
fn an_event_that_is_declared_an_error_is_taken_back_where_that_can_be() {
    let declared = json!({"declarationTime": "2026-11-27T12:00:00Z", "reason": "did_not_occur"});
    let back = said(json!({"errorDeclaration": declared}));
    assert_eq!(back, Said::TakenBack(vec![mugs(ToldKind::Received)]));
    let at = "#/errorDeclaration".to_owned();
    let count = json!({"errorDeclaration": declared, "bizStep": "stock_taking"});
    assert_eq!(wrong(count), (at.clone(), "counted"));
    let order = "urn:vitrine:order:0f3a77d1-1111-7222-8333-444455556666";
    let sent = json!({
        "errorDeclaration": declared,
        "bizStep": "shipping",
        "bizTransactionList": [{"type": "desadv", "bizTransaction": order}],
    });
    assert_eq!(wrong(sent), (at.clone(), "sent_for_an_order"));
    let undated = json!({"errorDeclaration": {"reason": "incorrect_data"}});
    assert_eq!(wrong(undated), (format!("{at}/declarationTime"), "missing"));
}

#[test]
fn an_event_that_is_wrong_is_told_in_its_place() {
    for (over, place, code) in [
        (json!({"type": null}), "#/type", "missing"),
        (json!({"eventID": null}), "#/eventID", "missing"),
        (json!({"eventID": "4711"}), "#/eventID", "wrong_form"),
        (json!({"eventID": 4711}), "#/eventID", "wrong_type"),
        (json!({"eventTime": "2026-11-27T10:00:00"}), "#/eventTime", "wrong_form"),
        (json!({"eventTimeZoneOffset": "CET"}), "#/eventTimeZoneOffset", "wrong_form"),
        (json!({"action": "EAT"}), "#/action", "unknown_value"),
        (json!({"bizStep": "recieving"}), "#/bizStep", "unknown_value"),
        (json!({"bizStep": "urn:epcglobal:cbv:bizstep:recieving"}), "#/bizStep", "unknown_value"),
        (json!({"disposition": "damagd"}), "#/disposition", "unknown_value"),
        (json!({"bizLocation": null}), "#", "no_place"),
        (json!({"bizLocation": "north"}), "#/bizLocation/id", "missing"),
        (json!({"quantityList": {}}), "#/quantityList", "wrong_type"),
        (
            json!({"epcList": ["urn:epc:id:sscc:0614141.1234567890"]}),
            "#/epcList/0",
            "contents_not_told",
        ),
        (json!({"epcList": ["urn:vitrine:sku:MUG"]}), "#/epcList/0", "not_a_piece"),
        (json!({"epcList": ["urn:epc:id:sgtin:1.2.3"]}), "#/epcList/0", "wrong_form"),
    ] {
        assert_eq!(wrong(over), (place.to_owned(), code));
    }
    for (element, key, code) in [
        (json!({"epcClass": "urn:vitrine:sku:MUG"}), "quantity", "missing"),
        (json!({"epcClass": "urn:vitrine:sku:MUG", "quantity": "12"}), "quantity", "wrong_type"),
        (json!({"epcClass": "urn:vitrine:sku:MUG", "quantity": 2.5}), "quantity", "not_whole"),
        (
            json!({"epcClass": "urn:vitrine:sku:MUG", "quantity": 1e300}),
            "quantity",
            "absurd_quantity",
        ),
        (
            json!({"epcClass": "urn:vitrine:sku:MUG", "quantity": u64::MAX}),
            "quantity",
            "absurd_quantity",
        ),
        (
            json!({"epcClass": "urn:vitrine:sku:MUG", "quantity": 2, "uom": "KGM"}),
            "uom",
            "not_in_pieces",
        ),
        (json!({"quantity": 2}), "epcClass", "missing"),
        (
            json!({"epcClass": "urn:epc:id:sgtin:0614141.112345.1", "quantity": 2}),
            "epcClass",
            "not_a_kind",
        ),
        (
            json!({"epcClass": "https://id.gs1.org/01/10614141123458", "quantity": 2}),
            "epcClass",
            "wrong_check_digit",
        ),
    ] {
        let found = wrong(json!({"quantityList": [element]}));
        assert_eq!(found, (format!("#/quantityList/0/{key}"), code));
    }
}

#[test]
fn what_is_not_about_stock_is_passed_over_and_told() {
    for (over, code) in [
        (json!({"bizStep": "packing"}), "not_about_stock"),
        (json!({"bizStep": "https://maker.example/polishing"}), "not_about_stock"),
        (json!({"bizStep": null}), "no_step"),
        (json!({"disposition": "damaged"}), "not_sellable"),
        (json!({"type": "AssociationEvent"}), "association"),
        (json!({"type": "example:TastingEvent"}), "unknown_event_type"),
        (json!({"quantityList": [], "sensorElementList": []}), "no_goods"),
        (json!({"quantityList": null, "epcList": ["urn:epc:id:grai:0614141.12345.1"]}), "no_goods"),
    ] {
        match said(over) {
            Said::Nothing { code: found, .. } => assert_eq!(found, code),
            other => panic!("{code}: {other:?}"),
        }
    }
}

#[test]
fn a_name_that_is_too_long_is_kept_as_its_digest() {
    let id = format!("https://maker.example/{}", "x".repeat(300));
    let row = movement(said(json!({"eventID": id})));
    assert!(row.external_id.starts_with("sha256:") && row.external_id.len() < 100);
    assert_ne!(movement(said(json!({"eventID": id + "y"}))).external_id, row.external_id);
}

#[test]
fn a_document_that_does_not_fit_is_told_with_all_that_is_wrong() {
    let refused = |value: &Value| -> Vec<(String, &'static str)> {
        let faults = Epcis.read_value(value).unwrap_err();
        faults.into_iter().map(|fault| (fault.place, fault.code)).collect()
    };
    let all = ["type", "schemaVersion", "creationDate", "%40context", "epcisBody"];
    let all: Vec<_> = all.map(|key| (format!("#/{key}"), "missing")).into();
    assert_eq!(refused(&json!({})), all);
    for (key, value, place, code) in [
        ("type", json!("EPCISQueryDocument"), "#/type", "not_epcis"),
        ("schemaVersion", json!("1.2"), "#/schemaVersion", "unknown_version"),
        ("schemaVersion", json!("2.0;drop"), "#/schemaVersion", "unknown_version"),
        ("schemaVersion", json!(2), "#/schemaVersion", "wrong_type"),
        ("creationDate", json!("today"), "#/creationDate", "wrong_form"),
        ("epcisBody", json!({}), "#/epcisBody/eventList", "missing"),
        ("epcisBody", json!({"eventList": {}}), "#/epcisBody/eventList", "wrong_type"),
        ("epcisBody", json!({"eventList": [7]}), "#/epcisBody/eventList/0", "wrong_type"),
    ] {
        let mut document = document(&[]);
        document[key] = value;
        assert_eq!(refused(&document), [(place.to_owned(), code)]);
    }
    assert_eq!(refused(&json!([])), [("#".to_owned(), "wrong_type")]);
    assert_eq!(Epcis.read_value(&document(&[])), Ok(Batch::default()));
}
