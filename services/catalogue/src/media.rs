//! Pictures: originals go into an object store, and finished sizes beside them under names that
//! contain a hash, so that what a URL shows never changes. Which product shows which picture is
//! written in the product; this module knows only files.
//!
//! | name in the store | what it is |
//! |---|---|
//! | `originals/{sha256}` | the file as it was given |
//! | `renditions/{hash}/{stem}.json` | what was made of it; written last, so that it vouches for all |
//! | `{hash}/{stem}-{width}.webp`, `.jpg` | the finished sizes; the only names a visitor may ask for |

mod credit;
mod encode;

pub use credit::PhotoCredit;

use bytes::Bytes;
use domain::{Slug, product::Picture};
use encode::Encoded;
use object_store::{ObjectStore, ObjectStoreExt, local::LocalFileSystem, path::Path as StorePath};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, path::Path, sync::Arc};
use tokio::sync::Semaphore;

/// Part of every hash: raise it when sizes or qualities change, or a browser would keep the old
/// bytes under the same name.
const RECIPE: &str = "vitrine 2";

/// The most characters of a name that go into a URL: with a width behind them they make a slug.
const MAX_STEM: usize = 100;

/// The largest original taken, in bytes.
pub const MAX_ORIGINAL_BYTES: usize = 40 * 1024 * 1024;

/// Why a picture could not be taken or given.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The file is too large to be looked at.
    #[error("the file has {bytes} bytes, more than {MAX_ORIGINAL_BYTES}")]
    FileTooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The picture has more pixels than are decoded: a mistake, or an attack on the server's memory.
    #[error("the picture is too large to be decoded: {0}")]
    TooManyPixels(String),
    /// No JPEG, PNG or WebP, or a broken one.
    #[error("not a picture that can be read: {0}")]
    Unreadable(String),
    /// A finished size could not be made.
    #[error("the picture could not be encoded: {0}")]
    Encoding(String),
    /// The store refused.
    #[error("the media store: {0}")]
    Store(#[from] object_store::Error),
}

/// A picture's finished sizes, as a page needs them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendition {
    /// URL path without width and ending, e.g. `/media/0a1b2c3d4e5f/derick-david`.
    pub base: String,
    /// The widths there are, ascending, in pixels.
    pub widths: Vec<u32>,
    /// Width of the largest, in pixels.
    pub width: u32,
    /// Height of the largest, in pixels.
    pub height: u32,
    /// A `data:` URI to show until the picture is there.
    pub placeholder: String,
}

/// A picture of a product or category: its sizes, what it shows and whom it is owed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaItem {
    /// Its finished sizes.
    pub rendition: Rendition,
    /// What it shows, by locale; where it is missing, the name of what it belongs to is read out.
    #[serde(default)]
    pub alt: BTreeMap<String, String>,
    /// Whom it is owed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<PhotoCredit>,
}

impl MediaItem {
    /// The picture in one language; `name` stands in for a missing description.
    pub fn picture(&self, locale: &str, name: &str) -> Picture {
        let Rendition { base, widths, width, height, placeholder } = self.rendition.clone();
        let alt = self.alt.get(locale).map_or(name, String::as_str).to_owned();
        let credit = self.credit.as_ref().map(|credit| credit.photographer.clone());
        Picture { base, widths, width, height, placeholder, alt, credit }
    }
}

/// A finished size, to be sent to a visitor.
#[derive(Debug, Clone)]
pub struct MediaFile {
    /// Its bytes.
    pub bytes: Bytes,
    /// `image/webp` or `image/jpeg`.
    pub content_type: &'static str,
}

/// Where pictures are kept.
#[derive(Debug, Clone)]
pub struct MediaStore {
    store: Arc<dyn ObjectStore>,
    /// As many pictures are encoded at once as there are cores: more would only cost memory.
    encoders: Arc<Semaphore>,
}

impl MediaStore {
    /// A store of any kind.
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { store, encoders: Arc::new(Semaphore::new(cores)) }
    }

    /// A folder, made if it is not there.
    pub fn local(folder: &Path) -> Result<Self, MediaError> {
        let failed = |source: std::io::Error| object_store::Error::Generic {
            store: "LocalFileSystem",
            source: format!("{}: {source}", folder.display()).into(),
        };
        std::fs::create_dir_all(folder).map_err(failed)?;
        Ok(Self::new(Arc::new(LocalFileSystem::new_with_prefix(folder)?)))
    }

    /// Keeps an original and makes its finished sizes; the URL's last part is made of the file's
    /// name. What was made before is not made again.
    pub async fn add(&self, file_name: &str, original: Bytes) -> Result<Rendition, MediaError> {
        if original.len() > MAX_ORIGINAL_BYTES {
            return Err(MediaError::FileTooLarge { bytes: original.len() });
        }
        let folder = hash(&[RECIPE.as_bytes(), &original])[..12].to_owned();
        let stem = stem(file_name);
        let made = StorePath::from(format!("renditions/{folder}/{stem}.json"));
        if let Some(bytes) = self.get(&made).await?
            && let Ok(rendition) = serde_json::from_slice(&bytes)
        {
            return Ok(rendition);
        }

        let encoded = self.encode(original.clone()).await?;
        let keep = StorePath::from(format!("originals/{}", hash(&[&original])));
        self.store.put(&keep, original.into()).await?;
        for size in &encoded.sizes {
            for (ending, bytes) in [("webp", &size.webp), ("jpg", &size.jpeg)] {
                let name = format!("{folder}/{stem}-{}.{ending}", size.width);
                self.store.put(&StorePath::from(name), bytes.clone().into()).await?;
            }
        }
        let rendition = Rendition {
            base: format!("/media/{folder}/{stem}"),
            widths: encoded.sizes.iter().map(|size| size.width).collect(),
            width: encoded.width,
            height: encoded.height,
            placeholder: encoded.placeholder,
        };
        let written = serde_json::to_vec(&rendition)
            .map_err(|error| MediaError::Encoding(error.to_string()))?;
        self.store.put(&made, written.into()).await?;
        Ok(rendition)
    }

    async fn encode(&self, original: Bytes) -> Result<Encoded, MediaError> {
        let permit = self.encoders.clone().acquire_owned().await;
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            encode::encode(&original)
        });
        task.await.map_err(|error| MediaError::Encoding(error.to_string()))?
    }

    /// A finished size by what follows `/media/` in its URL. Any other name, an original's for
    /// instance, is answered like one that does not exist.
    pub async fn file(&self, name: &str) -> Result<Option<MediaFile>, MediaError> {
        let Some(content_type) = content_type(name) else { return Ok(None) };
        let bytes = self.get(&StorePath::from(name)).await?;
        Ok(bytes.map(|bytes| MediaFile { bytes, content_type }))
    }

    async fn get(&self, path: &StorePath) -> Result<Option<Bytes>, MediaError> {
        match self.store.get(path).await {
            Ok(found) => Ok(Some(found.bytes().await?)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn hash(parts: &[&[u8]]) -> String {
    let mut sha = Sha256::new();
    parts.iter().for_each(|part| sha.update(part));
    sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a visitor reads at the end of a picture's URL: the photographer where the name tells, else
/// the file's own name.
fn stem(file_name: &str) -> String {
    let own = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem);
    let credit = PhotoCredit::of_file_name(file_name);
    let words = credit.as_ref().map_or(own, |credit| &credit.photographer);
    let slug = Slug::from_title(words).map_or_else(|| "picture".to_owned(), String::from);
    slug.get(..MAX_STEM).unwrap_or(&slug).trim_end_matches('-').to_owned()
}

/// The type of `{12 hexadecimal digits}/{slug}-{width}.{webp or jpg}`; `None` for other names.
fn content_type(name: &str) -> Option<&'static str> {
    let (folder, file) = name.split_once('/')?;
    let (stem, ending) = file.rsplit_once('.')?;
    let hexadecimal = folder.len() == 12 && folder.bytes().all(|b| b.is_ascii_hexdigit());
    match ending {
        _ if !hexadecimal || Slug::parse(stem).is_err() => None,
        "webp" => Some("image/webp"),
        "jpg" => Some("image/jpeg"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_finished_sizes_have_a_type() {
        assert_eq!(content_type("0a1b2c3d4e5f/lamp-320.webp"), Some("image/webp"));
        assert_eq!(content_type("0a1b2c3d4e5f/lamp-320.jpg"), Some("image/jpeg"));
        for bad in [
            "originals/0a1b2c3d4e5f",
            "renditions/0a1b2c3d4e5f/lamp.json",
            "0a1b2c3d4e5f/../originals.jpg",
            "0a1b2c3d4e5f/lamp-320.json",
            "0a1b2c3d4e5f/a/b.jpg",
            "lamp-320.webp",
            "",
        ] {
            assert_eq!(content_type(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_url_ends_with_words() {
        assert_eq!(stem("derick-david-409858-unsplash.jpg"), "derick-david");
        assert_eq!(stem("Côte d'Azur.PNG"), "c-te-d-azur");
        assert_eq!(stem("…"), "picture");
        let long = "a".repeat(99);
        assert_eq!(stem(&format!("{long} b.jpg")), long);
    }
}
