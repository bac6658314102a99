//! What becomes of documents in a store: names of other systems, transfers, events that are taken back.

mod counted;
mod taken_back;

use connectors::{Became, Csv, Delivered, Document, Epcis, ItemAnswer, Policy, deliver};
use domain::{Country, Sku, stock::Demand};
use inventory::{
    Identified, Inventory, LevelFilter, MIGRATOR, Mode, SCHEMA, ToldKind, UnknownSkus, Warehouse,
};
use platform::testing::TestDatabase;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

struct Shop {
    inventory: Inventory,
    _database: TestDatabase,
}

impl Shop {
    /// Ten mugs in the north, and names for what warehouses call them.
    async fn open() -> Self {
        let database = platform::testing::postgres(SCHEMA, &MIGRATOR).await;
        let inventory = Inventory::new(database.pool.clone());
        let warehouse = |code: &str| Warehouse {
            code: code.to_owned(),
            name: code.to_owned(),
            country: Country::DE,
            priority: 1,
        };
        inventory.ensure_warehouses(&[warehouse("north"), warehouse("south")]).await.unwrap();
        let mugs = [(mug(), 10)];
        inventory.receive("north", &mugs, "delivery", None).await.unwrap();
        inventory.receive("south", &[(mug(), 1)], "delivery", None).await.unwrap();
        let names = [
            ("gtin:10614141123459", Identified::Sku(mug())),
            ("gln:0614141123452", Identified::Warehouse("north".to_owned())),
        ];
        let names = names.map(|(name, identified)| (name.to_owned(), identified));
        inventory.identify(&names).await.unwrap();
        Self { inventory, _database: database }
    }

    async fn deliver(&self, mode: Mode, events: &[Value]) -> Delivered {
        let document = json!({
            "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-11-27T10:00:00Z",
            "epcisBody": {"eventList": events},
        });
        let bytes = document.to_string().into_bytes();
        let document = Document { source: "wms", name: "", bytes: &bytes };
        let policy = Policy { mode, unknown: UnknownSkus::Open };
        deliver(&self.inventory, &Epcis, &document, policy).await.unwrap()
    }

    async fn tell(&self, mode: Mode, events: &[Value]) -> Vec<Vec<&'static str>> {
        codes(&self.deliver(mode, events).await)
    }

    async fn each(&self, events: &[Value]) -> Vec<Vec<&'static str>> {
        self.tell(Mode::Each, events).await
    }

    /// How many mugs lie in the north and in the south.
    async fn mugs(&self) -> [i64; 2] {
        assert_eq!(self.inventory.verify().await.unwrap(), []);
        let of = |code: &str| LevelFilter {
            skus: vec![mug()],
            warehouses: vec![code.to_owned()],
            after: None,
            limit: 1,
        };
        let (north, south) = (of("north"), of("south"));
        let north = self.inventory.list_levels(&north).await.unwrap().levels[0].on_hand;
        let south = self.inventory.list_levels(&south).await.unwrap().levels[0].on_hand;
        [north, south]
    }

    async fn paid(&self, mugs: u32) -> Uuid {
        let order = Uuid::now_v7();
        let wish = [Demand { sku: mug(), quantity: mugs }];
        self.inventory.hold(order, &wish, Duration::from_secs(600)).await.unwrap();
        self.inventory.allocate(order).await.unwrap();
        order
    }
}

fn mug() -> Sku {
    Sku::parse("mug").unwrap()
}

/// What became of each row of each item, in a word.
fn codes(delivered: &Delivered) -> Vec<Vec<&'static str>> {
    let codes = delivered.items.iter().map(|item| match &item.became {
        Became::Told(rows) => rows.iter().map(|row| row.outcome.code()).collect(),
        Became::Skipped { code, .. } => vec![*code],
        Became::Refused(fault) => vec![fault.code],
    });
    codes.collect()
}

fn event(id: &str, step: &str, pieces: i64) -> Value {
    json!({
        "type": "ObjectEvent",
        "eventID": format!("urn:uuid:{id}"),
        "eventTime": "2026-11-27T09:00:00Z",
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "bizStep": step,
        "readPoint": {"id": "urn:epc:id:sgln:0614141.12345.dock"},
        "quantityList": [{"epcClass": "urn:epc:idpat:sgtin:0614141.112345.*", "quantity": pieces}],
    })
}

fn with(mut event: Value, key: &str, value: Value) -> Value {
    event[key] = value;
    event
}

#[tokio::test]
async fn what_a_warehouse_calls_things_is_looked_up_and_what_nobody_knows_gets_no_place() {
    let shop = Shop::open().await;
    let stranger = json!([{"epcClass": "urn:epc:idpat:sgtin:0614141.000001.*", "quantity": 1}]);
    let nowhere = json!({"id": "https://maker.example/places/7"});
    let told = shop
        .each(&[
            event("1", "receiving", 5),
            with(event("2", "receiving", 5), "quantityList", stranger),
            with(event("3", "receiving", 5), "readPoint", nowhere),
        ])
        .await;
    assert_eq!(told, [["applied"], ["unknown_sku"], ["unknown_warehouse"]]);
    assert_eq!(shop.mugs().await, [15, 1]);
}

#[tokio::test]
async fn what_goes_from_one_house_of_ours_to_another_is_a_transfer() {
    let shop = Shop::open().await;
    let to = json!([{"type": "location", "destination": "urn:vitrine:warehouse:south"}]);
    let from = json!([{"type": "location", "source": "urn:epc:id:sgln:0614141.12345.0"}]);
    let customers = json!([{"type": "location", "destination": "https://customer.example/door"}]);
    let there =
        with(event("2", "receiving", 4), "readPoint", json!({"id": "urn:vitrine:warehouse:south"}));
    let events = [
        with(event("1", "shipping", 4), "destinationList", to),
        with(there, "sourceList", from),
        with(event("3", "shipping", 1), "destinationList", customers),
    ];
    let delivered = shop.deliver(Mode::All, &events).await;
    let kind = |item: &ItemAnswer| match &item.became {
        Became::Told(rows) => (rows[0].outcome.code(), rows[0].kind),
        other => panic!("{other:?}"),
    };
    let kinds: Vec<_> = delivered.items.iter().map(kind).collect();
    let expected = [ToldKind::TransferredOut, ToldKind::TransferredIn, ToldKind::Shipped];
    assert_eq!(kinds, expected.map(|kind| ("applied", Some(kind))));
    assert_eq!(shop.mugs().await, [5, 5]);
}

#[tokio::test]
async fn what_is_sent_for_an_order_is_taken_from_what_is_its_own() {
    let shop = Shop::open().await;
    let order = shop.paid(3).await;
    let papers =
        |order| json!([{"type": "po", "bizTransaction": format!("urn:vitrine:order:{order}")}]);
    let sent = |id, pieces, order| {
        with(event(id, "shipping", pieces), "bizTransactionList", papers(order))
    };
    let events = [sent("1", 2, order), sent("2", 2, order), sent("3", 1, Uuid::now_v7())];
    assert_eq!(shop.each(&events).await, [["applied"], ["not_allocated"], ["not_allocated"]]);
    assert_eq!(shop.mugs().await, [8, 1]);
}

#[tokio::test]
async fn a_table_of_more_rows_than_one_batch_is_told_in_several_and_all_or_nothing_is_refused() {
    let shop = Shop::open().await;
    let mut table = "external_id,warehouse,sku,kind,quantity\n".to_owned();
    for nth in 0..10_001 {
        table.push_str(&format!("{nth},north,mug,received,1\n"));
    }
    let document = Document { source: "wms", name: "", bytes: table.as_bytes() };
    let policy = |mode| Policy { mode, unknown: UnknownSkus::Refuse };
    assert!(deliver(&shop.inventory, &Csv, &document, policy(Mode::All)).await.is_err());
    assert_eq!(shop.mugs().await, [10, 1]);
    let told = deliver(&shop.inventory, &Csv, &document, policy(Mode::Each)).await.unwrap();
    assert_eq!(told.tally().applied, 10_001);
    assert_eq!(shop.mugs().await, [10_011, 1]);
}
