//! `vitrine webhook`: who is told what, and what became of it.

use super::table;
use crate::{cli::Webhook, config::Settings, roles::Needs, stores::Connections};
use accounts::webhooks::{Attempt, DeadLetter, EndpointNow, SigningSecret, Webhooks};
use anyhow::{Context, bail};
use inventory::{InstructionKind, Inventory};
use jiff::Timestamp;
use orders::HAPPENINGS;
use std::{
    io::{self, Write},
    process::ExitCode,
};
use uuid::Uuid;

/// So many lines are shown of what has no end.
const SHOWN: u32 = 100;

/// Does what the command line asks for.
pub async fn run(settings: Settings, what: Webhook) -> anyhow::Result<ExitCode> {
    let connections = Connections::open(&settings, &Needs::of_telling()).await?;
    let webhooks = connections.webhooks(&settings)?;
    match what {
        Webhook::Add { url, types, warehouses } => {
            check(&connections.inventory()?, &types, &warehouses).await?;
            let reach = settings.webhooks.reach();
            let added = webhooks.add(&url, reach, &types, &warehouses).await;
            let (id, secret) = added.with_context(|| format!("nobody is told at {url}"))?;
            writeln!(io::stdout(), "{id} is told of {} from now on.", types.join(", "))?;
            show_once(&webhooks, &secret)?;
        }
        Webhook::List => list(&webhooks).await?,
        Webhook::Rotate { id } => match webhooks.rotate(id).await? {
            Some(secret) => {
                let words = "For a day messages are signed with the secret before as well.";
                writeln!(io::stdout(), "{words}")?;
                show_once(&webhooks, &secret)?;
            }
            None => return unknown(id),
        },
        Webhook::Disable { id } => {
            let is_known = webhooks.disable(id).await?;
            return told(id, is_known, "is sent nothing; what is told meanwhile waits for it");
        }
        Webhook::Enable { id } => {
            let is_known = webhooks.enable(id).await?;
            return told(id, is_known, "is sent what waits for it, and what is told from now on");
        }
        Webhook::Log { id } => {
            if !webhooks.is_known(id).await? {
                return unknown(id);
            }
            let heads = ["at", "message", "type", "attempt", "took", "outcome"];
            let attempts: Vec<_> = webhooks.log(id, SHOWN).await?.into_iter().map(tried).collect();
            table::print(heads, &attempts)?;
        }
        Webhook::Dead => {
            let heads = ["number", "since", "message", "type", "attempts", "endpoint", "outcome"];
            let letters: Vec<_> = webhooks.dead(SHOWN).await?.into_iter().map(dead).collect();
            table::print(heads, &letters)?;
        }
        Webhook::Replay { id: Some(id), .. } => {
            if !webhooks.replay(id).await? {
                writeln!(
                    io::stdout(),
                    "There is no dead letter {id}; `vitrine webhook dead` shows all."
                )?;
                return Ok(ExitCode::FAILURE);
            }
            writeln!(io::stdout(), "{id} is sent anew.")?;
        }
        Webhook::Replay { id: None, .. } => {
            let replayed = webhooks.replay_all().await?;
            writeln!(io::stdout(), "{replayed} are sent anew.")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether there are such types and warehouses: of what there is not nobody would ever hear.
async fn check(inventory: &Inventory, types: &[String], codes: &[String]) -> anyhow::Result<()> {
    let instructions = InstructionKind::ALL.map(InstructionKind::as_str);
    let known = [&instructions[..], &HAPPENINGS].concat();
    if let Some(name) = types.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("`{name}` is no type; there are {}", known.join(", "));
    }
    let is_of_an_order = |name: &&String| HAPPENINGS.contains(&name.as_str());
    if let (Some(name), [_, ..]) = (types.iter().find(is_of_an_order), codes) {
        bail!("`{name}` is told of no warehouse: add an endpoint of its own for it");
    }
    let warehouses = inventory.list_warehouses().await?;
    let warehouses: Vec<_> = warehouses.into_iter().map(|now| now.warehouse.code).collect();
    if let Some(code) = codes.iter().find(|code| !warehouses.contains(code)) {
        bail!("`{code}` is no warehouse; there are {}", warehouses.join(", "));
    }
    Ok(())
}

/// The secret stands alone on the last line, where a script finds it.
fn show_once(webhooks: &Webhooks, secret: &SigningSecret) -> anyhow::Result<()> {
    let kept = match webhooks.seals() {
        true => "It is kept sealed.",
        false => "It is kept as it is: with webhooks.sealing_key it would be sealed.",
    };
    let mut out = io::stdout().lock();
    writeln!(out, "The secret that messages are signed with is shown this once. {kept}")?;
    writeln!(out, "{}", secret.expose())?;
    Ok(())
}

async fn list(webhooks: &Webhooks) -> anyhow::Result<()> {
    let heads = ["id", "created", "state", "waiting", "dead", "types", "warehouses", "url"];
    let row = |now: EndpointNow| {
        let EndpointNow { id, url, types, places, created_at, disabled_at, waiting, dead } = now;
        let state =
            disabled_at.map_or("enabled".to_owned(), |at| format!("disabled since {}", minute(at)));
        let places = if places.is_empty() { "all".to_owned() } else { places.join(",") };
        let (waiting, dead) = (waiting.to_string(), dead.to_string());
        [id.to_string(), minute(created_at), state, waiting, dead, types.join(","), places, url]
    };
    let rows: Vec<_> = webhooks.list().await?.into_iter().map(row).collect();
    Ok(table::print(heads, &rows)?)
}

fn tried(attempt: Attempt) -> [String; 6] {
    let Attempt { at, message, kind, number, milliseconds, status, failure } = attempt;
    let outcome = match (failure, status) {
        (Some(failure), _) => failure,
        (None, Some(status)) => format!("{status}, taken"),
        (None, None) => "taken".to_owned(),
    };
    let at = at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    let took = format!("{milliseconds} ms");
    [at, message.to_string(), kind, number.to_string(), took, outcome]
}

fn dead(letter: DeadLetter) -> [String; 7] {
    let DeadLetter { id, endpoint: _, url, message, kind, attempts, died_at, failure } = letter;
    let (message, outcome) = (message.to_string(), failure.unwrap_or_default());
    [id.to_string(), minute(died_at), message, kind, attempts.to_string(), url, outcome]
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn told(id: Uuid, is_known: bool, words: &str) -> anyhow::Result<ExitCode> {
    if !is_known {
        return unknown(id);
    }
    writeln!(io::stdout(), "{id} {words}.")?;
    Ok(ExitCode::SUCCESS)
}

fn unknown(id: Uuid) -> anyhow::Result<ExitCode> {
    writeln!(io::stdout(), "There is no endpoint {id}; `vitrine webhook list` shows all.")?;
    Ok(ExitCode::FAILURE)
}
