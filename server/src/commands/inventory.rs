//! `vitrine inventory`: what people ask of the stock's books, and say about the names in them.

mod list;
mod reconcile;

use crate::{
    cli,
    config::Settings,
    roles::{Need, Needs},
    stores::Connections,
};
use anyhow::{Context, bail};
use connectors::gs1;
use domain::Sku;
use inventory::{Audit, Difference, Identified, Inventory};
use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

/// Does what the command line asks for.
pub async fn run(settings: Settings, what: cli::Inventory) -> anyhow::Result<ExitCode> {
    let connections = Connections::open(&settings, &Needs::only(Need::Inventory)).await?;
    let inventory = connections.inventory()?;
    match what {
        cli::Inventory::Verify => verify(&inventory).await,
        cli::Inventory::Reconcile(options) => reconcile::run(&inventory, options).await,
        cli::Inventory::Identify { file } => identify(&inventory, &file).await,
    }
}

/// Compares levels, movements and holds, and prints each number that is not what it should be. The exit code
/// is 1 when there is one.
async fn verify(inventory: &Inventory) -> anyhow::Result<ExitCode> {
    let Audit { levels, movements, holds, differences } = inventory.audit().await?;
    let mut out = io::stdout().lock();
    for Difference { warehouse, sku, number, level, expected } in &differences {
        writeln!(out, "{sku} in {warehouse}: {number} is {level}, expected {expected}")?;
    }
    let found = match differences.len() {
        0 => "every number is right".to_owned(),
        1 => "1 number is not what it should be".to_owned(),
        many => format!("{many} numbers are not what they should be"),
    };
    writeln!(out, "{levels} levels, {movements} movements, {holds} holds: {found}")?;
    Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// A line of a file with names.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    identifier: String,
    sku: Option<Sku>,
    warehouse: Option<String>,
}

/// Keeps all names of a file, or none.
async fn identify(inventory: &Inventory, file: &Path) -> anyhow::Result<ExitCode> {
    let reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(file);
    let mut reader = reader.with_context(|| format!("{} cannot be read", file.display()))?;
    let mut names = Vec::new();
    for (row, line) in reader.deserialize::<Named>().zip(2..) {
        let name = row.map_err(anyhow::Error::from).and_then(name);
        names.push(name.with_context(|| format!("line {line}"))?);
    }
    inventory.identify(&names).await?;
    writeln!(io::stdout(), "{} names are kept", names.len())?;
    Ok(ExitCode::SUCCESS)
}

/// The name as connectors will ask for it, in whichever form it was written.
fn name(Named { identifier, sku, warehouse }: Named) -> anyhow::Result<(String, Identified)> {
    let misnamed = |_| anyhow::anyhow!("`{identifier}` is no identifier of such a thing");
    match (sku, warehouse) {
        (Some(sku), None) => {
            Ok((gs1::sku_identifier(&identifier).map_err(misnamed)?, Identified::Sku(sku)))
        }
        (None, Some(code)) => {
            let identifier = gs1::warehouse_identifier(&identifier).map_err(misnamed)?;
            Ok((identifier, Identified::Warehouse(code)))
        }
        _ => bail!("`{identifier}` names either a SKU or a warehouse"),
    }
}
