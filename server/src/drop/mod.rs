//! The folder that documents are dropped into: `FOLDER/SOURCE/receipts.csv`. A worker with the role `drop` takes each of
//! them in when it is whole, tells what stands in it, and puts it away with what became of it:
//!
//! ```text
//! wms-lyon/                    one folder for each source, named after it
//!   receipts.csv               dropped: not touched before it has been the same for a while
//!   taking/ID+receipts.csv     being worked on, or left by a worker that was lost: the next one goes on with it
//!   done/receipts.HASH.csv     told, with receipts.HASH.answers.csv beside it
//!   refused/receipts.HASH.csv  not told, with receipts.HASH.reasons.txt or the answers beside it
//! ```
//!
//! A worker may be lost at any point: the file is taken again, and what was told already is not told again. Several
//! workers share the work by a lock on the file that ends with its holder. Where a lock is none (some network file
//! systems) they do twice what does no harm twice.

mod folder;
mod quiet;
mod shelf;

use crate::config;
use anyhow::Context;
use connectors::{Connector, DeliverError, Delivered, Document, Fault, Policy, Tally};
use folder::{Folder, Waiting};
use inventory::{Inventory, Mode, UnknownSkus};
use quiet::Quiet;
use shelf::{Taken, Where};
use std::{path::Path, time::Duration};
use tokio_util::sync::CancellationToken;

/// How often the folder is looked into.
const EVERY: Duration = Duration::from_secs(1);
/// And after something went wrong that may go right again.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// What takes documents out of the folder.
pub struct DropFolder {
    folder: Folder,
    quiet: Quiet,
    most_bytes: u64,
    policy: Policy,
    inventory: Inventory,
}

impl DropFolder {
    /// For this folder, as it is configured.
    pub fn new(folder: &Path, settings: &config::DropFolder, inventory: Inventory) -> Self {
        let policy = Policy {
            mode: match settings.mode {
                config::Mode::Each => Mode::Each,
                config::Mode::All => Mode::All,
            },
            unknown: match settings.new_skus {
                config::NewSkus::Refuse => UnknownSkus::Refuse,
                config::NewSkus::Open => UnknownSkus::Open,
            },
        };
        Self {
            folder: Folder::new(folder),
            quiet: Quiet::new(Duration::from_secs(settings.quiet_seconds)),
            most_bytes: settings.max_megabytes * 1024 * 1024,
            policy,
            inventory,
        }
    }

    /// Takes in what comes until it is asked to stop; a document that was begun is finished.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let pause = match self.round(&stop).await {
                Ok(Taking::AllWell) => EVERY,
                Ok(Taking::SomeFailed) => AFTER_FAILURE,
                Err(error) => {
                    let error = format!("{error:#}");
                    tracing::warn!(error, "the folder of documents will be looked into again");
                    AFTER_FAILURE
                }
            };
            stop.run_until_cancelled(tokio::time::sleep(pause)).await;
        }
    }

    /// Takes in all that is whole by now, source by source, by name.
    async fn round(&mut self, stop: &CancellationToken) -> anyhow::Result<Taking> {
        let Self { folder, quiet, .. } = self;
        let there = folder.clone();
        let looked = blocking(move || there.look()).await;
        let (waiting, remarks) =
            looked.with_context(|| format!("{} cannot be looked into", folder.path().display()))?;
        folder.remark(remarks);
        let mut went = Taking::AllWell;
        for waiting in quiet.are_whole(waiting) {
            if stop.is_cancelled() {
                break;
            }
            // One that cannot be taken keeps no other.
            if let Err(error) = self.take(&waiting).await {
                let (error, file) = (format!("{error:#}"), waiting.path.display());
                tracing::warn!(error, %file, "a document could not be taken in and will be tried again");
                went = Taking::SomeFailed;
            }
        }
        Ok(went)
    }

    async fn take(&self, waiting: &Waiting) -> anyhow::Result<()> {
        let (waiting, most) = (waiting.clone(), self.most_bytes);
        let Some(mut taken) = blocking(move || Taken::take(&waiting, most)).await? else {
            // Somebody else has it, or it is still being written.
            return Ok(());
        };
        let connector = taken.connector;
        let (to, words) = match taken.bytes.take() {
            None => {
                let words = format!("A document has {} bytes at most here.", self.most_bytes);
                (Where::Refused, reasons(&[Fault::new("", "too_large", words)]))
            }
            Some(bytes) => {
                let (source, name) = (taken.source.as_str(), taken.name.as_str());
                let document = Document { source, name, bytes: &bytes };
                match connectors::deliver(&self.inventory, connector, &document, self.policy).await
                {
                    Ok(delivered) => self.answers(&taken, connector, &delivered),
                    Err(DeliverError::Unreadable(faults)) => {
                        tracing::warn!(
                            source,
                            file = name,
                            wrong = faults.len(),
                            "a document cannot be read"
                        );
                        (Where::Refused, reasons(&faults))
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        };
        blocking(move || taken.put_away(to, &words)).await?;
        Ok(())
    }

    /// Where a document goes of which this became, and what is put beside it.
    fn answers(
        &self,
        taken: &Taken,
        connector: &dyn Connector,
        delivered: &Delivered,
    ) -> (Where, Beside) {
        let Tally { applied, refused, skipped } = delivered.tally();
        let (source, file) = (&taken.source, &taken.name);
        tracing::info!(source, file, applied, refused, skipped, "a document was taken in");
        let is_told = self.policy.mode == Mode::Each || delivered.all_movements_are_in();
        let to = if is_told { Where::Done } else { Where::Refused };
        (to, Beside { ends: connector.answers_end(), bytes: connector.answer(delivered) })
    }
}

/// How it went with what was there.
enum Taking {
    AllWell,
    SomeFailed,
}

/// What is put beside a document.
struct Beside {
    ends: &'static str,
    bytes: Vec<u8>,
}

/// Why a document was refused as a whole: a line for each reason, with place, code and words.
fn reasons(faults: &[Fault]) -> Beside {
    let line = |fault: &Fault| format!("{}\t{}\t{}\n", fault.place, fault.code, fault.words);
    let bytes = faults.iter().map(line).collect::<String>().into_bytes();
    Beside { ends: ".reasons.txt", bytes }
}

/// Files are no business of the threads that serve everybody.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    Ok(tokio::task::spawn_blocking(work).await??)
}
