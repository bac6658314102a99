//! The merchant's software, as far as prices go: it writes them into the store's MongoDB itself, and
//! nobody but MongoDB tells the store.

use anyhow::Context;
use mongodb::{
    Client, Collection,
    bson::{Bson, Document, doc},
};

/// Who changes the price of one product.
pub struct Merchant {
    products: Collection<Document>,
    before: Document,
}

impl Merchant {
    /// For the product whose page has this last part of its address.
    ///
    /// # Errors
    /// MongoDB is away, or there is no such product.
    pub async fn of(mongodb: &str, slug: &str) -> anyhow::Result<Self> {
        let client = Client::with_uri_str(mongodb).await?;
        let database = client.default_database().context("MongoDB's URL names no database")?;
        let products = database.collection::<Document>("products");
        let before = products.find_one(doc! { "translations.en.slug": slug }).await?;
        let before = before.with_context(|| format!("there is no product {slug}"))?;
        Ok(Self { products, before })
    }

    /// Asks this many cents for every variant; returns when MongoDB has acknowledged it.
    ///
    /// # Errors
    /// MongoDB is away, or the product is written otherwise than expected.
    pub async fn ask(&self, cents: i64) -> anyhow::Result<()> {
        let mut variants = self.before.get_array("variants")?.clone();
        for variant in &mut variants {
            let variant = variant.as_document_mut().context("a variant that is none")?;
            for price in variant.get_array_mut("prices")? {
                let price = price.as_document_mut().context("a price that is none")?;
                price.insert("amount", Bson::Int64(cents));
            }
        }
        self.write(doc! { "variants": variants }).await
    }

    /// Puts the prices back as they were.
    ///
    /// # Errors
    /// MongoDB is away.
    pub async fn withdraw(self) -> anyhow::Result<()> {
        self.write(doc! { "variants": self.before.get_array("variants")? }).await
    }

    async fn write(&self, fields: Document) -> anyhow::Result<()> {
        let id = doc! { "_id": self.before.get_str("_id")? };
        let done = self.products.update_one(id, doc! { "$set": fields }).await?;
        anyhow::ensure!(done.matched_count == 1, "the product has gone");
        Ok(())
    }
}
