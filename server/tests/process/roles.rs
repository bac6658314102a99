//! Nodes and workers that have some of the roles only.

use crate::world::{Store, told, until, vitrine};
use ::redis::{AsyncCommands, streams::StreamRangeReply};
use platform::testing;
use sqlx::Row;

/// How this node answers, and by which code if it does so in JSON.
async fn answer(store: &Store, node: &str, path: &str) -> (u16, String) {
    let answer = store.client.get(format!("{node}{path}")).send().await.unwrap();
    let status = answer.status().as_u16();
    let told: serde_json::Value = answer.json().await.unwrap_or_default();
    (status, told["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_node_serves_what_its_roles_are_for_and_sends_the_rest_elsewhere() {
    let store = Store::open().await;
    let role = |name: &'static str| [("VITRINE__SERVER__ROLES", name)];
    let storefront = store.another_with(&role("storefront")).await;
    let checkout = store.another_with(&role("checkout")).await;
    let neither = store.another_with(&role("admin")).await;
    let api = store.another_with(&role("api")).await;
    let misdirected = (421, "misdirected".to_owned());
    for (path, ours, others) in [
        ("/", 200, [&checkout, &neither]),
        ("/p/lamp", 200, [&checkout, &neither]),
        ("/nothing", 404, [&checkout, &neither]),
        ("/sitemap.xml", 200, [&checkout, &neither]),
        ("/media/nothing/x.webp", 404, [&checkout, &neither]),
        ("/cart", 200, [&storefront, &neither]),
        ("/checkout", 200, [&storefront, &neither]),
        ("/api/cart/get", 200, [&storefront, &neither]),
        ("/events?order=V-0000-0001&key=k", 404, [&storefront, &neither]),
        ("/webhooks/sandbox", 405, [&storefront, &neither]),
    ] {
        let owner = if others.contains(&&checkout) { &storefront } else { &checkout };
        assert_eq!(answer(&store, owner, path).await.0, ours, "{path}");
        for node in others {
            assert_eq!(answer(&store, node, path).await, misdirected, "{path}");
        }
    }
    for node in [&storefront, &checkout] {
        assert_eq!(answer(&store, node, "/pkg/vitrine.css").await.0, 200);
    }
    // What is for programs is the API's alone, and the API's is that alone.
    for path in ["/api", "/api/openapi.json", "/api/v1/inventory/levels"] {
        for node in [&storefront, &checkout, &neither] {
            assert_eq!(answer(&store, node, path).await, misdirected, "{path}");
        }
    }
    assert_eq!(answer(&store, &api, "/api/openapi.json").await.0, 200);
    let refused = (401, "unauthenticated".to_owned());
    assert_eq!(answer(&store, &api, "/api/v1/inventory/levels").await, refused);
    for path in ["/", "/cart", "/api/cart/get", "/api/nothing"] {
        assert_eq!(answer(&store, &api, path).await, misdirected, "{path}");
    }
    // Nor does an address that is spelt strangely lead into a cart where there is none.
    for path in ["/%63art", "/./cart", "/c/../cart", "/Cart", "/cart%2f"] {
        let status = answer(&store, &storefront, path).await.0;
        assert!(matches!(status, 404 | 421), "{path}: {status}");
    }
}

/// What a node says of what it stands on.
async fn stands_on(store: &Store, node: &str) -> Vec<String> {
    let ready = store.client.get(format!("{node}/health/ready")).send().await.unwrap();
    assert_eq!(ready.status(), 200);
    let told: serde_json::Value = ready.json().await.unwrap();
    told["checks"].as_object().unwrap().keys().cloned().collect()
}

#[tokio::test]
async fn a_storefront_needs_nothing_that_belongs_to_payments() {
    let store = Store::open().await;
    let settings = [
        ("VITRINE__SERVER__ROLES", "storefront"),
        ("VITRINE__DATABASE__INVENTORY_URL", &store.database.url),
        ("DATABASE_URL", ""),
        ("VITRINE__PAYMENTS__SANDBOX__SECRET", ""),
        ("VITRINE__PAYMENTS__SANDBOX__WEBHOOK_SECRET", ""),
    ];
    let node = store.another_with(&settings).await;
    assert_eq!(stands_on(&store, &node).await, ["mongodb", "postgresql/inventory", "redis"]);
    assert_eq!(store.page_of(&node, "/p/lamp").await.0, "miss");
    let node = store.another_with(&[("VITRINE__SERVER__ROLES", "admin")]).await;
    assert_eq!(stands_on(&store, &node).await, [""; 0]);
}

#[tokio::test]
async fn a_node_for_programs_needs_their_keys_and_the_stock_and_no_secret() {
    let store = Store::open().await;
    let settings = [
        ("VITRINE__SERVER__ROLES", "api"),
        ("VITRINE__DATABASE__ACCOUNTS_URL", &store.database.url),
        ("VITRINE__DATABASE__INVENTORY_URL", &store.database.url),
        ("DATABASE_URL", ""),
        ("MONGODB_URL", ""),
        ("VITRINE__PAYMENTS__SANDBOX__SECRET", ""),
        ("VITRINE__PAYMENTS__SANDBOX__WEBHOOK_SECRET", ""),
    ];
    let node = store.another_with(&settings).await;
    let stands_on = stands_on(&store, &node).await;
    assert_eq!(stands_on, ["postgresql/accounts", "postgresql/inventory", "redis"]);
}

#[tokio::test]
async fn a_node_that_sells_to_programs_needs_all_that_selling_takes_and_no_page() {
    let store = Store::open().await;
    let settings = [("VITRINE__SERVER__ROLES", "till"), ("VITRINE__SERVER__SITE_ROOT", "/nothing")];
    let node = store.another_with(&settings).await;
    let all = ["accounts", "inventory", "orders", "payments"];
    let mut all: Vec<_> = all.iter().map(|name| format!("postgresql/{name}")).collect();
    all.extend(["mongodb".to_owned(), "redis".to_owned()]);
    let mut stands_on = stands_on(&store, &node).await;
    all.sort();
    stands_on.sort();
    assert_eq!(stands_on, all);
}

#[tokio::test]
async fn what_a_role_needs_and_has_not_is_told_and_of_others_nothing() {
    let mut command = vitrine();
    command
        .env_remove("VITRINE__PAYMENTS__SANDBOX__SECRET")
        .env("VITRINE__DATABASE__INVENTORY_URL", "postgres://127.0.0.1:9/shop")
        .env("MONGODB_URL", "mongodb://127.0.0.1:9/shop")
        .args(["serve", "--roles", "storefront"]);
    let (code, said) = told(command).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("redis.url is not set"), "{said}");
    assert_eq!(said.lines().count(), 2, "{said}");

    let mut command = vitrine();
    command
        .env_remove("VITRINE__PAYMENTS__SANDBOX__SECRET")
        .env("VITRINE__DATABASE__INVENTORY_URL", "postgres://127.0.0.1:9/shop")
        .args(["work", "--roles", "sweep"]);
    let (code, said) = told(command).await;
    assert_eq!(code, Some(1), "{said}");
    for missing in ["database.url", "mongodb.url", "payments.sandbox.secret"] {
        assert!(said.contains(&format!("{missing} is not set")), "{missing}: {said}");
    }
    assert_eq!(said.lines().count(), 4, "{said}");
}

#[tokio::test]
async fn a_role_that_there_is_not_is_told_with_those_there_are() {
    let there = "there are storefront, checkout, api, till, admin";
    let mut command = vitrine();
    command.args(["serve", "--roles", "storefront,shop"]);
    let (code, said) = told(command).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("`shop` is no role") && said.contains(there), "{said}");
    let mut command = vitrine();
    command.env("VITRINE__SERVER__ROLES", "storefront,shop").arg("serve");
    let (code, said) = told(command).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("`shop` is no role") && said.contains(there), "{said}");
}

#[tokio::test]
async fn several_workers_of_one_role_tell_every_event_once_and_any_of_them_may_go() {
    let store = Store::open().await;
    let mut workers: Vec<_> = (0..2).map(|_| store.worker()).collect();
    for worker in &workers {
        store.until("it works", async || worker.log().contains("working")).await;
    }
    for round in 0..30 {
        store.count("LAMP", if round % 2 == 0 { 0 } else { 50 }).await;
    }
    let stream = platform::events::stream(store.namespace());
    let bus = platform::redis::connect(&testing::redis().0).await.unwrap();
    let told = async || {
        let all: StreamRangeReply = bus.clone().xrange_all(&stream).await.unwrap();
        let events = all.ids.iter().filter_map(|entry| entry.get::<String>("event"));
        events.filter(|event| event.contains(r#""topic":"stock""#)).count()
    };
    let outbox = async || -> (i64, i64) {
        let count =
            "select count(*), count(*) filter (where relayed_at is null) from inventory.outbox";
        let row = sqlx::query(count).fetch_one(&store.database.pool).await.unwrap();
        (row.get(0), row.get(1))
    };
    store.until("all is told", async || outbox().await.1 == 0).await;
    let written = outbox().await.0;
    assert!(written >= 30);
    assert_eq!(told().await, usize::try_from(written).unwrap());

    workers.pop().unwrap().kill().await;
    store.count("LAMP", 0).await;
    let is_sold_out = async || store.page("/p/lamp").await.1.contains("Sold out");
    store.until("the page is made anew", is_sold_out).await;
}

#[tokio::test]
async fn what_is_told_while_no_worker_looks_after_pages_is_acted_on_when_one_does() {
    let store = Store::open().await;
    let work = |roles: &'static str| store.start("work", &[("VITRINE__WORK__ROLES", roles)]);
    let _relay = work("relay");
    let mut pages = work("pages");
    let says = async |words: &str| store.page("/p/lamp").await.1.contains(words);
    assert!(says("In stock").await);
    store.until("it works", async || pages.log().contains("not known: every page")).await;
    store.until("the lamp is at hand", async || store.page("/p/lamp").await.0 == "hit-local").await;
    store.count("LAMP", 2).await;
    store.until("two are left", async || says("Only 2 left").await).await;
    pages.ask_to_stop();
    assert!(pages.ended().await.success(), "{}", pages.log());

    store.count("LAMP", 0).await;
    let carried = "select count(*) from inventory.outbox where relayed_at is null";
    let left = async || -> i64 {
        sqlx::query(carried).fetch_one(&store.database.pool).await.unwrap().get(0)
    };
    until("it is told", async || left().await == 0).await;
    assert!(says("Only 2 left").await);
    let pages = work("pages");
    store.until("none are left", async || says("Sold out").await).await;
    // Not because everything was made anew.
    assert!(!pages.log().contains("told before is not known"), "{}", pages.log());
}
