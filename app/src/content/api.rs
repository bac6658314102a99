//! Where the credits come from. Anyone may see them.

use crate::services::{LoadFailed, services, tags};
use domain::listing::Credit;

/// Whom the pictures are owed to.
pub async fn credits() -> Result<Vec<Credit>, LoadFailed> {
    tags().add("credits");
    Ok(services().catalogue.credits().await?)
}
