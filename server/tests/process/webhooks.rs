//! Warehouses that want to be told: from the command line to the wire.

use crate::{
    api::instructions::sold,
    world::{Ground, Process, Store, until},
};
use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use serde_json::Value;
use standardwebhooks::Webhook;
use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};
use tokio::net::TcpListener;

const ALL: &str = "allocation.created,allocation.cancelled,return.expected";

/// A warehouse's software, as far as it is told.
#[derive(Clone, Default)]
pub struct Wms {
    url: String,
    told: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    /// It takes what it is told and never says so.
    hangs: Arc<AtomicBool>,
}

impl Wms {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        let wms = Self { url, ..Self::default() };
        let router = Router::new().route("/hooks", post(hear)).with_state(wms.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        wms
    }

    pub fn told(&self) -> Vec<(HeaderMap, Bytes)> {
        self.told.lock().unwrap().clone()
    }

    fn ids(&self) -> Vec<String> {
        let id = |(headers, _): &(HeaderMap, Bytes)| headers["webhook-id"].to_str().unwrap().into();
        self.told().iter().map(id).collect()
    }
}

async fn hear(State(wms): State<Wms>, headers: HeaderMap, body: Bytes) {
    wms.told.lock().unwrap().push((headers, body));
    if wms.hangs.load(SeqCst) {
        pending::<()>().await;
    }
}

/// A store that may tell this machine.
async fn open() -> Store {
    let mut ground = Ground::new().await;
    ground.settings.push(("VITRINE__WEBHOOKS__ALLOW_PRIVATE", "true".to_owned()));
    Store::open_on(ground).await
}

pub fn teller(store: &Store) -> Process {
    store.start("work", &[("VITRINE__WORK__ROLES", "tell")])
}

/// Runs `vitrine webhook` to its end: the code, and what it prints.
pub async fn webhook(store: &Store, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = store.command(&["webhook"]);
    command.args(arguments);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = [output.stdout, if output.status.success() { Vec::new() } else { output.stderr }];
    (output.status.code(), String::from_utf8(said.concat()).unwrap())
}

/// The same, which must go well; its lines.
async fn done(store: &Store, arguments: &[&str]) -> Vec<String> {
    let (code, said) = webhook(store, arguments).await;
    assert_eq!(code, Some(0), "{said}");
    said.lines().map(str::to_owned).collect()
}

/// Has the warehouse's software told of everything; the endpoint's id and its secret.
async fn add(store: &Store, wms: &Wms, more: &[&str]) -> (String, String) {
    add_with(store, wms, &[&["--types", ALL], more].concat()).await
}

/// Has it told of these types; the endpoint's id and its secret.
pub async fn add_for(store: &Store, wms: &Wms, types: &str) -> (String, String) {
    add_with(store, wms, &["--types", types]).await
}

async fn add_with(store: &Store, wms: &Wms, more: &[&str]) -> (String, String) {
    let arguments = [&["add", "--url", &wms.url], more].concat();
    let said = done(store, &arguments).await;
    let id = said[0].split(' ').next().unwrap().to_owned();
    (id, said.last().unwrap().clone())
}

#[tokio::test]
async fn a_warehouse_is_told_what_it_is_to_do_and_can_tell_that_it_was_the_store() {
    let store = open().await;
    let (berlin, lyon) = (Wms::open().await, Wms::open().await);
    let (_, secret) = add(&store, &berlin, &["--warehouse", "berlin"]).await;
    add(&store, &lyon, &["--warehouse", "lyon"]).await;
    let _workers = [teller(&store), teller(&store)];
    // More than lie in either.
    let order = sold(&store, 35).await;
    for wms in [&berlin, &lyon] {
        until("it is told", async || !wms.told().is_empty()).await;
    }
    let (headers, body) = &berlin.told()[0];
    Webhook::new(&secret).unwrap().verify(body, headers).unwrap();
    let told: Value = serde_json::from_slice(body).unwrap();
    assert_eq!(told["type"], "allocation.created");
    let instruction = &told["data"];
    assert_eq!(
        (&instruction["warehouse"], &instruction["order"]),
        (&"berlin".into(), &order.to_string().into())
    );
    assert_eq!(
        (&instruction["type"], &told["timestamp"]),
        (&told["type"], &instruction["occurred_at"])
    );
    assert_eq!(berlin.ids(), [instruction["id"].as_str().unwrap()]);
    assert_eq!(lyon.ids().len(), 1, "each its part");
}

#[tokio::test]
async fn what_a_killed_worker_had_sent_and_not_written_down_is_sent_again_by_the_same_name() {
    let store = open().await;
    let wms = Wms::open().await;
    let (id, _) = add(&store, &wms, &[]).await;
    let mut worker = teller(&store);
    wms.hangs.store(true, SeqCst);
    sold(&store, 1).await;
    until("it is sent", async || wms.told().len() == 1).await;
    worker.kill().await;
    wms.hangs.store(false, SeqCst);
    let _other = teller(&store);
    until("it is sent again", async || wms.told().len() == 2).await;
    let ids = wms.ids();
    assert_eq!(ids[0], ids[1]);
    let logged = async || done(&store, &["log", &id]).await;
    until("it is written down", async || logged().await.len() == 2).await;
    assert!(logged().await[1].ends_with("200, taken"), "{:?}", logged().await);
}

#[tokio::test]
async fn who_looks_after_webhooks_sees_everything_but_the_secrets() {
    let store = open().await;
    let wms = Wms::open().await;
    let (id, secret) = add(&store, &wms, &["--warehouse", "berlin"]).await;
    assert!(secret.starts_with("whsec_"), "{secret}");
    let list = done(&store, &["list"]).await;
    for told in [&*id, "enabled", ALL, "berlin", &wms.url] {
        assert!(list[1].contains(told), "{told}: {list:?}");
    }
    assert!(!list.concat().contains(&secret[6..]));
    let rotated = done(&store, &["rotate", &id]).await;
    assert!(rotated[0].contains("For a day"), "{rotated:?}");
    assert_ne!(rotated.last().unwrap(), &secret);
    done(&store, &["disable", &id]).await;
    assert!(done(&store, &["list"]).await[1].contains("disabled since"));
    done(&store, &["enable", &id]).await;
    assert_eq!(done(&store, &["log", &id]).await.len(), 1, "nothing but the heads");
    assert_eq!(done(&store, &["dead"]).await.len(), 1);
    assert_eq!(done(&store, &["replay", "--all"]).await, ["0 are sent anew."]);
    let nobody = uuid::Uuid::now_v7().to_string();
    for command in ["rotate", "disable", "enable", "log"] {
        let (code, said) = webhook(&store, &[command, &nobody]).await;
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("There is no endpoint"), "{said}");
    }
    assert_eq!(webhook(&store, &["replay", "7"]).await.0, Some(1));
    assert_eq!(webhook(&store, &["replay"]).await.0, Some(2));
}

#[tokio::test]
async fn nobody_is_added_who_would_never_hear_anything_or_must_not() {
    let store = open().await;
    let refused = async |arguments: &[&str]| {
        let (code, said) = webhook(&store, &[&["add"], arguments].concat()).await;
        assert_ne!(code, Some(0), "{said}");
        said
    };
    let url = ["--url", "https://wms.example/hooks"];
    let said = refused(&[&url[..], &["--types", "allocation.forgotten"]].concat()).await;
    assert!(
        said.contains("`allocation.forgotten` is no type; there are allocation.created"),
        "{said}"
    );
    let said = refused(&[&url[..], &["--types", ALL, "--warehouse", "moon"]].concat()).await;
    assert!(said.contains("`moon` is no warehouse; there are berlin, lyon"), "{said}");
    refused(&url).await;
    for (url, why) in [
        ("http://wms.example/", "has to begin with https://"),
        ("wms.example", "no URL"),
        ("https://me:secret@wms.example/", "neither a name and password"),
    ] {
        let said = refused(&["--url", url, "--types", ALL]).await;
        assert!(said.contains(why), "{said}");
    }
    // Without the setting no address of a network of one's own.
    let mut command =
        store.command(&["webhook", "add", "--url", "https://10.0.0.7/", "--types", ALL]);
    command.env("VITRINE__WEBHOOKS__ALLOW_PRIVATE", "false");
    let (code, said) = crate::world::told(command).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("10.0.0.7 is no public address"), "{said}");
    assert_eq!(done(&store, &["list"]).await.len(), 1);
}

#[tokio::test]
async fn a_dead_letter_is_shown_with_its_number_and_sent_anew_by_it() {
    let store = open().await;
    let wms = Wms::open().await;
    let (id, _) = add(&store, &wms, &[]).await;
    done(&store, &["disable", &id]).await;
    let _worker = teller(&store);
    sold(&store, 1).await;
    let waiting = async || done(&store, &["list"]).await[1].contains("  1        0     ");
    until("it waits", waiting).await;
    // Three days later.
    let die = "update accounts.webhook_deliveries set state = 'dead', ended_at = now()";
    sqlx::query(die).execute(&store.database.pool).await.unwrap();
    done(&store, &["enable", &id]).await;
    let dead = done(&store, &["dead"]).await;
    assert!(dead[1].contains("allocation.created") && dead[1].contains(&wms.url), "{dead:?}");
    let number = dead[1].split(' ').next().unwrap();
    assert_eq!(done(&store, &["replay", number]).await, [format!("{number} is sent anew.")]);
    until("it is sent", async || wms.told().len() == 1).await;
    assert_eq!(done(&store, &["dead"]).await.len(), 1, "nothing but the heads");
}
