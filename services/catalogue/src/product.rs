//! A product as the merchant describes it, before it is stored, and what makes a description one
//! that can stand in a shop. The same type is a line of a JSON import.
//!
//! Names of options, option values and attributes are in one language, that of the shop's first
//! market; names, descriptions and search-engine texts are in as many as there are.

use crate::{CategoryPath, media::MediaItem, price::Price};
use domain::{Sku, Slug, tax::TaxClass};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

mod check;
pub(crate) use check::check_locale;

/// Whether shoppers see a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Being prepared; nobody sees it.
    Draft,
    /// In the shop.
    Published,
    /// Taken out of the shop; kept because orders tell of it.
    Withdrawn,
}

/// A product as it is to be. `M` is what stands for a picture: a finished one here, a file's name
/// in an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductDraft<M = MediaItem> {
    /// What it is called elsewhere. It says which product is meant; without it the address does.
    #[serde(default)]
    pub external_reference: Option<ExternalReference>,
    /// `None` keeps what it is; a new product is published.
    #[serde(default)]
    pub status: Option<Status>,
    /// Whether it is shown on the home page; `None` keeps what it is.
    #[serde(default)]
    pub featured: Option<bool>,
    /// Texts by locale; at least one.
    pub translations: BTreeMap<String, Translation>,
    /// The brand, if it has one.
    #[serde(default)]
    pub brand: Option<String>,
    /// Where it belongs; the first is the one its page names. They must exist.
    #[serde(default)]
    pub categories: Vec<CategoryPath>,
    /// Choices to make.
    #[serde(default)]
    pub options: Vec<OptionDraft>,
    /// What can be bought; at least one.
    pub variants: Vec<VariantDraft>,
    /// Pictures, the most telling first.
    #[serde(default = "Vec::new")]
    pub media: Vec<M>,
    /// Properties to read in a table.
    #[serde(default)]
    pub attributes: Vec<Attribute>,
}

/// A product's texts in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Translation {
    /// Name.
    pub name: String,
    /// Address below `/p/`, unique in its language.
    pub slug: Slug,
    /// Plain text; an empty line separates paragraphs.
    #[serde(default)]
    pub description: String,
    /// What search engines are told, where it differs.
    #[serde(default)]
    pub seo: Seo,
}

/// Texts for search engines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seo {
    /// Title, if it differs from the name.
    #[serde(default)]
    pub title: Option<String>,
    /// Description, if it differs from the beginning of the description.
    #[serde(default)]
    pub description: Option<String>,
}

/// What a product is called in the system it came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalReference {
    /// The system, e.g. `vendure`.
    pub source: String,
    /// Its name there.
    pub id: String,
}

/// A choice to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionDraft {
    /// Stable name, part of form fields; made like a slug.
    pub code: String,
    /// Name to show.
    pub name: String,
    /// Values to choose from, in the order they are shown in.
    pub values: Vec<String>,
}

/// One thing that can be bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariantDraft {
    /// Its stock-keeping unit, unique in the shop.
    pub sku: Sku,
    /// Global trade item number: 8, 12, 13 or 14 digits.
    #[serde(default)]
    pub gtin: Option<String>,
    /// One value for each option group, in the groups' order.
    #[serde(default)]
    pub options: Vec<String>,
    /// Prices; at least one.
    pub prices: Vec<Price>,
    /// Which tax rate applies.
    pub tax_class: TaxClass,
}

/// A property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// What it is about: `Weight`.
    pub name: String,
    /// What it is.
    pub value: AttributeValue,
    /// What a number counts: `g`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// What a property is. There are no fractions: a weight is in grams.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AttributeValue {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// Words.
    Text(String),
    /// Several words, each true.
    Several(Vec<String>),
}

impl Attribute {
    /// The value as it reads in a table.
    pub fn value_to_show(&self) -> String {
        let value = match &self.value {
            AttributeValue::Flag(true) => "Yes".to_owned(),
            AttributeValue::Flag(false) => "No".to_owned(),
            AttributeValue::Whole(number) => number.to_string(),
            AttributeValue::Text(text) => text.clone(),
            AttributeValue::Several(texts) => texts.join(", "),
        };
        match &self.unit {
            Some(unit) => format!("{value} {unit}"),
            None => value,
        }
    }
}

impl<M> ProductDraft<M> {
    /// The same product with other pictures.
    pub fn with_media<N>(self, media: Vec<N>) -> ProductDraft<N> {
        ProductDraft {
            external_reference: self.external_reference,
            status: self.status,
            featured: self.featured,
            translations: self.translations,
            brand: self.brand,
            categories: self.categories,
            options: self.options,
            variants: self.variants,
            media,
            attributes: self.attributes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_property_reads_as_in_a_table() {
        let shown = |value| serde_json::from_value::<Attribute>(value).unwrap().value_to_show();
        assert_eq!(shown(json!({"name": "Weight", "value": 1200, "unit": "g"})), "1200 g");
        assert_eq!(shown(json!({"name": "Washable", "value": true})), "Yes");
        assert_eq!(
            shown(json!({"name": "Place", "value": ["Indoor", "Outdoor"]})),
            "Indoor, Outdoor"
        );
        assert_eq!(shown(json!({"name": "Colour", "value": "gray"})), "gray");
    }
}
