//! Reads that no single page is made of: what a cart needs to know, whom the pictures are owed to,
//! what search engines may visit.

use crate::{
    Catalogue, Error, Touched,
    documents::{
        self, CATEGORIES, PRODUCTS, filters, pipelines,
        views::{AddressDocument, CardDocument, CreditDocument, PricedDocument},
    },
    media::PhotoCredit,
};
use domain::{
    Sku,
    listing::{Credit, SitemapEntry},
    news::PriceNews,
    product::Sellable,
};
use futures::TryStreamExt;
use std::collections::{BTreeMap, BTreeSet};

impl Catalogue {
    /// What can be sold of these SKUs, in their order, each once. What is unknown, not published or
    /// has no price in this market is missing. One round trip.
    pub async fn sellables(&self, skus: &[Sku]) -> Result<Vec<Sellable>, Error> {
        if skus.is_empty() {
            return Ok(Vec::new());
        }
        let lens = self.lens();
        let found = self
            .database
            .collection::<CardDocument>(PRODUCTS)
            .find(pipelines::with_skus(&self.market, skus))
            .projection(pipelines::sellable(&self.market))
            .batch_size(one_batch(skus))
            .await?;
        let products: Vec<CardDocument> = found.try_collect().await?;
        let mut by_sku: BTreeMap<Sku, Sellable> = products
            .iter()
            .flat_map(|product| product.sellables(lens))
            .map(|sellable| (sellable.sku.clone(), sellable))
            .collect();
        Ok(skus.iter().filter_map(|sku| by_sku.remove(sku)).collect())
    }

    /// What these SKUs cost, each once. What is unknown, not published or has no price in this market
    /// is not sold, and of version 0 where there is no product to say more. One round trip.
    pub async fn prices(&self, skus: &[Sku]) -> Result<Vec<PriceNews>, Error> {
        if skus.is_empty() {
            return Ok(Vec::new());
        }
        let lens = self.lens();
        let found = self
            .database
            .collection::<PricedDocument>(PRODUCTS)
            .find(pipelines::with_skus(&self.market, skus))
            .projection(pipelines::priced())
            .batch_size(one_batch(skus))
            .await?;
        let products: Vec<PricedDocument> = found.try_collect().await?;
        let mut by_sku: BTreeMap<Sku, PriceNews> = products
            .iter()
            .flat_map(|product| product.prices(lens))
            .map(|news| (news.sku.clone(), news))
            .collect();
        let unsold = |sku: &Sku| PriceNews { sku: sku.clone(), price: None, version: 0 };
        Ok(skus.iter().map(|sku| by_sku.remove(sku).unwrap_or_else(|| unsold(sku))).collect())
    }

    /// Which pages show these SKUs, for a caller who has to drop them from a cache because their
    /// stock has changed. One round trip.
    pub async fn where_shown(&self, skus: &[Sku]) -> Result<Vec<Touched>, Error> {
        if skus.is_empty() {
            return Ok(Vec::new());
        }
        let found = documents::products(&self.database)
            .find(filters::having_skus(skus))
            .batch_size(one_batch(skus))
            .await?;
        let products: Vec<documents::ProductDocument> = found.try_collect().await?;
        Ok(products.iter().map(|product| Touched::by(product, None)).collect())
    }

    /// Whom the pictures on show are owed to, by photographer, with the products that show them.
    pub async fn credits(&self) -> Result<Vec<Credit>, Error> {
        let found: Vec<CreditDocument> =
            self.gather(PRODUCTS, pipelines::credits(&self.market)).await?;
        let mut owed: BTreeMap<PhotoCredit, BTreeSet<(String, String)>> = BTreeMap::new();
        for document in found {
            let product = document.name.clone().zip(document.slug.clone());
            for credit in document.credits() {
                owed.entry(credit.clone()).or_default().extend(product.clone());
            }
        }
        let credit = |(credit, products): (PhotoCredit, BTreeSet<(String, String)>)| Credit {
            photographer: credit.photographer,
            source: credit.source,
            products: products.into_iter().map(|(name, slug)| (slug, name)).collect(),
        };
        Ok(owed.into_iter().map(credit).collect())
    }

    /// The addresses of all categories and of all products on show. Pages that are not the
    /// catalogue's (the home page, the credits) are not among them.
    pub async fn sitemap(&self) -> Result<Vec<SitemapEntry>, Error> {
        let found: Vec<AddressDocument> =
            self.gather(CATEGORIES, pipelines::addresses(&self.market)).await?;
        let entry = |address: AddressDocument| SitemapEntry {
            modified: address.day(),
            path: match address.slug {
                Some(slug) => format!("/p/{slug}"),
                None => format!("/c/{}", address.id),
            },
        };
        Ok(found.into_iter().map(entry).collect())
    }

    /// How many products are on show.
    pub async fn count(&self) -> Result<u64, Error> {
        let products = documents::products(&self.database);
        Ok(products.count_documents(pipelines::visible(&self.market)).await?)
    }
}

/// A batch that holds all that can be found: at most a product for each SKU, and one more, because a
/// full batch leaves the server's cursor open for another round trip.
fn one_batch(skus: &[Sku]) -> u32 {
    u32::try_from(skus.len()).unwrap_or(u32::MAX).saturating_add(1)
}
