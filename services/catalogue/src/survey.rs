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
        CATEGORIES, PRODUCTS, pipelines,
        shelves::{
            self, CoverDocument, ListDocument, PathDocument, ShelfDocument, SurveyedDocument,
        },
    },
};
use domain::listing::Sort;
use futures::{StreamExt, TryStreamExt, stream};
use std::collections::BTreeSet;

/// How many pages of a list are known ahead. Whoever looks further has a list that is too long.
const PAGES: u32 = 42;
/// How many products that is.
pub(crate) const LISTED: u32 = PAGES * CARDS_PER_PAGE;
/// Categories that are surveyed at once.
const AT_ONCE: usize = 2;
/// Products that come in one batch.
const BATCH: u32 = 10_000;

impl Catalogue {
    /// Surveys these categories; a path that leads nowhere is passed over. Answers which are other than
    /// they were.
    pub async fn survey(&self, paths: &BTreeSet<String>) -> Result<Vec<String>, Error> {
        let surveys = stream::iter(paths.clone())
            .map(|path| async move {
                let changed = self.survey_one(&path).await?;
                Ok::<_, Error>(changed.then_some(path))
            })
            .buffer_unordered(AT_ONCE);
        surveys.try_filter_map(|changed| async { Ok(changed) }).try_collect().await
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

    async fn survey_one(&self, path: &str) -> Result<bool, Error> {
        let found = self.look_through(path).await?;
        let cover = match found.is_empty() {
            true => None,
            false => self.cover(path).await?,
        };
        let mut changed = false;
        let mut newest = Vec::new();
        for sort in Sort::ALL {
            let ids = first(&found, sort);
            if sort == Sort::Newest {
                newest = ids.iter().take(FEATURED).cloned().collect();
            }
            changed |=
                self.keep_list(ListDocument { name: shelves::list(path, sort), ids }).await?;
        }
        let products = u32::try_from(found.len()).unwrap_or(u32::MAX);
        let shelf = ShelfDocument { path: path.to_owned(), products, cover, newest };
        changed |= self.keep_shelf(shelf).await?;
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

    async fn cover(&self, path: &str) -> Result<Option<crate::media::MediaItem>, Error> {
        let newest = self
            .database
            .collection::<CoverDocument>(PRODUCTS)
            .find_one(shelves::pictured(&self.market, path))
            .projection(shelves::first_picture())
            .sort(pipelines::order(&self.market, Sort::Newest))
            .await?;
        Ok(newest.and_then(|product| product.picture))
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

/// The first of a category's products in an order; they are given by name. The identifier decides
/// between equals, as it does in the database.
fn first(by_name: &[SurveyedDocument], sort: Sort) -> Vec<String> {
    let sorted = |of: fn(&SurveyedDocument) -> i64, descending: bool| {
        let key = |product: &'_ SurveyedDocument| (of(product), product.id.clone());
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
