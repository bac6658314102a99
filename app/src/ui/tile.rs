//! Categories as tiles.

use super::{Loading, Photograph, count};
use domain::listing::CategoryTile;
use leptos::prelude::*;

/// Categories side by side, each with a photograph of something in it.
#[component]
pub fn CategoryTiles(
    /// Which ones.
    tiles: Vec<CategoryTile>,
    /// How wide a photograph is shown, as the `sizes` attribute wants it.
    sizes: &'static str,
    /// When their photographs are fetched.
    #[prop(optional)]
    loading: Loading,
) -> impl IntoView {
    let tiles = tiles.into_iter().map(|one| tile(one, sizes, loading)).collect_view();
    view! { <ul class="tiles">{tiles}</ul> }.into_any()
}

fn tile(tile: CategoryTile, sizes: &'static str, loading: Loading) -> impl IntoView {
    let photograph = tile.picture.map(|picture| {
        view! { <Photograph picture sizes loading decorative=true/> }
    });
    view! {
        <li>
            <a class="tile" href=format!("/c/{}", tile.link.path)>
                <span class="tile__photo">{photograph}</span>
                <span class="tile__name">{tile.link.name}</span>
                <span class="tile__count">{count(tile.products, "product")}</span>
            </a>
        </li>
    }
    .into_any()
}
