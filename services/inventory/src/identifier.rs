//! By what names other systems know our SKUs and warehouses, where they do not use ours: a GTIN, a GLN, an address.
//! What such a name looks like is the connector's to know; here it is a text.

use crate::{Error, Inventory, end, queries};
use domain::Sku;
use std::collections::{BTreeMap, HashMap};

/// The most characters of an identifier.
pub const LONGEST_IDENTIFIER: usize = 200;

/// What an identifier stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identified {
    /// A SKU.
    Sku(Sku),
    /// A warehouse, by its code.
    Warehouse(String),
}

/// What identifiers stand for; of one that is not in it nothing is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identifiers {
    /// SKUs by their identifiers.
    pub skus: HashMap<String, String>,
    /// Warehouses' codes by their identifiers.
    pub warehouses: HashMap<String, String>,
}

/// Why identifiers were not kept. None of them was.
#[derive(Debug, thiserror::Error)]
pub enum IdentifierError {
    /// It is empty, longer than [`LONGEST_IDENTIFIER`], or holds a character that no database of ours does.
    #[error("{identifier:?} is no identifier: it has 1 to {LONGEST_IDENTIFIER} characters")]
    BadIdentifier {
        /// What was given.
        identifier: String,
    },
    /// No warehouse has this code.
    #[error("there is no warehouse {warehouse:?}")]
    UnknownWarehouse {
        /// The code.
        warehouse: String,
    },
    /// The database could not be used.
    #[error(transparent)]
    Storage(#[from] Error),
}

impl From<sqlx::Error> for IdentifierError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl Inventory {
    /// Keeps what identifiers stand for, all of them or none. One that stood for something else stands for this from
    /// now on; of one that is given twice the last counts.
    pub async fn identify(&self, names: &[(String, Identified)]) -> Result<(), IdentifierError> {
        let (mut skus, mut warehouses) = (BTreeMap::new(), BTreeMap::new());
        for (identifier, identified) in names {
            let fits = (1..=LONGEST_IDENTIFIER).contains(&identifier.chars().count());
            if !fits || identifier.contains('\0') {
                return Err(IdentifierError::BadIdentifier { identifier: identifier.clone() });
            }
            match identified {
                Identified::Sku(sku) => skus.insert(identifier.as_str(), sku.as_str()),
                Identified::Warehouse(code) => {
                    warehouses.insert(identifier.as_str(), code.as_str())
                }
            };
        }
        let mut transaction = self.pool.begin().await?;
        let kept = async {
            let known = queries::told::warehouses(&mut transaction).await?;
            if let Some(code) = warehouses.values().find(|code| !known.contains(**code)) {
                return Err(IdentifierError::UnknownWarehouse { warehouse: (*code).to_owned() });
            }
            queries::identifiers::keep(&mut transaction, &skus, &warehouses).await?;
            Ok(())
        };
        let kept = kept.await;
        end(transaction, kept).await
    }

    /// What these identifiers stand for. One statement.
    pub async fn find_identified(
        &self,
        skus: &[&str],
        warehouses: &[&str],
    ) -> Result<Identifiers, Error> {
        Ok(queries::identifiers::find(&self.pool, skus, warehouses).await?)
    }
}
