//! A product: its photographs, what can be chosen and bought, and everything there is to know.

use super::{
    api,
    buy_box::{Asked, BuyBox},
    gallery::Gallery,
    particulars::{Delivery, Description, Specification},
    structured::{self, StructuredData},
};
use crate::{
    content::{Failure, NotFound},
    services::{private, services},
    shell::{Head, Kind},
    ui::{Breadcrumb, Shelf, StockedCard},
    waiting_line::{Announcement, LineNotice},
};
use domain::product::{Offer, Product};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

/// A product with what is in stock of it, and others like it.
#[derive(Debug, Clone)]
pub struct ProductOnSale {
    /// The product.
    pub product: Product,
    /// Its variants with how much there is of each.
    pub offers: Vec<Offer>,
    /// Others from the same category.
    pub related: Vec<StockedCard>,
    /// The drop by which it is sold, if it is.
    pub line: Option<Announcement>,
}

/// `/p/{slug}?sku=…&quantity=…&problem=…&options[…]=…`
#[component]
pub fn ProductPage() -> impl IntoView {
    let slug = use_params_map().with_untracked(|params| params.get("slug")).unwrap_or_default();
    let asked = use_query_map().with_untracked(Asked::read);
    // An answer to what one visitor typed is for that visitor.
    if asked.is_personal() {
        private();
    }
    Suspend::new(async move {
        match api::product(&slug).await {
            Ok(Some(sale)) => view! { <ProductView sale asked/> }.into_any(),
            Ok(None) => view! { <NotFound/> }.into_any(),
            Err(failed) => view! { <Failure failed/> }.into_any(),
        }
    })
}

#[component]
fn ProductView(sale: ProductOnSale, asked: Asked) -> impl IntoView {
    let ProductOnSale { product, offers, related, line } = sale;
    let shop = services().public_url;
    let path = format!("/p/{}", product.slug);
    let way = structured::breadcrumb(&shop, &product.breadcrumb, &product.name, &path);
    let data = structured::product(&shop, &product, &offers);
    let slug = product.slug.to_string();
    let buy_box = view! { <BuyBox product=product.clone() offers asked/> }.into_any();
    view! {
        <Head
            title=product.seo_title.clone().unwrap_or_else(|| product.name.clone())
            description=about(&product)
            path
            picture=product.pictures.first().cloned()
            kind=Kind::Product
        />
        <StructuredData data/>
        <StructuredData data=way/>
        <article class="product">
            <Breadcrumb categories=product.breadcrumb.clone()/>
            <Gallery pictures=product.pictures.clone() slug=slug.clone()/>
            <div class="product__buy">
                <h1>{product.name.clone()}</h1>
                {line.map(|drop| view! { <LineNotice drop/> })}
                {buy_box}
                <Delivery/>
            </div>
            <div class="product__particulars">
                <Description text=product.description.clone()/>
                <Specification product/>
            </div>
        </article>
        {(!related.is_empty())
            .then(|| {
                view! {
                    <section class="section" aria-labelledby="related">
                        <h2 id="related">"Also on display"</h2>
                        <Shelf cards=related/>
                    </section>
                }
            })}
    }
}

/// What search engines show below the title: at most about 155 characters, whole words.
fn about(product: &Product) -> String {
    const LENGTH: usize = 155;
    if let Some(given) = &product.seo_description {
        return given.clone();
    }
    let text = product.description.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= LENGTH {
        return text;
    }
    let start: String = text.chars().take(LENGTH).collect();
    let whole_words = start.rsplit_once(' ').map_or(start.as_str(), |(before, _)| before);
    format!("{whole_words} …")
}
