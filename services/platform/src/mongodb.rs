//! MongoDB: the database named by the URL, with time-outs that a page can live with.

use crate::Error;
use mongodb::{Client, Database, bson::doc, options::ClientOptions};
use std::time::Duration;

/// The database's name when the URL names none.
pub const DEFAULT_DATABASE: &str = "vitrine";

/// A database whose server is looked for at most two seconds before an operation fails.
pub async fn connect(url: &str) -> Result<Database, Error> {
    let mut options = ClientOptions::parse(url).await?;
    options.server_selection_timeout = Some(Duration::from_secs(2));
    options.connect_timeout = Some(Duration::from_secs(2));
    options.app_name = Some("vitrine".to_owned());
    let name = options.default_database.clone().unwrap_or_else(|| DEFAULT_DATABASE.to_owned());
    Ok(Client::with_options(options)?.database(&name))
}

/// Whether the server answers.
pub async fn ping(database: &Database) -> Result<(), Error> {
    database.run_command(doc! { "ping": 1 }).await?;
    Ok(())
}

/// The server's version, e.g. `8.0.4`.
pub async fn version(database: &Database) -> Result<String, Error> {
    let info = database.run_command(doc! { "buildInfo": 1 }).await?;
    Ok(info.get_str("version").unwrap_or("0").to_owned())
}
