//! `vitrine inventory reconcile`: what a warehouse says it has, against the store's books, for people.

use crate::{
    books::mugs,
    world::{Ground, Process, Store, free_port, run, told, until},
};
use axum::{Json, Router, http::HeaderMap, routing::get};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::net::TcpListener;

fn seconds_ago(seconds: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_secs(seconds)
}

/// A warehouse's software that says this of itself to whoever shows the key; the list's address.
async fn software(list: Value) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/levels", listener.local_addr().unwrap());
    let answer = async move |headers: HeaderMap| {
        assert_eq!(headers["authorization"], "Bearer opensesame");
        Json(list)
    };
    let router = Router::new().route("/levels", get(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn reconcile(ground: &Ground, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = ground.command(&["inventory", "reconcile"]);
    command.args(arguments).env("VITRINE_WMS_KEY", "opensesame");
    told(command).await
}

#[tokio::test]
async fn a_list_that_agrees_is_told_so_and_one_that_does_not_comes_with_its_history_and_is_booked()
{
    let ground = Ground::new().await;
    run(ground.settings.clone(), &["migrate"]).await;
    let inventory = mugs(&ground, 9).await;
    let list = |on_hand: i64| {
        json!({
            "source": "wms", "as_of": Timestamp::now(), "warehouses": ["berlin"],
            "levels": [{"warehouse": "berlin", "sku": "MUG", "on_hand": on_hand}],
            "untold": [{"external_id": "17", "warehouse": "berlin", "sku": "MUG", "on_hand": -2}],
        })
    };
    let agrees = software(list(7)).await;
    let (code, said) = reconcile(&ground, &["--from", &agrees]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("1 places compared as of")
            && said.contains("1 movement on its way: no difference"),
        "{said}"
    );

    let differs = software(list(6)).await;
    let (code, said) = reconcile(&ground, &["--from", &differs]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("MUG in berlin: 9 known, 6 there, -2 on the way: -1"), "{said}");
    assert!(said.contains("received +9 (delivery)") && said.contains("1 difference"), "{said}");

    let (code, said) = reconcile(&ground, &["--from", &differs, "--mend"]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("MUG in berlin: -3 booked") && said.contains("1 difference, 0 left"),
        "{said}"
    );
    // What was on its way arrives, and is in the list already.
    let late = inventory::ToldMovement {
        external_id: "17".to_owned(),
        sequence: None,
        warehouse: "berlin".to_owned(),
        sku: "MUG".to_owned(),
        kind: inventory::ToldKind::Scrapped,
        quantity: 2,
        order: None,
        occurred_at: Some(seconds_ago(10)),
    };
    let (each, refuse) = (inventory::Mode::Each, inventory::UnknownSkus::Refuse);
    let answers = inventory.apply_movements("wms", each, refuse, &[late]).await.unwrap();
    assert_eq!(answers, [inventory::Answer::AppliedBeforeCount]);
    let (code, said) = reconcile(&ground, &["--from", &differs]).await;
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = told(ground.command(&["inventory", "verify"])).await;
    assert_eq!(code, Some(0), "{said}");
}

#[tokio::test]
async fn a_counted_file_is_compared_as_of_its_instant_and_what_is_promised_is_not_booked_away() {
    let ground = Ground::new().await;
    run(ground.settings.clone(), &["migrate"]).await;
    let inventory = mugs(&ground, 9).await;
    let wanted = domain::stock::Demand { sku: domain::Sku::parse("MUG").unwrap(), quantity: 8 };
    let order = uuid::Uuid::now_v7();
    inventory.hold(order, &[wanted], std::time::Duration::from_secs(600)).await.unwrap();
    let file = ground.folder.join("levels.csv");
    let as_of = Timestamp::now().to_string();
    let compare = async |rows: &str, more: &[&str]| {
        std::fs::write(&file, format!("warehouse,sku,on_hand\n{rows}")).unwrap();
        let file = file.to_string_lossy();
        let mut arguments = vec!["--file", &*file, "--source", "wms", "--as-of", &as_of];
        arguments.extend(more);
        reconcile(&ground, &arguments).await
    };
    let (code, said) = compare("berlin,MUG,9\n", &[]).await;
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = compare("berlin,MUG,7\nberlin,CUP,2\n", &["--mend"]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("CUP in berlin: nothing known, 2 there: +2"), "{said}");
    assert!(said.contains("CUP in berlin: +2 booked"), "{said}");
    let refused = "MUG in berlin: nothing booked: there would be 7, and 8 are promised to orders";
    assert!(said.contains(refused) && said.contains("2 differences, 1 left"), "{said}");

    for (rows, why) in [
        ("berlin,MUG,-1\n", "-1 pieces cannot lie there"),
        ("berlin,MUG,1\nberlin,MUG,1\n", "is in the list twice"),
        ("berlin,MUG\n", "line 2 of"),
        ("berlin,a b,1\n", "line 2 of"),
    ] {
        let (code, said) = compare(rows, &["--mend"]).await;
        assert!(code == Some(1) && said.contains(why), "{said}");
    }
    let file = file.to_string_lossy();
    let (code, said) = reconcile(&ground, &["--file", &file]).await;
    assert!(code == Some(2) && said.contains("--source"), "{said}");
    let (code, said) = reconcile(&ground, &["--from", "http://127.0.0.1:9/levels"]).await;
    assert!(code == Some(1) && said.contains("does not give a list"), "{said}");
}

#[tokio::test]
async fn the_sandbox_warehouse_gives_a_list_that_agrees() {
    let store = Store::open().await;
    let key = crate::api::key(&store, "inventory:read,inventory:write").await;
    let address = format!("127.0.0.1:{}", free_port());
    let state = store.folder.join("wms.state");
    let mut command = store.command(&["sandbox-wms", "--listen", &address, "--store", &store.url]);
    command.args(["--warehouse", "berlin", "--warehouse", "lyon"]).arg("--state").arg(&state);
    let mut wms = Process::start(command.env("VITRINE_WMS_API_KEY", &key));
    let list = format!("http://{address}/v1/levels");
    let stocked = async || {
        let answer = store.client.get(&list).send().await.ok();
        let told = async { Some(answer?.json::<Value>().await.ok()?["levels"].as_array()?.len()) };
        told.await == Some(6)
    };
    until("it knows what lies there", stocked).await;
    let (code, said) = reconcile(&store, &["--from", &list]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("6 places compared"), "{said}");
    store.count("LAMP", 3).await;
    let (code, said) = reconcile(&store, &["--from", &list]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("LAMP in lyon: 0 known, 20 there: +20"), "{said}");
    assert!(said.contains("adjusted -20 (count)"), "{said}");
    wms.ask_to_stop();
    assert!(wms.ended().await.success(), "{}", wms.log());
}
