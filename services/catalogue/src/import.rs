//! Imports: what comes in from a file is read line by line, its pictures are finished, and each
//! product is stored as if a merchant had described it. A bad line is reported and the rest goes in;
//! the same file again changes nothing.

pub mod jsonl;
mod named;
mod store;
pub mod vendure;

pub use jsonl::jsonl;
pub use vendure::vendure;

use crate::{
    CategoryDraft, CategoryPath, Fault, ProductDraft,
    category::PathError,
    media::{MediaError, PhotoCredit},
    product::ExternalReference,
};
use domain::{Sku, ids::NameError, money::MoneyError};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Is told how far an import has come; the server draws a bar from it.
pub trait Progress: Send {
    /// There are so many products and categories to store.
    fn begin(&mut self, total: u64);
    /// One of them is done.
    fn done(&mut self, name: &str);
}

/// For those who do not want to know.
impl Progress for () {
    fn begin(&mut self, _: u64) {}
    fn done(&mut self, _: &str) {}
}

/// What an import has come to. Categories are counted apart.
#[derive(Debug, Default)]
pub struct Report {
    /// Products that were not there before.
    pub created: u64,
    /// Products that were there and were different.
    pub updated: u64,
    /// Products that were there just so.
    pub unchanged: u64,
    /// Categories that were not there before.
    pub categories_created: u64,
    /// Lines that did not go in, in the file's order.
    pub rejected: Vec<Rejected>,
    /// What was read otherwise than it was written, in the file's order.
    pub notes: Vec<Note>,
    /// How much there is of each SKU, as far as the file says, each once; for the inventory.
    pub stock: Vec<(Sku, u32)>,
    /// The tags of the pages that show something else now, for the page cache.
    pub touched: BTreeSet<String>,
}

/// A line that did not go in.
#[derive(Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Its number in the file, from 1.
    pub line: u64,
    /// Why.
    pub reason: Reason,
}

/// Something to know about a line that did go in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its number in the file, from 1.
    pub line: u64,
    /// What to know.
    pub text: String,
}

/// Why the import ended before the file did. What is in by then stays; running it again continues.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file could not be read.
    #[error("the file could not be read: {0}")]
    Read(#[from] std::io::Error),
    /// Columns without which no product can be made.
    #[error("the first line does not name the column {}", .0.join(", "))]
    MissingColumns(Vec<&'static str>),
    /// The database did not answer as it should.
    #[error("the catalogue's database: {0}")]
    Database(#[from] mongodb::error::Error),
    /// Pictures could not be stored.
    #[error(transparent)]
    Media(MediaError),
}

/// Why a line did not go in.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It has more or fewer cells than the first line: often a stray quotation mark or comma.
    #[error("it has {found} cells where the first line has {expected}")]
    Cells {
        /// How many it has.
        found: usize,
        /// How many it should have.
        expected: usize,
    },
    /// It is not UTF-8.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// It is not the JSON that was expected.
    #[error("{0}")]
    Json(String),
    /// A cell that must not be empty.
    #[error("the {0} is missing")]
    Missing(&'static str),
    /// A name that makes no address.
    #[error("the slug {text:?} is none: {reason}")]
    Slug {
        /// What stands there.
        text: String,
        /// What is wrong.
        reason: NameError,
    },
    /// A SKU that is none.
    #[error("the SKU {text:?} is none: {reason}")]
    Sku {
        /// What stands there.
        text: String,
        /// What is wrong.
        reason: NameError,
    },
    /// An amount that is none.
    #[error("the price {text:?}: {reason}")]
    Price {
        /// What stands there.
        text: String,
        /// What is wrong.
        reason: MoneyError,
    },
    /// A price of nothing or less.
    #[error("the price {0:?} is not above zero")]
    PriceNotAboveZero(String),
    /// A tax category other than standard, reduced or zero.
    #[error("the tax category {0:?} is unknown")]
    TaxCategory(String),
    /// A stock that is no whole number.
    #[error("the stock {0:?} is no whole number")]
    Stock(String),
    /// Stock of something else than the line's product.
    #[error("it tells the stock of {0}, which is none of its variants")]
    StockOfAnother(Sku),
    /// A facet that is not `name:value`.
    #[error("the facet {0:?} is not written as name:value")]
    Facet(String),
    /// A category that makes no path.
    #[error(transparent)]
    Category(#[from] PathError),
    /// A category or an option without a letter or digit.
    #[error("the name {0:?} has neither letter nor digit")]
    Nameless(String),
    /// More or fewer option values than option groups.
    #[error("it has {given} option values, but the product has {groups} option groups")]
    OptionCount {
        /// How many it has.
        given: usize,
        /// How many it should have.
        groups: usize,
    },
    /// The same option values as an earlier variant of the product.
    #[error("its option values are those of line {line}")]
    OptionsAsBefore {
        /// The earlier line.
        line: u64,
    },
    /// A SKU that an earlier line has.
    #[error("the SKU {sku} is that of line {line}")]
    SkuAsBefore {
        /// The SKU.
        sku: Sku,
        /// The earlier line.
        line: u64,
    },
    /// An address that an earlier line has.
    #[error("the slug {slug} is that of line {line}")]
    SlugAsBefore {
        /// The address.
        slug: String,
        /// The earlier line.
        line: u64,
    },
    /// An external reference that an earlier line has.
    #[error("the external reference {:?} of {:?} is that of line {line}", .reference.id, .reference.source)]
    ReferenceAsBefore {
        /// The external reference.
        reference: ExternalReference,
        /// The earlier line.
        line: u64,
    },
    /// A variant with no product above it.
    #[error("it is a variant, but no product stands above it")]
    NoProductAbove,
    /// A variant whose product did not go in.
    #[error("its product, on line {line}, did not go in")]
    ProductRejected {
        /// The product's line.
        line: u64,
    },
    /// A product none of whose variants could be read.
    #[error("none of its variants could be read")]
    NoVariantLeft,
    /// A picture's name that leads out of the folder of pictures.
    #[error("the file name {0:?} leads out of the folder of pictures")]
    FileName(String),
    /// A picture that is not there.
    #[error("the picture {0:?} is not in the folder of pictures")]
    FileMissing(String),
    /// A picture that cannot be used.
    #[error("the picture {file:?}: {reason}")]
    Picture {
        /// Its name.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The product or category cannot stand in the shop.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// Others change the same thing at the same time.
    #[error("it is being changed by others at the same time")]
    Contended,
}

/// A picture by its file's name in the folder of pictures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MediaSource {
    /// The file's name, relative to the folder of pictures.
    pub file: String,
    /// What it shows, by locale.
    #[serde(default)]
    pub alt: BTreeMap<String, String>,
    /// Whom it is owed to; without it, what the file's name tells.
    #[serde(default)]
    pub credit: Option<PhotoCredit>,
}

/// Something to store, with the line it came from.
#[derive(Debug)]
struct Entry {
    line: u64,
    item: Item,
    /// Categories that are made if they are not there, with their names.
    categories: Vec<(CategoryPath, String)>,
    stock: Vec<(Sku, u32)>,
}

#[derive(Debug)]
enum Item<M = MediaSource> {
    Product(ProductDraft<M>),
    Category(CategoryDraft<M>),
}

impl Report {
    fn reject(&mut self, line: u64, reason: Reason) {
        self.rejected.push(Rejected { line, reason });
    }

    fn note(&mut self, line: u64, text: String) {
        self.notes.push(Note { line, text });
    }
}
