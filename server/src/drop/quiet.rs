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

    /// Those of the files that are whole. One that somebody has begun with may not be: whoever writes it may hold it open
    /// still where it lies now.
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
            if now.duration_since(since) >= needed {
                whole.push(file);
            }
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drop::folder::Folder;
    use std::fs;

    #[test]
    fn a_file_that_somebody_has_begun_with_has_to_be_the_same_for_a_while_like_any_other() {
        let root = std::env::temp_dir().join(format!("vitrine-{}", uuid::Uuid::now_v7()));
        let taking = root.join("wms").join("taking");
        fs::create_dir_all(&taking).unwrap();
        fs::write(taking.join("1+receipts.csv"), "warehouse").unwrap();
        let look = || Folder::new(&root).look().unwrap().0;
        let mut quiet = Quiet::new(Duration::from_millis(50));
        let files = look();
        assert!(files[0].is_begun);
        assert!(quiet.are_whole(files).is_empty(), "nobody has looked at it twice");
        std::thread::sleep(Duration::from_millis(60));
        fs::write(taking.join("1+receipts.csv"), "warehouse,sku").unwrap();
        assert!(quiet.are_whole(look()).is_empty(), "it has grown");
        std::thread::sleep(Duration::from_millis(60));
        assert_eq!(quiet.are_whole(look()).len(), 1);
        fs::remove_dir_all(root).unwrap();
    }
}
