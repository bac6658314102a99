//! Bundles: SKUs that lie nowhere and are sold as what they are made of.

use super::lines::{self, Line, wrong};
use crate::api::{
    input::{Json, Query, names},
    problem::Problem,
};
use axum::extract::State;
use domain::Sku;
use inventory::{BundleError, Inventory};
use serde::{Deserialize, Serialize};
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

/// Which bundles are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BundlesAsked {
    /// These SKUs; it may stand there several times.
    // As `names::skus`, which would not be a parameter that has to be there.
    #[param(inline, min_items = 1, max_items = 100)]
    sku: Vec<Named>,
}

/// A SKU, as a parameter that has to be there.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Named(Sku);

impl PartialSchema for Named {
    fn schema() -> RefOr<Schema> {
        names::sku().into()
    }
}

impl ToSchema for Named {}

/// So many pieces of a component.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Component {
    /// The component's SKU.
    #[schema(schema_with = names::sku)]
    sku: Sku,
    /// Pieces in one bundle.
    #[schema(minimum = 1, maximum = 1_000)]
    quantity: u32,
}

/// A bundle and its recipe.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// The bundle's own SKU.
    #[schema(schema_with = names::sku)]
    sku: Sku,
    /// What one of it is made of, none of it a bundle itself.
    #[schema(min_items = 1, max_items = 100)]
    components: Vec<Component>,
}

/// Bundles, in the order that they were named in.
#[derive(Debug, Serialize, ToSchema)]
pub struct Bundles {
    /// The bundles.
    items: Vec<Bundle>,
}

/// What bundles are made of from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Defined {
    /// In any order.
    #[schema(min_items = 1, max_items = 100)]
    bundles: Vec<Bundle>,
}

/// What bundles are made of.
///
/// A SKU that is no bundle is left out.
#[utoipa::path(
    get,
    path = "/api/v1/inventory/bundles",
    operation_id = "list_bundles",
    tag = "inventory",
    params(BundlesAsked),
    responses((status = 200, description = "Those of them that are bundles.", body = Bundles)),
)]
pub async fn list(
    State(inventory): State<Inventory>,
    Query(asked): Query<BundlesAsked>,
) -> Result<axum::Json<Bundles>, Problem> {
    let skus: Vec<Sku> = asked.sku.into_iter().map(|Named(sku)| sku).collect();
    Ok(axum::Json(told(&inventory, &skus).await?))
}

/// Say what bundles are made of.
///
/// In place of what was said before; orders that hold one keep what they hold. A bundle lies in no warehouse, and what
/// can be bought of it is what its components allow.
#[utoipa::path(
    put,
    path = "/api/v1/inventory/bundles",
    operation_id = "define_bundles",
    tag = "inventory",
    request_body = Defined,
    responses((status = 200, description = "They are so now.", body = Bundles)),
)]
pub async fn define(
    State(inventory): State<Inventory>,
    Json(defined): Json<Defined>,
) -> Result<axum::Json<Bundles>, Problem> {
    let mut skus = Vec::new();
    for (at, Bundle { sku, components }) in defined.bundles.into_iter().enumerate() {
        let line = |one: Component| Line { sku: one.sku, quantity: one.quantity };
        let components = lines::summed(components.into_iter().map(line).collect());
        let defined = inventory.define_bundle(&sku, &components).await;
        defined.map_err(|error| refusal(&error, &format!("/bundles/{at}")))?;
        skus.push(sku);
    }
    Ok(axum::Json(told(&inventory, &skus).await?))
}

async fn told(inventory: &Inventory, skus: &[Sku]) -> Result<Bundles, Problem> {
    let recipes = inventory.recipes(skus).await.map_err(|error| Problem::of_error(&error))?;
    let bundle = |sku: &Sku| {
        let own = recipes.iter().filter(|recipe| &recipe.bundle == sku);
        let component = |recipe: &domain::stock::Recipe| Component {
            sku: recipe.component.clone(),
            quantity: recipe.quantity,
        };
        let components: Vec<_> = own.map(component).collect();
        (!components.is_empty()).then(|| Bundle { sku: sku.clone(), components })
    };
    Ok(Bundles { items: skus.iter().filter_map(bundle).collect() })
}

/// Why a bundle, whose place in the body this is, is as it was. Those before it are as was said.
fn refusal(error: &BundleError, at: &str) -> Problem {
    let components = format!("{at}/components");
    match error {
        BundleError::Empty { .. } => {
            wrong(&components, "too_few", "A bundle is made of something.".to_owned())
        }
        BundleError::Quantity { component } => {
            let words = format!("A bundle has 1 to 1,000 pieces of `{component}`.");
            wrong(&components, "too_large", words)
        }
        BundleError::BundleInBundle => {
            wrong(&components, "bundle_in_bundle", "No bundle is part of another.".to_owned())
        }
        BundleError::HasStock { bundle } => {
            let words = format!("`{bundle}` lies in a warehouse, and a bundle lies nowhere.");
            wrong(&format!("{at}/sku"), "has_stock", words)
        }
        BundleError::Storage(error) => Problem::of_error(error),
    }
}
