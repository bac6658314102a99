//! `vitrine inventory`: what people ask of the stock's books.

mod list;
mod reconcile;

use crate::{
    cli,
    config::Settings,
    roles::{Need, Needs},
    stores::Connections,
};
use inventory::{Audit, Difference, Inventory};
use std::{
    io::{self, Write},
    process::ExitCode,
};

/// Does what the command line asks for.
pub async fn run(settings: Settings, what: cli::Inventory) -> anyhow::Result<ExitCode> {
    let connections = Connections::open(&settings, &Needs::only(Need::Inventory)).await?;
    let inventory = connections.inventory()?;
    match what {
        cli::Inventory::Verify => verify(&inventory).await,
        cli::Inventory::Reconcile(options) => reconcile::run(&inventory, options).await,
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
