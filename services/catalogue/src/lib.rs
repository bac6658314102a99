//! What the shop sells: products, categories, their pictures and prices, kept in MongoDB.
//!
//! [`Catalogue`] is the door. Reads show one market what is published, each page in at most
//! two round trips; writes say which pages have changed ([`Touched`]), so that the caller can drop them
//! from the page cache. How much there is of a product is the inventory's business, and what was
//! paid for it the order's, which copies name and price: nothing here decides about money or stock.

pub mod category;
pub mod changes;
mod documents;
mod error;
pub mod import;
mod lists;
pub mod media;
mod pages;
pub mod price;
pub mod product;
pub mod seed;
mod survey;
mod tree;
mod write;

pub use category::{CategoryDraft, CategoryPath};
pub use changes::{Change, Changes, Told};
pub use error::{Error, Fault, WriteError};
pub use media::MediaStore;
pub use pages::{CARDS_PER_PAGE, FEATURED, RELATED};
pub use product::{ProductDraft, Status};
pub use tree::Reading;
pub use write::{Outcome, Touched, Upsert};

use documents::views::Lens;
use domain::Market;
use jiff::Timestamp;
use mongodb::Database;
use std::sync::Arc;

/// The catalogue, seen from one market. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Catalogue {
    database: Database,
    market: Arc<Market>,
    /// What it is being read for.
    reading: Option<Reading>,
    remembered: tree::Remembered,
}

impl Catalogue {
    /// The catalogue in a database, for a market's language and currency.
    pub fn new(database: Database, market: Market) -> Self {
        Self { database, market: Arc::new(market), reading: None, remembered: Default::default() }
    }

    /// Makes the indexes that are missing; may be run again and while the shop is open.
    pub async fn ensure_indexes(&self) -> Result<(), Error> {
        let of_products = documents::indexes::of_products(&self.market);
        documents::products(&self.database).create_indexes(of_products).await?;
        let of_categories = documents::indexes::of_categories();
        documents::categories(&self.database).create_indexes(of_categories).await?;
        Ok(())
    }

    /// The market it is seen from.
    pub fn market(&self) -> &Market {
        &self.market
    }

    /// This market, now.
    fn lens(&self) -> Lens<'_> {
        Lens { market: &self.market, at: Timestamp::now() }
    }
}
