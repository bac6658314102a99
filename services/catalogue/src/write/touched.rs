//! What a write has done and which pages it has changed.

use crate::documents::{CategoryDocument, ProductDocument};
use std::collections::BTreeSet;

const HOME: &str = "home";
const NAVIGATION: &str = "navigation";
const CREDITS: &str = "credits";

/// The tag of what stands in a category.
pub(crate) fn shelf(path: &str) -> String {
    format!("shelf:{path}")
}

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
    /// The product's addresses below `/p/` in every language; where they changed, old and new.
    pub slugs: BTreeSet<String>,
    /// The paths of the categories that list it, up to the root; where it moved, old and new.
    pub categories: BTreeSet<String>,
    /// What shows it among much else: `home`, `navigation`, `credits`.
    pub overviews: BTreeSet<&'static str>,
}

impl Touched {
    /// The cache tags of these pages: `product:ID`; `category:PATH` for what a category is called and
    /// `shelf:PATH` for what stands in it; `home`, `navigation`, `credits`; and `path:ADDRESS` for an
    /// address that led nowhere before, or does from now on.
    pub fn tags(&self) -> Vec<String> {
        let product = self.product.iter().map(|id| format!("product:{id}"));
        let category = |path| match self.product {
            Some(_) => vec![shelf(path)],
            None => vec![format!("category:{path}"), format!("path:/c/{path}")],
        };
        let categories = self.categories.iter().flat_map(|path| category(path));
        let overviews = self.overviews.iter().map(ToString::to_string);
        product.chain(self.own_pages()).chain(categories).chain(overviews).collect()
    }

    /// The tags of the product's own pages alone.
    pub fn own_pages(&self) -> Vec<String> {
        self.slugs.iter().map(|slug| format!("path:/p/{slug}")).collect()
    }

    pub(crate) fn by(new: &ProductDocument, old: Option<&ProductDocument>) -> Self {
        let both = || std::iter::once(new).chain(old);
        let slugs = both().flat_map(|product| product.translations.values());
        let categories = both().flat_map(|product| &product.category_paths);
        let categories = categories.chain(&new.left_categories);
        let mut pictures = both().flat_map(|product| &product.media);
        // The home page chooses among all products: any of them may come to it or leave it.
        let mut overviews = BTreeSet::from([HOME]);
        overviews.extend(pictures.any(|picture| picture.credit.is_some()).then_some(CREDITS));
        Self {
            product: Some(new.id.clone()),
            slugs: slugs.map(|text| text.slug.to_string()).collect(),
            categories: categories.cloned().collect(),
            overviews,
        }
    }

    pub(crate) fn by_category(new: &CategoryDocument, old: Option<&CategoryDocument>) -> Self {
        let mut pictures = std::iter::once(new).chain(old).flat_map(|category| &category.picture);
        let mut overviews = BTreeSet::new();
        if new.parent.is_none() {
            overviews.extend([HOME, NAVIGATION]);
        }
        overviews.extend(pictures.any(|picture| picture.credit.is_some()).then_some(CREDITS));
        Self {
            product: None,
            slugs: BTreeSet::new(),
            categories: new.ancestors.iter().chain([&new.path]).cloned().collect(),
            overviews,
        }
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
