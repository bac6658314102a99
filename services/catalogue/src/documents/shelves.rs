//! What stands in each category, counted ahead (see [`crate::survey`]): a document for each category and
//! one for each order of its list. Each market has its own.

use super::{PRODUCTS, pipelines, views::CardDocument};
use crate::media::MediaItem;
use domain::{Market, listing::Sort};
use mongodb::{
    Collection, Database,
    bson::{DateTime, Document, doc},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A category's products in short.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ShelfDocument {
    /// The category's path.
    #[serde(rename = "_id")]
    pub path: String,
    /// How many there are.
    pub products: u32,
    /// The first picture of the newest that has one.
    pub cover: Option<MediaItem>,
    /// The identifiers of the newest.
    pub newest: Vec<String>,
}

/// The beginning of a category's list in one order.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ListDocument {
    /// See [`list`].
    #[serde(rename = "_id")]
    pub name: String,
    /// The products' identifiers.
    pub ids: Vec<String>,
}

/// A product as a survey looks at it.
#[derive(Debug, Deserialize)]
pub(crate) struct SurveyedDocument {
    #[serde(rename = "_id")]
    pub id: String,
    pub price: i64,
    /// Whether it has a picture.
    pub is_pictured: bool,
    created_at: DateTime,
    category_paths: Vec<String>,
}

impl SurveyedDocument {
    /// Whether it stands in a category, or below it.
    pub fn stands_in(&self, path: &str) -> bool {
        self.category_paths.iter().any(|own| own == path)
    }

    /// When it came, in milliseconds since 1970: more is newer.
    pub fn came_at(&self) -> i64 {
        self.created_at.timestamp_millis()
    }
}

/// A product's picture alone.
#[derive(Debug, Deserialize)]
pub(crate) struct CoverDocument {
    pub picture: Option<MediaItem>,
}

/// A category with its shelf, if it has been surveyed.
#[derive(Debug, Deserialize)]
pub(crate) struct CategoryWithShelf {
    #[serde(rename = "_id")]
    pub path: String,
    pub parent: Option<String>,
    pub names: BTreeMap<String, String>,
    #[serde(default)]
    pub descriptions: BTreeMap<String, String>,
    pub picture: Option<MediaItem>,
    /// None or one.
    pub shelf: Vec<ShelfDocument>,
}

/// A category's products as they are counted where no survey has been yet.
#[derive(Debug, Deserialize)]
pub(crate) struct CountedDocument {
    #[serde(rename = "_id")]
    path: String,
    count: Vec<Count>,
    newest: Vec<CardDocument>,
}

#[derive(Debug, Deserialize)]
struct Count {
    products: u32,
}

impl From<CountedDocument> for ShelfDocument {
    fn from(counted: CountedDocument) -> Self {
        Self {
            products: counted.count.first().map_or(0, |count| count.products),
            cover: counted.newest.iter().find_map(CardDocument::picture).cloned(),
            newest: counted.newest.iter().map(|card| card.id().to_owned()).collect(),
            path: counted.path,
        }
    }
}

fn shelf_collection(market: &Market) -> String {
    format!("shelves_{}", market.id)
}

pub(crate) fn shelves(database: &Database, market: &Market) -> Collection<ShelfDocument> {
    database.collection(&shelf_collection(market))
}

pub(crate) fn lists(database: &Database, market: &Market) -> Collection<ListDocument> {
    database.collection(&format!("shelf_lists_{}", market.id))
}

/// The name of a category's list in an order.
pub(crate) fn list(path: &str, sort: Sort) -> String {
    format!("{path}#{}", sort.code())
}

/// The shelf of a category, or a list, by its name.
pub(crate) fn named(name: &str) -> Document {
    doc! { "_id": name }
}

/// So many of a list's identifiers, after the first `before`.
pub(crate) fn part(before: u32, count: u32) -> Document {
    doc! { "ids": { "$slice": [i64::from(before), i64::from(count)] } }
}

/// All categories in the merchant's order, with their shelves.
pub(crate) fn tree(market: &Market) -> Vec<Document> {
    vec![
        doc! { "$sort": pipelines::shelf_order() },
        doc! { "$lookup": {
            "from": shelf_collection(market),
            "localField": "_id",
            "foreignField": "_id",
            "as": "shelf",
        } },
        doc! { "$project": {
            "parent": 1, "names": 1, "descriptions": 1, "picture": 1, "shelf": 1,
        } },
    ]
}

/// What a survey looks at of a product.
pub(crate) fn surveyed(market: &Market) -> Document {
    doc! {
        "price": format!("$lowest_price.{}", market.currency.code()),
        "is_pictured": { "$ne": ["$media", []] },
        "created_at": 1,
        "category_paths": 1,
    }
}

/// The first picture alone.
pub(crate) fn first_picture() -> Document {
    doc! { "picture": { "$first": "$media" } }
}

/// What a survey would find of these categories, without lists: for those that have not had one.
pub(crate) fn counted(market: &Market, paths: &[&str], newest: i64) -> Vec<Document> {
    let lookup = |name: &str, pipeline: Vec<Document>| {
        doc! { "$lookup": {
            "from": PRODUCTS,
            "localField": "_id",
            "foreignField": "category_paths",
            "pipeline": pipeline,
            "as": name,
        } }
    };
    let seen = doc! { "$match": pipelines::visible(market) };
    vec![
        doc! { "$match": { "_id": { "$in": paths } } },
        lookup("count", vec![seen.clone(), doc! { "$count": "products" }]),
        lookup(
            "newest",
            vec![
                seen,
                doc! { "$sort": pipelines::order(market, Sort::Newest) },
                doc! { "$limit": newest },
                doc! { "$project": pipelines::card(market) },
            ],
        ),
        doc! { "$project": { "count": 1, "newest": 1 } },
    ]
}

/// The paths of all categories.
pub(crate) fn paths() -> Vec<Document> {
    vec![doc! { "$project": { "_id": 1 } }]
}

/// A category's path alone.
#[derive(Debug, Deserialize)]
pub(crate) struct PathDocument {
    #[serde(rename = "_id")]
    pub path: String,
}
