//! `vitrine apikey`: the keys by which programs use the JSON API.

use super::table;
use crate::{
    cli::Apikey,
    config::Settings,
    roles::{Need, Needs},
    stores::Connections,
};
use accounts::{ApiKey, KeyId, KeyKind, KeyRecord, Keys, Revoked, Scopes};
use anyhow::Context;
use jiff::Timestamp;
use std::{
    io::{self, Write},
    process::ExitCode,
};

/// Makes, shows or revokes keys.
pub async fn run(settings: Settings, what: Apikey) -> anyhow::Result<ExitCode> {
    let keys = Connections::open(&settings, &Needs::only(Need::Accounts)).await?.keys()?;
    match what {
        Apikey::Create { name, scopes, publishable } => {
            let kind = if publishable { KeyKind::Publishable } else { KeyKind::Secret };
            let key = keys.create(&name, kind, &scopes).await?;
            show_once(&key, &name, &scopes)?;
            Ok(ExitCode::SUCCESS)
        }
        Apikey::List => {
            list(&keys).await?;
            Ok(ExitCode::SUCCESS)
        }
        Apikey::Revoke { key } => revoke(&keys, &KeyId::named(&key)).await,
    }
}

/// The key stands alone on the last line, where a script finds it.
fn show_once(key: &ApiKey, name: &str, scopes: &Scopes) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "A {} key for {name}, which may: {scopes}.", key.kind().as_str())?;
    writeln!(out, "Its id is {}. It is shown this once; only a hash of it is kept.", key.id())?;
    writeln!(out, "{}", key.expose())?;
    Ok(())
}

async fn list(keys: &Keys) -> anyhow::Result<()> {
    let rows: Vec<_> = keys.list().await?.iter().map(row).collect();
    let heads = ["prefix", "kind", "created", "last used", "revoked", "scopes", "name"];
    Ok(table::print(heads, &rows)?)
}

fn row(key: &KeyRecord) -> [String; 7] {
    let minute = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    [
        format!("{}{}", key.kind.prefix(), key.id),
        key.kind.as_str().to_owned(),
        minute(key.created_at),
        key.last_used_at.map_or("never".to_owned(), minute),
        key.revoked_at.map_or("no".to_owned(), minute),
        key.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(","),
        key.name.clone(),
    ]
}

async fn revoke(keys: &Keys, id: &KeyId) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    match keys.revoke(id).await.context("the key cannot be revoked")? {
        Revoked::Now => {
            writeln!(out, "{id} lets nobody in any more, on every node within five seconds.")?;
        }
        Revoked::Before => writeln!(out, "{id} was revoked before.")?,
        Revoked::Unknown => {
            writeln!(out, "There is no key {id}; `vitrine apikey list` shows all.")?;
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}
