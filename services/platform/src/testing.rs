//! Databases of their own for tests, on the servers that `scripts/stack.sh env test` names. A test
//! without its servers fails: it does not pass by being skipped.

mod wire;

pub use wire::{SYNC, Wire};

use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgPool, migrate::Migrator,
    postgres::PgConnectOptions,
};
use std::str::FromStr;

fn required(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: eval \"$(scripts/stack.sh env test)\" before the tests")
    })
}

fn unique() -> String {
    format!("test_{}", uuid::Uuid::now_v7().simple())
}

/// A PostgreSQL database that lives as long as this value.
pub struct TestDatabase {
    /// A pool that sees the schema.
    pub pool: PgPool,
    /// The database's own URL.
    pub url: String,
    server: String,
    name: String,
}

/// A database with one service's migrated schema.
pub async fn postgres(schema: &str, migrator: &Migrator) -> TestDatabase {
    let (server, url, name) = create_database(required("DATABASE_URL")).await;
    crate::postgres::migrate(&url, schema, migrator).await.expect("the migrations run");
    let pool = crate::postgres::connect(&url, schema, 20).await.expect("the database answers");
    TestDatabase { pool, url, server, name }
}

/// An empty database, for tests that need several schemas or the migrations themselves.
pub async fn empty_postgres() -> TestDatabase {
    empty_postgres_on(required("DATABASE_URL")).await
}

/// The same on the server that this URL names.
pub async fn empty_postgres_on(server: String) -> TestDatabase {
    let (server, url, name) = create_database(server).await;
    let pool = crate::postgres::connect(&url, "public", 5).await.expect("the database answers");
    TestDatabase { pool, url, server, name }
}

/// Runs a schema's migrations, takes them back and runs them again: nothing is left of them in between, and the
/// second time there is what there was the first time. Answers the names of its tables and views.
pub async fn up_down_and_up_again(schema: &str, migrator: &Migrator) -> Vec<String> {
    let database = empty_postgres().await;
    let tables = async || -> Vec<String> {
        sqlx::query_scalar(
            "select table_name::text
             from information_schema.tables
             where table_schema = $1
               and table_name not like '\\_sqlx%'
             order by table_name",
        )
        .bind(schema)
        .fetch_all(&database.pool)
        .await
        .expect("the tables can be listed")
    };
    let everything = async || -> i64 {
        sqlx::query_scalar(
            "select
               (select count(*) from pg_class
                where relnamespace = $1::regnamespace and relname not like '\\_sqlx%')
               + (select count(*) from pg_proc where pronamespace = $1::regnamespace)",
        )
        .bind(schema)
        .fetch_one(&database.pool)
        .await
        .expect("the schema can be looked at")
    };
    let up = async || {
        crate::postgres::migrate(&database.url, schema, migrator).await.expect("they run");
        (tables().await, everything().await)
    };
    let first = up().await;
    assert!(!first.0.is_empty(), "nothing was made");
    assert_eq!(up().await, first, "they are not run twice");
    crate::postgres::unmigrate(&database.url, schema, migrator).await.expect("they are taken back");
    assert_eq!((tables().await, everything().await), (vec![], 0), "something is left");
    assert_eq!(up().await, first);
    first.0
}

async fn create_database(server: String) -> (String, String, String) {
    let name = unique();
    let options = PgConnectOptions::from_str(&server).expect("DATABASE_URL is a URL");
    let mut connection = options.clone().connect().await.expect("PostgreSQL answers");
    sqlx::query(AssertSqlSafe(format!("create database {name}")))
        .execute(&mut connection)
        .await
        .expect("the role may create databases");
    connection.close().await.expect("the connection closes");
    let url = options.database(&name).to_url_lossy().to_string();
    (server, url, name)
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A thread with a runtime of its own: the test's runtime may be ending.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut connection = PgConnectOptions::from_str(&server)
                    .map_err(std::io::Error::other)?
                    .connect()
                    .await
                    .map_err(std::io::Error::other)?;
                sqlx::query(AssertSqlSafe(format!("drop database if exists {name} with (force)")))
                    .execute(&mut connection)
                    .await
                    .map_err(std::io::Error::other)
            })
        });
        // What is left over goes with the test instance.
        let _ = dropped.join();
    }
}

/// A MongoDB database that lives as long as this value.
pub struct TestMongo {
    /// The database.
    pub database: mongodb::Database,
    /// A URL that names the database.
    pub url: String,
}

/// An empty database.
pub async fn mongodb() -> TestMongo {
    mongodb_on(&required("MONGODB_URL")).await
}

/// The same on the server that this URL names.
pub async fn mongodb_on(server: &str) -> TestMongo {
    let name = unique();
    // scheme://host:port/database?options: only the database's name is put in another's place.
    let (base, options) = server.split_once('?').map_or((server, ""), |(b, o)| (b, o));
    let authority = base.find("://").map_or(0, |at| at + 3);
    let end = base[authority..].find('/').map_or(base.len(), |at| authority + at);
    let query = if options.is_empty() { String::new() } else { format!("?{options}") };
    let url = format!("{}/{name}{query}", &base[..end]);
    let database = crate::mongodb::connect(&url).await.expect("MongoDB answers");
    TestMongo { database, url }
}

impl Drop for TestMongo {
    fn drop(&mut self) {
        let url = self.url.clone();
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let database =
                    crate::mongodb::connect(&url).await.map_err(std::io::Error::other)?;
                database.drop().await.map_err(std::io::Error::other)
            })
        });
        let _ = dropped.join();
    }
}

/// The Redis server's URL and a prefix that is this test's alone.
pub fn redis() -> (String, String) {
    (required("REDIS_URL"), unique())
}
