//! What the catalogue's pages show, gathered in as few reads as a page may cost.

use crate::product::{CategoryLink, Picture, Product, ProductCard};
use serde::{Deserialize, Serialize};

/// The order of a list of products.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sort {
    /// By name, A to Z.
    #[default]
    Name,
    /// Cheapest first.
    PriceUp,
    /// Dearest first.
    PriceDown,
    /// Latest first.
    Newest,
}

impl Sort {
    /// Every order, the usual one first.
    pub const ALL: [Self; 4] = [Self::Name, Self::PriceUp, Self::PriceDown, Self::Newest];

    /// Stable code, in addresses.
    pub fn code(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::PriceUp => "price-up",
            Self::PriceDown => "price-down",
            Self::Newest => "newest",
        }
    }

    /// Words to show.
    pub fn label(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::PriceUp => "Price, low to high",
            Self::PriceDown => "Price, high to low",
            Self::Newest => "Newest",
        }
    }

    /// The order of a code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.code() == code)
    }
}

/// A category as a tile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryTile {
    /// Where it is and what it is called.
    pub link: CategoryLink,
    /// A picture for it, if any.
    pub picture: Option<Picture>,
    /// How many products it holds, sub-categories included.
    pub products: u32,
}

/// The home page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HomePage {
    /// The categories at the root.
    pub categories: Vec<CategoryTile>,
    /// Products chosen to be shown first.
    pub featured: Vec<ProductCard>,
}

/// One page of a category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryPage {
    /// The category itself.
    pub link: CategoryLink,
    /// One sentence about it; may be empty.
    pub description: String,
    /// The categories above it, from the root.
    pub breadcrumb: Vec<CategoryLink>,
    /// The categories directly below it.
    pub children: Vec<CategoryTile>,
    /// The products of this page, sub-categories included.
    pub cards: Vec<ProductCard>,
    /// How many products there are on all pages.
    pub total: u32,
    /// Which page this is, from 1.
    pub page: u32,
    /// How many pages there are; at least 1.
    pub pages: u32,
}

/// A product's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductPage {
    /// The product.
    pub product: Product,
    /// Others from the same category.
    pub related: Vec<ProductCard>,
}

/// Whom a picture is owed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// The photographer.
    pub photographer: String,
    /// Where the picture came from, e.g. `Unsplash`.
    pub source: Option<String>,
    /// The products that show their pictures: address below `/p/` and name.
    pub products: Vec<(String, String)>,
}

/// An address for search engines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SitemapEntry {
    /// Path on this host, e.g. `/p/laptop`.
    pub path: String,
    /// The day of its last change, `YYYY-MM-DD`.
    pub modified: String,
}
