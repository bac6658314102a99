//! What a warehouse says it has: its own list over HTTP, or a file of counted stock.

use anyhow::{Context, bail, ensure};
use domain::Sku;
use inventory::{Count, Said, UntoldMovement};
use jiff::Timestamp;
use reqwest::{Client, Url, redirect};
use serde::Deserialize;
use std::{collections::BTreeSet, fs::File, path::Path, time::Duration};

/// The key for the list, if it wants one. From the environment: what stands on a command line everyone on the
/// machine can read.
const KEY: &str = "VITRINE_WMS_KEY";
/// The list may take so long to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A warehouse's list, as its software gives it.
#[derive(Deserialize)]
struct List {
    source: String,
    as_of: Timestamp,
    /// It is all that lies in these.
    #[serde(default)]
    warehouses: Vec<String>,
    levels: Vec<Level>,
    /// What is in the numbers and may not have been told to us yet.
    #[serde(default)]
    untold: Vec<Untold>,
}

#[derive(Deserialize)]
struct Level {
    warehouse: String,
    sku: Sku,
    on_hand: i64,
}

#[derive(Deserialize)]
struct Untold {
    external_id: String,
    #[serde(flatten)]
    adds: Level,
}

/// The list that the software of a warehouse gives of itself.
pub async fn fetched(url: Url) -> anyhow::Result<Said> {
    let client = Client::builder().timeout(PATIENCE).redirect(redirect::Policy::none()).no_proxy();
    let mut asked = client.build()?.get(url.clone());
    if let Ok(key) = std::env::var(KEY) {
        asked = asked.bearer_auth(key);
    }
    let list: List = async { asked.send().await?.error_for_status()?.json().await }
        .await
        .map_err(reqwest::Error::without_url)
        .with_context(|| format!("{url} does not give a list of what lies there"))?;
    let untold = list.untold.into_iter().map(|Untold { external_id, adds }| UntoldMovement {
        external_id,
        warehouse: adds.warehouse,
        sku: adds.sku.to_string(),
        adds: adds.on_hand,
    });
    Ok(Said {
        source: list.source,
        as_of: list.as_of,
        levels: counts(list.levels)?,
        complete: list.warehouses,
        untold: untold.collect(),
    })
}

/// What was counted at an instant, from a file in the columns of `vitrine import stock`. What is not in it was
/// not counted.
pub fn read(file: &Path, source: String, as_of: Timestamp) -> anyhow::Result<Said> {
    let opened =
        File::open(file).with_context(|| format!("{} cannot be opened", file.display()))?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(opened);
    let mut levels = Vec::new();
    for (row, line) in reader.deserialize::<Level>().zip(2..) {
        // Half a list would be compared as if it were the whole one.
        levels.push(row.with_context(|| format!("line {line} of {}", file.display()))?);
    }
    let levels = counts(levels)?;
    Ok(Said { source, as_of, levels, complete: Vec::new(), untold: Vec::new() })
}

fn counts(levels: Vec<Level>) -> anyhow::Result<Vec<Count>> {
    let mut seen = BTreeSet::new();
    for Level { warehouse, sku, on_hand } in &levels {
        ensure!(*on_hand >= 0, "{sku} in {warehouse}: {on_hand} pieces cannot lie there");
        if !seen.insert((warehouse, sku.as_str())) {
            bail!("{sku} in {warehouse} is in the list twice");
        }
    }
    let count =
        |Level { warehouse, sku, on_hand }| Count { warehouse, sku: sku.to_string(), on_hand };
    Ok(levels.into_iter().map(count).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(warehouse: &str, on_hand: i64) -> Level {
        Level { warehouse: warehouse.to_owned(), sku: Sku::parse("LAMP").unwrap(), on_hand }
    }

    #[test]
    fn a_list_that_contradicts_itself_or_the_world_is_refused() {
        assert_eq!(counts(vec![level("berlin", 1), level("lyon", 0)]).unwrap().len(), 2);
        let twice = counts(vec![level("berlin", 1), level("berlin", 2)]).unwrap_err();
        assert!(twice.to_string().contains("LAMP in berlin is in the list twice"), "{twice}");
        let fewer = counts(vec![level("berlin", -1)]).unwrap_err();
        assert!(fewer.to_string().contains("-1 pieces cannot lie there"), "{fewer}");
    }
}
