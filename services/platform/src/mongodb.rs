//! MongoDB: the database named by the URL, with time-outs that a page can live with.

use crate::Error;
use mongodb::{Client, Database, bson::doc, error::ErrorKind, options::ClientOptions};
use std::time::Duration;

/// The database's name when the URL names none.
pub const DEFAULT_DATABASE: &str = "vitrine";

/// How MongoDB answers who asks for the indexes of a collection that is not there.
const NO_COLLECTION: i32 = 26;

/// A database whose server is looked for at most two seconds before an operation fails.
pub async fn connect(url: &str) -> Result<Database, Error> {
    open(options(url).await?)
}

async fn options(url: &str) -> Result<ClientOptions, Error> {
    let mut options = ClientOptions::parse(url).await?;
    options.server_selection_timeout = Some(Duration::from_secs(2));
    options.connect_timeout = Some(Duration::from_secs(2));
    options.app_name = Some("vitrine".to_owned());
    Ok(options)
}

fn open(options: ClientOptions) -> Result<Database, Error> {
    let name = options.default_database.clone().unwrap_or_else(|| DEFAULT_DATABASE.to_owned());
    Ok(Client::with_options(options)?.database(&name))
}

/// The same with a single connection of its own.
pub(crate) async fn connect_alone(url: &str) -> Result<Database, Error> {
    let mut options = options(url).await?;
    options.max_pool_size = Some(1);
    open(options)
}

/// Whether the server answers.
pub async fn ping(database: &Database) -> Result<(), Error> {
    database.run_command(doc! { "ping": 1 }).await?;
    Ok(())
}

/// Whether a collection has an index beside the one that every collection has.
pub async fn is_indexed(database: &Database, collection: &str) -> Result<bool, Error> {
    let documents = database.collection::<mongodb::bson::Document>(collection);
    match documents.list_index_names().await {
        Ok(names) => Ok(names.iter().any(|name| name != "_id_")),
        // A collection that was never written to is not there.
        Err(error) if matches!(*error.kind, ErrorKind::Command(ref e) if e.code == NO_COLLECTION) => {
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether the server is away for now.
pub(crate) fn is_absence(error: &mongodb::error::Error) -> bool {
    matches!(
        *error.kind,
        ErrorKind::Io(_)
            | ErrorKind::ServerSelection { .. }
            | ErrorKind::ConnectionPoolCleared { .. }
            | ErrorKind::DnsResolve { .. }
    )
}

/// The server's version, e.g. `8.0.4`.
pub async fn version(database: &Database) -> Result<String, Error> {
    let info = database.run_command(doc! { "buildInfo": 1 }).await?;
    Ok(info.get_str("version").unwrap_or("0").to_owned())
}
