//! Where the front page gets what it shows. Anyone may see it.

use super::page::Home;
use crate::{
    catalogue::api::{tag_tile, with_stock},
    services::{LoadFailed, services, tags},
};

/// Departments and what is on display.
pub async fn home() -> Result<Home, LoadFailed> {
    let tags = tags();
    tags.add("home");
    let page = services().catalogue.home().await?;
    page.categories.iter().for_each(|category| tag_tile(&tags, &category.link));
    let featured = with_stock(page.featured, &tags).await?;
    Ok(Home { categories: page.categories, featured })
}
