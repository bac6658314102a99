//! What was counted: never written over what has happened since.

use super::{LEVELS, Program, Told, told};
use crate::world::Store;
use reqwest::Method;
use serde_json::{Value, json};

async fn tell(program: &Program<'_>, as_of: &str, rows: &[(&str, &str, i64)]) -> Told {
    let row = |(warehouse, sku, on_hand): &(&str, &str, i64)| json!({ "warehouse": warehouse, "sku": sku, "on_hand": on_hand });
    let levels: Vec<Value> = rows.iter().map(row).collect();
    let counts = json!({ "source": "wms", "as_of": as_of, "levels": levels });
    told(program.ask(Method::PUT, LEVELS).json(&counts).send().await.unwrap()).await
}

/// The instant so many minutes from now.
fn minutes(from_now: i64) -> String {
    (jiff::Timestamp::now() + jiff::SignedDuration::from_mins(from_now)).to_string()
}

fn outcomes(told: &Told) -> Vec<&str> {
    assert_eq!(told.status, 200, "{told:?}");
    let items = told.body["items"].as_array().unwrap().iter();
    items.map(|item| item["outcome"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn counts_are_answered_one_by_one_and_an_older_one_changes_nothing() {
    let store = Store::open().await;
    let program = Program::with(&store, "inventory:read,inventory:write").await;
    let on_hand = async || -> i64 {
        let told = program.get(&format!("{LEVELS}?sku=LAMP&warehouse=berlin")).await;
        told.body["items"][0]["on_hand"].as_i64().unwrap()
    };
    let lamps = on_hand().await;
    let (now, before) = (minutes(0), minutes(-1));
    let rows = [
        ("berlin", "LAMP", lamps - 3),
        ("berlin", "LAMP", 1),
        ("moon", "LAMP", 1),
        ("berlin", "NO-SUCH", 1),
    ];
    let first = tell(&program, &now, &rows).await;
    let expected = ["adjusted", "counted_twice", "unknown_warehouse", "unknown_sku"];
    assert_eq!(outcomes(&first), expected);
    assert_eq!(first.body["items"][0]["difference"], -3, "{first:?}");
    assert_eq!(on_hand().await, lamps - 3);
    assert_eq!(outcomes(&tell(&program, &now, &rows[..1]).await), ["already_counted"]);
    let outdated = tell(&program, &before, &[("berlin", "LAMP", 1)]).await;
    assert_eq!(outcomes(&outdated), ["outdated"]);
    assert!(outdated.body["items"][0]["last"].is_string(), "{outdated:?}");
    assert_eq!(on_hand().await, lamps - 3);
}

#[tokio::test]
async fn a_count_that_does_not_fit_is_told_so() {
    let store = Store::open().await;
    let program = Program::with(&store, "inventory:write").await;
    for (as_of, on_hand, at, code) in [
        (minutes(60), 1, "#/as_of", "too_large"),
        ("yesterday".to_owned(), 1, "#/as_of", "wrong_form"),
        (minutes(0), -1, "#/levels/0/on_hand", "too_small"),
        (minutes(0), 1 << 40, "#/levels/0/on_hand", "too_large"),
    ] {
        let refused = tell(&program, &as_of, &[("berlin", "LAMP", on_hand)]).await;
        assert_eq!(refused.problem(), (422, "invalid"));
        let error = &refused.body["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&json!(at), &json!(code)), "{refused:?}");
    }
}

#[tokio::test]
async fn the_warehouses_that_counts_name_are_told() {
    let store = Store::open().await;
    let program = Program::with(&store, "inventory:read").await;
    let told = program.get("/api/v1/inventory/warehouses").await;
    let items = told.body["items"].as_array().unwrap();
    let codes: Vec<_> = items.iter().map(|item| item["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["berlin", "lyon"]);
    assert_eq!((&items[0]["country"], &items[0]["active"]), (&json!("DE"), &json!(true)));
}
