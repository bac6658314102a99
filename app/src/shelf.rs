//! The tiles of a page, alive: how much there is of each product and what it costs, as it changes. Their
//! HTML is the server's (`ui::Shelf`). On the front page and in categories; the page of a product does without,
//! for what else is on display there would make its program larger than it may be.

mod told;

use crate::browser::{Ear, Part, awake};
use domain::stock::StockClass;
use leptos::prelude::*;
use std::cell::RefCell;
use told::Told;

/// The class that a note of stock is shown in: a mark that is not only a colour.
pub fn stock_class(stock: StockClass) -> &'static str {
    match stock {
        StockClass::InStock => "stock stock--plenty",
        StockClass::FewLeft { .. } => "stock stock--few",
        StockClass::SoldOut => "stock stock--none",
    }
}

/// Brings all tiles of the page to life.
#[island(lazy)]
pub fn LiveShelf() -> impl IntoView {
    awake(|| {
        let Some(document) = Part::document() else { return };
        let tiles: Vec<Tile> = document.all("[data-skus]").into_iter().map(Tile::of).collect();
        let skus: Vec<String> =
            tiles.iter().flat_map(|tile| tile.told.skus()).map(str::to_owned).collect();
        let tiles = RefCell::new(tiles);
        let ear = Ear::open(Box::new(move |name, facts| {
            for tile in tiles.borrow_mut().iter_mut() {
                if tile.told.hear(name, facts) {
                    tile.show();
                }
            }
        }));
        ear.want_skus(skus.iter().map(String::as_str));
    })
}

/// A tile and what was told of its variants.
struct Tile {
    part: Part,
    told: Told,
}

impl Tile {
    fn of(part: Part) -> Self {
        let told = Told::of(&part.get("data-skus").unwrap_or_default());
        Self { part, told }
    }

    /// What is not known of every variant stays as the server showed it.
    fn show(&self) {
        if let Some(stock) = self.told.stock()
            && let Some(note) = self.part.slot("stock")
        {
            note.say(&stock.label());
            note.set("class", Some(stock_class(stock)));
            note.show(stock != StockClass::InStock);
        }
        if let Some((lowest, varies)) = self.told.price()
            && let Some(price) = self.part.slot("price")
        {
            price.set("value", Some(&lowest.to_decimal()));
            price.show_in("from", varies);
            price.say_in("amount", &lowest.to_string());
        }
    }
}
