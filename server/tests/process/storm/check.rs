//! What differs between the store and the warehouse, in words: from the database and from the software's file, and by
//! the commands that people have for it.

use super::weather::Storm;
use crate::world::told;
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Pieces by warehouse, SKU and kind of movement.
type Sums = BTreeMap<(String, String, String), i64>;
/// Pieces of an order that were wanted, cancelled and sent, by warehouse and SKU.
type Orders = BTreeMap<(Uuid, String, String), [i64; 3]>;

/// All that differs, and all that is left to be done.
pub async fn differences(storm: &Storm) -> Vec<String> {
    let mut found = Vec::new();
    if !storm.is_at_rest().await {
        found.push(format!("something is left over: {:?}", storm.asks("/test/state").await));
    }
    let (there, here) = (moved_there(storm), moved_here(storm).await);
    for (what, pieces) in &there {
        let known = here.get(what).copied().unwrap_or_default();
        if known != *pieces {
            found.push(format!("{what:?}: {pieces} moved, {known} booked"));
        }
    }
    for what in here.keys().filter(|what| !there.contains_key(what)) {
        found.push(format!("{what:?}: booked, and never moved"));
    }
    let (there, here) = (orders_there(storm).await, orders_here(storm).await);
    for (what, numbers) in &here {
        let [wanted, cancelled, shipped] = *numbers;
        if there.get(what) != Some(numbers) || shipped + cancelled != wanted {
            found.push(format!("{what:?}: {numbers:?} in the store, {:?} there", there.get(what)));
        }
    }
    found.extend(
        there
            .keys()
            .filter(|what| !here.contains_key(what))
            .map(|what| format!("{what:?}: nobody's")),
    );
    let list = storm.list();
    for arguments in [&["inventory", "verify"][..], &["inventory", "reconcile", "--from", &list]] {
        let (code, said) = told(storm.store.command(arguments)).await;
        if code != Some(0) {
            found.push(said);
        }
    }
    found
}

/// What has moved, by the software's own file.
fn moved_there(storm: &Storm) -> Sums {
    let mut sums = Sums::new();
    for line in std::fs::read_to_string(storm.state()).unwrap().lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        for one in record["moves"].as_array().into_iter().flatten() {
            let name = |field: &str| one[field].as_str().unwrap().to_owned();
            let what = (name("warehouse"), name("sku"), name("kind"));
            *sums.entry(what).or_default() += one["quantity"].as_i64().unwrap();
        }
    }
    sums
}

/// What was booked of what the software told, by the store's ledger.
async fn moved_here(storm: &Storm) -> Sums {
    let rows: Vec<(String, String, String, i64)> = sqlx::query_as(
        "select warehouse, sku, kind, sum(abs(on_hand))::bigint
         from inventory.movements
         where source = 'wms'
           and kind <> 'adjusted'
         group by warehouse, sku, kind",
    )
    .fetch_all(&storm.store.database.pool)
    .await
    .unwrap();
    let sum = |(warehouse, sku, kind, pieces)| ((warehouse, sku, kind), pieces);
    rows.into_iter().map(sum).collect()
}

/// What became of the orders, as the software knows. What was sent in vain has to have come back, and counts as not
/// sent.
async fn orders_there(storm: &Storm) -> Orders {
    let orders = storm.asks("/v1/orders").await.unwrap();
    let mut all = Orders::new();
    for order in orders.as_array().unwrap() {
        let id: Uuid = order["order"].as_str().unwrap().parse().unwrap();
        for line in order["lines"].as_array().unwrap() {
            let number = |name: &str| line[name].as_i64().unwrap();
            let name = |of: &Value, field: &str| of[field].as_str().unwrap().to_owned();
            let what = (id, name(order, "warehouse"), name(line, "sku"));
            all.insert(
                what,
                [number("wanted"), number("cancelled"), number("shipped") - number("brought_back")],
            );
        }
    }
    all
}

/// What became of the orders, as the store knows.
async fn orders_here(storm: &Storm) -> Orders {
    let rows: Vec<(Uuid, String, String, i64, i64, i64)> = sqlx::query_as(
        "select reference, warehouse, sku, quantity, cancelled, shipped
         from inventory.holds
         where state in ('allocated', 'shipped', 'cancelled')",
    )
    .fetch_all(&storm.store.database.pool)
    .await
    .unwrap();
    let order = |(order, warehouse, sku, wanted, cancelled, shipped)| {
        ((order, warehouse, sku), [wanted, cancelled, shipped])
    };
    rows.into_iter().map(order).collect()
}
