//! Which product or category a write means, and which revision of it.

use super::{CategoryDocument, ProductDocument, date};
use crate::{
    category::CategoryPath,
    product::{ExternalReference, ProductDraft},
};
use domain::Sku;
use jiff::Timestamp;
use mongodb::{
    bson::{Document, doc},
    error::{ErrorKind, WriteFailure},
};
use std::collections::BTreeMap;

/// The product that a draft means: that with its external reference, else that with its address in
/// its first language.
pub(crate) fn meant_by(draft: &ProductDraft) -> Document {
    match &draft.external_reference {
        Some(reference) => doc! {
            "external_reference.source": &reference.source,
            "external_reference.id": &reference.id,
        },
        // A checked draft has a translation; without one nothing is meant.
        None => draft.translations.iter().next().map_or_else(
            || doc! { "_id": null },
            |(locale, text)| doc! { format!("translations.{locale}.slug"): text.slug.as_str() },
        ),
    }
}

/// The products with any of these external references.
pub(crate) fn having_references(references: &[&ExternalReference]) -> Document {
    let mut by_source = BTreeMap::<&str, Vec<&str>>::new();
    for reference in references {
        by_source.entry(&reference.source).or_default().push(&reference.id);
    }
    let of_source = |(source, ids): (&str, Vec<&str>)| {
        doc! { "external_reference.source": source, "external_reference.id": { "$in": ids } }
    };
    doc! { "$or": by_source.into_iter().map(of_source).collect::<Vec<_>>() }
}

/// Nothing of a product but its external reference.
pub(crate) fn reference_alone() -> Document {
    doc! { "_id": 0, "external_reference": 1 }
}

/// The product with an identifier.
pub(crate) fn product(id: &str) -> Document {
    doc! { "_id": id }
}

/// The product with any of the SKUs, seen by shoppers or not.
pub(crate) fn having_skus<'a>(skus: impl IntoIterator<Item = &'a Sku>) -> Document {
    let skus: Vec<&str> = skus.into_iter().map(Sku::as_str).collect();
    doc! { "variants.sku": { "$in": skus } }
}

/// Other products that have a SKU of this one.
pub(crate) fn sharing_skus(product: &ProductDocument) -> Document {
    let mut filter = having_skus(product.variants.iter().map(|variant| &variant.sku));
    filter.insert("_id", doc! { "$ne": &product.id });
    filter
}

/// Products with a price that has begun or ended since they were last looked at.
pub(crate) fn due(now: Timestamp) -> Document {
    doc! { "reprice_at": { "$lte": date(now) } }
}

/// Exactly this revision of a product.
pub(crate) fn product_as_read(product: &ProductDocument) -> Document {
    doc! { "_id": &product.id, "revision": &product.revision }
}

/// The categories with any of the paths.
pub(crate) fn categories(paths: &[CategoryPath]) -> Document {
    let paths: Vec<&str> = paths.iter().map(CategoryPath::as_str).collect();
    doc! { "_id": { "$in": paths } }
}

/// The categories beside one, itself among them.
pub(crate) fn siblings(path: &CategoryPath) -> Document {
    doc! { "parent": path.parent().map(String::from) }
}

/// The last of the siblings first.
pub(crate) fn last_first() -> Document {
    doc! { "position": -1 }
}

/// Exactly this revision of a category.
pub(crate) fn category_as_read(category: &CategoryDocument) -> Document {
    doc! { "_id": &category.path, "revision": &category.revision }
}

/// Whether the unique index of this name has refused a write. The server names the index in its
/// message only: `E11000 duplicate key error collection: … index: sku_uq dup key: …`.
pub(crate) fn is_taken(error: &mongodb::error::Error, index: &str) -> bool {
    const DUPLICATE_KEY: i32 = 11000;
    match error.kind.as_ref() {
        ErrorKind::Write(WriteFailure::WriteError(refused)) => {
            refused.code == DUPLICATE_KEY && refused.message.contains(&format!("index: {index} "))
        }
        _ => false,
    }
}
