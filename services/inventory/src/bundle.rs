//! Bundles: SKUs that are sold and lie nowhere. What can be bought of one is what its components allow, all
//! warehouses together; a hold of one is a hold of its components.

use crate::{Error, Inventory, end, queries};
use domain::{Sku, stock::Recipe};
use sqlx::PgConnection;

/// Why a bundle was not defined.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// A bundle of nothing.
    #[error("bundle {bundle} has no components")]
    Empty {
        /// The bundle.
        bundle: Sku,
    },
    /// A component is named twice, or of none, or of more than a thousand pieces.
    #[error("{component} is not named once with 1 to 1000 pieces")]
    Quantity {
        /// The component.
        component: Sku,
    },
    /// A component is itself a bundle, or would be part of itself.
    #[error("no bundle is part of another")]
    BundleInBundle,
    /// The SKU has stock of its own in some warehouse.
    #[error("{bundle} lies in a warehouse, and a bundle lies nowhere")]
    HasStock {
        /// The SKU.
        bundle: Sku,
    },
    /// The database could not be used.
    #[error(transparent)]
    Storage(Error),
}

impl From<sqlx::Error> for BundleError {
    fn from(error: sqlx::Error) -> Self {
        match Error::from(error) {
            Error::BundleInBundle => Self::BundleInBundle,
            other => Self::Storage(other),
        }
    }
}

/// The most pieces of one component.
const MOST_OF_ONE: u32 = 1_000;

impl Inventory {
    /// Says what a bundle is made of, in place of what was said before. Orders that hold it keep what they
    /// hold. Safe to repeat.
    pub async fn define_bundle(
        &self,
        bundle: &Sku,
        components: &[(Sku, u32)],
    ) -> Result<(), BundleError> {
        if components.is_empty() {
            return Err(BundleError::Empty { bundle: bundle.clone() });
        }
        for (index, (component, quantity)) in components.iter().enumerate() {
            let again = components[..index].iter().any(|(other, _)| other == component);
            if again || !(1..=MOST_OF_ONE).contains(quantity) {
                return Err(BundleError::Quantity { component: component.clone() });
            }
        }
        let mut transaction = self.pool.begin().await?;
        let defined = define(&mut transaction, bundle, components).await;
        end(transaction, defined).await
    }

    /// What these bundles are made of; nothing of what is no bundle. One statement.
    pub async fn recipes(&self, bundles: &[Sku]) -> Result<Vec<Recipe>, Error> {
        let bundles: Vec<_> = bundles.iter().map(Sku::as_str).collect();
        Ok(queries::bundles::recipes(&self.pool, &bundles).await?)
    }
}

async fn define(
    connection: &mut PgConnection,
    bundle: &Sku,
    components: &[(Sku, u32)],
) -> Result<(), BundleError> {
    let skus: Vec<_> = components.iter().map(|(sku, _)| sku.as_str()).collect();
    let quantities: Vec<_> = components.iter().map(|(_, quantity)| i64::from(*quantity)).collect();
    queries::bundles::lock_components(connection, bundle.as_str(), &skus).await?;
    let defined = queries::bundles::define(connection, bundle.as_str(), &skus, &quantities).await;
    match defined.map_err(BundleError::from) {
        Err(BundleError::Storage(Error::BundleLiesNowhere)) => {
            return Err(BundleError::HasStock { bundle: bundle.clone() });
        }
        defined => defined?,
    }
    queries::bundles::tell(connection, bundle.as_str()).await?;
    Ok(())
}
