//! What the catalogue's pages show. The number of round trips to MongoDB that each read may cost is
//! written on it and counted in a test.

use crate::{
    Catalogue, CategoryPath, Error,
    documents::{
        CATEGORIES, PRODUCTS, pipelines,
        views::{CardDocument, Lens, ShelvedDocument, TileDocument},
    },
};
use domain::{
    Slug,
    listing::{CategoryPage, HomePage, ProductPage, Sort},
    product::{CategoryLink, ProductCard},
};
use futures::TryStreamExt;
use mongodb::{Cursor, bson::Document};
use serde::de::DeserializeOwned;

/// Products on one page of a category: full rows of two, three and four.
pub const CARDS_PER_PAGE: u32 = 24;
/// Other products shown on a product's page, at most.
pub const RELATED: usize = 4;
/// Products on the home page, at most: one shown large and a dozen beside it.
pub const FEATURED: usize = 13;

impl Catalogue {
    /// A product's page; `None` if there is no such product or it is not for sale here.
    /// At most 2 round trips: the product with the categories above it, then its neighbours.
    pub async fn find_product(&self, slug: &Slug) -> Result<Option<ProductPage>, Error> {
        let lens = self.lens();
        let pipeline = pipelines::product_with_shelves(&self.market, slug);
        let found: Vec<ShelvedDocument> = self.gather(PRODUCTS, pipeline).await?;
        let Some(ShelvedDocument { product: document, shelves }) = found.into_iter().next() else {
            return Ok(None);
        };
        let home = document.categories.first();
        let (breadcrumb, related) = match home.and_then(|path| CategoryPath::parse(path).ok()) {
            Some(path) => {
                (breadcrumb(&path, shelves, lens), self.related(&path, &document.id, lens).await?)
            }
            None => (Vec::new(), Vec::new()),
        };
        Ok(document.view(lens, breadcrumb).map(|product| ProductPage { product, related }))
    }

    async fn related(
        &self,
        path: &CategoryPath,
        id: &str,
        lens: Lens<'_>,
    ) -> Result<Vec<ProductCard>, Error> {
        let pipeline = pipelines::related(&self.market, path.as_str(), id, RELATED as i64);
        let found: Vec<CardDocument> = self.gather(PRODUCTS, pipeline).await?;
        Ok(cards(&found, lens))
    }

    /// A page of a category, from 1; `None` if there is no such category or page. An empty category
    /// has one page. At most 2 round trips, both at once.
    pub async fn find_category(
        &self,
        path: &str,
        sort: Sort,
        page: u32,
    ) -> Result<Option<CategoryPage>, Error> {
        let Ok(path) = CategoryPath::parse(path) else { return Ok(None) };
        let Some(before) = page.checked_sub(1) else { return Ok(None) };
        let lens = self.lens();
        let family = pipelines::family(&self.market, &path);
        let (mut family, found) = futures::try_join!(
            self.gather::<TileDocument>(CATEGORIES, family),
            self.cards_in(&path, sort, before)
        )?;

        let parent = path.as_str();
        let Some(own) = family.iter().position(|tile| tile.path == parent) else { return Ok(None) };
        let own = family.remove(own);
        let total = own.products();
        let pages = total.div_ceil(CARDS_PER_PAGE).max(1);
        if page > pages {
            return Ok(None);
        }
        let is_below = |tile: &TileDocument| tile.path.len() > parent.len();
        // The children keep the merchant's order, in which they were read.
        let (mut children, mut above): (Vec<_>, Vec<_>) = family.into_iter().partition(is_below);
        above.sort_by_key(|tile| tile.path.len());
        children.retain(|tile| tile.products() > 0);
        Ok(Some(CategoryPage {
            link: own.link(lens),
            description: own.description(lens),
            breadcrumb: above.iter().map(|tile| tile.link(lens)).collect(),
            children: children.iter().map(|tile| tile.tile(lens)).collect(),
            cards: cards(&found, lens),
            total,
            page,
            pages,
        }))
    }

    async fn cards_in(
        &self,
        path: &CategoryPath,
        sort: Sort,
        pages_before: u32,
    ) -> Result<Vec<CardDocument>, Error> {
        let collection = self.database.collection::<CardDocument>(PRODUCTS);
        let mut find = collection
            .find(pipelines::in_category(&self.market, path.as_str()))
            .projection(pipelines::card(&self.market))
            .sort(pipelines::order(&self.market, sort))
            .skip(u64::from(pages_before) * u64::from(CARDS_PER_PAGE))
            .limit(i64::from(CARDS_PER_PAGE));
        if sort == Sort::Name {
            find = find.collation(pipelines::collation(&self.market.locale));
        }
        Ok(find.await?.try_collect().await?)
    }

    /// The home page: the categories at the root that hold something, and the products that the
    /// merchant chose to show first, filled up with the newest of each category in turn.
    /// At most 2 round trips, both at once.
    pub async fn home(&self) -> Result<HomePage, Error> {
        let lens = self.lens();
        let roots = pipelines::roots(&self.market, FEATURED as i64);
        let (roots, chosen) =
            futures::try_join!(self.gather::<TileDocument>(CATEGORIES, roots), self.chosen())?;
        let mut featured = cards(&chosen, lens);
        for rank in 0..FEATURED {
            for newest in roots.iter().filter_map(|root| root.newest.get(rank)) {
                let card = newest.card(lens).filter(|_| featured.len() < FEATURED);
                let is_new = |card: &ProductCard| featured.iter().all(|shown| shown.id != card.id);
                featured.extend(card.filter(is_new));
            }
        }
        let filled = roots.iter().filter(|root| root.products() > 0);
        Ok(HomePage { categories: filled.map(|root| root.tile(lens)).collect(), featured })
    }

    async fn chosen(&self) -> Result<Vec<CardDocument>, Error> {
        let found = self
            .database
            .collection::<CardDocument>(PRODUCTS)
            .find(pipelines::featured(&self.market))
            .projection(pipelines::card(&self.market))
            .sort(pipelines::order(&self.market, Sort::Newest))
            .limit(FEATURED as i64)
            .await?;
        Ok(found.try_collect().await?)
    }

    /// The categories at the root, for the navigation of every page. One round trip.
    pub async fn navigation(&self) -> Result<Vec<CategoryLink>, Error> {
        let lens = self.lens();
        let found = self
            .database
            .collection::<TileDocument>(CATEGORIES)
            .find(pipelines::at_the_root())
            .sort(pipelines::shelf_order())
            .await?;
        let roots: Vec<TileDocument> = found.try_collect().await?;
        Ok(roots.iter().map(|root| root.link(lens)).collect())
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

/// The way from the root to a category, of the categories a product stands in.
fn breadcrumb(
    path: &CategoryPath,
    shelves: Vec<TileDocument>,
    lens: Lens<'_>,
) -> Vec<CategoryLink> {
    let way = path.from_root();
    let link = |step: &CategoryPath| {
        let shelf = shelves.iter().find(|shelf| shelf.path == step.as_str());
        shelf.map(|shelf| shelf.link(lens))
    };
    way.iter().filter_map(link).collect()
}

fn cards(documents: &[CardDocument], lens: Lens<'_>) -> Vec<ProductCard> {
    documents.iter().filter_map(|document| document.card(lens)).collect()
}
