//! The way from the front page to here.

use domain::product::CategoryLink;
use leptos::prelude::*;

/// The categories above a page, linked; the page itself is told by its heading.
#[component]
pub fn Breadcrumb(
    /// From the root down to the page's parent.
    categories: Vec<CategoryLink>,
) -> impl IntoView {
    let step = |category: CategoryLink| {
        view! { <li><a href=format!("/c/{}", category.path)>{category.name}</a></li> }
    };
    view! {
        <nav class="breadcrumb" aria-label="Breadcrumb">
            <ol>
                <li><a href="/">"Home"</a></li>
                {categories.into_iter().map(step).collect_view()}
            </ol>
        </nav>
    }
    .into_any()
}
