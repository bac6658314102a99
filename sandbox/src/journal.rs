//! The durable file: one JSON record a line, appended, synced to disk, and read again at start.
//!
//! Whoever appends gets a [`Position`] at once and may change memory; nothing may leave the
//! process before [`Journal::settled`] has said that the position is on the disk. One thread does
//! the writing and takes all that is waiting in one write and one sync, so that many changes at
//! once cost little more than one.
//!
//! A process that dies in the middle of a write leaves a last line without an end: that line was
//! never answered for, and is cut off. Anything else that cannot be read stops the start, because
//! guessing about money or goods is worse than not starting. What the records mean is not known here.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

/// Most bytes that one write takes together.
const BATCH_BYTES: usize = 1 << 20;

/// How many records were appended up to and including one; 0 is the state at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(u64);

impl Position {
    /// What was there when the file was opened, and is therefore on the disk.
    pub const START: Self = Self(0);
}

/// Why the file cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file system refuses.
    #[error("the state file {path} cannot be opened: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process has it.
    #[error("the state file {path} is in use by another process")]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// A complete line is not a record.
    #[error("line {line} of the state file {path} cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// The disk refused; from then on nothing can be promised.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the state file cannot be written")]
pub struct Unwritable;

/// The open file of one kind of records. Dropping it writes what is waiting and gives the file free.
#[derive(Debug)]
pub struct Journal<R> {
    /// `None` only while the journal is being dropped.
    inbox: Option<Mutex<Inbox>>,
    durable: watch::Receiver<Durable>,
    writer: Option<JoinHandle<()>>,
    records: PhantomData<fn(R)>,
}

#[derive(Debug)]
struct Inbox {
    lines: mpsc::Sender<Vec<u8>>,
    tail: u64,
}

#[derive(Debug, Clone, Copy)]
enum Durable {
    UpTo(u64),
    Failed,
}

impl<R: Serialize + DeserializeOwned> Journal<R> {
    /// Opens or creates the file and reads what is in it.
    ///
    /// # Errors
    /// The file cannot be opened, is in use, or holds something that is not a record.
    pub fn open(path: &Path) -> Result<(Self, Vec<R>), OpenError> {
        let refused = |source| OpenError::Io { path: path.to_owned(), source };
        let mut file = create(path).map_err(refused)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => OpenError::InUse { path: path.to_owned() },
            TryLockError::Error(source) => refused(source),
        })?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(refused)?;
        let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |end| end + 1);
        if whole < bytes.len() {
            tracing::warn!(
                torn_bytes = bytes.len() - whole,
                "the last line of the state file was not finished and is cut off"
            );
            file.set_len(whole as u64).map_err(refused)?;
            file.sync_all().map_err(refused)?;
        }
        let records = read(path, &bytes[..whole])?;

        let journal = Self::over(file).map_err(refused)?;
        Ok((journal, records))
    }

    /// Writes to the end of this file from now on.
    fn over(mut file: File) -> io::Result<Self> {
        let (lines, waiting) = mpsc::channel();
        let (publish, durable) = watch::channel(Durable::UpTo(0));
        let writer = thread::Builder::new()
            .name("journal".into())
            .spawn(move || write(&mut file, &waiting, &publish))?;
        Ok(Self {
            inbox: Some(Mutex::new(Inbox { lines, tail: 0 })),
            durable,
            writer: Some(writer),
            records: PhantomData,
        })
    }

    /// Hands a record to the writer. Records reach the file in the order of these calls.
    ///
    /// # Errors
    /// The record is not JSON, or the file could not be written before.
    pub fn append(&self, record: &R) -> Result<Position, Unwritable> {
        let mut line = serde_json::to_vec(record).map_err(|error| {
            tracing::error!(%error, "a record cannot be written as JSON");
            Unwritable
        })?;
        line.push(b'\n');
        let mut inbox = self.inbox()?.lock().unwrap_or_else(PoisonError::into_inner);
        inbox.lines.send(line).map_err(|_| Unwritable)?;
        inbox.tail += 1;
        Ok(Position(inbox.tail))
    }

    /// Whether the disk has taken everything so far.
    pub fn is_writable(&self) -> bool {
        matches!(*self.durable.borrow(), Durable::UpTo(_))
    }

    /// The position of the last record handed over, on the disk or not.
    pub fn tail(&self) -> Position {
        self.inbox().map_or(Position::START, |inbox| {
            Position(inbox.lock().unwrap_or_else(PoisonError::into_inner).tail)
        })
    }

    /// Waits until everything up to `position` is on the disk.
    ///
    /// # Errors
    /// The disk refused.
    pub async fn settled(&self, position: Position) -> Result<(), Unwritable> {
        let mut durable = self.durable.clone();
        let state = durable
            .wait_for(|state| match state {
                Durable::UpTo(written) => *written >= position.0,
                Durable::Failed => true,
            })
            .await
            .map_err(|_| Unwritable)?;
        match *state {
            Durable::UpTo(_) => Ok(()),
            Durable::Failed => Err(Unwritable),
        }
    }

    fn inbox(&self) -> Result<&Mutex<Inbox>, Unwritable> {
        self.inbox.as_ref().ok_or(Unwritable)
    }
}

impl<R> Drop for Journal<R> {
    fn drop(&mut self) {
        // Without a sender the writer finishes what is waiting and ends.
        self.inbox = None;
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the writer of the state file ended abnormally");
        }
    }
}

/// Opens the file for its owner alone, with the folders above it, and makes its name durable.
fn create(path: &Path) -> io::Result<File> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder)?;
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    File::open(folder)?.sync_all()?;
    Ok(file)
}

fn read<R: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<Vec<R>, OpenError> {
    bytes
        .split(|b| *b == b'\n')
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
        .map(|(index, line)| {
            serde_json::from_slice(line).map_err(|source| OpenError::Unreadable {
                path: path.to_owned(),
                line: index + 1,
                source,
            })
        })
        .collect()
}

/// Writes what comes in until nobody can send any more, or the disk refuses.
fn write(file: &mut File, waiting: &mpsc::Receiver<Vec<u8>>, publish: &watch::Sender<Durable>) {
    let mut written = 0;
    while let Ok(mut batch) = waiting.recv() {
        written += 1;
        while batch.len() < BATCH_BYTES {
            let Ok(line) = waiting.try_recv() else { break };
            batch.extend_from_slice(&line);
            written += 1;
        }
        if let Err(error) = file.write_all(&batch).and_then(|()| file.sync_data()) {
            tracing::error!(%error, "the state file cannot be written; nothing is answered any more");
            publish.send_replace(Durable::Failed);
            return;
        }
        publish.send_replace(Durable::UpTo(written));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_is_promised_any_more_once_the_disk_refuses() {
        // Opened for reading only: every write to it fails.
        let file = File::open(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
        let journal = Journal::<u32>::over(file.unwrap()).unwrap();
        assert!(journal.is_writable());
        let position = journal.append(&1).unwrap();
        assert_eq!(journal.settled(position).await, Err(Unwritable));
        assert_eq!(journal.settled(Position::START).await, Err(Unwritable));
        assert!(!journal.is_writable());
        let later = match journal.append(&1) {
            Ok(position) => journal.settled(position).await,
            Err(unwritable) => Err(unwritable),
        };
        assert_eq!(later, Err(Unwritable));
    }
}
