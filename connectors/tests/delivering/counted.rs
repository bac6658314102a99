//! What becomes of what was counted.

use crate::{Shop, event, with};
use inventory::{Identified, Mode};
use serde_json::{Value, json};

/// The whole of the north is counted.
fn counted(id: &str, pieces: i64) -> Value {
    let place = json!({"id": "urn:epc:id:sgln:0614141.12345.0"});
    let now = jiff::Timestamp::now().to_string();
    with(with(event(id, "cycle_counting", pieces), "readPoint", place), "eventTime", now.into())
}

fn bin(extension: &str) -> Value {
    json!({"id": format!("urn:epc:id:sgln:0614141.12345.{extension}")})
}

#[tokio::test]
async fn a_count_of_the_future_is_told_so_and_keeps_no_other() {
    let shop = Shop::open().await;
    let future = with(counted("1", 3), "eventTime", "2999-01-01T00:00:00Z".into());
    let events = [future, counted("2", 7)];
    assert_eq!(shop.each(&events).await, [["not_yet"], ["adjusted"]]);
    assert_eq!(shop.mugs().await, [7, 1]);
}

#[tokio::test]
async fn where_all_or_nothing_is_wanted_counts_wait_for_the_movements() {
    let shop = Shop::open().await;
    let count = counted("1", 7);
    let events = [count.clone(), event("2", "shipping", 99)];
    assert_eq!(shop.tell(Mode::All, &events).await, [["withheld"], ["would_take_promised"]]);
    assert_eq!(shop.mugs().await, [10, 1]);
    let events = [count, event("2", "shipping", 2)];
    assert_eq!(shop.tell(Mode::All, &events).await, [["adjusted"], ["applied"]]);
    assert_eq!(shop.mugs().await, [7, 1]);
}

#[tokio::test]
async fn what_lies_in_a_part_of_a_warehouse_is_not_all_that_lies_in_it() {
    let shop = Shop::open().await;
    let whole = bin("0");
    let within = [
        with(counted("1", 3), "bizLocation", bin("bin-7")),
        with(counted("2", 3), "readPoint", bin("bin-7")),
        // The reader was in a part of what the things are in.
        with(with(counted("3", 3), "bizLocation", whole.clone()), "readPoint", bin("bin-7")),
        with(with(counted("4", 3), "bizLocation", bin("bin-7")), "readPoint", whole),
    ];
    for count in within {
        assert_eq!(shop.each(&[count]).await, [["part_of_a_warehouse"]]);
    }
    assert_eq!(shop.mugs().await, [10, 1]);
    let nowhere = json!({"id": "urn:epc:id:sgln:0614141.00001.bin-7"});
    let nowhere = with(counted("5", 3), "readPoint", nowhere);
    assert_eq!(shop.each(&[nowhere]).await, [["unknown_warehouse"]]);
    // Where a part has a name of its own, it is what it is said to be.
    let south = Identified::Warehouse("south".to_owned());
    shop.inventory.identify(&[("gln:0614141123452/bin-7".to_owned(), south)]).await.unwrap();
    let count = with(counted("6", 3), "readPoint", bin("bin-7"));
    assert_eq!(shop.each(&[count]).await, [["adjusted"]]);
    assert_eq!(shop.mugs().await, [10, 3]);
}

#[tokio::test]
async fn two_things_that_nobody_knows_are_not_taken_for_one_that_is_counted_twice() {
    let shop = Shop::open().await;
    let things = ["000001", "000002"].map(
        |item| json!({"epcClass": format!("urn:epc:idpat:sgtin:0614141.{item}.*"), "quantity": 1}),
    );
    let goods = with(counted("1", 0), "quantityList", json!(things));
    let place = |id: &str| json!({"id": format!("https://maker.example/places/{id}")});
    let places = ["7", "8"].map(|id| with(counted(id, 1), "readPoint", place(id)));
    let places = places.map(|count| with(count, "eventTime", "2026-01-05T09:00:00Z".into()));
    let told = shop.each(&[goods.clone(), places[0].clone(), places[1].clone()]).await;
    let [unknown_sku, unknown_warehouse] = ["unknown_sku", "unknown_warehouse"];
    assert_eq!(told, [vec![unknown_sku; 2], vec![unknown_warehouse], vec![unknown_warehouse]]);
}
