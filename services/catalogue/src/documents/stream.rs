//! What MongoDB tells of changes, and how far a follower has heard of them.

use super::{CATEGORIES, CategoryDocument, PRODUCTS, ProductDocument};
use mongodb::{
    Collection, Database,
    bson::{
        Bson, Document, deserialize_from_bson, deserialize_from_document, doc, serialize_to_bson,
    },
    change_stream::event::{ChangeStreamEvent, ResumeToken},
    error::{Error, ErrorKind},
    options::FullDocumentType,
};
use serde::{Deserialize, Serialize};

/// Each change comes with the document as it is since.
pub(crate) const WHOLE: FullDocumentType = FullDocumentType::UpdateLookup;

/// How far a follower has heard.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Place {
    #[serde(rename = "_id")]
    follower: String,
    token: Bson,
}

impl Place {
    pub fn new(follower: &str, token: &ResumeToken) -> Result<Self, Error> {
        Ok(Self { follower: follower.to_owned(), token: serialize_to_bson(token)? })
    }

    /// `None` if it is none that MongoDB gave.
    pub fn token(self) -> Option<ResumeToken> {
        deserialize_from_bson(self.token).ok()
    }
}

pub(crate) fn places(database: &Database) -> Collection<Place> {
    database.collection("change_places")
}

pub(crate) fn place_of(follower: &str) -> Document {
    doc! { "_id": follower }
}

/// The changes of what pages show.
pub(crate) fn of_pages() -> [Document; 1] {
    [doc! { "$match": { "ns.coll": { "$in": [PRODUCTS, CATEGORIES] } } }]
}

/// What a change did.
#[derive(Debug)]
pub(crate) enum Happened {
    /// A product is as it stands here.
    Product(Box<ProductDocument>),
    /// A category is as it stands here.
    Category(Box<CategoryDocument>),
    /// The product with this identifier is gone.
    ProductGone(String),
    /// The category with this path is gone.
    CategoryGone(String),
    /// Something that says nothing of a single document: a collection that was dropped or made.
    Everything,
}

impl Happened {
    pub fn of(event: ChangeStreamEvent<Document>) -> Self {
        let collection = event.ns.and_then(|place| place.coll).unwrap_or_default();
        let id = || {
            let key = event.document_key.as_ref()?;
            key.get_str("_id").ok().map(str::to_owned)
        };
        let told = match (collection.as_str(), event.full_document) {
            (PRODUCTS, Some(whole)) => deserialize_from_document(whole)
                .ok()
                .map(|product| Self::Product(Box::new(product))),
            (CATEGORIES, Some(whole)) => {
                let category = deserialize_from_document(whole).ok();
                category.map(|category| Self::Category(Box::new(category)))
            }
            // It may have gone since it changed.
            (PRODUCTS, None) => id().map(Self::ProductGone),
            (CATEGORIES, None) => id().map(Self::CategoryGone),
            _ => None,
        };
        told.unwrap_or(Self::Everything)
    }
}

/// Whether MongoDB does not remember the changes since the place that it was asked for: they are too
/// long ago (`ChangeStreamHistoryLost`), or it is a server that never knew of it.
pub(crate) fn is_forgotten(error: &Error) -> bool {
    matches!(&*error.kind, ErrorKind::Command(refused) if matches!(refused.code, 260 | 280 | 286))
}
