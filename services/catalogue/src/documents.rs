//! Products and categories as MongoDB stores them, and their way in from a draft. Together with its
//! submodules (filters, indexes, pipelines, shelves, stream, views) the only place of this crate with BSON.

pub(crate) mod filters;
pub(crate) mod indexes;
pub(crate) mod pipelines;
pub(crate) mod shelves;
pub(crate) mod stream;
pub(crate) mod views;

use crate::{
    category::CategoryDraft,
    media::MediaItem,
    price::{self, Price},
    product::{
        Attribute, ExternalReference, OptionDraft, ProductDraft, Status, Translation, VariantDraft,
    },
};
use domain::{Currency, Money, Sku, tax::TaxClass};
use jiff::Timestamp;
use mongodb::{
    Collection, Database,
    bson::{DateTime, serialize_to_document},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const PRODUCTS: &str = "products";
pub(crate) const CATEGORIES: &str = "categories";

pub(crate) fn products(database: &Database) -> Collection<ProductDocument> {
    database.collection(PRODUCTS)
}

pub(crate) fn categories(database: &Database) -> Collection<CategoryDocument> {
    database.collection(CATEGORIES)
}

/// The products again, of which only the external references are wanted.
pub(crate) fn references(database: &Database) -> Collection<ReferenceDocument> {
    database.collection(PRODUCTS)
}

/// What a product is called elsewhere.
#[derive(Debug, Deserialize)]
pub(crate) struct ReferenceDocument {
    pub external_reference: ExternalReference,
}

/// A product with all its variants, prices, texts and pictures.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ProductDocument {
    /// A UUID of version 7, as text.
    #[serde(rename = "_id")]
    pub id: String,
    pub status: Status,
    pub featured: bool,
    pub translations: BTreeMap<String, Translation>,
    pub brand: Option<String>,
    /// Where it belongs, the main one first.
    pub categories: Vec<String>,
    /// Those and everything above them: what a list of a category is made of.
    pub category_paths: Vec<String>,
    /// Which of those it has left with the last change: who hears of the change does not see what it
    /// was before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_categories: Vec<String>,
    pub options: Vec<OptionDraft>,
    pub variants: Vec<VariantDocument>,
    pub media: Vec<MediaItem>,
    pub attributes: Vec<Attribute>,
    /// Left out, not null, where there is none: the unique index skips what is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_reference: Option<ExternalReference>,
    /// Derived: the lowest price in force of any variant, in minor units by currency code. Lists
    /// are sorted by it; a currency that is missing here is one the product is not sold in.
    pub lowest_price: BTreeMap<String, i64>,
    /// Derived: when `lowest_price` must be looked at again, because a dated price begins or ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reprice_at: Option<DateTime>,
    pub created_at: DateTime,
    /// When the content last changed; writing the same again does not move it.
    pub updated_at: DateTime,
    /// The hash of the content: equal means that there is nothing to write.
    pub revision: String,
    /// Grows with every write, and with time, so that a SKU that moves to another product gets no
    /// smaller one there.
    #[serde(default)]
    pub version: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct VariantDocument {
    pub sku: Sku,
    pub gtin: Option<String>,
    pub options: Vec<String>,
    pub prices: Vec<PriceDocument>,
    pub tax_class: TaxClass,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PriceDocument {
    pub currency: Currency,
    /// Minor units.
    pub amount: i64,
    pub valid_from: Option<DateTime>,
    pub valid_until: Option<DateTime>,
}

/// A category; its path is its identifier.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CategoryDocument {
    #[serde(rename = "_id")]
    pub path: String,
    pub parent: Option<String>,
    /// The paths above it, from the root.
    pub ancestors: Vec<String>,
    pub names: BTreeMap<String, String>,
    pub descriptions: BTreeMap<String, String>,
    pub position: i32,
    pub picture: Option<MediaItem>,
    pub created_at: DateTime,
    pub updated_at: DateTime,
    pub revision: String,
}

pub(crate) fn date(at: Timestamp) -> DateTime {
    DateTime::from_millis(at.as_millisecond())
}

/// A date beyond the year 9999 is the last moment there is.
pub(crate) fn timestamp(date: DateTime) -> Timestamp {
    Timestamp::from_millisecond(date.timestamp_millis()).unwrap_or(Timestamp::MAX)
}

impl ProductDocument {
    /// The document of a draft: new, or in the place of one that is there.
    pub fn of(draft: &ProductDraft, existing: Option<&Self>, now: Timestamp) -> Self {
        let paths = draft.categories.iter().flat_map(|path| path.from_root());
        let category_paths: BTreeSet<String> = paths.map(String::from).collect();
        let before = existing.map(|old| old.category_paths.as_slice()).unwrap_or_default();
        let left = before.iter().filter(|path| !category_paths.contains(*path)).cloned();
        let reference = |document: &Self| document.external_reference.clone();
        Self {
            id: existing.map_or_else(|| uuid::Uuid::now_v7().to_string(), |old| old.id.clone()),
            status: draft.status.unwrap_or(existing.map_or(Status::Published, |old| old.status)),
            featured: draft.featured.unwrap_or(existing.is_some_and(|old| old.featured)),
            translations: draft.translations.clone(),
            brand: draft.brand.clone(),
            categories: draft.categories.iter().map(ToString::to_string).collect(),
            left_categories: left.collect(),
            category_paths: category_paths.into_iter().collect(),
            options: draft.options.clone(),
            variants: draft.variants.iter().map(VariantDocument::of).collect(),
            media: draft.media.clone(),
            attributes: draft.attributes.clone(),
            external_reference: draft
                .external_reference
                .clone()
                .or_else(|| existing.and_then(reference)),
            lowest_price: BTreeMap::new(),
            reprice_at: None,
            created_at: existing.map_or(date(now), |old| old.created_at),
            updated_at: date(now),
            revision: String::new(),
            version: existing.map_or(0, |old| old.version),
        }
    }

    /// Fills in what is derived from the rest, and the next version. To be called after every change.
    pub fn derive(&mut self, now: Timestamp) -> Result<(), mongodb::error::Error> {
        let prices: Vec<Vec<Price>> = self.variants.iter().map(VariantDocument::prices).collect();
        self.lowest_price.clear();
        for currency in prices.iter().flatten().map(|price| price.currency) {
            let in_force = prices.iter().filter_map(|p| price::in_force(p, currency, now));
            if let Some(lowest) = in_force.map(Money::minor).min() {
                self.lowest_price.insert(currency.code().to_owned(), lowest);
            }
        }
        self.reprice_at = price::next_change(prices.iter().flatten(), now).map(date);
        self.version = now.as_millisecond().max(self.version + 1);
        self.revision = revision(
            self,
            &[
                "_id",
                "left_categories",
                "created_at",
                "updated_at",
                "revision",
                "lowest_price",
                "reprice_at",
                "version",
            ],
        )?;
        Ok(())
    }
}

impl VariantDocument {
    fn of(draft: &VariantDraft) -> Self {
        Self {
            sku: draft.sku.clone(),
            gtin: draft.gtin.clone(),
            options: draft.options.clone(),
            prices: draft.prices.iter().map(PriceDocument::of).collect(),
            tax_class: draft.tax_class,
        }
    }

    fn prices(&self) -> Vec<Price> {
        self.prices.iter().map(PriceDocument::price).collect()
    }

    /// Puts the price in the place of the standing one in its currency; dated ones stay.
    pub fn set_standing_price(&mut self, money: Money) {
        let new = PriceDocument::of(&Price::standing(money));
        let standing = |old: &&mut PriceDocument| {
            old.price().is_standing() && old.currency == money.currency()
        };
        match self.prices.iter_mut().find(standing) {
            Some(old) => *old = new,
            None => self.prices.push(new),
        }
    }
}

impl PriceDocument {
    fn of(price: &Price) -> Self {
        Self {
            currency: price.currency,
            amount: price.amount,
            valid_from: price.valid_from.map(date),
            valid_until: price.valid_until.map(date),
        }
    }

    pub fn price(&self) -> Price {
        Price {
            currency: self.currency,
            amount: self.amount,
            valid_from: self.valid_from.map(timestamp),
            valid_until: self.valid_until.map(timestamp),
        }
    }
}

impl CategoryDocument {
    /// The document of a draft: new, or in the place of one that is there.
    pub fn of(
        draft: &CategoryDraft,
        existing: Option<&Self>,
        last: i32,
        now: Timestamp,
    ) -> Result<Self, mongodb::error::Error> {
        let path = draft.path.to_string();
        let mut ancestors: Vec<String> =
            draft.path.from_root().into_iter().map(String::from).collect();
        ancestors.pop();
        let mut document = Self {
            parent: draft.path.parent().map(String::from),
            path,
            ancestors,
            names: draft.names.clone(),
            descriptions: draft.descriptions.clone(),
            position: draft.position.unwrap_or(existing.map_or(last, |old| old.position)),
            picture: draft.picture.clone(),
            created_at: existing.map_or(date(now), |old| old.created_at),
            updated_at: date(now),
            revision: String::new(),
        };
        document.revision = revision(&document, &["created_at", "updated_at", "revision"])?;
        Ok(document)
    }
}

/// The hash of a document without the fields that are not content.
fn revision(document: &impl Serialize, without: &[&str]) -> Result<String, mongodb::error::Error> {
    let mut content = serialize_to_document(document)?;
    for field in without {
        content.remove(field);
    }
    let hash = Sha256::digest(content.to_vec()?);
    Ok(hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
}
