//! An import while the store is open: what it changed is seen, however it ended, and what it has to
//! tell is told.

use crate::world::{Process, Store};
use platform::testing;
use std::{
    path::PathBuf,
    process::{Command, Output},
};

const RENAMED: &str = r#"{"product": {"featured": true, "translations": {"en": {"name": "Beacon", "slug": "lamp"}}, "categories": ["rooms"], "variants": [{"sku": "LAMP", "tax_class": "standard", "prices": [{"currency": "EUR", "amount": 1999}]}]}, "stock": {"LAMP": 50}}"#;

fn file(lines: &str) -> PathBuf {
    let name = format!("import-{}", testing::redis().1);
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, lines).unwrap();
    path
}

async fn import(mut vitrine: Command, format: &str, lines: &str) -> (Output, String) {
    vitrine.args(["import", format]).arg(file(lines)).args(["--assets", "."]);
    // The lines to the databases live on this thread: it may not stand still.
    let output = tokio::task::spawn_blocking(move || vitrine.output().unwrap()).await.unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    (output, told)
}

/// Renames the lamp, but never gets to tell this store's page cache.
async fn import_and_die(store: &Store) {
    let mut vitrine = store.vitrine();
    vitrine.env("VITRINE__REDIS__NAMESPACE", testing::redis().1);
    let (output, told) = import(vitrine, "jsonl", RENAMED).await;
    assert!(output.status.success() && told.contains("1 updated"), "{told}");
    assert!(!store.page("/p/lamp").await.1.contains("Beacon"));
}

async fn until_renamed(store: &Store, path: &str) {
    store.until("it is renamed", async || store.page(path).await.1.contains("Beacon")).await;
}

#[tokio::test]
async fn what_a_killed_import_has_changed_is_seen_when_a_worker_hears_of_it() {
    let store = Store::open().await;
    store.page("/p/lamp").await;
    import_and_die(&store).await;
    let _worker = store.worker();
    until_renamed(&store, "/p/lamp").await;
}

#[tokio::test]
async fn what_was_changed_is_seen_after_an_import_that_fails() {
    let store = Store::open().await;
    store.page("/p/lamp").await;
    import_and_die(&store).await;
    let (output, _) = import(store.vitrine(), "vendure", "name,slug\nLamp,lamp\n").await;
    assert_eq!(output.status.code(), Some(1));
    until_renamed(&store, "/p/lamp").await;
}

#[tokio::test]
async fn what_was_changed_is_seen_after_an_import_that_is_stopped() {
    let store = Store::open().await;
    store.page("/p/lamp").await;
    let mut lines = RENAMED.to_owned();
    for n in 0..5000 {
        let next = RENAMED.replace("\"lamp\"", &format!("\"lamp-{n}\""));
        lines = format!("{lines}\n{}", next.replace("\"LAMP\"", &format!("\"LAMP-{n}\"")));
    }
    let mut import = Process::start(store.vitrine().args(["import", "jsonl"]).arg(file(&lines)));
    // This page is made for one visitor, so that it is never an old one.
    until_renamed(&store, "/p/lamp?sku=LAMP").await;
    assert!(!store.page("/p/lamp").await.1.contains("Beacon"));
    import.ask_to_stop();
    assert_eq!(import.ended().await.code(), Some(1));
    until_renamed(&store, "/p/lamp").await;
}

#[tokio::test]
async fn what_an_import_did_is_told_even_if_its_stock_cannot_be_booked() {
    let (store, unmigrated) = tokio::join!(Store::open(), testing::empty_postgres());
    let mut vitrine = store.vitrine();
    vitrine.env("VITRINE__DATABASE__INVENTORY_URL", &unmigrated.url);
    let (output, told) = import(vitrine, "jsonl", &format!("not json\n{RENAMED}")).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(told.contains("line 1 did not go in"), "{told}");
    assert!(told.contains("0 created, 1 updated, 0 unchanged, 1 rejected"), "{told}");
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(why.contains("the first stock could not be booked"), "{why}");
}

#[tokio::test]
async fn a_made_up_catalogue_is_on_sale_at_once_and_made_only_once() {
    let store = Store::open().await;
    assert!(!store.page("/").await.1.contains("Furniture"));
    let seed = async || {
        let mut vitrine = store.vitrine();
        vitrine.args(["seed", "--products", "60", "--seed", "4"]);
        let output = tokio::task::spawn_blocking(move || vitrine.output().unwrap()).await.unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let told = seed().await;
    assert!(told.contains("60 of 60 products\n60 products stored, 0 were there"), "{told}");
    store.until("it is shown", async || store.page("/").await.1.contains("Furniture")).await;
    let sitemap = store.get("/sitemap.xml").await.text().await.unwrap();
    let listed = sitemap.matches("/c/seed-").count();
    assert_eq!(listed, 8 * 7, "eight departments with six shelves each");
    let told = seed().await;
    assert!(told.contains("0 products stored, 60 were there, 0 stock levels begun"), "{told}");
}
