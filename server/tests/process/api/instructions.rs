//! What the warehouses are to do, as their software asks for it.

use super::{Program, Told, told};
use crate::{
    shopper::Shopper,
    world::{Ground, Process, Store, free_port, until},
};
use domain::{Sku, stock::Demand};
use inventory::{Inventory, SCHEMA};
use reqwest::{Method, header::IF_NONE_MATCH};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

const INSTRUCTIONS: &str = "/api/v1/inventory/instructions";
const ACKNOWLEDGEMENTS: &str = "/api/v1/inventory/instructions/acknowledgements";
const RETURNS: &str = "/api/v1/inventory/expected-returns";

/// A store, and the worker that tells.
async fn open() -> (Store, Process) {
    let store = Store::open().await;
    let worker = store.start("work", &[("VITRINE__WORK__ROLES", "tell")]);
    (store, worker)
}

async fn warehouse(store: &Store) -> Program<'_> {
    Program::with(store, "inventory:read,inventory:write").await
}

/// Somebody pays for so many lamps.
pub async fn sold(store: &Store, quantity: u32) -> Uuid {
    let pool = platform::postgres::connect(&store.database.url, SCHEMA, 1).await.unwrap();
    let (inventory, order) = (Inventory::new(pool), Uuid::now_v7());
    let lamps = [Demand { sku: Sku::parse("LAMP").unwrap(), quantity }];
    inventory.hold(order, &lamps, Duration::from_secs(600)).await.unwrap();
    inventory.allocate(order).await.unwrap();
    order
}

fn items(told: &Told) -> &[Value] {
    assert_eq!(told.status, 200, "{told:?}");
    told.body["items"].as_array().unwrap()
}

/// What there is to do, once there is as much as that.
async fn told_of(program: &Program<'_>, count: usize) -> Vec<Value> {
    let path = format!("{INSTRUCTIONS}?limit=1000");
    until("it is told", async || items(&program.get(&path).await).len() >= count).await;
    let told = program.get(&path).await;
    assert_eq!(items(&told).len(), count);
    items(&told).to_vec()
}

async fn post(program: &Program<'_>, path: &str, body: &Value) -> Told {
    told(program.ask(Method::POST, path).json(body).send().await.unwrap()).await
}

async fn acknowledge(program: &Program<'_>, ids: &[&Value]) -> Vec<String> {
    let told = post(program, ACKNOWLEDGEMENTS, &json!({ "ids": ids })).await;
    let answer = |(item, id): (&Value, &&Value)| {
        assert_eq!(item["id"], **id, "in its place");
        item["answer"].as_str().unwrap().to_owned()
    };
    items(&told).iter().zip(ids).map(answer).collect()
}

#[tokio::test]
async fn an_order_that_is_bought_becomes_one_instruction_for_each_warehouse() {
    let mut ground = Ground::new().await;
    let provider = format!("127.0.0.1:{}", free_port());
    ground.settings.push(("VITRINE__PAYMENTS__SANDBOX__URL", format!("http://{provider}")));
    let mut psp = ground.command(&["sandbox-psp", "--listen", &provider]);
    let _psp = Process::start(psp.arg("--state").arg(ground.folder.join("psp.state")));
    let store = Store::open_on(ground).await;
    let _worker = store.worker();
    let program = warehouse(&store).await;
    let levels = program.get("/api/v1/inventory/levels?sku=LAMP").await;
    let there = |code: &str| {
        let level = items(&levels).iter().find(|level| level["warehouse"] == code).unwrap();
        level["available"].as_u64().unwrap()
    };
    // More than lie in either.
    let most = there("berlin").max(there("lyon"));
    let wanted = u32::try_from(most).unwrap() + 5;

    let mut shopper = Shopper::at(&store.url);
    shopper.add_lamps(wanted).await;
    assert_eq!(items(&program.get(INSTRUCTIONS).await), [json!(null); 0], "nobody has paid");
    shopper.check_out().await;
    let told = told_of(&program, 2).await;
    let order: Uuid = sqlx::query_scalar("select id from orders.orders")
        .fetch_one(&store.database.pool)
        .await
        .unwrap();
    let mut pieces = 0;
    for one in &told {
        assert_eq!((&one["type"], &one["order"]), (&json!("allocation.created"), &json!(order)));
        assert_eq!(one["lines"].as_array().unwrap().len(), 1, "{one}");
        assert_eq!(one["lines"][0]["sku"], "LAMP");
        assert!(one.get("return").is_none(), "{one}");
        pieces += one["lines"][0]["quantity"].as_u64().unwrap();
        one["occurred_at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    }
    assert_eq!(pieces, u64::from(wanted));
    assert_ne!(told[0]["warehouse"], told[1]["warehouse"]);

    // And the warehouse sends it.
    let one = &told[0];
    let shipped = json!({ "source": "wms", "movements": [{
        "external_id": "parcel 1", "warehouse": one["warehouse"], "sku": "LAMP", "kind": "shipped",
        "quantity": one["lines"][0]["quantity"], "order": order,
    }] });
    let sent = post(&program, "/api/v1/inventory/movements", &shipped).await;
    assert_eq!(items(&sent)[0]["outcome"], "applied");
}

#[tokio::test]
async fn who_asks_again_and_again_reads_everything_once_and_hears_that_there_is_nothing_new() {
    let (store, _worker) = open().await;
    let program = warehouse(&store).await;
    let nothing = program.get(INSTRUCTIONS).await;
    assert_eq!(items(&nothing), [json!(null); 0]);
    let mut orders = Vec::new();
    for _ in 0..3 {
        orders.push(json!(sold(&store, 1).await));
    }
    let all = told_of(&program, 3).await;
    let mut next = nothing.body["next"].as_str().unwrap().to_owned();
    let mut read = Vec::new();
    loop {
        let page = program.get(&format!("{INSTRUCTIONS}?limit=1&after={next}")).await;
        let after = page.body["next"].as_str().unwrap().to_owned();
        if items(&page).is_empty() {
            assert_eq!(after, next);
            break;
        }
        read.extend(items(&page).iter().cloned());
        next = after;
    }
    assert_eq!(read, all);
    orders.sort_by_key(Value::to_string);
    let mut found: Vec<_> = read.iter().map(|one| one["order"].clone()).collect();
    found.sort_by_key(Value::to_string);
    assert_eq!(found, orders);

    let path = format!("{INSTRUCTIONS}?after={next}");
    let tag = program.get(&path).await.header("etag").to_owned();
    let again = async || {
        let ask = program.ask(Method::GET, &path).header(IF_NONE_MATCH, &tag);
        told(ask.send().await.unwrap()).await.status
    };
    assert_eq!(again().await, 304);
    sold(&store, 1).await;
    until("there is something new", async || again().await == 200).await;
}

#[tokio::test]
async fn what_a_warehouse_has_taken_on_is_no_longer_open() {
    let (store, _worker) = open().await;
    let program = warehouse(&store).await;
    // As many as lie in neither: both are told.
    sold(&store, 35).await;
    let all = told_of(&program, 2).await;
    let of = |code: &str| all.iter().find(|one| one["warehouse"] == code).unwrap().clone();
    let open = async |query: &str| {
        let told = program.get(&format!("{INSTRUCTIONS}?open=true{query}")).await;
        items(&told).to_vec()
    };
    assert_eq!(open("").await, all);
    assert_eq!(open("&warehouse=berlin").await, [of("berlin")]);
    assert_eq!(open("&warehouse=berlin&warehouse=lyon").await, all);
    assert_eq!(open("&warehouse=moon").await, [json!(null); 0]);
    let (berlin, strange) = (of("berlin"), json!(Uuid::now_v7()));
    let ids = [&strange, &berlin["id"], &berlin["id"]];
    let first = acknowledge(&program, &ids).await;
    assert_eq!(first, ["unknown", "acknowledged", "already_acknowledged"]);
    assert_eq!(acknowledge(&program, &ids[1..2]).await, ["already_acknowledged"]);
    assert_eq!(open("").await, [of("lyon")]);
    assert_eq!(open("&warehouse=berlin").await, [json!(null); 0]);
    let everything = program.get(&format!("{INSTRUCTIONS}?open=false")).await;
    assert_eq!(items(&everything), all);
}

#[tokio::test]
async fn what_will_come_back_is_told_if_it_was_sent() {
    let (store, _worker) = open().await;
    let program = warehouse(&store).await;
    let order = sold(&store, 2).await;
    let sent = told_of(&program, 1).await.remove(0);
    let id = Uuid::now_v7();
    let back = |quantity: u32| {
        let lines = json!([{ "sku": "LAMP", "quantity": quantity }]);
        json!({ "id": id, "order": order, "warehouse": "lyon", "lines": lines })
    };
    let expect = async |body: &Value| {
        let told = post(&program, RETURNS, body).await;
        assert_eq!((told.status, &told.body["id"]), (200, &json!(id)), "{told:?}");
        told.body
    };
    let not_sent =
        |left: u32| json!({ "id": id, "outcome": "not_sent", "sku": "LAMP", "left": left });
    let outcome = |outcome: &str| json!({ "id": id, "outcome": outcome });
    assert_eq!(expect(&back(1)).await, not_sent(0));
    let shipped = json!({ "source": "wms", "movements": [{
        "external_id": "1", "warehouse": sent["warehouse"], "sku": "LAMP", "kind": "shipped",
        "quantity": 2, "order": order,
    }] });
    post(&program, "/api/v1/inventory/movements", &shipped).await;
    assert_eq!(expect(&back(3)).await, not_sent(2));
    let mut elsewhere = back(2);
    elsewhere["warehouse"] = json!("moon");
    assert_eq!(expect(&elsewhere).await, outcome("unknown_warehouse"));
    assert_eq!(expect(&back(2)).await, outcome("expected"));
    assert_eq!(expect(&back(2)).await, outcome("already_expected"));
    assert_eq!(expect(&back(1)).await, outcome("conflict"));
    let told = told_of(&program, 2).await.remove(1);
    assert_eq!((&told["type"], &told["return"]), (&json!("return.expected"), &json!(id)));
    assert_eq!((&told["warehouse"], &told["order"]), (&json!("lyon"), &json!(order)));
    assert_eq!(told["lines"], json!([{ "sku": "LAMP", "quantity": 2 }]));
}

#[tokio::test]
async fn what_does_not_fit_is_told_and_nothing_of_it_is_done() {
    let store = Store::open().await;
    let program = warehouse(&store).await;
    for (query, wrong) in [
        ("limit=0", ("limit", "too_small")),
        ("limit=1001", ("limit", "too_large")),
        ("open=1", ("open", "wrong_type")),
        ("after=x", ("after", "wrong_form")),
        ("after=WyJhIl0", ("after", "wrong_form")),
        ("warehouse=", ("warehouse/0", "too_short")),
        ("sku=LAMP", ("sku", "unknown_field")),
    ] {
        let told = program.get(&format!("{INSTRUCTIONS}?{query}")).await;
        assert_eq!(told.problem(), (422, "invalid"), "{query}");
        let error = &told.body["errors"][0];
        assert_eq!((&error["parameter"], &error["code"]), (&json!(wrong.0), &json!(wrong.1)));
    }
    let id = Uuid::now_v7();
    let line = json!({ "sku": "LAMP", "quantity": 1 });
    let with = |field: &str, value: Value| {
        let mut body = json!({ "id": id, "order": id, "warehouse": "lyon", "lines": [line] });
        body[field] = value;
        body
    };
    for (path, body, at, code) in [
        (ACKNOWLEDGEMENTS, json!({}), "#/ids", "missing"),
        (ACKNOWLEDGEMENTS, json!({ "ids": [] }), "#/ids", "too_few"),
        (ACKNOWLEDGEMENTS, json!({ "ids": vec![id; 1_001] }), "#/ids", "too_many"),
        (ACKNOWLEDGEMENTS, json!({ "ids": ["7"] }), "#/ids/0", "wrong_form"),
        (ACKNOWLEDGEMENTS, json!({ "ids": [7] }), "#/ids/0", "wrong_type"),
        (ACKNOWLEDGEMENTS, json!({ "ids": [id], "by": "me" }), "#/by", "unknown_field"),
        (RETURNS, with("id", json!("return 7")), "#/id", "wrong_form"),
        (RETURNS, with("order", json!(null)), "#/order", "wrong_type"),
        (RETURNS, with("warehouse", json!("")), "#/warehouse", "too_short"),
        (RETURNS, with("lines", json!([])), "#/lines", "too_few"),
        (RETURNS, with("lines", json!(vec![line.clone(); 1_001])), "#/lines", "too_many"),
        (RETURNS, with("lines", json!([{ "sku": "LAMP" }])), "#/lines/0/quantity", "missing"),
        (
            RETURNS,
            with("lines", json!([{ "sku": "LAMP", "quantity": 0 }])),
            "#/lines/0/quantity",
            "too_small",
        ),
        (
            RETURNS,
            with("lines", json!([{ "sku": "a b", "quantity": 1 }])),
            "#/lines/0/sku",
            "wrong_form",
        ),
        (RETURNS, with("why", json!("too bright")), "#/why", "unknown_field"),
    ] {
        let told = post(&program, path, &body).await;
        assert_eq!(told.problem(), (422, "invalid"), "{at} {code}: {told:?}");
        let errors = told.body["errors"].as_array().unwrap();
        let found = errors.iter().any(|error| error["pointer"] == at && error["code"] == code);
        assert!(found, "{at} {code}: {errors:?}");
    }
    assert_eq!(items(&program.get(INSTRUCTIONS).await), [json!(null); 0]);
}
