//! A product's photographs. One is shown whole; several are swiped through on a phone and stand
//! below each other on a desk. All of it is the stylesheet's doing.

use crate::ui::{Loading, Photograph};
use domain::product::Picture;
use leptos::prelude::*;

/// How wide a photograph is shown: the stylesheet's columns.
const SIZES: &str = "(min-width: 1360px) 792px, (min-width: 900px) calc(92vw - 29rem), 100vw";

/// The photographs, the most telling first.
#[component]
pub fn Gallery(pictures: Vec<Picture>, slug: String) -> impl IntoView {
    let label = (pictures.len() > 1).then_some("Photographs");
    let photograph = |(index, picture): (usize, Picture)| {
        let first = index == 0;
        let loading = if first { Loading::First } else { Loading::Lazy };
        let of_product = first.then(|| slug.clone());
        let credit = picture.credit.clone();
        view! {
            <li>
                <figure>
                    <Photograph picture sizes=SIZES loading of_product/>
                    {credit.map(|name| view! { <figcaption>"Photograph: " {name}</figcaption> })}
                </figure>
            </li>
        }
    };
    let list = pictures.into_iter().enumerate().map(photograph).collect_view();
    // A list that scrolls must be reachable by keyboard; a single photograph does not scroll.
    let tabindex = label.map(|_| "0");
    view! { <ul class="gallery" tabindex=tabindex aria-label=label>{list}</ul> }.into_any()
}
