//! Keys of programs.

use accounts::{
    ApiKey, CreateError, KeyId, KeyKind, Keys, MIGRATOR, Revoked, SCHEMA, Scope, Scopes,
};
use platform::testing::{self, TestDatabase};

async fn keys() -> (Keys, TestDatabase) {
    let database = testing::postgres(SCHEMA, &MIGRATOR).await;
    (Keys::new(database.pool.clone()), database)
}

fn scopes(names: &str) -> Scopes {
    names.parse().unwrap()
}

async fn admits(keys: &Keys, key: &ApiKey) -> bool {
    keys.find(key.id()).await.unwrap().is_some_and(|record| record.admits(key))
}

#[tokio::test]
async fn a_key_lets_in_until_it_is_revoked_and_never_again() {
    let (keys, database) = keys().await;
    let reads = scopes("inventory:read");
    let key = keys.create(" the warehouse in Lyon ", KeyKind::Secret, &reads).await.unwrap();
    let record = keys.find(key.id()).await.unwrap().unwrap();
    assert_eq!((record.name.as_str(), record.kind), ("the warehouse in Lyon", KeyKind::Secret));
    assert!(record.scopes.has(Scope::InventoryRead) && !record.scopes.has(Scope::InventoryWrite));
    assert!(admits(&keys, &key).await);

    assert_eq!(keys.revoke(key.id()).await.unwrap(), Revoked::Now);
    assert!(!admits(&keys, &key).await);
    assert_eq!(keys.revoke(key.id()).await.unwrap(), Revoked::Before);
    assert_eq!(keys.revoke(&KeyId::named("0123456789ab")).await.unwrap(), Revoked::Unknown);
    for change in [
        "update api_keys set revoked_at = null",
        "update api_keys set revoked_at = now() + interval '1 day'",
        "update api_keys set scopes = '{inventory:write}'",
        "update api_keys set secret_hash = decode(repeat('00', 32), 'hex')",
        "delete from api_keys",
    ] {
        assert!(sqlx::query(change).execute(&database.pool).await.is_err(), "{change}");
    }
}

#[tokio::test]
async fn the_database_holds_no_secret_and_a_key_with_anothers_id_opens_nothing() {
    let (keys, database) = keys().await;
    let key = keys.create("one", KeyKind::Secret, &scopes("carts")).await.unwrap();
    let other = keys.create("two", KeyKind::Secret, &scopes("carts")).await.unwrap();
    let all: String = sqlx::query_scalar("select string_agg(k::text, ' ') from api_keys as k")
        .fetch_one(&database.pool)
        .await
        .unwrap();
    let text = key.expose();
    let secret = text.rsplit('_').next().unwrap();
    assert!(all.contains(key.id().as_str()) && !all.contains(&secret[..43]), "{all}");
    let record = keys.find(key.id()).await.unwrap().unwrap();
    assert!(record.admits(&key) && !record.admits(&other));
}

#[tokio::test]
async fn a_key_that_everybody_can_read_may_do_only_what_everybody_may() {
    let (keys, database) = keys().await;
    let shop = scopes("catalogue:read,carts,orders:own");
    let key = keys.create("the app", KeyKind::Publishable, &shop).await.unwrap();
    assert!(key.expose().starts_with("vtr_pk_") && admits(&keys, &key).await);
    for scope in ["inventory:read", "inventory:write"] {
        let refused = keys.create("the app", KeyKind::Publishable, &scopes(scope)).await;
        assert!(matches!(refused, Err(CreateError::TooMuch { .. })), "{scope}");
        // Nor does the database, whoever asks it.
        let planted = "insert into api_keys (id, name, kind, scopes, secret_hash)
             values ('0123456789ab', 'the app', 'publishable', array[$1], decode(repeat('00', 32), 'hex'))";
        let refused = sqlx::query(planted).bind(scope).execute(&database.pool).await.unwrap_err();
        let constraint = refused.as_database_error().unwrap().constraint().map(str::to_owned);
        assert_eq!(constraint.as_deref(), Some("publishable_key_is_harmless_ck"));
    }
}

#[tokio::test]
async fn a_key_needs_a_name() {
    let (keys, _database) = keys().await;
    for name in ["", "  ", "two\nlines", &"x".repeat(101)] {
        let refused = keys.create(name, KeyKind::Secret, &scopes("carts")).await;
        assert!(matches!(refused, Err(CreateError::Name)), "{name}");
    }
}

#[tokio::test]
async fn the_use_of_a_key_is_written_down_once_a_minute() {
    let (keys, database) = keys().await;
    let key = keys.create("one", KeyKind::Secret, &scopes("carts")).await.unwrap();
    let used = async || keys.find(key.id()).await.unwrap().unwrap().last_used_at;
    assert_eq!(used().await, None);
    keys.note_use(key.id()).await.unwrap();
    let first = used().await.unwrap();
    keys.note_use(key.id()).await.unwrap();
    assert_eq!(used().await, Some(first));
    let later = "update api_keys set last_used_at = last_used_at - interval '61 seconds'";
    sqlx::query(later).execute(&database.pool).await.unwrap();
    keys.note_use(key.id()).await.unwrap();
    assert!(used().await.unwrap() >= first);
}

#[tokio::test]
async fn all_keys_are_listed_also_those_that_are_revoked() {
    let (keys, _database) = keys().await;
    for name in ["one", "two"] {
        let key = keys.create(name, KeyKind::Secret, &scopes("carts")).await.unwrap();
        keys.revoke(key.id()).await.unwrap();
    }
    keys.create("three", KeyKind::Secret, &scopes("carts")).await.unwrap();
    let listed = keys.list().await.unwrap();
    let names: Vec<_> = listed.iter().map(|key| (&*key.name, key.revoked_at.is_some())).collect();
    assert_eq!(names, [("three", false), ("two", true), ("one", true)]);
}
