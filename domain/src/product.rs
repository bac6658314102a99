//! What the shop sells, as a page or a cart needs it. How it is stored is the catalogue's business.

use crate::{Money, Sku, Slug, stock::StockClass, tax::TaxClass};
use serde::{Deserialize, Serialize};

/// A picture in its finished sizes. The files are `{base}-{width}.webp` and `{base}-{width}.jpg`;
/// the base contains a hash of the content, so that a URL never changes its meaning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// URL path without width and ending, e.g. `/media/ab12cd34/derick-david`.
    pub base: String,
    /// The widths there are, ascending, in pixels.
    pub widths: Vec<u32>,
    /// Width of the largest, in pixels.
    pub width: u32,
    /// Height of the largest, in pixels.
    pub height: u32,
    /// A `data:` URI of a few dozen bytes to show until the picture is there.
    pub placeholder: String,
    /// What it shows, for those who do not see it.
    pub alt: String,
    /// Who took it, if known.
    pub credit: Option<String>,
}

/// A choice to make, with its values in the shop's order: `Size`: `Size 40`, `Size 42`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionGroup {
    /// Stable name, part of form fields.
    pub code: String,
    /// Name to show.
    pub name: String,
    /// Values to choose from.
    pub values: Vec<String>,
}

/// One thing that can be bought: a combination of option values with its own SKU and price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// Its stock-keeping unit.
    pub sku: Sku,
    /// Global trade item number, if it has one.
    pub gtin: Option<String>,
    /// One value for each option group, in the groups' order; empty for a product without options.
    pub options: Vec<String>,
    /// The price of one piece in the market, tax included.
    pub price: Money,
    /// Which tax rate applies.
    pub tax_class: TaxClass,
}

/// A place in the tree of categories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryLink {
    /// Path below `/c/`, e.g. `electronics/computers`.
    pub path: String,
    /// Name to show.
    pub name: String,
}

/// A product as its page shows it, in one language and one market.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Stable identifier; part of cache tags.
    pub id: String,
    /// Address below `/p/`.
    pub slug: Slug,
    /// Name.
    pub name: String,
    /// Plain text; an empty line separates paragraphs.
    pub description: String,
    /// Pictures, the most telling first.
    pub pictures: Vec<Picture>,
    /// Choices to make; empty when there is only one variant.
    pub options: Vec<OptionGroup>,
    /// What can be bought; never empty.
    pub variants: Vec<Variant>,
    /// The path of categories from the root to where it belongs.
    pub breadcrumb: Vec<CategoryLink>,
    /// Properties to read in a table: name and value.
    pub attributes: Vec<(String, String)>,
    /// Title for search engines, if it differs from the name.
    pub seo_title: Option<String>,
    /// Description for search engines, if it differs from the beginning of the description.
    pub seo_description: Option<String>,
    /// The brand, if it has one.
    pub brand: Option<String>,
}

impl Product {
    /// The variant with these option values, in the groups' order.
    pub fn variant(&self, options: &[String]) -> Option<&Variant> {
        self.variants.iter().find(|variant| variant.options == options)
    }

    /// The variant with this SKU.
    pub fn variant_by_sku(&self, sku: &Sku) -> Option<&Variant> {
        self.variants.iter().find(|variant| &variant.sku == sku)
    }

    /// The lowest price, and whether another variant costs more ("from").
    pub fn price_from(&self) -> Option<(Money, bool)> {
        let lowest = self.variants.iter().map(|variant| variant.price).min_by_key(|p| p.minor())?;
        let dearer = self.variants.iter().any(|variant| variant.price.minor() > lowest.minor());
        Some((lowest, dearer))
    }
}

/// A product as a tile in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductCard {
    /// Stable identifier; part of cache tags.
    pub id: String,
    /// Address below `/p/`.
    pub slug: Slug,
    /// Name.
    pub name: String,
    /// First picture, if any.
    pub picture: Option<Picture>,
    /// Lowest price.
    pub price: Money,
    /// Whether another variant costs more.
    pub price_varies: bool,
    /// The SKUs of its variants, for its stock class.
    pub skus: Vec<Sku>,
}

/// What must be known of a SKU to put it into a cart and to price it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sellable {
    /// Its stock-keeping unit.
    pub sku: Sku,
    /// Its product's stable identifier.
    pub product_id: String,
    /// Its product's address below `/p/`.
    pub slug: Slug,
    /// Its product's name.
    pub name: String,
    /// Its option values, joined for reading: `15 inch, 8GB`; empty without options.
    pub options: String,
    /// Small picture, if any.
    pub picture: Option<Picture>,
    /// The current price of one piece, tax included.
    pub price: Money,
    /// Which tax rate applies.
    pub tax_class: TaxClass,
}

/// A variant with how much of it there is, as the buy box needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// What can be bought.
    pub variant: Variant,
    /// In stock, few left, or sold out.
    pub stock: StockClass,
}
