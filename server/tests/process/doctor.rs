//! What `vitrine doctor` finds.

use crate::world::{Ground, Process, free_port, run, told, until};
use std::process::Command;

fn doctor(ground: &Ground, provider: &str) -> Command {
    let mut command = ground.command(&["doctor"]);
    command.env("VITRINE__PAYMENTS__SANDBOX__URL", provider);
    command
}

/// A payment provider, and where it is.
async fn provider(ground: &Ground) -> (Process, String) {
    let address = format!("127.0.0.1:{}", free_port());
    let state = ground.folder.join("psp.state");
    let mut command = ground.command(&["sandbox-psp", "--listen", &address, "--state"]);
    let process = Process::start(command.arg(state));
    let answers = async || tokio::net::TcpStream::connect(&address).await.is_ok();
    until("the provider answers", answers).await;
    (process, format!("http://{address}"))
}

/// The number of the inventory's last migration.
fn last_migration() -> i64 {
    inventory::MIGRATOR.iter().map(|migration| migration.version).max().unwrap()
}

#[tokio::test]
async fn a_store_that_has_all_it_needs_is_healthy() {
    let ground = Ground::new().await;
    run(ground.settings.clone(), &["migrate"]).await;
    let (_process, provider) = provider(&ground).await;
    let (code, said) = told(doctor(&ground, &provider)).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains('✗'), "{said}");
    for what in
        ["configuration", "accounts", "inventory", "payments", "orders", "MongoDB", "Redis", "site"]
    {
        assert!(said.contains(what), "{what} is not in {said}");
    }
}

#[tokio::test]
async fn everything_that_is_missing_is_told_with_what_to_do() {
    let ground = Ground::new().await;
    ground.redis.cut();
    std::fs::remove_file(ground.folder.join("site/pkg/vitrine.css")).unwrap();
    std::fs::remove_dir(ground.folder.join("media")).unwrap();
    // Something listens there, and it is no provider.
    let unmigrated = format!("at migration 0, and {} is needed", last_migration());
    let stranger = format!("http://{}", ground.redis.address());
    let (code, said) = told(doctor(&ground, &stranger)).await;
    assert_eq!(code, Some(1), "{said}");
    for (what, wrong, what_to_do) in [
        ("PostgreSQL (inventory)", unmigrated.as_str(), "Run `vitrine migrate`."),
        ("PostgreSQL (orders)", "at migration 0", "Run `vitrine migrate`."),
        ("MongoDB", "no indexes on products", "Run `vitrine migrate`."),
        ("Redis", "Redis: ", "correct REDIS_URL"),
        ("payment provider", "/health", "correct payments.sandbox.url"),
        ("site", "no pkg/vitrine.css", "cargo leptos build"),
        ("pictures", "media", "correct media.dir"),
    ] {
        let found = said.split('✗').find(|finding| finding.trim_start().starts_with(what));
        let found = found.unwrap_or_else(|| panic!("{what} is not found wrong in {said}"));
        assert!(found.contains(wrong) && found.contains(what_to_do), "{what}: {said}");
    }
}

#[tokio::test]
async fn a_schema_that_lacks_its_last_migration_is_found() {
    let ground = Ground::new().await;
    run(ground.settings.clone(), &["migrate"]).await;
    let last = last_migration();
    let forget = "delete from inventory._sqlx_migrations where version = $1";
    sqlx::query(forget).bind(last).execute(&ground.database.pool).await.unwrap();
    let (code, said) = told(doctor(&ground, "http://127.0.0.1:9")).await;
    assert_eq!(code, Some(1), "{said}");
    let told = format!("at migration {}, and {last} is needed", last - 1);
    assert!(said.contains(&told), "{said}");
}

#[tokio::test]
async fn files_are_looked_for_under_the_names_that_the_build_gave_them() {
    let ground = Ground::new().await;
    let binary = ground.folder.join("vitrine");
    std::fs::hard_link(env!("CARGO_BIN_EXE_vitrine"), &binary).unwrap();
    std::fs::write(ground.folder.join("hash.txt"), "js: one\nwasm: two\ncss: three\n").unwrap();
    let look = || {
        let mut command = Command::new(&binary);
        let settings = ground.vitrine();
        let settings = settings.get_envs().filter(|(name, _)| *name != "LEPTOS_HASH_FILES");
        command.env_clear().envs(settings.filter_map(|(name, value)| Some((name, value?))));
        command.arg("doctor");
        command
    };
    let (_, said) = told(look()).await;
    assert!(said.contains("no pkg/vitrine.three.css"), "{said}");
    for name in ["vitrine.one.js", "vitrine.two.wasm", "vitrine.three.css"] {
        std::fs::write(ground.folder.join("site/pkg").join(name), name).unwrap();
    }
    let (_, said) = told(look()).await;
    assert!(said.contains("hashed files"), "{said}");
}
