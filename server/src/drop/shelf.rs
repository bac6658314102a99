//! A file that is taken in: it is moved aside first, so that one which comes meanwhile under its name is another one,
//! then read whole, and put away in the end.

use super::{
    Beside,
    folder::{AFTER_ID, Seen, TAKING, Waiting},
};
use connectors::Connector;
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};
use uuid::Uuid;

/// So many digits of a content's hash tell it from another one of the same name.
const DIGITS: usize = 12;

/// Where a file is put in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// It was told.
    Done,
    /// It was not.
    Refused,
}

impl Where {
    fn folder(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }
}

/// A file that nobody else works on while this value lives.
pub struct Taken {
    /// Whose it is.
    pub source: String,
    /// What it is called.
    pub name: String,
    /// What reads it.
    pub connector: &'static dyn Connector,
    /// What stands in it; nothing if that is too much.
    pub bytes: Option<Vec<u8>>,
    /// What tells it from another one of its name.
    tag: String,
    path: PathBuf,
    folder: PathBuf,
    _locked: File,
}

impl Taken {
    /// Takes a file and reads it; nothing if somebody else has it, or it changes still.
    pub fn take(waiting: &Waiting, most_bytes: u64) -> io::Result<Option<Self>> {
        let Some((folder, path)) = set_aside(waiting)? else { return Ok(None) };
        // A link that was put there since is not followed, and nobody is waited for who never comes.
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
        let Some(mut file) = unless_gone(options.open(&path))? else { return Ok(None) };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // Whoever had it before may have put it away before the lock was had.
        let Some(there) = unless_gone(fs::symlink_metadata(&path))? else { return Ok(None) };
        let opened = file.metadata()?;
        let seen = Seen::from(&opened);
        if !opened.is_file() || Seen::from(&there) != seen {
            return Ok(None);
        }
        // It was found whole as it was then: what has grown since is looked at again where it lies now.
        if seen != waiting.seen {
            return Ok(None);
        }
        let bytes =
            if seen.bytes > most_bytes { None } else { Some(whole(&mut file, seen.bytes)?) };
        if Seen::from(&file.metadata()?) != seen {
            return Ok(None);
        }
        let hash = match &bytes {
            Some(bytes) => Sha256::digest(bytes),
            None => Sha256::digest(format!("{seen:?}")),
        };
        let mut tag: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        tag.truncate(DIGITS);
        let Waiting { source, name, connector, .. } = waiting.clone();
        Ok(Some(Self { source, name, connector, bytes, tag, path, folder, _locked: file }))
    }

    /// Puts it away, with what became of it beside it. That is there first: who finds the file finds both.
    pub fn put_away(self, to: Where, beside: &Beside) -> io::Result<()> {
        let folder = real_folder(&self.folder, to.folder())?;
        let (stem, extension) = match self.name.rsplit_once('.') {
            Some((stem, extension)) => (stem, format!(".{extension}")),
            None => (self.name.as_str(), String::new()),
        };
        // The same name and content is the same document: one that lies there already may be written over.
        let named = |end: &str| folder.join(format!("{stem}.{}{end}", self.tag));
        let unfinished = folder.join(format!(".{}", Uuid::now_v7()));
        let mut file = File::create_new(&unfinished)?;
        file.write_all(&beside.bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, named(beside.ends))?;
        fs::rename(&self.path, named(&extension))
    }
}

/// Moves a file aside under a name that no other has; one that lies there already stays. Nothing if it is gone.
fn set_aside(waiting: &Waiting) -> io::Result<Option<(PathBuf, PathBuf)>> {
    let above = |path: &Path| path.parent().unwrap_or(Path::new(".")).to_owned();
    let folder = above(&waiting.path);
    if waiting.is_begun {
        return Ok(Some((above(&folder), waiting.path.clone())));
    }
    let id = Uuid::now_v7();
    let path = real_folder(&folder, TAKING)?.join(format!("{id}{AFTER_ID}{}", waiting.name));
    Ok(unless_gone(fs::rename(&waiting.path, &path))?.map(|()| (folder, path)))
}

/// A folder within this one, which is made if it is not there, and is no link to another one.
fn real_folder(within: &Path, name: &str) -> io::Result<PathBuf> {
    let folder = within.join(name);
    match fs::create_dir(&folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    match fs::symlink_metadata(&folder)?.is_dir() {
        true => Ok(folder),
        false => {
            let words = format!("{} has to be a folder", folder.display());
            Err(io::Error::new(io::ErrorKind::NotADirectory, words))
        }
    }
}

fn whole(file: &mut File, bytes: u64) -> io::Result<Vec<u8>> {
    let mut whole = Vec::new();
    // One more: then it is seen to have grown.
    file.take(bytes + 1).read_to_end(&mut whole)?;
    Ok(whole)
}

fn unless_gone<T>(tried: io::Result<T>) -> io::Result<Option<T>> {
    match tried {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drop::folder::Folder;

    #[test]
    fn a_file_that_has_grown_since_it_was_found_whole_is_not_taken() {
        let root = std::env::temp_dir().join(format!("vitrine-{}", Uuid::now_v7()));
        let source = root.join("wms");
        fs::create_dir_all(&source).unwrap();
        fs::write(source.join("receipts.csv"), "warehouse").unwrap();
        let look = || Folder::new(&root).look().unwrap().0.remove(0);
        let found = look();
        let mut writer = OpenOptions::new().append(true).open(&found.path).unwrap();
        writer.write_all(b",sku").unwrap();
        assert!(Taken::take(&found, 1_000).unwrap().is_none());
        // It was moved aside, and whoever writes it may go on there.
        let moved = look();
        assert!(moved.is_begun);
        writer.write_all(b"\n").unwrap();
        assert!(Taken::take(&moved, 1_000).unwrap().is_none());
        let taken = Taken::take(&look(), 1_000).unwrap().unwrap();
        assert_eq!(taken.bytes.as_deref(), Some(b"warehouse,sku\n".as_slice()));
        fs::remove_dir_all(root).unwrap();
    }
}
