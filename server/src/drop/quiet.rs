//! When a file is whole: nobody says so, but one that is being written changes.

use super::folder::{Seen, Waiting};
use std::{
    collections::HashMap,
    path::PathBuf,
    time::{Duration, Instant},
};

/// What each file looked like, and since when.
#[derive(Debug)]
pub struct Quiet {
    needed: Duration,
    seen: HashMap<PathBuf, (Seen, Instant)>,
}

impl Quiet {
    /// A file counts as whole when it has been the same for so long.
    pub fn new(needed: Duration) -> Self {
        Self { needed, seen: HashMap::new() }
    }

    /// Those of the files that are whole. One that somebody has begun with was.
    pub fn are_whole(&mut self, files: Vec<Waiting>) -> Vec<Waiting> {
        let now = Instant::now();
        let mut before = std::mem::take(&mut self.seen);
        let (mut whole, needed) = (Vec::new(), self.needed);
        for file in files {
            let since = match before.remove(&file.path) {
                Some((seen, since)) if seen == file.seen => since,
                _ => now,
            };
            self.seen.insert(file.path.clone(), (file.seen, since));
            if file.is_begun || now.duration_since(since) >= needed {
                whole.push(file);
            }
        }
        whole
    }
}
