//! `vitrine inventory reconcile`: where a warehouse and the store do not agree, how it came to that, and, if
//! wanted, the store's numbers put right.

use super::list;
use crate::cli::Reconcile;
use anyhow::Context;
use inventory::{
    Comparison, Count, CountAnswer, Discrepancy, Inventory, PastMovement, Said, UnknownSkus,
    told::LARGEST_BATCH,
};
use jiff::Timestamp;
use std::{
    io::{self, Write},
    process::ExitCode,
};

/// Compares, prints each difference with its history, and books what was found if asked to. The exit code is 1
/// when a difference is left.
pub async fn run(inventory: &Inventory, options: Reconcile) -> anyhow::Result<ExitCode> {
    let Reconcile { from, file, source, as_of, mend, history } = options;
    let said = match (from, file) {
        (Some(url), _) => {
            let mut said = list::fetched(url).await?;
            said.source = source.unwrap_or(said.source);
            said
        }
        (None, file) => {
            let file = file.context("neither an address nor a file was named")?;
            let source = source.context("--source was not named")?;
            list::read(&file, source, as_of.context("--as-of was not named")?)?
        }
    };
    let found = inventory.compare(&said, history).await?;
    let mut out = io::stdout().lock();
    for one in &found.discrepancies {
        tell(&mut out, one)?;
    }
    let mut left = found.discrepancies.len();
    if mend {
        left -= book(&mut out, inventory, &said, &found).await?;
    }
    writeln!(out, "{}", summary(&found, &said, mend.then_some(left)))?;
    Ok(if left == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn tell(out: &mut impl Write, one: &Discrepancy) -> io::Result<()> {
    let Discrepancy { warehouse, sku, said, known, coming, history } = one;
    let known = known.map_or("nothing known".to_owned(), |known| format!("{known} known"));
    let said = said.map_or("not in the list".to_owned(), |said| format!("{said} there"));
    let coming = match coming {
        0 => String::new(),
        coming => format!(", {coming:+} on the way"),
    };
    writeln!(out, "{sku} in {warehouse}: {known}, {said}{coming}: {:+}", one.difference())?;
    for past in history {
        writeln!(out, "  {}", words(past))?;
    }
    Ok(())
}

/// A movement in a line, e.g. `2026-11-28 01:20:03 UTC shipped -1 (wms), told by wms as 17, for 0198…`.
fn words(past: &PastMovement) -> String {
    let second = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    let at = second(past.occurred_at.unwrap_or(past.recorded_at));
    let mut words = format!("{at} {} {:+} ({})", past.kind.as_str(), past.on_hand, past.cause);
    if let (Some(source), Some(id)) = (&past.source, &past.external_id) {
        words.push_str(&format!(", told by {source} as {id}"));
    }
    if past.occurred_at.is_some() {
        words.push_str(&format!(" and written {}", second(past.recorded_at)));
    }
    if let Some(reference) = past.reference {
        words.push_str(&format!(", for {reference}"));
    }
    words
}

/// Books what was found, and answers of how many places.
async fn book(
    out: &mut impl Write,
    inventory: &Inventory,
    said: &Said,
    found: &Comparison,
) -> anyhow::Result<usize> {
    let count = |one: &Discrepancy| Count {
        warehouse: one.warehouse.clone(),
        sku: one.sku.clone(),
        // All was told, and this was not: it is not there.
        on_hand: one.said.unwrap_or_default(),
    };
    let counts: Vec<_> = found.discrepancies.iter().map(count).collect();
    let mut booked = 0;
    for counts in counts.chunks(LARGEST_BATCH) {
        let (source, as_of) = (&said.source, said.as_of);
        let answers = inventory.reconcile_counts(source, as_of, UnknownSkus::Open, counts).await?;
        for (count, answer) in counts.iter().zip(answers) {
            booked += usize::from(is_booked(answer));
            writeln!(out, "{} in {}: {}", count.sku, count.warehouse, outcome(answer))?;
        }
    }
    Ok(booked)
}

fn is_booked(answer: CountAnswer) -> bool {
    matches!(answer, CountAnswer::Agrees | CountAnswer::Adjusted { .. })
}

fn outcome(answer: CountAnswer) -> String {
    match answer {
        CountAnswer::Agrees => "they agree by now".to_owned(),
        CountAnswer::Adjusted { difference } => format!("{difference:+} booked"),
        CountAnswer::BelowPromised { on_hand, needed } => {
            format!("nothing booked: there would be {on_hand}, and {needed} are promised to orders")
        }
        CountAnswer::AlreadyCounted => "nothing booked: this list was booked before".to_owned(),
        CountAnswer::Outdated { last } => {
            format!("nothing booked: a count as of {last} is known, which is later")
        }
        CountAnswer::UnknownWarehouse => "nothing booked: there is no such warehouse".to_owned(),
        CountAnswer::UnknownSku => "nothing booked: it is a bundle, which lies nowhere".to_owned(),
        CountAnswer::AbsurdQuantity => "nothing booked: so many cannot be there".to_owned(),
        CountAnswer::CountedTwice => "nothing booked: it is in the list twice".to_owned(),
    }
}

fn summary(found: &Comparison, said: &Said, left: Option<usize>) -> String {
    let differences = match found.discrepancies.len() {
        0 => "no difference".to_owned(),
        1 => "1 difference".to_owned(),
        many => format!("{many} differences"),
    };
    let on_their_way = match found.on_their_way {
        0 => String::new(),
        1 => ", 1 movement on its way".to_owned(),
        many => format!(", {many} movements on their way"),
    };
    let left = left.map_or(String::new(), |left| format!(", {left} left"));
    let (compared, as_of) = (found.compared, said.as_of);
    format!("{compared} places compared as of {as_of}{on_their_way}: {differences}{left}")
}
