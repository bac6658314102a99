//! What the catalogue's pages show. The number of round trips to MongoDB that each read may cost is
//! written on it and counted in a test.

use crate::{
    Catalogue, CategoryPath, Error,
    documents::{
        self, PRODUCTS, pipelines,
        shelves::{self, CategoryWithShelf, ShelfDocument},
        views::{CardDocument, Lens},
    },
    survey::LISTED,
    tree::Tree,
};
use domain::{
    Slug,
    listing::{CategoryPage, HomePage, ProductPage, Sort},
    product::{CategoryLink, ProductCard},
};
use futures::TryStreamExt;
use mongodb::{Cursor, bson::Document, options::FindOptions};
use serde::de::DeserializeOwned;
use std::collections::{HashMap, HashSet};

/// Products on one page of a category: full rows of two, three and four.
pub const CARDS_PER_PAGE: u32 = 24;
/// Other products shown on a product's page, at most.
pub const RELATED: usize = 4;
/// Products on the home page, at most: one shown large and a dozen beside it.
pub const FEATURED: usize = 13;

impl Catalogue {
    /// A product's page; `None` if there is no such product or it is not for sale here.
    /// At most 3 round trips: the product beside the tree of categories, then its neighbours.
    pub async fn find_product(&self, slug: &Slug) -> Result<Option<ProductPage>, Error> {
        let lens = self.lens();
        let products = documents::products(&self.database);
        let find = async {
            Ok::<_, Error>(products.find_one(pipelines::by_slug(&self.market, slug)).await?)
        };
        let (found, tree) = futures::try_join!(find, self.tree())?;
        let Some(document) = found else { return Ok(None) };
        let home = document.categories.first();
        let (breadcrumb, related) = match home.and_then(|path| CategoryPath::parse(path).ok()) {
            Some(path) => {
                let related = self.related(&tree, path.as_str(), &document.id, lens).await?;
                (tree.way(&path, lens), related)
            }
            None => (Vec::new(), Vec::new()),
        };
        Ok(document.view(lens, breadcrumb).map(|product| ProductPage { product, related }))
    }

    /// Some of the newest of the same category.
    async fn related(
        &self,
        tree: &Tree,
        path: &str,
        id: &str,
        lens: Lens<'_>,
    ) -> Result<Vec<ProductCard>, Error> {
        let Some(home) = tree.find(path) else { return Ok(Vec::new()) };
        let shelves = self.shelves(&[home]).await?;
        let newest = shelves.into_iter().next().map(|(_, shelf)| shelf.newest);
        let mut related = self.cards_of(&beside(newest.unwrap_or_default(), id), lens).await?;
        related.truncate(RELATED);
        Ok(related)
    }

    /// A page of a category, from 1; `None` if there is no such category or page. An empty category
    /// has one page. At most 3 round trips: the tree of categories, what is on this page of the list,
    /// and those products.
    pub async fn find_category(
        &self,
        path: &str,
        sort: Sort,
        page: u32,
    ) -> Result<Option<CategoryPage>, Error> {
        let Ok(path) = CategoryPath::parse(path) else { return Ok(None) };
        let Some(before) = page.checked_sub(1) else { return Ok(None) };
        let lens = self.lens();
        let tree = self.tree();
        let (tree, cards) = futures::try_join!(tree, self.cards_in(&path, sort, before, lens))?;
        let Some(own) = tree.find(path.as_str()) else { return Ok(None) };
        let family: Vec<_> = [own].into_iter().chain(tree.below(Some(path.as_str()))).collect();
        let shelves = self.shelves(&family).await?;
        let (total, children) = match shelves.split_first() {
            Some(((_, own), children)) => (own.products, children),
            None => (0, &[][..]),
        };
        let pages = total.div_ceil(CARDS_PER_PAGE).max(1);
        if page > pages {
            return Ok(None);
        }
        let filled = children.iter().filter(|(_, shelf)| shelf.products > 0);
        let mut breadcrumb = tree.way(&path, lens);
        breadcrumb.pop();
        Ok(Some(CategoryPage {
            link: own.link(lens),
            description: own.description(lens),
            breadcrumb,
            children: filled.map(|(child, shelf)| child.tile(shelf, lens)).collect(),
            cards,
            total,
            page,
            pages,
        }))
    }

    /// What is on a page of a list: as it was surveyed, or else, and far behind in the list, as the
    /// database sorts it now.
    async fn cards_in(
        &self,
        path: &CategoryPath,
        sort: Sort,
        pages_before: u32,
        lens: Lens<'_>,
    ) -> Result<Vec<ProductCard>, Error> {
        let before = pages_before.saturating_mul(CARDS_PER_PAGE);
        if before < LISTED {
            let list = shelves::list(path.as_str(), sort);
            let list = shelves::lists(&self.database, &self.market)
                .find_one(shelves::named(&list))
                .projection(shelves::part(before, CARDS_PER_PAGE))
                .await?;
            if let Some(list) = list {
                return self.cards_of(&list.ids, lens).await;
            }
        }
        let collation = pipelines::collation(&self.market.locale);
        let options = FindOptions::builder()
            .sort(pipelines::order(&self.market, sort))
            .skip(u64::from(before))
            .limit(i64::from(CARDS_PER_PAGE))
            .collation((sort == Sort::Name).then_some(collation));
        let filter = pipelines::in_category(&self.market, path.as_str());
        Ok(cards(&self.cards(filter, options.build()).await?, lens))
    }

    /// The home page: the categories at the root that hold something, and the products that the
    /// merchant chose to show first, filled up with the newest of each category in turn.
    /// At most 3 round trips: the tree of categories beside what was chosen, then the newest.
    pub async fn home(&self) -> Result<HomePage, Error> {
        let lens = self.lens();
        let (tree, chosen) = futures::try_join!(self.tree(), self.chosen())?;
        let roots = self.shelves(&tree.below(None)).await?;
        let mut featured = cards(&chosen, lens);
        if featured.len() < FEATURED {
            let newest = in_turn(&roots, FEATURED + featured.len());
            for card in self.cards_of(&newest, lens).await? {
                if featured.len() < FEATURED && featured.iter().all(|shown| shown.id != card.id) {
                    featured.push(card);
                }
            }
        }
        let filled = roots.iter().filter(|(_, shelf)| shelf.products > 0);
        let categories = filled.map(|(root, shelf)| root.tile(shelf, lens)).collect();
        Ok(HomePage { categories, featured })
    }

    async fn chosen(&self) -> Result<Vec<CardDocument>, Error> {
        let options = FindOptions::builder()
            .sort(pipelines::order(&self.market, Sort::Newest))
            .limit(FEATURED as i64);
        self.cards(pipelines::featured(), options.build()).await
    }

    /// The categories at the root, for the navigation of every page. One round trip at most.
    pub async fn navigation(&self) -> Result<Vec<CategoryLink>, Error> {
        let (lens, tree) = (self.lens(), self.tree().await?);
        Ok(tree.below(None).into_iter().map(|root| root.link(lens)).collect())
    }

    /// The tiles of these products, in their order; one that shoppers may not see is missing.
    async fn cards_of(&self, ids: &[String], lens: Lens<'_>) -> Result<Vec<ProductCard>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        // One more than can be found: a full batch leaves the server's cursor open for another round trip.
        let batch = u32::try_from(ids.len()).unwrap_or(u32::MAX).saturating_add(1);
        let options = FindOptions::builder().batch_size(batch).build();
        let mut found = self.cards(pipelines::with_ids(ids), options).await?;
        let places: HashMap<&str, usize> =
            ids.iter().enumerate().map(|(place, id)| (id.as_str(), place)).collect();
        found.sort_by_key(|card| places.get(card.id()).copied());
        Ok(cards(&found, lens))
    }

    /// What the tiles of some products show.
    async fn cards(
        &self,
        filter: Document,
        mut options: FindOptions,
    ) -> Result<Vec<CardDocument>, Error> {
        options.projection = Some(pipelines::card(&self.market));
        let products = self.database.collection::<CardDocument>(PRODUCTS);
        Ok(products.find(filter).with_options(options).await?.try_collect().await?)
    }

    /// All that a pipeline finds.
    pub(crate) async fn gather<T: DeserializeOwned>(
        &self,
        collection: &str,
        pipeline: Vec<Document>,
    ) -> Result<Vec<T>, Error> {
        let collection = self.database.collection::<Document>(collection);
        let found: Cursor<Document> = collection.aggregate(pipeline).batch_size(1000).await?;
        Ok(found.with_type::<T>().try_collect().await?)
    }
}

/// Which of the newest of its category are shown beside a product, twice as many, for some may just
/// have been withdrawn: those that came after it, and then from the beginning; an older product begins
/// somewhere, always at the same. So each product shows others.
fn beside(mut newest: Vec<String>, id: &str) -> Vec<String> {
    newest.sort_unstable();
    let begin = match newest.binary_search_by(|other| other.as_str().cmp(id)) {
        Ok(own) => own,
        Err(_) => id.bytes().map(usize::from).sum::<usize>() % newest.len().max(1),
    };
    newest.rotate_left(begin);
    newest.retain(|other| other != id);
    newest.truncate(2 * RELATED);
    newest
}

/// The newest of each category in turn: the first of each, then the second of each, up to so many.
fn in_turn(roots: &[(&CategoryWithShelf, ShelfDocument)], most: usize) -> Vec<String> {
    let ranks = 0..FEATURED;
    let newest = ranks.flat_map(|rank| roots.iter().filter_map(move |(_, of)| of.newest.get(rank)));
    let mut seen = HashSet::new();
    newest.filter(|id| seen.insert(*id)).take(most).cloned().collect()
}

fn cards(documents: &[CardDocument], lens: Lens<'_>) -> Vec<ProductCard> {
    documents.iter().filter_map(|document| document.card(lens)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_product_shows_others_and_never_itself() {
        let newest: Vec<String> = (10..23).rev().map(|n| format!("p{n}")).collect();
        assert_eq!(beside(newest.clone(), "p20")[..4], ["p21", "p22", "p10", "p11"]);
        assert_eq!(beside(newest.clone(), "p01").len(), 2 * RELATED);
        assert_eq!(beside(newest.clone(), "p01"), beside(newest.clone(), "p01"));
        assert_ne!(beside(newest.clone(), "p01"), beside(newest, "p02"));
        assert_eq!(beside(vec!["p1".to_owned()], "p1"), [""; 0]);
        assert_eq!(beside(Vec::new(), "p1"), [""; 0]);
    }
}
