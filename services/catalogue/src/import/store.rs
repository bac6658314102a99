//! The second half of every import: pictures are finished several at a time, products are stored
//! one after the other in the file's order, so that the later of two that collide is the one that
//! is rejected.

use super::{Entry, ImportError, Item, MediaSource, Progress, Reason, Report, named::Named};
use crate::{
    Catalogue, CategoryDraft, CategoryPath, Outcome, Upsert, WriteError,
    media::{MAX_ORIGINAL_BYTES, MediaError, MediaItem, MediaStore, PhotoCredit},
};
use bytes::Bytes;
use futures::{StreamExt, stream};
use std::{
    collections::{BTreeMap, HashSet},
    io,
    path::{Component, Path, PathBuf},
};

/// Pictures that are worked on at once; the media store itself encodes no more than there are cores.
const AT_ONCE: usize = 8;

/// Where an import takes its pictures from, and where everything goes.
pub(super) struct Shelves<'a> {
    pub catalogue: &'a Catalogue,
    pub media: &'a MediaStore,
    /// The folder of pictures.
    pub assets: &'a Path,
}

/// A line whose pictures are finished, or why they are not.
type Finished = Result<Result<Item<MediaItem>, Reason>, ImportError>;

impl Shelves<'_> {
    /// Stores all entries; what becomes of each goes into the report.
    pub async fn store(
        &self,
        entries: Vec<Entry>,
        mut report: Report,
        progress: &mut dyn Progress,
    ) -> Result<Report, ImportError> {
        progress.begin(entries.len() as u64);
        let (mut known, mut named) = (HashSet::new(), Named::default());
        let pictures = |entry: Entry| {
            let Entry { line, item, categories, stock } = entry;
            let (media, assets) = (self.media.clone(), self.assets.to_owned());
            async move { (line, categories, stock, finished(item, media, assets).await) }
        };
        let mut finished = stream::iter(entries).map(pictures).buffered(AT_ONCE);
        while let Some((line, categories, stock, item)) = finished.next().await {
            let item = match item? {
                Ok(item) => item,
                Err(reason) => {
                    report.reject(line, reason);
                    progress.done("");
                    continue;
                }
            };
            self.make_missing(&categories, &mut known, &mut report).await?;
            match self.put(line, &item, &mut named).await? {
                Ok(upsert) => {
                    count(&mut report, &item, upsert);
                    report.stock.extend(stock);
                }
                Err(reason) => report.reject(line, reason),
            }
            progress.done(name(&item));
        }
        report.rejected.sort_by_key(|rejected| rejected.line);
        report.notes.sort_by_key(|note| note.line);
        Ok(report)
    }

    /// Stores what a line holds, unless it is a product that an earlier line has stored.
    async fn put(
        &self,
        line: u64,
        item: &Item<MediaItem>,
        named: &mut Named,
    ) -> Result<Result<Upsert, Reason>, ImportError> {
        let stored = match item {
            Item::Product(draft) => {
                if let Err(reason) = named.check(draft) {
                    return Ok(Err(reason));
                }
                let stored = self.catalogue.upsert_product(draft).await;
                stored.inspect(|_| named.note(line, draft))
            }
            Item::Category(draft) => self.catalogue.upsert_category(draft).await,
        };
        match stored {
            Ok(upsert) => Ok(Ok(upsert)),
            Err(WriteError::Refused(fault)) => Ok(Err(fault.into())),
            Err(WriteError::Contended) => Ok(Err(Reason::Contended)),
            Err(WriteError::Database(error)) => Err(error.into()),
        }
    }

    /// Makes the categories that are not there; those that are there keep the name, place and picture
    /// that the merchant has given them meanwhile.
    async fn make_missing(
        &self,
        categories: &[(CategoryPath, String)],
        known: &mut HashSet<CategoryPath>,
        report: &mut Report,
    ) -> Result<(), ImportError> {
        for (path, name) in categories {
            if known.contains(path) || self.catalogue.has_category(path).await? {
                known.insert(path.clone());
                continue;
            }
            let locale = self.catalogue.market().locale.clone();
            let draft = CategoryDraft {
                path: path.clone(),
                names: BTreeMap::from([(locale, name.clone())]),
                descriptions: BTreeMap::new(),
                position: None,
                picture: None,
            };
            match self.catalogue.upsert_category(&draft).await {
                Ok(upsert) => {
                    report.categories_created += 1;
                    report.touched.extend(upsert.touched.tags());
                }
                Err(WriteError::Database(error)) => return Err(error.into()),
                // The product that needs it is refused for want of it.
                Err(WriteError::Refused(_) | WriteError::Contended) => continue,
            }
            known.insert(path.clone());
        }
        Ok(())
    }
}

fn count(report: &mut Report, item: &Item<MediaItem>, upsert: Upsert) {
    match (item, upsert.outcome) {
        (Item::Product(_), Outcome::Created) => report.created += 1,
        (Item::Product(_), Outcome::Updated) => report.updated += 1,
        (Item::Product(_), Outcome::Unchanged) => report.unchanged += 1,
        (Item::Category(_), Outcome::Created) => report.categories_created += 1,
        (Item::Category(_), _) => {}
    }
    if upsert.outcome != Outcome::Unchanged {
        report.touched.extend(upsert.touched.tags());
    }
}

fn name(item: &Item<MediaItem>) -> &str {
    match item {
        Item::Product(draft) => draft.translations.values().next().map_or("", |text| &text.name),
        Item::Category(draft) => draft.path.as_str(),
    }
}

async fn finished(item: Item, media: MediaStore, assets: PathBuf) -> Finished {
    match item {
        Item::Product(mut draft) => {
            let mut items = Vec::new();
            for source in std::mem::take(&mut draft.media) {
                match picture(source, &media, &assets).await? {
                    Ok(item) => items.push(item),
                    Err(reason) => return Ok(Err(reason)),
                }
            }
            Ok(Ok(Item::Product(draft.with_media(items))))
        }
        Item::Category(mut draft) => {
            let Some(source) = draft.picture.take() else {
                return Ok(Ok(Item::Category(draft.with_picture(None))));
            };
            let item = picture(source, &media, &assets).await?;
            Ok(item.map(|item| Item::Category(draft.with_picture(Some(item)))))
        }
    }
}

async fn picture(
    source: MediaSource,
    media: &MediaStore,
    assets: &Path,
) -> Result<Result<MediaItem, Reason>, ImportError> {
    let MediaSource { file, alt, credit } = source;
    let inside = |part: Component<'_>| matches!(part, Component::Normal(_));
    if file.is_empty() || !Path::new(&file).components().all(inside) {
        return Ok(Err(Reason::FileName(file)));
    }
    let original = match original(&assets.join(&file)).await {
        Ok(original) => original,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Err(Reason::FileMissing(file)));
        }
        Err(error) => return Ok(Err(Reason::Picture { file, reason: error.to_string() })),
    };
    let file_name = file.rsplit('/').next().unwrap_or(&file);
    match media.add(file_name, original).await {
        Ok(rendition) => {
            let credit = credit.or_else(|| PhotoCredit::of_file_name(file_name));
            Ok(Ok(MediaItem { rendition, alt, credit }))
        }
        Err(error @ MediaError::Store(_)) => Err(ImportError::Media(error)),
        Err(error) => Ok(Err(Reason::Picture { file, reason: error.to_string() })),
    }
}

/// A picture's file, if it may be taken: one that is too large does not even come into memory.
async fn original(path: &Path) -> io::Result<Bytes> {
    let bytes = tokio::fs::metadata(path).await?.len();
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    if bytes > MAX_ORIGINAL_BYTES {
        return Err(io::Error::other(MediaError::FileTooLarge { bytes }));
    }
    Ok(tokio::fs::read(path).await?.into())
}
