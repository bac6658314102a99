//! Vendure's product CSV (<https://docs.vendure.io/guides/developer-guide/importing-data/>): a
//! product's line carries its first variant, the lines below it without a name carry the others.
//!
//! - Cells may be padded; a heading's language (`name:en`) is passed over.
//! - Prices are taken as tax included, in the market's currency.
//! - `category:` facets make the path of categories, the first being the root. `brand:` makes the
//!   brand. Other facets, the variants' too, become attributes, their values as they are written.
//! - The pictures of variants join those of the product.
//! - The product is known by its slug: `vendure` + slug is its external reference.
//! - A product goes in without the variants that are bad, unless none is left.

mod facets;
mod product;
mod rows;

use super::{ImportError, Progress, Report, store::Shelves};
use crate::{Catalogue, MediaStore};
use product::Reading;
use std::{io::Read, path::Path};

/// Imports Vendure's product CSV; pictures are looked for in the folder `assets`.
pub async fn vendure(
    reader: impl Read,
    assets: &Path,
    catalogue: &Catalogue,
    media: &MediaStore,
    progress: &mut dyn Progress,
) -> Result<Report, ImportError> {
    let mut report = Report::default();
    let groups = rows::read(reader, &mut report)?;
    let entries = Reading::new(catalogue.market(), &mut report).entries(&groups);
    Shelves { catalogue, media, assets }.store(entries, report, progress).await
}
