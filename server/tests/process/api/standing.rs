//! What merchants say of their stock: warehouses, bundles, rules, transfers and purchase orders.

use super::{LEVELS, Program, Told, told};
use crate::world::Store;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

const ALL: &str = "inventory:read,inventory:write,inventory:manage";
const WAREHOUSES: &str = "/api/v1/inventory/warehouses";
const BUNDLES: &str = "/api/v1/inventory/bundles";
const RULES: &str = "/api/v1/inventory/rules";
const TRANSFERS: &str = "/api/v1/inventory/transfers";
const PURCHASES: &str = "/api/v1/inventory/purchase-orders";

impl Program<'_> {
    async fn put(&self, path: &str, body: &Value) -> Told {
        told(self.ask(Method::PUT, path).json(body).send().await.unwrap()).await
    }

    async fn post(&self, path: &str, body: Option<&Value>) -> Told {
        let request = self.ask(Method::POST, path);
        let request = body.into_iter().fold(request, |request, body| request.json(body));
        told(request.send().await.unwrap()).await
    }

    /// What lies in a warehouse, and can be sold.
    async fn there(&self, warehouse: &str, sku: &str) -> (i64, i64) {
        let told = self.get(&format!("{LEVELS}?sku={sku}&warehouse={warehouse}")).await;
        let level = &told.body["items"][0];
        (level["on_hand"].as_i64().unwrap_or(0), level["available"].as_i64().unwrap_or(0))
    }
}

/// The pointer and the code of the one thing that is wrong.
fn wrong(told: &Told) -> (&str, &str) {
    assert!([(422, "invalid"), (409, "does_not_fit")].contains(&told.problem()), "{told:?}");
    let errors = told.body["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{told:?}");
    let at = if errors[0]["pointer"].is_string() { "pointer" } else { "parameter" };
    (errors[0][at].as_str().unwrap(), errors[0]["code"].as_str().unwrap())
}

#[tokio::test]
async fn a_warehouse_is_as_it_was_said_to_be() {
    let store = Store::open().await;
    let program = Program::with(&store, ALL).await;
    let ghent = json!({
        "code": "ghent", "name": "Ghent, by the canal", "country": "BE", "priority": 3, "kind": "store",
        "active": true,
        "address": {"street": "Graslei 1", "city": "Gent", "postal_code": "9000"},
        "coordinates": {"latitude": 51.054342, "longitude": 3.717424},
        "time_zone": "Europe/Brussels", "cut_off": "16:30",
        "working_days": ["tuesday", "saturday"], "holidays": ["2026-12-25"], "offers_pick_up": true,
    });
    let put = program.put(WAREHOUSES, &json!({ "warehouses": [ghent] })).await;
    assert_eq!(put.status, 200, "{put:?}");
    let find = |told: &Told, code: &str| -> Value {
        let items = told.body["items"].as_array().unwrap().iter();
        items.into_iter().find(|one| one["code"] == code).unwrap().clone()
    };
    assert_eq!(find(&put, "ghent"), ghent);
    assert_eq!(find(&program.get(WAREHOUSES).await, "ghent"), ghent);
    // What is left out is as usual, and the others stay as they are.
    let berlin = find(&put, "berlin");
    let bare = json!({"code": "ghent", "name": "Ghent", "country": "BE"});
    let put = program.put(WAREHOUSES, &json!({ "warehouses": [bare] })).await;
    let now = find(&put, "ghent");
    assert_eq!((&now["cut_off"], &now["address"]), (&json!("14:00"), &Value::Null));
    assert_eq!(now["working_days"].as_array().unwrap().len(), 5);
    assert_eq!(find(&put, "berlin"), berlin);
    // What lies in one that does not send cannot be sold.
    let (on_hand, available) = program.there("berlin", "LAMP").await;
    assert!(available > 0);
    let mut closed = berlin.clone();
    closed["active"] = json!(false);
    assert_eq!(program.put(WAREHOUSES, &json!({ "warehouses": [closed] })).await.status, 200);
    assert_eq!(program.there("berlin", "LAMP").await, (on_hand, 0));
    assert_eq!(program.put(WAREHOUSES, &json!({ "warehouses": [berlin] })).await.status, 200);
    assert_eq!(program.there("berlin", "LAMP").await, (on_hand, available));
}

#[tokio::test]
async fn a_warehouse_that_cannot_be_is_told_so_and_is_not_made() {
    let store = Store::open().await;
    let program = Program::with(&store, ALL).await;
    for (field, value, at, code) in [
        ("time_zone", json!("Mars/Olympus"), "time_zone", "unknown_value"),
        ("country", json!("US"), "country", "unknown_value"),
        ("cut_off", json!("25:00"), "cut_off", "wrong_form"),
        ("working_days", json!(["monday", "monday"]), "working_days", "repeated"),
        ("holidays", json!(["2026-02-30"]), "holidays/0", "wrong_form"),
        ("name", json!("a\u{7}b"), "name", "wrong_form"),
        ("coordinates", json!({"latitude": 91, "longitude": 0}), "coordinates", "invalid"),
    ] {
        let mut moon = json!({"code": "moon", "name": "The moon", "country": "DE"});
        moon[field] = value;
        let refused = program.put(WAREHOUSES, &json!({ "warehouses": [moon] })).await;
        assert_eq!(wrong(&refused), (&*format!("#/warehouses/0/{at}"), code), "{field}");
    }
    let told = program.get(WAREHOUSES).await;
    assert!(!told.body.to_string().contains("moon"), "{told:?}");
}

#[tokio::test]
async fn a_bundle_is_sold_as_far_as_its_components_go() {
    let store = Store::open().await;
    let program = Program::with(&store, ALL).await;
    let bundle = async |sku: &str, component: &str| {
        let body = json!({"bundles": [
            {"sku": sku, "components": [{"sku": component, "quantity": 1}]}]});
        program.put(BUNDLES, &body).await
    };
    assert_eq!(wrong(&bundle("LAMP", "OTHER").await), ("#/bundles/0/sku", "has_stock"));
    let set = json!({"sku": "SET", "components": [{"sku": "LAMP", "quantity": 2}]});
    let put = program.put(BUNDLES, &json!({ "bundles": [set] })).await;
    assert_eq!((put.status, &put.body), (200, &json!({ "items": [set] })));
    let told = program.get(&format!("{BUNDLES}?sku=SET&sku=LAMP")).await;
    assert_eq!(told.body, json!({ "items": [set] }));
    let in_bundle = bundle("SETS", "SET").await;
    assert_eq!(wrong(&in_bundle), ("#/bundles/0/components", "bundle_in_bundle"));
    assert_eq!(wrong(&program.get(BUNDLES).await), ("sku", "missing"));
}

#[tokio::test]
async fn what_is_kept_back_and_may_be_promised_is_said_level_by_level() {
    let store = Store::open().await;
    let program = Program::with(&store, ALL).await;
    let set = json!({"sku": "SET", "components": [{"sku": "LAMP", "quantity": 2}]});
    assert_eq!(program.put(BUNDLES, &json!({ "bundles": [set] })).await.status, 200);
    let (on_hand, available) = program.there("berlin", "LAMP").await;
    let rules = |safety: i64| {
        json!({"rules": [
            {"warehouse": "berlin", "sku": "LAMP", "safety": safety},
            {"warehouse": "moon", "sku": "LAMP", "safety": 1},
            {"warehouse": "berlin", "sku": "SET", "safety": 1},
            {"warehouse": "berlin", "sku": "NEW", "back_order_limit": 3},
        ]})
    };
    let outcomes = |told: &Told| -> Vec<String> {
        let items = told.body["items"].as_array().unwrap().iter();
        items.map(|item| item["outcome"].as_str().unwrap().to_owned()).collect()
    };
    let set = program.put(RULES, &rules(2)).await;
    // One that is refused keeps none of the others from being set.
    assert_eq!(outcomes(&set), ["set", "unknown_warehouse", "unknown_sku", "set"]);
    assert_eq!(program.there("berlin", "NEW").await.0, 0);
    assert_eq!(program.there("berlin", "LAMP").await, (on_hand, available - 2));
    assert_eq!(outcomes(&program.put(RULES, &rules(2)).await)[0], "set");
    assert_eq!(program.there("berlin", "LAMP").await, (on_hand, available - 2));
    assert_eq!(outcomes(&program.put(RULES, &rules(0)).await)[0], "set");
    let absurd = program.put(RULES, &rules(-1)).await;
    assert_eq!(wrong(&absurd), ("#/rules/0/safety", "too_small"));
}

#[tokio::test]
async fn a_transfer_is_in_neither_warehouse_until_it_arrives() {
    let store = Store::open().await;
    let program = Program::with(&store, ALL).await;
    let (berlin, lyon) =
        (program.there("berlin", "LAMP").await.0, program.there("lyon", "LAMP").await.0);
    let (id, other) = (Uuid::now_v7(), Uuid::now_v7());
    let path = format!("{TRANSFERS}/{id}");
    // Two lines of one thing are one.
    let order = json!({"from": "berlin", "to": "lyon", "expected_on": "2030-01-02", "lines": [
        {"sku": "LAMP", "quantity": 1}, {"sku": "LAMP", "quantity": 2}]});
    for _ in 0..2 {
        let told = program.put(&path, &order).await;
        assert_eq!((told.status, &told.body["state"]), (200, &json!("ordered")), "{told:?}");
        assert_eq!(told.body["lines"], json!([{"sku": "LAMP", "quantity": 3}]));
    }
    let mut another = order.clone();
    another["lines"][0]["quantity"] = json!(9);
    assert_eq!(program.put(&path, &another).await.problem(), (409, "id_taken"));
    let early = program.post(&format!("{path}/receive"), Some(&json!({}))).await;
    assert_eq!(early.problem(), (409, "wrong_state"));
    assert_eq!(program.get(TRANSFERS).await.body["items"].as_array().unwrap().len(), 1);
    for _ in 0..2 {
        let sent = program.post(&format!("{path}/send"), None).await;
        assert_eq!(sent.body["state"], "in_transit", "{sent:?}");
    }
    assert_eq!(program.there("berlin", "LAMP").await.0, berlin - 3);
    assert_eq!(program.there("lyon", "LAMP").await.0, lyon);
    assert_eq!(program.post(&format!("{path}/cancel"), None).await.problem(), (409, "wrong_state"));
    let more = json!({"lines": [{"sku": "LAMP", "quantity": 4}]});
    let refused = program.post(&format!("{path}/receive"), Some(&more)).await;
    assert_eq!(wrong(&refused), ("#/lines", "too_large"));
    let fewer = json!({"lines": [{"sku": "LAMP", "quantity": 2}]});
    let arrived = program.post(&format!("{path}/receive"), Some(&fewer)).await;
    assert_eq!(arrived.body["state"], "arrived", "{arrived:?}");
    assert_eq!(program.there("lyon", "LAMP").await.0, lyon + 2);
    assert_eq!(program.get(&path).await.body["state"], "arrived");
    assert_eq!(program.get(TRANSFERS).await.body["items"], json!([]));

    let day = json!({"from": "berlin", "to": "lyon", "expected_on": "0000-01-01", "lines": [
        {"sku": "LAMP", "quantity": 1}]});
    let refused = program.put(&format!("{TRANSFERS}/{other}"), &day).await;
    assert_eq!(wrong(&refused), ("#/expected_on", "wrong_form"));
    for (from, to, at, code) in [
        ("berlin", "berlin", "#/to", "leads_nowhere"),
        ("berlin", "moon", "#", "unknown_warehouse"),
    ] {
        let order = json!({"from": from, "to": to, "lines": [{"sku": "LAMP", "quantity": 1}]});
        let refused = program.put(&format!("{TRANSFERS}/{other}"), &order).await;
        assert_eq!(wrong(&refused), (at, code));
    }
    assert_eq!(program.get(&format!("{TRANSFERS}/{other}")).await.problem(), (404, "not_found"));
    assert_eq!(wrong(&program.get(&format!("{TRANSFERS}/x")).await), ("id", "wrong_form"));
}

#[tokio::test]
async fn what_was_asked_for_is_waited_for_until_all_of_it_has_come() {
    let store = Store::open().await;
    let program = Program::with(&store, ALL).await;
    let before = program.there("lyon", "LAMP").await.0;
    let path = format!("{PURCHASES}/{}", Uuid::now_v7());
    let order = json!({"warehouse": "lyon", "supplier": "Lamps Ltd", "lines": [
        {"sku": "LAMP", "quantity": 10}]});
    let told = program.put(&path, &order).await;
    assert_eq!((told.status, &told.body["state"]), (200, &json!("ordered")), "{told:?}");
    let deliver = async |receipt: &str, sku: &str, quantity: u32| {
        let body = json!({"receipt": receipt, "lines": [{"sku": sku, "quantity": quantity}]});
        program.post(&format!("{path}/receipts"), Some(&body)).await
    };
    for _ in 0..2 {
        let told = deliver("first", "LAMP", 4).await;
        assert_eq!(told.body["lines"], json!([{"sku": "LAMP", "ordered": 10, "received": 4}]));
    }
    assert_eq!(program.there("lyon", "LAMP").await.0, before + 4);
    assert_eq!(wrong(&deliver("second", "NEVER", 1).await), ("#/lines", "not_ordered"));
    // And has no place there by that.
    assert_eq!(program.get(&format!("{LEVELS}?sku=NEVER")).await.body["items"], json!([]));
    let with = |field: &str, other: &str| {
        let mut another = order.clone();
        another[field] = json!(other);
        another
    };
    let another = with("supplier", "Others Ltd");
    assert_eq!(program.put(&path, &another).await.problem(), (409, "id_taken"));
    let later = with("expected_on", "2030-01-02");
    assert_eq!(program.put(&path, &later).await.body["expected_on"], "2030-01-02");
    assert_eq!(deliver("first", "LAMP", 5).await.problem(), (409, "id_taken"));
    assert_eq!(deliver("second", "LAMP", 7).await.body["state"], "received");
    assert_eq!(program.there("lyon", "LAMP").await.0, before + 11);
    assert_eq!(deliver("third", "LAMP", 1).await.problem(), (409, "wrong_state"));
    let closed = program.post(&format!("{path}/close"), None).await;
    assert_eq!(closed.body["state"], "received", "{closed:?}");
    let unknown = program.get(&format!("{PURCHASES}/{}", Uuid::now_v7())).await;
    assert_eq!(unknown.problem(), (404, "not_found"));
}
