//! The indexes: what they keep unique, and which list each of them serves. Names are stable; making
//! an index that is there changes nothing.

use super::pipelines::collation;
use domain::Market;
use mongodb::{
    IndexModel,
    bson::{Document, doc},
    options::IndexOptions,
};

/// A variant's SKU, across all products.
pub(crate) const SKU: &str = "sku_uq";
/// What a product is called elsewhere.
const EXTERNAL_REFERENCE: &str = "external_reference_uq";
/// The beginning of the name of each language's index of addresses.
pub(crate) const SLUG: &str = "slug_uq_";

/// The indexes of the products, for a market's language and currency.
pub(crate) fn of_products(market: &Market) -> Vec<IndexModel> {
    let (locale, currency) = (&market.locale, market.currency.code());
    let slug = format!("translations.{locale}.slug");
    let name = format!("translations.{locale}.name");
    let price = format!("lowest_price.{currency}");
    // Every list of products is one category's (or related to it) and shows what is published.
    let in_category = |rest: Document| {
        let mut keys = doc! { "status": 1, "category_paths": 1 };
        keys.extend(rest);
        keys
    };
    let mut by_name =
        index(&format!("in_category_by_name_{locale}"), in_category(doc! { name: 1, "_id": 1 }));
    if let Some(options) = &mut by_name.options {
        options.collation = Some(collation(locale));
    }
    vec![
        unique(&format!("{SLUG}{locale}"), doc! { slug: 1 }),
        unique(SKU, doc! { "variants.sku": 1 }),
        unique(
            EXTERNAL_REFERENCE,
            doc! { "external_reference.source": 1, "external_reference.id": 1 },
        ),
        by_name,
        index(
            &format!("in_category_by_price_{currency}"),
            in_category(doc! { price: 1, "_id": 1 }),
        ),
        index("in_category_by_age", in_category(doc! { "created_at": -1, "_id": -1 })),
        index("in_category_by_id", in_category(doc! { "_id": 1 })),
        index("featured_by_age", doc! { "status": 1, "featured": 1, "created_at": -1, "_id": -1 }),
        sparse("reprice_at", doc! { "reprice_at": 1 }),
    ]
}

/// The indexes of the categories; the path is `_id` and so unique already.
pub(crate) fn of_categories() -> Vec<IndexModel> {
    vec![index("children", doc! { "parent": 1, "position": 1, "_id": 1 })]
}

fn named(name: &str) -> IndexOptions {
    IndexOptions::builder().name(name.to_owned()).build()
}

fn index(name: &str, keys: Document) -> IndexModel {
    IndexModel::builder().keys(keys).options(named(name)).build()
}

fn sparse(name: &str, keys: Document) -> IndexModel {
    let mut options = named(name);
    options.sparse = Some(true);
    IndexModel::builder().keys(keys).options(options).build()
}

/// Unique where there is a value: a product without a translation or without an external reference
/// is not in the way of another one.
fn unique(name: &str, keys: Document) -> IndexModel {
    let mut model = sparse(name, keys);
    if let Some(options) = &mut model.options {
        options.unique = Some(true);
    }
    model
}
