//! Pages that are in no cache: nodes that keep nothing in memory and count whatever the shared cache has
//! as stale, so that every request is a render with all that belongs to it. One of them has the large
//! catalogue, the other a small one of the same make, in a database of its own.

use crate::{
    nodes::Node,
    standing::{vitrine, vitrine_with},
};
use anyhow::{Context, ensure};
use std::path::Path;

/// Products of the small catalogue.
pub const SMALL: u32 = 1_000;
/// Pages of a list that the small catalogue has in each category at the root.
const PAGES: u32 = 4;
const SORTS: [&str; 4] = ["name", "price-up", "price-down", "newest"];

/// Both nodes.
pub struct Cold {
    /// The one with the store's own catalogue.
    pub large: Node,
    /// The one with the small one.
    pub small: Node,
}

impl Cold {
    /// Starts both, at this port and the next; the small catalogue is made if it is not there.
    ///
    /// # Errors
    /// A command fails, or a node does not become ready.
    pub async fn start(release: &Path, mongodb: &str, port: u16) -> anyhow::Result<Self> {
        let (server, rest) = mongodb.rsplit_once('/').context("MongoDB's URL names no database")?;
        let options = rest.split_once('?').map(|(_, options)| format!("?{options}"));
        let other = format!("{server}/bench_small{}", options.unwrap_or_default());
        let apart = [("MONGODB_URL", other.as_str()), ("VITRINE__REDIS__NAMESPACE", "bench-small")];
        vitrine_with(release, &["migrate"], &apart).await?;
        let products = SMALL.to_string();
        vitrine_with(release, &["seed", "--products", &products], &apart).await?;
        let forgetful =
            [("VITRINE__EDGE__MEMORY_MEGABYTES", "0"), ("VITRINE__EDGE__FRESH_SECONDS", "0")];
        let large = Node::start(release, port, &forgetful).await?;
        let small = Node::start(release, port + 1, &[&apart[..], &forgetful].concat()).await?;
        Ok(Self { large, small })
    }
}

/// Lists that both catalogues have: of each of these categories at the root the first pages, in each
/// order.
///
/// # Errors
/// There are none.
pub fn lists(categories: &[String]) -> anyhow::Result<Vec<String>> {
    let roots = categories
        .iter()
        .filter(|path| path.strip_prefix("/c/seed-").is_some_and(|rest| !rest.contains('/')));
    let lists: Vec<String> = roots
        .flat_map(|root| {
            (1..=PAGES).flat_map(move |page| {
                SORTS.iter().map(move |sort| format!("{root}?page={page}&sort={sort}"))
            })
        })
        .collect();
    ensure!(!lists.is_empty(), "no category was made up");
    Ok(lists)
}

/// Sees to it that the catalogue has so many products; answers how many had to be made up.
///
/// # Errors
/// The command fails.
pub async fn seed(release: &Path, products: u32) -> anyhow::Result<u32> {
    let told = vitrine(release, &["seed", "--products", &products.to_string()]).await?;
    let made = told.lines().find_map(|line| line.split_once(" products stored")?.0.parse().ok());
    made.with_context(|| format!("seed does not tell what it has done: {told}"))
}
