//! The trial of memory: a node that has served some pages is asked for thousands of others, each once,
//! and its memory grows by what it keeps of them.

use crate::{
    nodes::Node,
    standing::{self, Standing, vitrine},
    trial::{Figure, Trial, Unit},
    turns::Pages,
};
use anyhow::{Context, ensure};
use std::{fs, path::Path};

/// How many pages there are in all.
pub const PAGES: usize = FIRST + 20_000;
/// Asked for at first, so that what a node needs to work at all is there before.
const FIRST: usize = 500;
/// Connections that ask.
const WORKERS: usize = 16;

/// Fills the memory of a node of its own, at this port, with these pages; every one is rendered.
///
/// # Errors
/// A page does not come, or the node does not have room for them.
pub async fn trial(release: &Path, port: u16, paths: &[String]) -> anyhow::Result<Trial> {
    // What the shared cache has is stale from now on.
    vitrine(release, &["cache", "purge", "--all"]).await?;
    let names = standing::of_nodes(release).await?;
    let node = Node::start(release, port, &[("VITRINE__EDGE__MEMORY_MEGABYTES", "1024")]).await?;
    let (first, others) = paths.split_at_checked(FIRST).context("too few pages")?;
    Pages::new(&node.url, first)?.each_once(WORKERS).await?;
    let standing = async || -> anyhow::Result<(Standing, f64)> {
        let nodes = standing::of_nodes(release).await?;
        let new = nodes.into_iter().find(|(name, _)| !names.contains_key(name));
        let (_, standing) = new.context("the new node does not tell how it stands")?;
        Ok((standing, private_bytes(node.program().pid)?))
    };
    let (before, held_before) = standing().await?;
    let pages = Pages::new(&node.url, others)?;
    pages.each_once(WORKERS).await?;
    let (after, held) = standing().await?;
    let count = others.len() as f64;
    ensure!(after.pages >= paths.len() as u64, "only {} pages are in memory", after.pages);
    let bodies = pages.lengths().iter().sum::<usize>() as f64;
    let counted = (after.mebibytes - before.mebibytes) * f64::from(1 << 20);
    let grown = held - held_before;
    use Unit::{Bytes, Times};
    Ok(Trial {
        name: format!("Memory of a node with {count} more pages, rendered and asked for in Brotli"),
        figures: vec![
            Figure::new("what was sent of a page", bodies / count, Bytes),
            Figure::new("what the node says that a page takes", counted / count, Bytes),
            Figure::new("what its memory grew by for a page", grown / count, Bytes),
            Figure::new("its memory's growth beside what was sent", grown / bodies, Times)
                .at_most(1.5),
            Figure::new("its memory's growth beside what it says", grown / counted, Times),
        ],
    })
}

/// The memory that a process has for itself alone.
fn private_bytes(pid: u32) -> anyhow::Result<f64> {
    let path = format!("/proc/{pid}/smaps_rollup");
    let text = fs::read_to_string(&path).with_context(|| format!("{path} cannot be read"))?;
    let lines = text.lines().filter_map(|line| line.strip_prefix("Private_Dirty:"));
    let kibibytes = lines.filter_map(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    Ok(kibibytes.sum::<f64>() * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_takes_in_grows_its_memory() {
        let pid = std::process::id();
        let before = private_bytes(pid).unwrap();
        let block = vec![1_u8; 64 << 20];
        let grown = private_bytes(pid).unwrap() - before;
        assert!(grown >= block.len() as f64 * 0.9, "{grown}");
    }
}
