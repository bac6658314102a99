//! Where the catalogue's pages get what they show: what is sold from the catalogue, how much of it
//! there is from the inventory, one call each. Anyone may see it.

use super::{category::Category, listing::Slice, product::ProductOnSale};
use crate::{
    services::{LoadFailed, Tags, services, tags},
    ui::StockedCard,
    waiting_line::sold_by,
};
use domain::{
    Sku, Slug,
    product::{CategoryLink, Offer, Product, ProductCard, Variant},
    stock::StockClass,
};
use std::collections::HashMap;

/// How many pieces of each SKU can be bought.
type Available = HashMap<Sku, u32>;

/// The categories every header links to. A page is worth showing without them.
pub async fn navigation() -> Vec<CategoryLink> {
    tags().add("navigation");
    services().catalogue.navigation().await.map_err(LoadFailed::from).unwrap_or_default()
}

/// One page of a category; `None` without such a category or beyond its last page.
pub async fn category(path: &str, slice: Slice) -> Result<Option<Category>, LoadFailed> {
    let (services, tags) = (services(), tags());
    tags.add(format!("category:{path}"));
    tags.add(format!("shelf:{path}"));
    let found = services.catalogue.find_category(path, slice.sort, slice.page).await?;
    let Some(page) = found.filter(|page| slice.page <= page.pages) else {
        return Ok(None);
    };
    page.breadcrumb.iter().for_each(|above| tag(&tags, above));
    page.children.iter().for_each(|below| tag_tile(&tags, &below.link));
    let cards = with_stock(page.cards, &tags).await?;
    Ok(Some(Category {
        link: page.link,
        description: page.description,
        above: page.breadcrumb,
        below: page.children,
        cards,
        total: page.total,
        pages: page.pages,
    }))
}

/// A product; `None` for an address that names none.
pub async fn product(slug: &str) -> Result<Option<ProductOnSale>, LoadFailed> {
    let (services, tags) = (services(), tags());
    let Ok(slug) = Slug::parse(slug) else {
        return Ok(None);
    };
    let Some(page) = services.catalogue.find_product(&slug).await? else {
        return Ok(None);
    };
    tags.add(format!("product:{}", page.product.id));
    page.product.breadcrumb.iter().for_each(|above| tag(&tags, above));
    let own = page.product.variants.iter().map(|variant| variant.sku.clone());
    let others = page.related.iter().flat_map(|card| card.skus.clone());
    let available = availability(own.chain(others).collect(), &tags).await?;
    let offers = offers(&page.product, &available);
    let related = stocked(page.related, &available, &tags);
    let line = sold_by(&page.product);
    Ok(Some(ProductOnSale { product: page.product, offers, related, line }))
}

/// Notes that a page shows a category's tile: its name, its picture, how much is in it.
pub fn tag_tile(tags: &Tags, category: &CategoryLink) {
    tag(tags, category);
    tags.add(format!("shelf:{}", category.path));
}

/// Notes that a page shows a category's name.
pub fn tag(tags: &Tags, category: &CategoryLink) {
    tags.add(format!("category:{}", category.path));
}

/// Products of a list with how much there is of each.
pub async fn with_stock(
    cards: Vec<ProductCard>,
    tags: &Tags,
) -> Result<Vec<StockedCard>, LoadFailed> {
    let skus = cards.iter().flat_map(|card| card.skus.clone()).collect();
    let available = availability(skus, tags).await?;
    Ok(stocked(cards, &available, tags))
}

async fn availability(skus: Vec<Sku>, tags: &Tags) -> Result<Available, LoadFailed> {
    for sku in &skus {
        tags.add(format!("stock:{sku}"));
    }
    Ok(services().inventory.availability(&skus).await?)
}

fn offers(product: &Product, available: &Available) -> Vec<Offer> {
    let pieces = |sku: &Sku| available.get(sku).copied().unwrap_or_default();
    let offer = |variant: &Variant| Offer {
        stock: StockClass::of(pieces(&variant.sku)),
        variant: variant.clone(),
    };
    product.variants.iter().map(offer).collect()
}

fn stocked(cards: Vec<ProductCard>, available: &Available, tags: &Tags) -> Vec<StockedCard> {
    let with_stock = |card: ProductCard| {
        tags.add(format!("product:{}", card.id));
        let pieces = card.skus.iter().filter_map(|sku| available.get(sku)).copied();
        let all = pieces.fold(0, u32::saturating_add);
        StockedCard { stock: StockClass::of(all), card }
    };
    cards.into_iter().map(with_stock).collect()
}
