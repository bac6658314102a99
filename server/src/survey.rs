//! Counting ahead what stands in the categories (see the catalogue's survey): after changes, beside
//! everything else, and never for more than a fifth of the time.

use crate::edge::{Purge, Purger};
use catalogue::{Catalogue, Error};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// After each survey there is none for so many times as long as it took.
const REST: u32 = 4;
/// A survey that failed is tried again after this time.
const AGAIN: Duration = Duration::from_secs(1);
/// The tag of which every node's memory of the categories hears; no page carries it.
pub const SHELVES: &str = "shelves";

/// What has to be surveyed. Cheap to clone.
#[derive(Clone, Default)]
pub struct Surveyor {
    wanted: Arc<Mutex<BTreeSet<String>>>,
    woken: Arc<Notify>,
}

impl Surveyor {
    /// Wants a survey of these categories.
    pub fn want(&self, paths: impl IntoIterator<Item = String>) {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).extend(paths);
        self.woken.notify_one();
    }

    /// Surveys what is wanted, until `stop`.
    pub async fn run(self, catalogue: Catalogue, pages: Purger, stop: CancellationToken) {
        while stop.run_until_cancelled(self.woken.notified()).await.is_some() {
            let wanted = {
                let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
                std::mem::take(&mut *wanted)
            };
            let begun = Instant::now();
            let rest = match survey(&catalogue, &pages, &wanted).await {
                Ok(()) => begun.elapsed() * REST,
                Err(error) => {
                    tracing::warn!(%error, "the categories will be surveyed again");
                    self.want(wanted);
                    AGAIN
                }
            };
            stop.run_until_cancelled(tokio::time::sleep(rest)).await;
        }
    }
}

/// What went wrong with a survey.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The catalogue.
    #[error(transparent)]
    Catalogue(#[from] Error),
    /// The pages' cache.
    #[error("the page cache: {0}")]
    Pages(#[from] redis::RedisError),
}

/// Surveys some categories and says to the pages which are other than they were.
async fn survey(
    catalogue: &Catalogue,
    pages: &Purger,
    paths: &BTreeSet<String>,
) -> Result<(), Failure> {
    let changed = catalogue.survey(paths).await?;
    if !changed.is_empty() {
        pages.purge(&tags(&changed), Purge::Soft).await?;
    }
    Ok(())
}

/// The categories of which some tags tell.
pub fn paths<'a>(tags: impl IntoIterator<Item = &'a String>) -> BTreeSet<String> {
    let path = |tag: &'a String| tag.strip_prefix("shelf:").or(tag.strip_prefix("category:"));
    tags.into_iter().filter_map(path).map(str::to_owned).collect()
}

/// The tags of the pages that show what a survey has found.
pub fn tags(changed: &[String]) -> Vec<String> {
    let at_the_root = changed.iter().any(|path| !path.contains('/'));
    let overviews = [SHELVES.to_owned()].into_iter().chain(at_the_root.then(|| "home".to_owned()));
    changed.iter().map(|path| format!("shelf:{path}")).chain(overviews).collect()
}
