//! What shoppers may see: filters, projections and pipelines. Each reads what one page needs in one round trip.

use super::{CATEGORIES, PRODUCTS, filters};
use domain::{Market, Sku, Slug, listing::Sort};
use mongodb::{
    bson::{Document, doc},
    options::Collation,
};

/// Published, in the market's language and with a price in its currency: what a shopper may see.
pub(crate) fn visible(market: &Market) -> Document {
    doc! {
        "status": "published",
        format!("translations.{}.slug", market.locale): { "$exists": true },
        format!("lowest_price.{}", market.currency.code()): { "$exists": true },
    }
}

/// What makes the choice stands first: some servers choose their index by that.
fn visible_and(market: &Market, chosen: Document) -> Document {
    let mut filter = chosen;
    for (field, condition) in visible(market) {
        filter.entry(field).or_insert(condition);
    }
    filter
}

/// The product with an address, if a shopper may see it.
pub(crate) fn by_slug(market: &Market, slug: &Slug) -> Document {
    // The address is exact, so it takes the place of "has an address".
    visible_and(market, doc! { format!("translations.{}.slug", market.locale): slug.as_str() })
}

/// The products in a category and below it.
pub(crate) fn in_category(market: &Market, path: &str) -> Document {
    visible_and(market, doc! { "category_paths": path })
}

/// The products with any of the SKUs.
pub(crate) fn with_skus(market: &Market, skus: &[Sku]) -> Document {
    visible_and(market, filters::having_skus(skus))
}

/// The order of a list; the identifier decides between equals, so that no page shows a product of
/// another one again.
pub(crate) fn order(market: &Market, sort: Sort) -> Document {
    let price = format!("lowest_price.{}", market.currency.code());
    match sort {
        Sort::Name => doc! { format!("translations.{}.name", market.locale): 1, "_id": 1 },
        Sort::PriceUp => doc! { price: 1, "_id": 1 },
        Sort::PriceDown => doc! { price: -1, "_id": -1 },
        Sort::Newest => doc! { "created_at": -1, "_id": -1 },
    }
}

/// The alphabet of a language: `é` beside `e`, capitals beside small letters.
pub(crate) fn collation(locale: &str) -> Collation {
    let language = locale.split('-').next().unwrap_or(locale);
    Collation::builder().locale(language).build()
}

/// What a tile shows of a product.
pub(crate) fn card(market: &Market) -> Document {
    let translation = format!("$translations.{}", market.locale);
    doc! {
        "status": 1,
        "slug": format!("{translation}.slug"),
        "name": format!("{translation}.name"),
        "picture": { "$first": "$media" },
        "variants.sku": 1,
        "variants.prices": 1,
    }
}

/// What a cart needs of a product, beside a tile's.
pub(crate) fn sellable(market: &Market) -> Document {
    let mut fields = card(market);
    fields.extend(doc! { "variants.options": 1, "variants.tax_class": 1 });
    fields
}

/// What its variants cost.
pub(crate) fn priced() -> Document {
    doc! { "version": 1, "variants.sku": 1, "variants.prices": 1 }
}

/// The merchant's order of categories.
pub(crate) fn shelf_order() -> Document {
    doc! { "position": 1, "_id": 1 }
}

/// These products, whether they may be seen or not: what is read says that. Some servers would look
/// through an index of everything that may be seen instead of reading a few products.
pub(crate) fn with_ids(ids: &[String]) -> Document {
    doc! { "_id": { "$in": ids } }
}

/// Products that the merchant wants to be shown first: what an index answers. Whether one is sold in a
/// market is seen when it is read.
pub(crate) fn featured() -> Document {
    doc! { "status": "published", "featured": true }
}

/// Whom the pictures of visible products and of categories are owed to.
pub(crate) fn credits(market: &Market) -> Vec<Document> {
    let translation = format!("$translations.{}", market.locale);
    let of_categories = vec![
        doc! { "$match": { "picture.credit": { "$exists": true } } },
        doc! { "$project": { "picture.credit": 1 } },
    ];
    vec![
        doc! { "$match": visible_and(market, doc! { "media.credit": { "$exists": true } }) },
        doc! { "$project": {
            "slug": format!("{translation}.slug"),
            "name": format!("{translation}.name"),
            "media.credit": 1,
        } },
        doc! { "$unionWith": { "coll": CATEGORIES, "pipeline": of_categories } },
    ]
}

/// The addresses of visible products and of categories, and when each changed last.
pub(crate) fn addresses(market: &Market) -> Vec<Document> {
    let of_products = vec![
        doc! { "$match": visible(market) },
        doc! { "$sort": { "_id": 1 } },
        doc! { "$project": {
            "slug": format!("$translations.{}.slug", market.locale),
            "updated_at": 1,
        } },
    ];
    vec![
        doc! { "$sort": { "_id": 1 } },
        doc! { "$project": { "updated_at": 1 } },
        doc! { "$unionWith": { "coll": PRODUCTS, "pipeline": of_products } },
    ]
}
