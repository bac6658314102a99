//! The list of what moved on a day.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::world::{World, problem};

/// Everything that moved since midnight, in parts of two.
async fn moved(world: &World) -> Vec<Value> {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/movements?day={today}&limit=2{cursor}");
        let part: Value = world.get(&path).send().await.unwrap().json().await.unwrap();
        found.extend(part["data"].as_array().unwrap().clone());
        match part["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

#[tokio::test]
async fn what_was_taken_and_given_back_is_listed_once_and_nothing_else() {
    let world = World::new().await;
    let first = world.open(Some("tok_ok")).await;
    world.open(Some("tok_declined")).await;
    world.open(None).await;
    let second = world.open(Some("tok_ok")).await;
    for (key, amount) in [("a", 400), ("b", 600)] {
        assert_eq!(world.refund(&first, key, amount).await.status(), 201);
    }
    let listed: Vec<_> = moved(&world)
        .await
        .into_iter()
        .map(|m| (m["type"].clone(), m["payment_id"].clone(), m["amount_minor"].clone()))
        .collect();
    let (first, second) = (&first["id"], &second["id"]);
    assert_eq!(
        listed,
        [
            (json!("capture"), first.clone(), json!(1_900)),
            (json!("capture"), second.clone(), json!(1_900)),
            (json!("refund"), first.clone(), json!(400)),
            (json!("refund"), first.clone(), json!(600)),
        ]
    );
    let other_day = world.get("/v1/movements?day=2020-02-29").send().await.unwrap();
    assert_eq!(other_day.json::<Value>().await.unwrap()["data"], json!([]));
    let no_day = world.get("/v1/movements?day=yesterday").send().await.unwrap();
    assert_eq!(problem(no_day).await, (400, "invalid_query".into()));
}

#[tokio::test]
async fn fees_can_be_withheld_and_told_later() {
    let world = World::new().await;
    world.set_faults(json!({"withhold_fees": true})).await;
    let payment = world.open(Some("tok_ok")).await;
    assert!(payment["fee_minor"].is_null());
    assert!(world.payment(&payment).await["fee_minor"].is_null());
    assert!(moved(&world).await[0]["fee_minor"].is_null());
    world.set_faults(json!({"withhold_fees": false})).await;
    assert_eq!(world.payment(&payment).await["fee_minor"], 51);
    assert_eq!(moved(&world).await[0]["fee_minor"], 51);
}
