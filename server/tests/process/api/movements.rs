//! What the software of warehouses tells: done once, whatever happens on the way.

use super::{LEVELS, Program, Told, told};
use crate::world::{Process, SOON, Store, free_port, until};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Row;
use std::time::{Duration, Instant};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const MOVEMENTS: &str = "/api/v1/inventory/movements";

fn received(id: &str, sku: &str, quantity: i64) -> Value {
    let row = json!({ "external_id": id, "warehouse": "berlin", "sku": sku, "quantity": quantity });
    with(row, "kind", json!("received"))
}

fn with(mut row: Value, field: &str, value: Value) -> Value {
    row[field] = value;
    row
}

fn batch(rows: &[Value]) -> Value {
    json!({ "source": "wms", "movements": rows })
}

async fn tell(program: &Program<'_>, batch: &Value) -> Told {
    told(program.ask(Method::POST, MOVEMENTS).json(batch).send().await.unwrap()).await
}

async fn tell_as(program: &Program<'_>, node: &str, name: &str, batch: &Value) -> Told {
    let ask = program.ask_at(node, Method::POST, MOVEMENTS).header("idempotency-key", name);
    told(ask.json(batch).send().await.unwrap()).await
}

fn outcomes(told: &Told) -> Vec<&str> {
    assert_eq!(told.status, 200, "{told:?}");
    let items = told.body["items"].as_array().unwrap().iter();
    items.map(|item| item["outcome"].as_str().unwrap()).collect()
}

async fn lamps(program: &Program<'_>) -> i64 {
    let told = program.get(&format!("{LEVELS}?sku=LAMP&warehouse=berlin")).await;
    told.body["items"][0]["on_hand"].as_i64().unwrap()
}

async fn keeper(store: &Store) -> Program<'_> {
    Program::with(store, "inventory:read,inventory:write").await
}

#[tokio::test]
async fn each_row_is_answered_in_its_place_and_a_batch_told_again_changes_nothing() {
    let store = Store::open().await;
    let program = keeper(&store).await;
    let before = lamps(&program).await;
    let rows = [
        with(received("5", "LAMP", 1_000), "kind", json!("scrapped")),
        received("1", "LAMP", 7),
        received("2", "NO-SUCH", 1),
        with(received("3", "LAMP", 1), "warehouse", json!("moon")),
        with(received("4", "LAMP", 2), "kind", json!("scrapped")),
        with(received("6", "LAMP", -1), "kind", json!("adjusted")),
        received("7", "LAMP", -1),
    ];
    let first = tell(&program, &batch(&rows)).await;
    let expected = [
        "would_take_promised",
        "applied",
        "unknown_sku",
        "unknown_warehouse",
        "applied",
        "applied",
        "absurd_quantity",
    ];
    assert_eq!(outcomes(&first), expected);
    assert_eq!((&first.body["applied"], &first.body["refused"]), (&json!(3), &json!(4)));
    let items = first.body["items"].as_array().unwrap();
    assert_eq!(items[0]["external_id"], "5");
    assert!(items[0]["on_hand"].is_i64() && items[0]["needed"].is_i64(), "{items:?}");
    assert_eq!(lamps(&program).await, before + 4);

    let again = tell(&program, &batch(&rows)).await;
    assert_eq!(outcomes(&again)[1], "already_applied");
    assert_eq!(lamps(&program).await, before + 4);
    // Something else under a name that is taken.
    assert_eq!(outcomes(&tell(&program, &batch(&[received("1", "LAMP", 8)])).await), ["conflict"]);
    // Another source has names of its own.
    let other = with(batch(&[received("1", "LAMP", 1)]), "source", json!("other"));
    assert_eq!(outcomes(&tell(&program, &other).await), ["applied"]);
}

#[tokio::test]
async fn of_a_batch_that_is_all_or_nothing_nothing_is_applied_if_one_row_is_wrong() {
    let store = Store::open().await;
    let program = keeper(&store).await;
    let before = lamps(&program).await;
    let rows =
        [received("1", "LAMP", 7), with(received("2", "LAMP", 1), "warehouse", json!("moon"))];
    let all = with(batch(&rows), "mode", json!("all"));
    assert_eq!(outcomes(&tell(&program, &all).await), ["withheld", "unknown_warehouse"]);
    assert_eq!(lamps(&program).await, before);
    let all = with(batch(&rows[..1]), "mode", json!("all"));
    assert_eq!(outcomes(&tell(&program, &all).await), ["applied"]);
    assert_eq!(lamps(&program).await, before + 7);
}

#[tokio::test]
async fn a_batch_that_does_not_fit_is_told_with_all_that_is_wrong_and_nothing_of_it_is_done() {
    let store = Store::open().await;
    let program = keeper(&store).await;
    let before = lamps(&program).await;
    let wrong = json!({
        "movements": [
            received("1", "LAMP", 1),
            with(received("2", "LAMP", 1), "kind", json!("eaten")),
            with(received("3", "LAMP", 1), "price", json!(0)),
            with(received("4", "a b", 1), "quantity", json!(0.5)),
            with(received("5", "LAMP", 1), "quantity", json!(1e300)),
            with(received("6", "LAMP", 1), "occurred_at", json!("yesterday")),
        ],
    });
    let refused = tell(&program, &wrong).await;
    assert_eq!(refused.problem(), (422, "invalid"));
    let errors = refused.body["errors"].as_array().unwrap();
    let found: Vec<_> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    for at in [
        "#/source",
        "#/movements/1/kind",
        "#/movements/2/price",
        "#/movements/3/sku",
        "#/movements/3/quantity",
        "#/movements/4/quantity",
    ] {
        assert!(found.contains(&at), "{at}: {found:?}");
    }
    for (body, status) in [
        (r#"{"source": "wms", "source": "other", "movements": []}"#.to_owned(), 400),
        (format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000)), 400),
        (format!(r#"{{"source": "wms", "movements": [{}1]}}"#, "1,".repeat(1_000_000)), 400),
        (r#"{"source": "wms", "movements": []}"#.to_owned(), 422),
    ] {
        let ask = program.ask(Method::POST, MOVEMENTS).header("content-type", "application/json");
        let refused = told(ask.body(body).send().await.unwrap()).await;
        assert_eq!(refused.problem().0, status, "{refused:?}");
    }
    let rows: Vec<_> = (0..10_001).map(|n| received(&n.to_string(), "LAMP", 1)).collect();
    let refused = tell(&program, &batch(&rows)).await;
    assert_eq!(refused.body["errors"][0]["code"], "too_many", "{refused:?}");
    let form = program.ask(Method::POST, MOVEMENTS).form(&[("source", "wms")]);
    assert_eq!(told(form.send().await.unwrap()).await.problem().0, 415);
    assert_eq!(lamps(&program).await, before);
}

/// What is answered to these bytes and to nothing after them; `hangs_up` says that no more will come.
async fn raw(store: &Store, said: &[u8], hangs_up: bool) -> String {
    let authority = store.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(authority).await.unwrap();
    stream.write_all(said).await.unwrap();
    if hangs_up {
        stream.shutdown().await.unwrap();
    }
    let mut heard = Vec::new();
    let reading = stream.read_to_end(&mut heard);
    tokio::time::timeout(SOON, reading).await.expect("the connection ends").unwrap();
    String::from_utf8_lossy(&heard).into_owned()
}

/// A request as it goes over the line, with a body of this length told and this much of it sent.
fn said(program: &Program<'_>, length: usize, body: &str) -> Vec<u8> {
    let host = program.store.url.trim_start_matches("http://");
    let key = &program.key;
    format!(
        "POST {MOVEMENTS} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

#[tokio::test]
async fn a_million_rows_are_refused_before_they_are_sent_and_a_body_that_is_cut_off_asks_for_nothing()
 {
    let store = Store::open().await;
    let program = keeper(&store).await;
    let before = lamps(&program).await;
    let answer = raw(&store, &said(&program, 120_000_000, r#"{"source": "#), false).await;
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("\"too_large\""), "{answer}");
    let whole = batch(&[received("1", "LAMP", 7)]).to_string();
    let answer = raw(&store, &said(&program, whole.len() + 1, &whole), true).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert_eq!(lamps(&program).await, before);
    let answer = raw(&store, &said(&program, whole.len(), &whole), false).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(lamps(&program).await, before + 7);
}

#[tokio::test]
async fn ten_thousand_rows_go_in_at_once() {
    let store = Store::open().await;
    let program = keeper(&store).await;
    let rows: Vec<_> = (0..10_000)
        .map(|n| {
            with(received(&format!("receipt {n}"), &format!("SKU-{n}"), 1), "sequence", json!(n))
        })
        .collect();
    let rows = with(batch(&rows), "new_skus", json!("open"));
    for outcome in ["applied", "already_applied"] {
        let told = tell(&program, &rows).await;
        let outcomes = outcomes(&told);
        assert_eq!(outcomes.len(), 10_000);
        assert!(outcomes.iter().all(|found| *found == outcome), "{outcome}");
    }
}

#[tokio::test]
async fn a_request_with_a_name_is_answered_once_also_while_two_nodes_are_asked_at_once() {
    let store = Store::open().await;
    let other = store.another().await;
    let program = keeper(&store).await;
    let before = lamps(&program).await;
    let rows = batch(&[received("1", "LAMP", 7)]);
    // Somebody holds the lamp's level: whoever comes first waits.
    let mut held = store.database.pool.begin().await.unwrap();
    let lock = "select 1 from inventory.stock_levels where sku = 'LAMP' for update";
    sqlx::query(lock).fetch_all(&mut *held).await.unwrap();
    let first = tell_as(&program, &store.url, "a", &rows);
    let second = async {
        until("the first is worked on", async || in_flight(&store).await == 1).await;
        let told = [
            tell_as(&program, &other, "a", &rows).await,
            tell_as(&program, &store.url, "a", &rows).await,
            tell_as(&program, &other, "a", &batch(&[received("1", "LAMP", 8)])).await,
        ];
        held.commit().await.unwrap();
        told
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(outcomes(&first), ["applied"]);
    let [elsewhere, here, reused] = &second;
    assert_eq!(elsewhere.problem(), (409, "idempotency_in_flight"));
    assert_eq!((here.problem(), here.header("retry-after")), ((409, "idempotency_in_flight"), "1"));
    assert_eq!(reused.problem(), (422, "idempotency_key_reused"));
    for node in [&store.url, &other] {
        let again = tell_as(&program, node, "a", &rows).await;
        assert_eq!(outcomes(&again), ["applied"]);
        assert_eq!(again.header("idempotency-replayed"), "true");
    }
    assert_eq!(lamps(&program).await, before + 7);
}

async fn in_flight(store: &Store) -> i64 {
    let count = "select count(*) from accounts.idempotency_keys where answered_at is null";
    sqlx::query(count).fetch_one(&store.database.pool).await.unwrap().get(0)
}

#[tokio::test]
async fn a_node_that_is_killed_half_way_blocks_nobody_for_long_and_nothing_is_done_twice() {
    let store = Store::open().await;
    let program = keeper(&store).await;
    let before = lamps(&program).await;
    let rows = batch(&[received("1", "LAMP", 7)]);
    let address = format!("127.0.0.1:{}", free_port());
    let mut serve = store.command(&["serve"]);
    let mut doomed = Process::start(serve.env("VITRINE__SERVER__LISTEN", &address));
    let doomed_url = format!("http://{address}");
    let ready = async || {
        let answer = store.client.get(format!("{doomed_url}/health/ready")).send().await;
        answer.is_ok_and(|answer| answer.status() == 200)
    };
    until("the node is ready", ready).await;
    let mut held = store.database.pool.begin().await.unwrap();
    let lock = "select 1 from inventory.stock_levels where sku = 'LAMP' for update";
    sqlx::query(lock).fetch_all(&mut *held).await.unwrap();
    let ask = program.ask_at(&doomed_url, Method::POST, MOVEMENTS).header("idempotency-key", "a");
    let asking = tokio::spawn(ask.json(&rows).send());
    until("it is worked on", async || in_flight(&store).await == 1).await;
    doomed.kill().await;
    let killed = Instant::now();
    assert!(asking.await.unwrap().is_err());
    held.commit().await.unwrap();
    let mut answered = tell_as(&program, &store.url, "a", &rows).await;
    assert_eq!(answered.problem(), (409, "idempotency_in_flight"));
    while answered.status == 409 {
        assert!(killed.elapsed() < Duration::from_secs(15), "it is blocked for too long");
        tokio::time::sleep(Duration::from_millis(200)).await;
        answered = tell_as(&program, &store.url, "a", &rows).await;
    }
    // What the lost node had done before it was lost only its database knows: either is right.
    assert!(["applied", "already_applied"].contains(&outcomes(&answered)[0]), "{answered:?}");
    assert_eq!(lamps(&program).await, before + 7);
}
