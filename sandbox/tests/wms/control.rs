//! The test panel and its switches.

use serde_json::json;
use uuid::Uuid;

use crate::world::{World, until};

#[tokio::test]
async fn faults_are_changed_one_by_one_and_nonsense_is_refused() {
    let world = World::with(&[]).await;
    world.post("/test/faults", json!({"lost_answers": 100})).await;
    world.post("/test/faults", json!({"slips": 7})).await;
    let faults = world.get("/test/faults").await;
    assert_eq!((&faults["lost_answers"], &faults["slips"]), (&json!(100), &json!(7)));
    assert_eq!(faults["duplicates"], 0);
    for wrong in [json!({"lost_answer": 1}), json!({"slips": -1}), json!({"slips": 0.5}), json!(1)]
    {
        assert_eq!(world.post("/test/faults", wrong.clone()).await.status(), 422, "{wrong}");
    }
    assert_eq!(world.post("/test/habits", json!({"naps": 1})).await.status(), 422);
}

#[tokio::test]
async fn the_panel_shows_orders_and_shelves_and_its_forms_work() {
    let world = World::with(&[("berlin", "<b>LAMP</b>", 1)]).await;
    let order = Uuid::now_v7();
    world.store.allocates(order, "berlin", &[("<b>LAMP</b>", 3)]);
    until("one is sent", async || world.believes("berlin", "<b>LAMP</b>").await == 0).await;
    let panel = || async { world.client.get(world.url("/")).send().await.unwrap().text().await };
    let page = panel().await.unwrap();
    assert!(page.contains(&order.to_string()) && page.contains("2 to send, 1 sent"), "{page}");
    assert!(page.contains("&lt;b&gt;LAMP&lt;/b&gt;") && !page.contains("<b>"), "{page}");

    let press = |path: &str, form: &[(&str, &str)]| {
        let request = world.client.post(world.url(path)).header("sec-fetch-site", "same-origin");
        request.form(form).send()
    };
    let goods = [("warehouse", "berlin"), ("sku", "<b>LAMP</b>"), ("quantity", "5")];
    assert_eq!(press("/panel/receive", &goods).await.unwrap().status(), 200);
    world.rests().await;
    assert_eq!(world.believes("berlin", "<b>LAMP</b>").await, 3);
    let page = panel().await.unwrap();
    assert!(page.contains("No order is open."), "{page}");
    let none = [("warehouse", "berlin"), ("sku", "LAMP"), ("quantity", "0")];
    assert_eq!(press("/panel/receive", &none).await.unwrap().status(), 422);
    assert_eq!(press("/panel/faults", &[("slips", "3")]).await.unwrap().status(), 200);
    assert_eq!(world.get("/test/faults").await["slips"], 3);
    assert_eq!(press("/panel/count", &[]).await.unwrap().status(), 200);
    let foreign = world.client.post(world.url("/panel/count"));
    let foreign = foreign.header("sec-fetch-site", "cross-site").send().await.unwrap();
    assert_eq!(foreign.status(), 403);
}
