//! What the warehouses are to do, and what happens to orders. The former gets its place in the order in which they are
//! told it; both go to whoever wants to be told. It is looked for and not waited for: a notification would make everybody who pays wait for the
//! others' commits, and nobody packs a parcel within this time.

use crate::api::{Instruction, OrderEvent};
use accounts::webhooks::{Message, Webhooks};
use anyhow::Context;
use inventory::{InstructionFilter, Inventory};
use orders::{Timelines, Untold};
use platform::Backoff;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_millis(200);
/// Under which name webhooks remember how far instructions were handed over.
const SOURCE: &str = "inventory.instructions";
/// So many are handed over at once.
const HANDED_OVER: u32 = 500;

/// Gives places, and hands over, until it is told to stop. A failure is logged and tried again, ever more patiently.
pub async fn instructions(inventory: Inventory, webhooks: Webhooks, stop: CancellationToken) {
    let mut backoff = Backoff::new(EVERY, Duration::from_secs(5));
    while !stop.is_cancelled() {
        let told = async {
            inventory.tell_instructions().await?;
            while hand_over(&inventory, &webhooks).await? > 0 {}
            anyhow::Ok(())
        };
        match told.await {
            Ok(()) => {
                backoff.reset();
                super::rest(EVERY, &stop).await;
            }
            Err(error) => {
                tracing::warn!(%error, "what the warehouses are to do will be told later");
                stop.run_until_cancelled(backoff.wait()).await;
            }
        }
    }
}

/// Hands over what comes next, and answers how many instructions that were. Where another worker was faster,
/// nothing is, and what comes then is looked for.
async fn hand_over(inventory: &Inventory, webhooks: &Webhooks) -> anyhow::Result<usize> {
    let cursor = webhooks.carried_to(SOURCE).await?;
    let after = match &cursor {
        Some(cursor) => cursor.parse().context("how far was handed over cannot be read")?,
        None => 0,
    };
    let filter = InstructionFilter { after, limit: HANDED_OVER, ..InstructionFilter::default() };
    let page = inventory.list_instructions(&filter).await?;
    let messages: Vec<_> = page.instructions.into_iter().map(message).collect::<Result<_, _>>()?;
    if !messages.is_empty() {
        let next = page.next.to_string();
        webhooks.carry(SOURCE, cursor.as_deref(), &next, &messages).await?;
    }
    Ok(messages.len())
}

/// An instruction, as the API shows it.
fn message(instruction: inventory::Instruction) -> Result<Message, serde_json::Error> {
    Ok(Message {
        id: instruction.id,
        kind: instruction.kind.to_string(),
        place: Some(instruction.warehouse.clone()),
        occurred_at: instruction.occurred_at,
        data: serde_json::to_value(Instruction::from(instruction))?,
    })
}

/// Hands over what happens to orders, until it is told to stop. What was handed over and not noted as told, because the
/// process ended in between, is handed over again, and sent once: it has the same id.
pub async fn orders(timelines: Timelines, webhooks: Webhooks, stop: CancellationToken) {
    let mut backoff = Backoff::new(EVERY, Duration::from_secs(5));
    while !stop.is_cancelled() {
        match hand_over_happenings(&timelines, &webhooks).await {
            Ok(told) => {
                backoff.reset();
                if told == 0 {
                    super::rest(EVERY, &stop).await;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "what happened to orders will be told later");
                stop.run_until_cancelled(backoff.wait()).await;
            }
        }
    }
}

async fn hand_over_happenings(timelines: &Timelines, webhooks: &Webhooks) -> anyhow::Result<usize> {
    let untold = timelines.list_untold().await?;
    if untold.is_empty() {
        return Ok(0);
    }
    let messages: Vec<_> = untold.iter().map(happening).collect::<Result<_, _>>()?;
    webhooks.hand_over(&messages).await?;
    timelines.mark_told(&untold).await?;
    Ok(untold.len())
}

/// What happened to an order, as the API shows it. How the order stands by now its receiver may ask.
fn happening(untold: &Untold) -> Result<Message, serde_json::Error> {
    Ok(Message {
        id: untold.id,
        kind: untold.happening.kind.clone(),
        place: None,
        occurred_at: untold.happening.at,
        data: serde_json::to_value(OrderEvent::from(untold))?,
    })
}

/// Forgets what was taken long ago.
pub async fn forget(webhooks: Webhooks, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match webhooks.sweep().await {
            Ok(0) => {}
            Ok(swept) => tracing::info!(swept, "old webhooks were forgotten"),
            Err(error) => tracing::warn!(%error, "old webhooks could not be forgotten"),
        }
        super::rest(super::PRUNE_EVERY, &stop).await;
    }
}
