//! Our own documents, one JSON object on a line. A line holds a category or a product, and with a
//! product, if wanted, how much there is of its SKUs:
//!
//! ```json
//! {"category": {"path": "lighting", "names": {"en": "Lighting"}}}
//! {"product": {"translations": {"en": {"name": "Lamp", "slug": "lamp"}}, "categories": ["lighting"],
//!   "variants": [{"sku": "LAMP-1", "tax_class": "standard", "prices": [{"currency": "EUR", "amount": 1999}]}],
//!   "media": [{"file": "lamp.jpg", "alt": {"en": "A lamp on a desk"}}]}, "stock": {"LAMP-1": 12}}
//! ```
//!
//! (The second line is broken here for reading.) The fields are those of [`CategoryDraft`] and
//! [`ProductDraft`]; an unknown one is refused, so that a misspelt one does not vanish. Prices are
//! whole minor units. A category stands above the products in it, and a product on one line only. Empty
//! lines are passed over.

use super::{Entry, ImportError, Item, MediaSource, Progress, Reason, Report, store::Shelves};
use crate::{Catalogue, CategoryDraft, MediaStore, ProductDraft};
use domain::Sku;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read},
    path::Path,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    category: Option<CategoryDraft<MediaSource>>,
    product: Option<ProductDraft<MediaSource>>,
    #[serde(default)]
    stock: BTreeMap<Sku, u32>,
}

/// Imports our own documents; pictures are looked for in the folder `assets`.
pub async fn jsonl(
    reader: impl Read,
    assets: &Path,
    catalogue: &Catalogue,
    media: &MediaStore,
    progress: &mut dyn Progress,
) -> Result<Report, ImportError> {
    let mut report = Report::default();
    let entries = read(reader, &mut report)?;
    Shelves { catalogue, media, assets }.store(entries, report, progress).await
}

fn read(reader: impl Read, report: &mut Report) -> Result<Vec<Entry>, ImportError> {
    let mut entries = Vec::new();
    for (text, line) in BufReader::new(reader).split(b'\n').zip(1..) {
        let text = text?;
        if text.trim_ascii().is_empty() {
            continue;
        }
        match entry(&text, line) {
            Ok(entry) => entries.push(entry),
            Err(reason) => report.reject(line, reason),
        }
    }
    Ok(entries)
}

fn entry(text: &[u8], line: u64) -> Result<Entry, Reason> {
    let json = |error: serde_json::Error| Reason::Json(error.to_string());
    let parsed: Line = serde_json::from_slice(text).map_err(json)?;
    let item = match (parsed.product, parsed.category) {
        (Some(product), None) => {
            let is_own = |sku: &&Sku| product.variants.iter().any(|own| own.sku == **sku);
            if let Some(other) = parsed.stock.keys().find(|sku| !is_own(sku)) {
                return Err(Reason::StockOfAnother(other.clone()));
            }
            Item::Product(product)
        }
        (None, Some(category)) if parsed.stock.is_empty() => Item::Category(category),
        _ => {
            let expected = "a line holds either a product, with or without stock, or a category";
            return Err(Reason::Json(expected.to_owned()));
        }
    };
    let stock = parsed.stock.into_iter().collect();
    Ok(Entry { line, item, categories: Vec::new(), stock })
}
