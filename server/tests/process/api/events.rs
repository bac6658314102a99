//! Events in the standard's terms, by request. What they mean is tested beside the connector.

use super::{LEVELS, Program, Told, told};
use crate::world::Store;
use reqwest::Method;
use serde_json::{Value, json};

fn received(id: &str, sku: &str, quantity: i64) -> Value {
    json!({
        "type": "ObjectEvent",
        "eventID": format!("urn:uuid:{id}"),
        "eventTime": "2026-11-27T09:00:00Z",
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "bizStep": "receiving",
        "bizLocation": {"id": "urn:vitrine:warehouse:berlin"},
        "quantityList": [{"epcClass": format!("urn:vitrine:sku:{sku}"), "quantity": quantity}],
    })
}

fn document(events: &[Value]) -> Value {
    json!({
        "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-27T10:00:00Z",
        "epcisBody": {"eventList": events},
    })
}

async fn tell(program: &Program<'_>, query: &str, document: &Value) -> Told {
    let path = format!("/api/v1/inventory/epcis?{query}");
    told(program.ask(Method::POST, &path).json(document).send().await.unwrap()).await
}

fn outcomes(told: &Told) -> Vec<&str> {
    assert_eq!(told.status, 200, "{told:?}");
    let events = told.body["events"].as_array().unwrap().iter();
    events.map(|event| event["outcome"].as_str().unwrap()).collect()
}

async fn lamps(program: &Program<'_>) -> i64 {
    let told = program.get(&format!("{LEVELS}?sku=LAMP&warehouse=berlin")).await;
    told.body["items"][0]["on_hand"].as_i64().unwrap()
}

#[tokio::test]
async fn each_event_is_answered_in_its_place_and_all_or_nothing_is_told_where_that_is_wanted() {
    let store = Store::open().await;
    let program = Program::with(&store, "inventory:read,inventory:write").await;
    let before = lamps(&program).await;
    let mut nameless = received("3", "LAMP", 1);
    nameless.as_object_mut().unwrap().remove("eventID");
    let mut packed = received("4", "LAMP", 1);
    packed["bizStep"] = "packing".into();
    let all = document(&[received("1", "LAMP", 7), received("2", "SOFA", 1), nameless, packed]);

    let withheld = tell(&program, "source=wms&mode=all", &all).await;
    assert_eq!(outcomes(&withheld), ["refused", "refused", "refused", "skipped"]);
    assert_eq!(withheld.body["events"][0]["rows"][0]["outcome"], "withheld");
    assert_eq!(lamps(&program).await, before);

    let first = tell(&program, "source=wms", &all).await;
    assert_eq!(outcomes(&first), ["applied", "refused", "refused", "skipped"]);
    let counted = ["applied", "refused", "skipped"].map(|key| first.body[key].as_i64().unwrap());
    assert_eq!(counted, [1, 2, 1]);
    assert_eq!(first.body["events"][1]["rows"][0]["outcome"], "unknown_sku");
    assert_eq!(first.body["events"][2]["code"], "missing");
    let detail = first.body["events"][2]["detail"].as_str().unwrap();
    assert!(detail.starts_with("#/epcisBody/eventList/2/eventID: "), "{detail}");
    assert_eq!(lamps(&program).await, before + 7);

    let again = tell(&program, "source=wms", &all).await;
    assert_eq!(again.body["events"][0]["rows"][0]["outcome"], "already_applied");
    assert_eq!(lamps(&program).await, before + 7);
    let open = tell(&program, "source=wms&new_skus=open", &all).await;
    assert_eq!(outcomes(&open)[1], "applied");
    let other = tell(&program, "source=other", &document(&[received("1", "LAMP", 1)])).await;
    assert_eq!(outcomes(&other), ["applied"]);
    assert_eq!(lamps(&program).await, before + 8);
}

#[tokio::test]
async fn what_is_no_document_is_refused_with_all_that_is_wrong() {
    let store = Store::open().await;
    let program = Program::with(&store, "inventory:write").await;
    let refused = tell(&program, "source=wms", &json!({"type": "Letter", "epcisBody": {}})).await;
    assert_eq!(refused.problem(), (422, "invalid"));
    let errors = refused.body["errors"].as_array().unwrap().iter();
    let mut found: Vec<_> = errors.map(|error| error["pointer"].as_str().unwrap()).collect();
    found.sort_unstable();
    let wrong =
        ["#/%40context", "#/creationDate", "#/epcisBody/eventList", "#/schemaVersion", "#/type"];
    assert_eq!(found, wrong);
    let fine = document(&[]);
    for (query, parameter, code) in [
        ("", "source", "missing"),
        ("source=vitrine", "source", "wrong_form"),
        ("source=wms&mode=some", "mode", "unknown_value"),
        ("source=wms&colour=red", "colour", "unknown_field"),
    ] {
        let refused = tell(&program, query, &fine).await;
        assert_eq!(refused.problem(), (422, "invalid"), "{query}");
        let error = &refused.body["errors"][0];
        assert_eq!((&error["parameter"], &error["code"]), (&parameter.into(), &code.into()));
    }
    let none = tell(&program, "source=wms", &fine).await;
    assert_eq!(outcomes(&none), [""; 0]);
    let events: Vec<_> = (0..10_001).map(|n| received(&n.to_string(), "LAMP", 1)).collect();
    let many = tell(&program, "source=wms", &document(&events)).await;
    assert_eq!(many.problem(), (422, "invalid"), "{many:?}");
    // As many as there may be, with what most of them say besides.
    let full = |n: usize| {
        let mut event = received(&n.to_string(), "LAMP", 1);
        event["disposition"] = json!("in_progress");
        event["readPoint"] = json!({ "id": "urn:vitrine:warehouse:berlin" });
        event
    };
    let events: Vec<_> = (0..10_000).map(full).collect();
    let all = tell(&program, "source=wms&mode=all", &document(&events)).await;
    assert_eq!(all.status, 200, "{:?}", all.headers);
    let reader = Program::with(&store, "inventory:read").await;
    assert_eq!(tell(&reader, "source=wms", &fine).await.problem(), (403, "scope_missing"));
}
