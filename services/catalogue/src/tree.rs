//! The tree of categories with what stands in each: read as a whole, because every page shows some of
//! it and all of it is small, and remembered for as long as nothing of it is known to have changed.

use crate::{
    Catalogue, Error, FEATURED,
    category::CategoryPath,
    documents::{
        CATEGORIES,
        shelves::{self, CategoryWithShelf, CountedDocument, ShelfDocument},
        views::Lens,
    },
};
use domain::{listing::CategoryTile, product::CategoryLink};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::OnceCell;

/// All categories.
#[derive(Debug)]
pub(crate) struct Tree {
    /// In the merchant's order.
    all: Vec<CategoryWithShelf>,
    by_path: HashMap<String, usize>,
}

/// What one page is read with: the tree of categories is read once at most, and not even that if one is
/// remembered that is as it is now. Cheap to clone.
///
/// Whoever hears of changes counts them: `epoch` changes with every change of a category that was heard
/// of, and `is_current` says that every change until now was heard of.
#[derive(Debug, Clone)]
pub struct Reading {
    epoch: u64,
    is_current: bool,
    tree: Arc<OnceCell<Arc<Tree>>>,
}

impl Reading {
    /// A reading that begins now.
    pub fn begin(epoch: u64, is_current: bool) -> Self {
        Self { epoch, is_current, tree: Arc::default() }
    }

    /// The epoch in which it begins.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Whether every change until its beginning was heard of.
    pub fn is_current(&self) -> bool {
        self.is_current
    }
}

/// The tree that was read last, and in which epoch. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Remembered(Arc<Mutex<Option<Kept>>>);

#[derive(Debug)]
struct Kept {
    epoch: u64,
    tree: Arc<Tree>,
}

impl Remembered {
    fn of(&self, epoch: u64) -> Option<Arc<Tree>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|kept| kept.epoch == epoch).map(|kept| kept.tree.clone())
    }

    fn keep(&self, epoch: u64, tree: &Arc<Tree>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_none_or(|kept| kept.epoch <= epoch) {
            *kept = Some(Kept { epoch, tree: tree.clone() });
        }
    }
}

impl Catalogue {
    /// The same catalogue, read for one page.
    #[must_use]
    pub fn reading(&self, reading: Reading) -> Self {
        Self { reading: Some(reading), ..self.clone() }
    }

    /// The tree. One round trip at most.
    pub(crate) async fn tree(&self) -> Result<Arc<Tree>, Error> {
        let Some(reading) = &self.reading else { return self.read_tree().await };
        let tree = reading.tree.get_or_try_init(|| async {
            if reading.is_current
                && let Some(tree) = self.remembered.of(reading.epoch)
            {
                return Ok(tree);
            }
            let tree = self.read_tree().await?;
            self.remembered.keep(reading.epoch, &tree);
            Ok::<_, Error>(tree)
        });
        Ok(tree.await?.clone())
    }

    async fn read_tree(&self) -> Result<Arc<Tree>, Error> {
        let all: Vec<CategoryWithShelf> =
            self.gather(CATEGORIES, shelves::tree(&self.market)).await?;
        let by_path = all.iter().enumerate().map(|(at, of)| (of.path.clone(), at)).collect();
        Ok(Arc::new(Tree { all, by_path }))
    }

    /// What stands in these categories. A round trip only if one has not been surveyed yet.
    pub(crate) async fn shelves<'a>(
        &self,
        categories: &[&'a CategoryWithShelf],
    ) -> Result<Vec<(&'a CategoryWithShelf, ShelfDocument)>, Error> {
        let unknown = categories.iter().filter(|category| category.shelf.is_empty());
        let unknown: Vec<&str> = unknown.map(|category| category.path.as_str()).collect();
        let mut counted = HashMap::new();
        if !unknown.is_empty() {
            let pipeline = shelves::counted(&self.market, &unknown, FEATURED as i64);
            let found: Vec<CountedDocument> = self.gather(CATEGORIES, pipeline).await?;
            let found = found.into_iter().map(ShelfDocument::from);
            counted.extend(found.map(|shelf| (shelf.path.clone(), shelf)));
        }
        let shelf = |category: &&'a CategoryWithShelf| {
            let known = category.shelf.first().cloned();
            (*category, known.or_else(|| counted.remove(&category.path)).unwrap_or_default())
        };
        Ok(categories.iter().map(shelf).collect())
    }
}

impl Tree {
    /// A category.
    pub fn find(&self, path: &str) -> Option<&CategoryWithShelf> {
        self.by_path.get(path).map(|at| &self.all[*at])
    }

    /// Those directly below a category, or at the root.
    pub fn below(&self, parent: Option<&str>) -> Vec<&CategoryWithShelf> {
        self.all.iter().filter(|category| category.parent.as_deref() == parent).collect()
    }

    /// The paths of those that were never surveyed.
    pub fn unsurveyed(&self) -> BTreeSet<String> {
        let unknown = self.all.iter().filter(|category| category.shelf.is_empty());
        unknown.map(|category| category.path.clone()).collect()
    }

    /// The way from the root to a category, itself included.
    pub fn way(&self, path: &CategoryPath, lens: Lens<'_>) -> Vec<CategoryLink> {
        let steps = path.from_root();
        steps.iter().filter_map(|step| Some(self.find(step.as_str())?.link(lens))).collect()
    }
}

impl CategoryWithShelf {
    /// A category that nobody translated is called by the last part of its path.
    pub fn link(&self, lens: Lens<'_>) -> CategoryLink {
        let last = self.path.rsplit('/').next().unwrap_or_default();
        let name = self.names.get(&lens.market.locale).map_or(last, String::as_str);
        CategoryLink { path: self.path.clone(), name: name.to_owned() }
    }

    pub fn description(&self, lens: Lens<'_>) -> String {
        self.descriptions.get(&lens.market.locale).cloned().unwrap_or_default()
    }

    /// Its own picture, else that of the newest product in it that has one.
    pub fn tile(&self, shelf: &ShelfDocument, lens: Lens<'_>) -> CategoryTile {
        let link = self.link(lens);
        let picture = self.picture.as_ref().or(shelf.cover.as_ref());
        let picture = picture.map(|item| lens.picture(item, &link.name));
        CategoryTile { link, picture, products: shelf.products }
    }
}
