//! Changes to products and categories. Each is compared with what is there first, so that writing
//! the same again changes nothing, and replaces exactly the revision it was made from, so that two
//! at once lose nothing.

use crate::{
    Catalogue, CategoryDraft, CategoryPath, Fault, ProductDraft, Status, WriteError,
    documents::{self, CategoryDocument, ProductDocument, filters, indexes},
};
use domain::{Money, Sku};
use futures::TryStreamExt;
use jiff::Timestamp;
use mongodb::bson::Document;
use std::collections::BTreeSet;

mod many;
mod touched;
pub use touched::{Outcome, Touched, Upsert};

/// How often a change is made anew because others changed the same thing meanwhile.
const ATTEMPTS: u32 = 5;

impl Catalogue {
    /// Stores a product: the one with the draft's external reference or, if it names none, with its
    /// address in its first language; a new one if there is none. What the draft leaves open
    /// (status, featured) stays as it is.
    pub async fn upsert_product(&self, draft: &ProductDraft) -> Result<Upsert, WriteError> {
        draft.check()?;
        self.check_categories(&draft.categories).await?;
        let products = documents::products(&self.database);
        for _ in 0..ATTEMPTS {
            let existing = products.find_one(filters::meant_by(draft)).await?;
            let now = Timestamp::now();
            let mut document = ProductDocument::of(draft, existing.as_ref(), now);
            document.derive(now)?;
            let Some(existing) = existing else {
                match products.insert_one(&document).await {
                    Ok(_) => return Ok(Upsert::created(Touched::by(&document, None))),
                    // Someone stored the same product meanwhile: there is one to compare with now.
                    Err(_) if products.find_one(filters::meant_by(draft)).await?.is_some() => {}
                    Err(error) => return Err(self.refusal(error, &document).await),
                }
                continue;
            };
            if existing.revision == document.revision {
                return Ok(Upsert::unchanged(Touched::by(&document, None)));
            }
            if self.replace(&existing, &document).await? {
                return Ok(Upsert::updated(Touched::by(&document, Some(&existing))));
            }
        }
        Err(WriteError::Contended)
    }

    /// Sets what a variant costs: the standing price in the amount's currency. A dated price goes
    /// before it while it is in force. `None` if there is no such SKU.
    pub async fn set_price(&self, sku: &Sku, price: Money) -> Result<Option<Touched>, WriteError> {
        if price.minor() <= 0 {
            let (sku, amount) = (sku.clone(), price.minor());
            return Err(Fault::PriceNotAboveZero { sku, amount }.into());
        }
        self.change(filters::having_skus([sku]), |product| {
            let variant = product.variants.iter_mut().find(|variant| &variant.sku == sku);
            variant.into_iter().for_each(|variant| variant.set_standing_price(price));
        })
        .await
    }

    /// Publishes or withdraws a product by its identifier. `None` if there is no such product.
    pub async fn set_status(
        &self,
        product_id: &str,
        status: Status,
    ) -> Result<Option<Touched>, WriteError> {
        self.change(filters::product(product_id), |product| product.status = status).await
    }

    /// Brings the lists up to date with the dated prices that have begun or ended up to `now`, and
    /// says which pages show another price since. To be called every minute or so.
    pub async fn apply_due_prices(&self, now: Timestamp) -> Result<Vec<Touched>, WriteError> {
        let products = documents::products(&self.database);
        let found = products.find(filters::due(now)).await?;
        let due: Vec<ProductDocument> = found.try_collect().await?;
        let mut touched = Vec::new();
        for old in due {
            let mut new = old.clone();
            new.derive(now)?;
            // Contended: someone has just written it, and derived its prices in doing so.
            if self.replace(&old, &new).await? {
                touched.push(Touched::by(&new, None));
            }
        }
        Ok(touched)
    }

    /// Changes one product and writes it unless it is the same as before.
    async fn change(
        &self,
        which: Document,
        change: impl Fn(&mut ProductDocument),
    ) -> Result<Option<Touched>, WriteError> {
        let products = documents::products(&self.database);
        for _ in 0..ATTEMPTS {
            let Some(old) = products.find_one(which.clone()).await? else { return Ok(None) };
            let now = Timestamp::now();
            let mut new = old.clone();
            new.left_categories.clear();
            change(&mut new);
            new.updated_at = documents::date(now);
            new.derive(now)?;
            if new.revision == old.revision || self.replace(&old, &new).await? {
                return Ok(Some(Touched::by(&new, Some(&old))));
            }
        }
        Err(WriteError::Contended)
    }

    /// Writes a product in the place of the revision it was made from; false if that is gone.
    async fn replace(
        &self,
        old: &ProductDocument,
        new: &ProductDocument,
    ) -> Result<bool, WriteError> {
        let filter = filters::product_as_read(old);
        match documents::products(&self.database).replace_one(filter, new).await {
            Ok(result) => Ok(result.matched_count == 1),
            Err(error) => Err(self.refusal(error, new).await),
        }
    }

    /// What a unique index has refused, in words; any other error as it is.
    async fn refusal(
        &self,
        error: mongodb::error::Error,
        document: &ProductDocument,
    ) -> WriteError {
        let taken = |locale: &str| filters::is_taken(&error, &format!("{}{locale}", indexes::SLUG));
        if let Some((_, text)) = document.translations.iter().find(|(locale, _)| taken(locale)) {
            return Fault::SlugTaken(text.slug.to_string()).into();
        }
        if !filters::is_taken(&error, indexes::SKU) {
            return error.into();
        }
        let products = documents::products(&self.database);
        match products.find_one(filters::sharing_skus(document)).await {
            Ok(Some(other)) => sku_taken(document, &other).unwrap_or_else(|| error.into()),
            Ok(None) => error.into(),
            Err(error) => error.into(),
        }
    }

    async fn check_categories(&self, paths: &[CategoryPath]) -> Result<(), WriteError> {
        if paths.is_empty() {
            return Ok(());
        }
        let found = documents::categories(&self.database).find(filters::categories(paths)).await?;
        let found: Vec<CategoryDocument> = found.try_collect().await?;
        let known: BTreeSet<&str> = found.iter().map(|category| category.path.as_str()).collect();
        match paths.iter().find(|path| !known.contains(path.as_str())) {
            Some(missing) => Err(Fault::UnknownCategory(missing.clone()).into()),
            None => Ok(()),
        }
    }

    /// Stores a category. The one above it must exist.
    pub async fn upsert_category(&self, draft: &CategoryDraft) -> Result<Upsert, WriteError> {
        draft.check()?;
        self.check_categories(draft.path.parent().as_slice()).await?;
        let categories = documents::categories(&self.database);
        let own = filters::categories(std::slice::from_ref(&draft.path));
        for _ in 0..ATTEMPTS {
            let existing = categories.find_one(own.clone()).await?;
            let last = match (&existing, draft.position) {
                (None, None) => self.last_position(&draft.path).await?,
                _ => 0,
            };
            let document = CategoryDocument::of(draft, existing.as_ref(), last, Timestamp::now())?;
            let touched = Touched::by_category(&document, existing.as_ref());
            let Some(existing) = existing else {
                match categories.insert_one(&document).await {
                    Ok(_) => return Ok(Upsert::created(touched)),
                    Err(error) if filters::is_taken(&error, "_id_") => continue,
                    Err(error) => return Err(error.into()),
                }
            };
            if existing.revision == document.revision {
                return Ok(Upsert::unchanged(touched));
            }
            let filter = filters::category_as_read(&existing);
            if categories.replace_one(filter, &document).await?.matched_count == 1 {
                return Ok(Upsert::updated(touched));
            }
        }
        Err(WriteError::Contended)
    }

    /// Whether there is such a category.
    pub async fn has_category(&self, path: &CategoryPath) -> Result<bool, mongodb::error::Error> {
        let categories = documents::categories(&self.database);
        let filter = filters::categories(std::slice::from_ref(path));
        Ok(categories.find_one(filter).await?.is_some())
    }

    /// The place behind the last sibling.
    async fn last_position(&self, path: &CategoryPath) -> Result<i32, WriteError> {
        let last = documents::categories(&self.database)
            .find_one(filters::siblings(path))
            .sort(filters::last_first())
            .await?;
        Ok(last.map_or(0, |category| category.position.saturating_add(1)))
    }
}

fn sku_taken(document: &ProductDocument, other: &ProductDocument) -> Option<WriteError> {
    let theirs = |sku: &&Sku| other.variants.iter().any(|variant| &variant.sku == *sku);
    let sku = document.variants.iter().map(|variant| &variant.sku).find(theirs)?;
    let slug = other.translations.values().next().map(|text| text.slug.to_string());
    let product = slug.unwrap_or_else(|| other.id.clone());
    Some(Fault::SkuTaken { sku: sku.to_string(), product }.into())
}
