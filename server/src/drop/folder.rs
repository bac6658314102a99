//! What lies in the folder.

use connectors::Connector;
use std::{
    collections::BTreeSet,
    fs::{self, Metadata},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// Where files lie that are being worked on.
pub const TAKING: &str = "taking";
/// What stands between the id of a file that is being worked on and its own name.
pub const AFTER_ID: char = '+';

/// The longest name of a document in bytes: with what is put before and behind it, it is a file's still.
const LONGEST_NAME: usize = 200;

/// The folder, with a folder for each source.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
    /// What was said already.
    said: BTreeSet<Remark>,
}

/// A file that waits to be taken in.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Whose it is.
    pub source: String,
    /// What it is called.
    pub name: String,
    /// Where it is now.
    pub path: PathBuf,
    /// What reads it.
    pub connector: &'static dyn Connector,
    /// Whether somebody has begun with it already.
    pub is_begun: bool,
    /// How it looks from outside.
    pub seen: Seen,
}

/// How a file looks from outside: of one that is being written it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Its length in bytes.
    pub bytes: u64,
    changed: (i64, i64),
    which: (u64, u64),
}

impl From<&Metadata> for Seen {
    fn from(metadata: &Metadata) -> Self {
        Self {
            bytes: metadata.len(),
            changed: (metadata.mtime(), metadata.mtime_nsec()),
            which: (metadata.dev(), metadata.ino()),
        }
    }
}

/// Something that is not taken in, and why.
pub type Remark = (PathBuf, &'static str);

impl Folder {
    /// This one.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), said: BTreeSet::new() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What waits in it, by source and name, and what is left lying.
    pub fn look(&self) -> io::Result<(Vec<Waiting>, BTreeSet<Remark>)> {
        let (mut waiting, mut remarks) = (Vec::new(), BTreeSet::new());
        for (name, path, metadata) in entries(&self.path)? {
            if !metadata.is_dir() {
                remarks.insert((path, "documents lie in a folder of their source's, not here"));
                continue;
            }
            // As the API has it: what can stand in a log and in an address.
            let fits = inventory::told::is_source(&name)
                && name.bytes().all(|byte| byte.is_ascii_graphic());
            if !fits {
                remarks.insert((path, "no source may have this name"));
                continue;
            }
            let mut found = Found { source: &name, waiting: &mut waiting, remarks: &mut remarks };
            // A source whose folder is closed to us keeps no other.
            if found.look_into(&path).is_err() {
                remarks.insert((path, "it cannot be looked into"));
            }
        }
        Ok((waiting, remarks))
    }

    /// Says what is left lying, each thing once while it lies there.
    pub fn remark(&mut self, remarks: BTreeSet<Remark>) {
        for (path, why) in remarks.difference(&self.said) {
            tracing::warn!(path = %path.display(), why, "something in the folder of documents is not taken in");
        }
        self.said = remarks;
    }
}

struct Found<'a> {
    source: &'a str,
    waiting: &'a mut Vec<Waiting>,
    remarks: &'a mut BTreeSet<Remark>,
}

impl Found<'_> {
    fn look_into(&mut self, folder: &Path) -> io::Result<()> {
        self.look(folder, false)?;
        let taking = folder.join(TAKING);
        match fs::symlink_metadata(&taking) {
            Ok(metadata) if metadata.is_dir() => self.look(&taking, true)?,
            Ok(_) => drop(self.remarks.insert((taking, "this has to be a folder"))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn look(&mut self, folder: &Path, is_begun: bool) -> io::Result<()> {
        for (name, path, metadata) in entries(folder)? {
            let name = match name.split_once(AFTER_ID) {
                Some((_, name)) if is_begun => name.to_owned(),
                _ => name,
            };
            let connector = connectors::for_file(&name);
            match connector {
                _ if metadata.is_dir() => {}
                // Neither links, which may lead anywhere, nor pipes and the like, which never end.
                _ if !metadata.is_file() => {
                    self.remarks.insert((path, "it is no file of its own"));
                }
                _ if name.len() > LONGEST_NAME => {
                    self.remarks.insert((path, "its name is too long"));
                }
                None => drop(self.remarks.insert((path, "its name belongs to no format"))),
                Some(connector) => self.waiting.push(Waiting {
                    source: self.source.to_owned(),
                    name,
                    path,
                    connector,
                    is_begun,
                    seen: Seen::from(&metadata),
                }),
            }
        }
        Ok(())
    }
}

/// What a folder holds, by name, without what is hidden, what its writer calls unfinished and what has a name that is no
/// text.
fn entries(folder: &Path) -> io::Result<Vec<(String, PathBuf, Metadata)>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with('.') {
            continue;
        }
        // Of a link its own, not of what it leads to. Gone meanwhile: then it is not there.
        match entry.metadata() {
            Ok(metadata) if !metadata.is_dir() && is_unfinished(&name) => {}
            Ok(metadata) => entries.push((name, entry.path(), metadata)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    entries.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(entries)
}

/// Whether whoever writes it will give it another name when it is whole.
fn is_unfinished(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|end| end.eq_ignore_ascii_case("part"))
}
