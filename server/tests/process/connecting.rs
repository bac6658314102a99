//! The examples of `docs/connectors.md` are what happens.

use crate::{
    api::{Program, told},
    world::{Process, Store, run},
};
use reqwest::Method;
use serde_json::Value;
use std::{collections::BTreeMap, fs};

const GUIDE: &str = include_str!("../../../docs/connectors.md");

/// The files that the guide shows, by their names.
fn files() -> BTreeMap<&'static str, &'static str> {
    let mut files = BTreeMap::new();
    for block in GUIDE.split("```").skip(1).step_by(2) {
        let Some((head, content)) = block.split_once('\n') else { continue };
        if let Some((_, name)) = head.split_once(" file=") {
            assert!(files.insert(name, content).is_none(), "{name} stands there twice");
        }
    }
    files
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[tokio::test]
async fn a_warehouse_is_connected_as_the_guide_says() {
    let files = files();
    assert_eq!(files.len(), 7, "{:?}", files.keys());
    let store = Store::open().await;
    let program = Program::with(&store, "inventory:read,inventory:write").await;
    let names = store.folder.join("names.csv");
    fs::write(&names, files["names.csv"]).unwrap();
    let kept =
        run(store.direct_settings(), &["inventory", "identify", &names.to_string_lossy()]).await;
    assert!(kept.contains("3 names are kept"), "{kept}");

    let body = json(files["receipt.json"]);
    let asked = program.ask(Method::POST, "/api/v1/inventory/movements").json(&body);
    assert_eq!(told(asked.send().await.unwrap()).await.body, json(files["receipt.answers.json"]));

    let body = json(files["events.json"]);
    let path = "/api/v1/inventory/epcis?source=wms-berlin-epcis";
    let asked = program.ask(Method::POST, path).json(&body);
    assert_eq!(told(asked.send().await.unwrap()).await.body, json(files["events.answers.json"]));

    let folder = store.folder.join("drop");
    fs::create_dir_all(folder.join("wms-berlin")).unwrap();
    for name in ["monday.csv", "events.json"] {
        fs::write(folder.join("wms-berlin").join(name), files[name]).unwrap();
    }
    let folder = folder.to_string_lossy().into_owned();
    let settings = [("VITRINE__WORK__ROLES", "drop"), ("VITRINE__DROP__FOLDER", &*folder)];
    let _worker: Process = store.start("work", &settings);
    let answers = |end: &str| {
        let done = fs::read_dir(format!("{folder}/wms-berlin/done")).ok()?;
        let mut paths = done.map(|found| found.unwrap().path());
        fs::read_to_string(paths.find(|path| path.to_string_lossy().ends_with(end))?).ok()
    };
    store
        .until("both are done", async || {
            answers(".answers.csv").is_some() && answers(".answers.json").is_some()
        })
        .await;
    assert_eq!(answers(".answers.csv").unwrap(), files["monday.answers.csv"]);
    assert_eq!(json(&answers(".answers.json").unwrap()), json(files["events.answers.json"]));

    // Thirty and twenty lamps at first; twelve came in, twice twenty, and three were sold.
    let lamps = program.get("/api/v1/inventory/levels?sku=LAMP").await.body;
    let on_hand =
        |item: &Value| (item["warehouse"].as_str().unwrap().to_owned(), item["on_hand"].clone());
    let lamps: BTreeMap<_, _> = lamps["items"].as_array().unwrap().iter().map(on_hand).collect();
    assert_eq!(lamps, [("berlin".to_owned(), 80.into()), ("lyon".to_owned(), 19.into())].into());
    run(store.direct_settings(), &["inventory", "verify"]).await;
}

#[tokio::test]
async fn names_that_cannot_be_kept_are_told_by_line_and_none_is_kept() {
    let store = Store::open().await;
    for (lines, line, why) in [
        ("gtin:4006381333931,LAMP,\ngtin:4006381333930,LAMP,\n", "line 3", "is no identifier"),
        ("gtin:4006381333931,LAMP,berlin\n", "line 2", "either a SKU or a warehouse"),
        ("gtin:4006381333931,TWO WORDS,\n", "line 2", "it contains"),
        ("gtin:4006381333931,LAMP,\ngln:0614141123452,,moon\n", "moon", "there is no warehouse"),
    ] {
        let file = store.folder.join("names.csv");
        fs::write(&file, format!("identifier,sku,warehouse\n{lines}")).unwrap();
        let file = file.to_string_lossy().into_owned();
        let mut command = store.command(&["inventory", "identify", &file]);
        command.envs(store.direct_settings());
        let (code, said) = crate::world::told(command).await;
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(line) && said.contains(why), "{lines}: {said}");
    }
    let kept = "select count(*) from inventory.sku_identifiers";
    let kept: i64 = sqlx::query_scalar(kept).fetch_one(&store.database.pool).await.unwrap();
    assert_eq!(kept, 0);
}
