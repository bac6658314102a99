//! What can go wrong: the database, or a product or category that cannot stand in a shop.

use crate::category::CategoryPath;
use domain::Sku;

/// The catalogue could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database did not answer, or not with what is stored there.
    #[error("the catalogue's database: {0}")]
    Database(#[from] mongodb::error::Error),
}

/// Something could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// It cannot stand in a shop; nothing was changed.
    #[error(transparent)]
    Refused(#[from] Fault),
    /// Others changed the same thing again and again meanwhile; nothing was changed.
    #[error("it is being changed by others at the same time")]
    Contended,
    /// The database did not answer as it should.
    #[error("the catalogue's database: {0}")]
    Database(#[from] mongodb::error::Error),
}

impl From<Error> for WriteError {
    fn from(error: Error) -> Self {
        match error {
            Error::Database(error) => Self::Database(error),
        }
    }
}

/// Why a product or a category cannot stand in the shop as described.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It says nothing in any language.
    #[error("it has no translation")]
    NoTranslation,
    /// A language tag that is none.
    #[error("{0:?} is not a language tag")]
    Locale(String),
    /// It has no name in a language.
    #[error("it has no name in {locale:?}")]
    NoName {
        /// The language.
        locale: String,
    },
    /// There is nothing to buy.
    #[error("it has no variant")]
    NoVariant,
    /// Two of its variants have one SKU.
    #[error("two of its variants have the SKU {0}")]
    SkuTwice(Sku),
    /// Another product has this SKU.
    #[error("the SKU {sku} belongs to the product {product:?}")]
    SkuTaken {
        /// The SKU.
        sku: String,
        /// The other product's address or id.
        product: String,
    },
    /// Another product has this address.
    #[error("the address {0:?} belongs to another product")]
    SlugTaken(String),
    /// A variant without a price.
    #[error("the variant {0} has no price")]
    NoPrice(Sku),
    /// A price of nothing or less.
    #[error("the variant {sku} has a price of {amount} minor units; it must be above zero")]
    PriceNotAboveZero {
        /// The variant.
        sku: Sku,
        /// The price in minor units.
        amount: i64,
    },
    /// A dated price that ends before it begins.
    #[error("the variant {0} has a price that ends before it begins")]
    PriceNeverInForce(Sku),
    /// An option group without code, name or values, or with a code or value twice.
    #[error("the option group {0:?} has no code, name or values, or one of them twice")]
    OptionGroup(String),
    /// A variant with more or fewer option values than there are groups.
    #[error("the variant {sku} has {given} option values, but there are {groups} option groups")]
    OptionCount {
        /// The variant.
        sku: Sku,
        /// How many it has.
        given: usize,
        /// How many it needs.
        groups: usize,
    },
    /// A variant with an option value that its group does not have.
    #[error("the variant {sku} has the option value {value:?}, which its group does not have")]
    OptionValue {
        /// The variant.
        sku: Sku,
        /// The value.
        value: String,
    },
    /// Two variants that a shopper could not tell apart.
    #[error("the variants {first} and {second} have the same option values")]
    SameOptions {
        /// The first of them.
        first: Sku,
        /// The second.
        second: Sku,
    },
    /// A global trade item number whose length or check digit is wrong.
    #[error("{0:?} is not a GTIN")]
    Gtin(String),
    /// A category that does not exist.
    #[error("there is no category {0}")]
    UnknownCategory(CategoryPath),
}
