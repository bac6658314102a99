//! How a running store tells how it is, and how it stops.

use crate::world::{Ground, Store, run};
use platform::testing::{SYNC, Wire};
use reqwest::header::ACCEPT;

#[tokio::test]
async fn the_readiness_names_what_is_missing_and_heals() {
    let store = Store::open().await;
    let of_postgres =
        ["accounts", "inventory", "orders", "payments"].map(|name| format!("postgresql/{name}"));
    let of_postgres = of_postgres.each_ref().map(String::as_str);
    let lines: [(&Wire, &[&str]); 3] = [
        (&store.mongodb, &["mongodb"]),
        (&store.redis, &["redis"]),
        (&store.postgres, &of_postgres),
    ];
    for (line, names) in lines {
        line.cut();
        let missing = async || {
            let (status, told) = store.readiness().await;
            let checks = told["checks"].as_object().cloned().unwrap_or_default();
            let missing = checks.into_iter().filter(|(_, state)| state != "ready");
            (status, missing.map(|(name, _)| name).collect::<Vec<_>>())
        };
        let expected: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        store.until(names[0], async || missing().await == (503, expected.clone())).await;
        assert_eq!(store.get("/health/live").await.status(), 200);
        line.mend();
        store.until("it is ready again", async || missing().await == (200, Vec::new())).await;
    }
}

#[tokio::test]
async fn while_the_catalogue_is_away_a_page_says_so_and_heals() {
    let store = Store::open().await;
    store.mongodb.cut();
    let answer = store.get("/p/chair").await;
    assert!(answer.status().is_server_error(), "{}", answer.status());
    assert!(answer.headers()["cache-control"].to_str().unwrap().contains("no-store"));
    let page = answer.text().await.unwrap();
    assert!(page.contains("This page could not be made"), "{page}");
    store.mongodb.mend();
    store.until("it is there again", async || store.get("/p/chair").await.status() == 200).await;
}

#[tokio::test]
async fn a_request_in_flight_is_finished_before_the_store_stops() {
    let mut store = Store::open().await;
    store.begin_to_count();
    store.mongodb.freeze();
    let add = store.form("/api/cart/add", &[("sku", "LAMP"), ("quantity", "1")]);
    let in_flight = tokio::spawn(add.header(ACCEPT, "text/html").send());
    // The stock is asked for first, then the session.
    let begun = async || store.postgres.round_trips().iter().any(|said| said != SYNC);
    store.until("it is being worked on", begun).await;
    store.serve.ask_to_stop();
    let address = store.url.trim_start_matches("http://").to_owned();
    let refuses = async || tokio::net::TcpStream::connect(&address).await.is_err();
    store.until("new connections are refused", refuses).await;
    assert!(!in_flight.is_finished());
    store.mongodb.mend();
    assert_eq!(in_flight.await.unwrap().unwrap().status(), 303);
    assert!(store.serve.ended().await.success());
}

#[tokio::test]
async fn a_store_whose_schemas_are_not_migrated_is_not_ready_until_they_are() {
    let store = Store::on(Ground::new().await);
    let unready = async || {
        let (status, told) = store.readiness().await;
        status == 503
            && told["checks"]["postgresql/inventory"] == "not ready"
            && told["checks"]["mongodb"] == "ready"
    };
    store.until("it is served, and not ready", unready).await;
    run(store.settings.clone(), &["migrate"]).await;
    store.until("it is ready", async || store.readiness().await.0 == 200).await;
}

#[tokio::test]
async fn a_log_line_carries_the_id_of_its_request() {
    let store = Store::open().await;
    let forged = store.client.post(format!("{}/webhooks/sandbox", store.url));
    let answer = forged.header("x-request-id", "the-forged-one").send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let line = store.serve.log().lines().find(|line| line.contains("webhook")).unwrap().to_owned();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["span"]["id"], "the-forged-one", "{line}");
    assert_eq!(
        (&line["level"], &line["span"]["path"]),
        (&"WARN".into(), &"/webhooks/sandbox".into())
    );
}

#[tokio::test]
async fn style_and_scripts_are_found_without_a_word_in_the_environment() {
    let store = Store::open().await;
    let (_, page) = store.page("/p/lamp").await;
    for address in ["/pkg/vitrine.css", "/pkg/vitrine.js"] {
        assert!(page.contains(address), "{address} is not in {page}");
        // Its name stays the same when it changes, so a browser has to ask.
        let file = store.get(address).await;
        assert_eq!(file.status(), 200, "{address}");
        assert_eq!(file.headers()["cache-control"], "no-cache", "{address}");
    }
}
