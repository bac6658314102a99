//! How the nodes of the store stand, by what `vitrine cache stats` tells.

use anyhow::{Context, ensure};
use std::{collections::BTreeMap, path::Path, process::Stdio, time::Duration};
use tokio::{process::Command, time::sleep};

/// A node tells of itself twice a second.
const TOLD_WITHIN: Duration = Duration::from_millis(1_200);

/// What one node tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Pages in its memory.
    pub pages: u64,
    /// The MiB that they take, as it counts them.
    pub mebibytes: f64,
    /// How many pages it has rendered since it started.
    pub rendered: u64,
}

/// How each node stands, by its name, once all have told it anew.
///
/// # Errors
/// The command fails or tells it otherwise.
pub async fn of_nodes(release: &Path) -> anyhow::Result<BTreeMap<String, Standing>> {
    sleep(TOLD_WITHIN).await;
    parse(&vitrine(release, &["cache", "stats"]).await?)
}

/// Runs the store's binary to its end; what it prints.
///
/// # Errors
/// It fails.
pub async fn vitrine(release: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    vitrine_with(release, arguments, &[]).await
}

/// The same with some settings of its own.
///
/// # Errors
/// It fails.
pub async fn vitrine_with(
    release: &Path,
    arguments: &[&str],
    settings: &[(&str, &str)],
) -> anyhow::Result<String> {
    let done = Command::new(release.join("vitrine"))
        .args(arguments)
        .envs(settings.iter().copied())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .context("the store's binary cannot be run")?;
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "vitrine {arguments:?} failed: {told}{complaint}");
    Ok(told)
}

fn parse(table: &str) -> anyhow::Result<BTreeMap<String, Standing>> {
    let mut lines = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let heads = lines.next().context("no table")?;
    let column = |name| {
        let at = heads.iter().position(|head| *head == name);
        at.with_context(|| format!("the table of the nodes has no column {name}"))
    };
    let (node, pages) = (column("node")?, column("pages")?);
    let (mebibytes, rendered) = (column("MiB")?, column("rendered")?);
    let rows = lines.filter(|cells| cells.len() == heads.len());
    rows.map(|cells| {
        let standing = Standing {
            pages: cells[pages].parse()?,
            mebibytes: cells[mebibytes].parse()?,
            rendered: cells[rendered].parse()?,
        };
        anyhow::Ok((cells[node].to_owned(), standing))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_nodes_tell_is_found_by_its_columns() {
        let table = "node  pages  MiB  hit-local  rendered\n\
                     a     20     1.5  900        7\n\
                     1 nodes serve pages\n";
        let standing = Standing { pages: 20, mebibytes: 1.5, rendered: 7 };
        assert_eq!(parse(table).unwrap(), BTreeMap::from([("a".to_owned(), standing)]));
        assert!(parse("node pages\n").is_err());
    }
}
