//! Counting ahead: how many products stand in a category, which picture stands for it, which are the
//! newest, and in which order the first thousand are listed. A page that had to find that out would
//! take longer the more there is to sell; it reads it here instead, and takes as long with a hundred
//! thousand products as with a hundred.
//!
//! A survey follows a change, usually within milliseconds. Until then a list may miss what was just
//! published and stand in yesterday's order; what it says of a product is always what is true now.

use crate::{
    CARDS_PER_PAGE, Catalogue, Error, FEATURED,
    documents::{
        CATEGORIES, PRODUCTS, filters, pipelines,
        shelves::{
            self, CoverDocument, ListDocument, PathDocument, ShelfDocument, SurveyedDocument,
        },
    },
    media::MediaItem,
};
use domain::listing::Sort;
use futures::{StreamExt, TryStreamExt, stream};
use std::collections::BTreeSet;

/// How many pages of a list are known ahead. Whoever looks further has a list that is too long.
const PAGES: u32 = 42;
/// How many products that is.
pub(crate) const LISTED: u32 = PAGES * CARDS_PER_PAGE;
/// Branches that are surveyed at once.
const AT_ONCE: usize = 2;
/// Products that come in one batch.
const BATCH: u32 = 10_000;

impl Catalogue {
    /// Surveys these categories; a path that leads nowhere is passed over. Answers which are other than
    /// they were. What stands in a category stands in those above it too: it is looked through once for
    /// all of a branch that are wanted.
    pub async fn survey(&self, paths: &BTreeSet<String>) -> Result<Vec<String>, Error> {
        let surveys = stream::iter(branches(paths))
            .map(|branch| self.survey_branch(branch))
            .buffer_unordered(AT_ONCE);
        surveys.try_concat().await
    }

    /// The paths of all categories.
    pub async fn paths(&self) -> Result<BTreeSet<String>, Error> {
        let found: Vec<PathDocument> = self.gather(CATEGORIES, shelves::paths()).await?;
        Ok(found.into_iter().map(|category| category.path).collect())
    }

    /// The paths of the categories that were never surveyed.
    pub async fn unsurveyed(&self) -> Result<BTreeSet<String>, Error> {
        Ok(self.tree().await?.unsurveyed())
    }

    async fn survey_branch(&self, branch: Vec<String>) -> Result<Vec<String>, Error> {
        let Some(top) = branch.first() else { return Ok(Vec::new()) };
        let all = self.look_through(top).await?;
        let mut changed = Vec::new();
        for path in branch {
            let found: Vec<_> = all.iter().filter(|product| product.stands_in(&path)).collect();
            if self.keep(&path, &found).await? {
                changed.push(path);
            }
        }
        Ok(changed)
    }

    /// All that shoppers may see of a category, by name.
    async fn look_through(&self, path: &str) -> Result<Vec<SurveyedDocument>, Error> {
        let found = self
            .database
            .collection::<SurveyedDocument>(PRODUCTS)
            .find(pipelines::in_category(&self.market, path))
            .projection(shelves::surveyed(&self.market))
            .sort(pipelines::order(&self.market, Sort::Name))
            .collation(pipelines::collation(&self.market.locale))
            .batch_size(BATCH)
            .await?;
        Ok(found.try_collect().await?)
    }

    /// Writes down what was found in a category, by name; answers whether it is other than it was.
    async fn keep(&self, path: &str, found: &[&SurveyedDocument]) -> Result<bool, Error> {
        let mut changed = false;
        let mut newest = Vec::new();
        for sort in Sort::ALL {
            let ids = first(found, sort);
            if sort == Sort::Newest {
                newest = ids.iter().take(FEATURED).cloned().collect();
            }
            changed |=
                self.keep_list(ListDocument { name: shelves::list(path, sort), ids }).await?;
        }
        let pictured = found.iter().filter(|product| product.is_pictured);
        let cover = match pictured.max_by_key(|product| (product.came_at(), &product.id)) {
            Some(newest) => self.cover(&newest.id).await?,
            None => None,
        };
        let products = u32::try_from(found.len()).unwrap_or(u32::MAX);
        let shelf = ShelfDocument { path: path.to_owned(), products, cover, newest };
        Ok(self.keep_shelf(shelf).await? || changed)
    }

    async fn cover(&self, id: &str) -> Result<Option<MediaItem>, Error> {
        let product = self
            .database
            .collection::<CoverDocument>(PRODUCTS)
            .find_one(filters::product(id))
            .projection(shelves::first_picture())
            .await?;
        Ok(product.and_then(|product| product.picture))
    }

    /// Writes a list if it is other than it was.
    async fn keep_list(&self, list: ListDocument) -> Result<bool, Error> {
        let lists = shelves::lists(&self.database, &self.market);
        let own = || shelves::named(&list.name);
        if lists.find_one(own()).await?.is_some_and(|known| known == list) {
            return Ok(false);
        }
        lists.replace_one(own(), &list).upsert(true).await?;
        Ok(true)
    }

    async fn keep_shelf(&self, shelf: ShelfDocument) -> Result<bool, Error> {
        let all = shelves::shelves(&self.database, &self.market);
        let own = || shelves::named(&shelf.path);
        if all.find_one(own()).await?.is_some_and(|known| known == shelf) {
            return Ok(false);
        }
        all.replace_one(own(), &shelf).upsert(true).await?;
        Ok(true)
    }
}

/// The paths by branch, the topmost of each first. They are sorted, so that what lies below a path comes
/// after it, though not always at once: `a`, `a-b`, `a/c`.
fn branches(paths: &BTreeSet<String>) -> Vec<Vec<String>> {
    let mut branches: Vec<Vec<String>> = Vec::new();
    for path in paths {
        let above = |branch: &&mut Vec<String>| {
            let below = branch.first().and_then(|top| path.strip_prefix(top.as_str()));
            below.is_some_and(|rest| rest.starts_with('/'))
        };
        match branches.iter_mut().find(above) {
            Some(branch) => branch.push(path.clone()),
            None => branches.push(vec![path.clone()]),
        }
    }
    branches
}

/// The first of a category's products in an order; they are given by name. The identifier decides
/// between equals, as it does in the database.
fn first(by_name: &[&SurveyedDocument], sort: Sort) -> Vec<String> {
    let sorted = |of: fn(&SurveyedDocument) -> i64, descending: bool| {
        let key = |product: &&SurveyedDocument| (of(product), product.id.clone());
        let mut keys: Vec<(i64, String)> = by_name.iter().map(key).collect();
        keys.sort_unstable();
        if descending {
            keys.reverse();
        }
        keys.into_iter().take(LISTED as usize).map(|(_, id)| id).collect()
    };
    match sort {
        Sort::Name => {
            by_name.iter().take(LISTED as usize).map(|product| product.id.clone()).collect()
        }
        Sort::PriceUp => sorted(|product| product.price, false),
        Sort::PriceDown => sorted(|product| product.price, true),
        Sort::Newest => sorted(SurveyedDocument::came_at, true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_in_one_branch_is_looked_through_once() {
        let paths = ["a", "a-b", "a-b/x", "a/c", "a/c/d", "b/c", "b/cd"].map(str::to_owned);
        let expected = [vec!["a", "a/c", "a/c/d"], vec!["a-b", "a-b/x"], vec!["b/c"], vec!["b/cd"]];
        assert_eq!(branches(&paths.into()), expected);
    }
}
