//! From what is stored to what a page shows, in one language and one market. A variant without a
//! price in force cannot be bought and is left out; a product without variants is not shown.

use super::{PriceDocument, ProductDocument, timestamp};
use crate::{
    media::{MediaItem, PhotoCredit},
    price,
    product::{Attribute, Status},
};
use domain::{
    Market, Money, Sku, Slug,
    news::PriceNews,
    product::{CategoryLink, OptionGroup, Product, ProductCard, Sellable, Variant},
    tax::TaxClass,
};
use jiff::Timestamp;
use mongodb::bson::DateTime;
use serde::Deserialize;

/// Which of all translations and prices are shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lens<'a> {
    pub market: &'a Market,
    pub at: Timestamp,
}

impl Lens<'_> {
    fn price(&self, prices: &[PriceDocument]) -> Option<Money> {
        let prices: Vec<_> = prices.iter().map(PriceDocument::price).collect();
        price::in_force(&prices, self.market.currency, self.at)
    }

    pub fn picture(&self, item: &MediaItem, name: &str) -> domain::product::Picture {
        item.picture(&self.market.locale, name)
    }
}

/// A product as [`super::pipelines::card`] or [`super::pipelines::sellable`] projects it.
#[derive(Debug, Deserialize)]
pub(crate) struct CardDocument {
    #[serde(rename = "_id")]
    id: String,
    status: Status,
    /// Missing in a language that it has no words in.
    slug: Option<Slug>,
    name: Option<String>,
    picture: Option<MediaItem>,
    variants: Vec<CardVariant>,
}

#[derive(Debug, Deserialize)]
struct CardVariant {
    sku: Sku,
    prices: Vec<PriceDocument>,
    #[serde(default)]
    options: Vec<String>,
    tax_class: Option<TaxClass>,
}

impl CardDocument {
    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn picture(&self) -> Option<&MediaItem> {
        self.picture.as_ref()
    }

    fn words(&self) -> Option<(&Slug, &str)> {
        self.slug.as_ref().zip(self.name.as_deref())
    }

    /// Its tile; `None` if it is not sold, or not in this market.
    pub fn card(&self, lens: Lens<'_>) -> Option<ProductCard> {
        if self.status != Status::Published {
            return None;
        }
        let priced =
            |variant: &CardVariant| Some((lens.price(&variant.prices)?, variant.sku.clone()));
        let (prices, skus): (Vec<Money>, Vec<Sku>) =
            self.variants.iter().filter_map(priced).unzip();
        let lowest = prices.iter().copied().min_by_key(|price| price.minor())?;
        let (slug, name) = self.words()?;
        Some(ProductCard {
            id: self.id.clone(),
            slug: slug.clone(),
            picture: self.picture.as_ref().map(|item| lens.picture(item, name)),
            name: name.to_owned(),
            price: lowest,
            price_varies: prices.iter().any(|price| price.minor() > lowest.minor()),
            skus,
        })
    }

    /// What of this product can be sold.
    pub fn sellables(&self, lens: Lens<'_>) -> Vec<Sellable> {
        let words = self.words();
        let sellable = |variant: &CardVariant| {
            let (slug, name) = words?;
            Some(Sellable {
                sku: variant.sku.clone(),
                product_id: self.id.clone(),
                slug: slug.clone(),
                name: name.to_owned(),
                options: variant.options.join(", "),
                picture: self.picture.as_ref().map(|item| lens.picture(item, name)),
                price: lens.price(&variant.prices)?,
                tax_class: variant.tax_class?,
            })
        };
        self.variants.iter().filter_map(sellable).collect()
    }
}

/// A product as [`super::pipelines::priced`] projects it.
#[derive(Debug, Deserialize)]
pub(crate) struct PricedDocument {
    #[serde(default)]
    version: i64,
    variants: Vec<CardVariant>,
}

impl PricedDocument {
    pub fn prices(&self, lens: Lens<'_>) -> impl Iterator<Item = PriceNews> {
        self.variants.iter().map(move |variant| PriceNews {
            sku: variant.sku.clone(),
            price: lens.price(&variant.prices),
            version: self.version.unsigned_abs(),
        })
    }
}

/// A product or category with the credits of its pictures, as [`super::pipelines::credits`] gathers
/// them.
#[derive(Debug, Deserialize)]
pub(crate) struct CreditDocument {
    /// Missing for a category.
    pub slug: Option<String>,
    pub name: Option<String>,
    #[serde(default)]
    media: Vec<Credited>,
    picture: Option<Credited>,
}

#[derive(Debug, Deserialize)]
struct Credited {
    credit: Option<PhotoCredit>,
}

impl CreditDocument {
    pub fn credits(&self) -> impl Iterator<Item = &PhotoCredit> {
        self.media.iter().chain(&self.picture).filter_map(|picture| picture.credit.as_ref())
    }
}

/// An address, as [`super::pipelines::addresses`] gathers it: a category's has no slug.
#[derive(Debug, Deserialize)]
pub(crate) struct AddressDocument {
    #[serde(rename = "_id")]
    pub id: String,
    pub slug: Option<String>,
    updated_at: DateTime,
}

impl AddressDocument {
    /// The day of the last change in UTC, `YYYY-MM-DD`.
    pub fn day(&self) -> String {
        timestamp(self.updated_at).strftime("%Y-%m-%d").to_string()
    }
}

impl ProductDocument {
    /// What its variants cost; nothing is sold of a product that shoppers do not see.
    pub fn prices(&self, lens: Lens<'_>) -> Vec<PriceNews> {
        let visible =
            self.status == Status::Published && self.translations.contains_key(&lens.market.locale);
        let news = |variant: &super::VariantDocument| PriceNews {
            sku: variant.sku.clone(),
            price: lens.price(&variant.prices).filter(|_| visible),
            version: self.version.unsigned_abs(),
        };
        self.variants.iter().map(news).collect()
    }

    /// The product as its page shows it, without the categories above it, which are read apart.
    pub fn view(self, lens: Lens<'_>, breadcrumb: Vec<CategoryLink>) -> Option<Product> {
        let translation = self.translations.get(&lens.market.locale)?;
        let name = translation.name.clone();
        let variant = |document: &super::VariantDocument| {
            Some(Variant {
                sku: document.sku.clone(),
                gtin: document.gtin.clone(),
                options: document.options.clone(),
                price: lens.price(&document.prices)?,
                tax_class: document.tax_class,
            })
        };
        let mut variants: Vec<Variant> = self.variants.iter().filter_map(variant).collect();
        let mut attributes: Vec<(String, String)> = Vec::new();
        let mut options = options_of(&self, &variants);
        match variants.as_mut_slice() {
            [] => return None,
            // With one variant there is nothing to choose: what it is becomes something to read.
            [only] => {
                let values = std::mem::take(&mut only.options);
                attributes.extend(options.drain(..).map(|group| group.name).zip(values));
            }
            _ => {}
        }
        let shown = |attribute: &Attribute| (attribute.name.clone(), attribute.value_to_show());
        attributes.extend(self.attributes.iter().map(shown));
        Some(Product {
            slug: translation.slug.clone(),
            description: translation.description.clone(),
            pictures: self.media.iter().map(|item| lens.picture(item, &name)).collect(),
            options,
            variants,
            breadcrumb,
            attributes,
            seo_title: translation.seo.title.clone(),
            seo_description: translation.seo.description.clone(),
            brand: self.brand.clone(),
            name,
            id: self.id,
        })
    }
}

/// The choices, without values that no variant on sale has.
fn options_of(product: &ProductDocument, variants: &[Variant]) -> Vec<OptionGroup> {
    let on_sale = |index: usize, value: &&String| {
        variants.iter().any(|variant| variant.options.get(index) == Some(*value))
    };
    let group = |(index, draft): (usize, &crate::product::OptionDraft)| OptionGroup {
        code: draft.code.clone(),
        name: draft.name.clone(),
        values: draft.values.iter().filter(|value| on_sale(index, value)).cloned().collect(),
    };
    product.options.iter().enumerate().map(group).collect()
}
