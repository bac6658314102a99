//! What a write has done and which pages it has changed.

use crate::{CategoryPath, documents::ProductDocument};
use std::collections::BTreeSet;

/// What storing something has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was not there before.
    Created,
    /// It was there, and was different.
    Updated,
    /// It was there just so: nothing was written.
    Unchanged,
}

/// What storing something has come to, and which pages show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upsert {
    /// What was done.
    pub outcome: Outcome,
    /// The pages that show it.
    pub touched: Touched,
}

/// The pages that show a product or a category, for the caller to drop from a page cache.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// The product's identifier; `None` where only a category changed.
    pub product: Option<String>,
    /// The paths of the categories that list it, up to the root; where it moved, old and new.
    pub categories: BTreeSet<String>,
}

impl Touched {
    /// The cache tags of these pages: `product:ID`, `category:PATH`.
    pub fn tags(&self) -> Vec<String> {
        let product = self.product.iter().map(|id| format!("product:{id}"));
        let categories = self.categories.iter().map(|path| format!("category:{path}"));
        product.chain(categories).collect()
    }

    pub(crate) fn by(new: &ProductDocument, old: Option<&ProductDocument>) -> Self {
        let before = old.into_iter().flat_map(|old| &old.category_paths);
        Self {
            product: Some(new.id.clone()),
            categories: new.category_paths.iter().chain(before).cloned().collect(),
        }
    }

    pub(crate) fn by_category(path: &CategoryPath) -> Self {
        let categories = path.from_root().into_iter().map(String::from).collect();
        Self { product: None, categories }
    }
}

impl Upsert {
    pub(crate) fn created(touched: Touched) -> Self {
        Self { outcome: Outcome::Created, touched }
    }

    pub(crate) fn updated(touched: Touched) -> Self {
        Self { outcome: Outcome::Updated, touched }
    }

    pub(crate) fn unchanged(touched: Touched) -> Self {
        Self { outcome: Outcome::Unchanged, touched }
    }
}
