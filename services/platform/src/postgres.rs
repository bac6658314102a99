//! PostgreSQL: a pool whose connections see one service's schema, and the migrations of that schema.

use crate::Error;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection, PgPool,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{io, str::FromStr, time::Duration};

/// A connection that was used within this time is taken to be alive still; one that rested longer is
/// asked first, so that a restarted database costs nobody an error. A busy store asks hardly ever:
/// each asking is a round trip.
const TRUSTED: Duration = Duration::from_secs(1);
/// How long a server may take to accept a connection before it counts as away.
const CONNECT: Duration = Duration::from_secs(5);
/// What PostgreSQL says while it starts or stops or has no place left, by SQLSTATE.
const AWAY: [&str; 4] = ["57P01", "57P02", "57P03", "53300"];
/// What the driver says when a server, or a proxy in front of one that is gone, hangs up on whoever has just
/// connected: it reads nothing, and takes that for an answer.
const HUNG_UP: &str = "unexpected response from SSLRequest: 0x00";
/// What it says of a table that is not there.
const NO_SUCH_TABLE: &str = "42P01";

/// A pool for the service that owns `schema`: the search path holds nothing else, so that SQL without
/// a schema's name cannot reach another service's tables.
pub async fn connect(url: &str, schema: &str, max_connections: u32) -> Result<PgPool, Error> {
    let options = options(url, schema)?;
    // A pool tries in silence until its time is over; one connection says at once what is wrong.
    reach(&options).await?.close().await?;
    let pool = PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(CONNECT)
        .test_before_acquire(false)
        .before_acquire(|connection, rested| {
            Box::pin(
                async move { Ok(rested.idle_for < TRUSTED || connection.ping().await.is_ok()) },
            )
        })
        .connect_with(options)
        .await?;
    Ok(pool)
}

/// Creates the schema if it is not there and runs the migrations that have not run. Safe to repeat
/// and to run on several machines at once (sqlx takes an advisory lock).
pub async fn migrate(url: &str, schema: &str, migrator: &Migrator) -> Result<(), Error> {
    let mut connection = reach(&patient(options(url, schema)?)).await?;
    // The name comes from a service's constant, never from outside.
    sqlx::query(AssertSqlSafe(format!("create schema if not exists {schema}")))
        .execute(&mut connection)
        .await?;
    migrator.run(&mut connection).await?;
    Ok(())
}

/// Takes back every migration of the schema, newest first.
pub async fn unmigrate(url: &str, schema: &str, migrator: &Migrator) -> Result<(), Error> {
    let mut connection = reach(&patient(options(url, schema)?)).await?;
    migrator.undo(&mut connection, 0).await?;
    Ok(())
}

/// Whether the database answers.
pub async fn ping(pool: &PgPool) -> Result<(), Error> {
    sqlx::query("select 1").execute(pool).await?;
    Ok(())
}

/// The server's version, e.g. `15.20`.
pub async fn version(pool: &PgPool) -> Result<String, Error> {
    Ok(sqlx::query_scalar("show server_version").fetch_one(pool).await?)
}

/// The number of the last migration that ran in the pool's schema. One from a later release of the
/// program is no error: releases take over from each other while both run.
///
/// # Errors
/// [`Error::Unmigrated`] if the migrator knows a later one.
pub async fn migrated(pool: &PgPool, migrator: &Migrator) -> Result<i64, Error> {
    let query = "select coalesce(max(version), 0) from _sqlx_migrations where success";
    let applied: i64 = match sqlx::query_scalar(query).fetch_one(pool).await {
        Ok(version) => version,
        Err(error) if state(&error).as_deref() == Some(NO_SUCH_TABLE) => 0,
        Err(error) => return Err(error.into()),
    };
    let needed = migrator.iter().map(|migration| migration.version).max().unwrap_or(0);
    if applied < needed { Err(Error::Unmigrated { applied, needed }) } else { Ok(applied) }
}

/// Whether the server is away for now.
pub(crate) fn is_absence(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => true,
        sqlx::Error::Protocol(words) => words.contains(HUNG_UP),
        error => state(error).is_some_and(|state| AWAY.contains(&state.as_str())),
    }
}

/// The SQLSTATE of what the server refused.
fn state(error: &sqlx::Error) -> Option<String> {
    error.as_database_error()?.code().map(|code| code.into_owned())
}

/// A connection of its own. The driver itself would wait for ever for a server that hangs.
async fn reach(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    tokio::time::timeout(CONNECT, options.connect()).await.unwrap_or_else(|_| {
        Err(io::Error::new(io::ErrorKind::TimedOut, "the server does not answer").into())
    })
}

/// A connection of its own that is asked whether the server answers, and made anew when it does not.
pub(crate) struct Asked {
    url: String,
    connection: Option<PgConnection>,
}

impl Asked {
    pub(crate) fn new(url: &str) -> Self {
        Self { url: url.to_owned(), connection: None }
    }

    /// Whether it answers. A question that is given up costs the connection.
    pub(crate) async fn ping(&mut self) -> Result<(), Error> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => reach(&PgConnectOptions::from_str(&self.url)?).await?,
        };
        connection.ping().await?;
        self.connection = Some(connection);
        Ok(())
    }
}

fn options(url: &str, schema: &str) -> Result<PgConnectOptions, sqlx::Error> {
    Ok(PgConnectOptions::from_str(url)?.application_name(&format!("vitrine-{schema}")).options([
        ("search_path", schema),
        ("timezone", "UTC"),
        // What the services' locks and compare-and-sets are made for, whatever the server's is.
        ("default_transaction_isolation", "read committed"),
        // Nothing waits without end, and who hangs half-way lets go of what it has locked.
        ("lock_timeout", "5s"),
        ("statement_timeout", "30s"),
        ("idle_in_transaction_session_timeout", "30s"),
    ]))
}

/// Migrations take the time they need, and wait for each other.
fn patient(options: PgConnectOptions) -> PgConnectOptions {
    options.options([
        ("lock_timeout", "0"),
        ("statement_timeout", "0"),
        ("idle_in_transaction_session_timeout", "0"),
    ])
}
