//! What a page says of itself to search engines and to those who share its address.

use crate::{services::services, ui::SHOP_NAME};
use domain::product::Picture;
use leptos::{prelude::*, tachys::reactive_graph::OwnedView};
use leptos_meta::{Link, Meta, Title};

/// What kind of thing a page is about, in Open Graph's words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    /// A page of the shop.
    #[default]
    Website,
    /// One product.
    Product,
}

/// Title, description, canonical address and Open Graph of a page that may be found by anyone.
#[component]
pub fn Head(
    /// Its title, without the shop's name.
    #[prop(into)]
    title: String,
    /// One or two sentences.
    #[prop(into)]
    description: String,
    /// Its canonical path, with the query that belongs to it.
    #[prop(into)]
    path: String,
    /// A picture of what it is about.
    #[prop(optional_no_strip)]
    picture: Option<Picture>,
    /// What it is about.
    #[prop(optional)]
    kind: Kind,
    /// More tags for the head.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let services = services();
    let url = format!("{}{path}", services.public_url);
    let image = picture.map(|picture| {
        let file = format!("{}{}-{}.jpg", services.public_url, picture.base, picture.width);
        view! {
            <Meta property="og:image" content=file/>
            <Meta property="og:image:width" content=picture.width.to_string()/>
            <Meta property="og:image:height" content=picture.height.to_string()/>
            <Meta property="og:image:alt" content=picture.alt/>
            <Meta name="twitter:card" content="summary_large_image"/>
        }
    });
    let kind = match kind {
        Kind::Website => "website",
        Kind::Product => "product",
    };
    // These tags write themselves into the document's head when they are rendered, through the
    // context: they must take it along to where the page, loaded by then, is rendered.
    OwnedView::new(view! {
        <Title text=escaped(&with_shop(&title))/>
        <Meta name="description" content=description.clone()/>
        <Link rel="canonical" href=url.clone()/>
        <Meta property="og:type" content=kind/>
        <Meta property="og:site_name" content=SHOP_NAME/>
        <Meta property="og:title" content=title/>
        <Meta property="og:description" content=description/>
        <Meta property="og:url" content=url/>
        {image}
        {children.map(|more| more())}
    })
    .into_any()
}

/// The title of a page that is one visitor's own, or that is not there: search engines leave it out.
#[component]
pub fn PrivateHead(
    /// Its title, without the shop's name.
    #[prop(into)]
    title: String,
    /// More tags for the head.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    OwnedView::new(view! {
        <Title text=escaped(&with_shop(&title))/>
        <Meta name="robots" content="noindex"/>
        {children.map(|more| more())}
    })
    .into_any()
}

/// A page's title with the shop's name behind it, once.
pub(super) fn with_shop(title: &str) -> String {
    match title {
        SHOP_NAME => title.to_owned(),
        _ => format!("{title} – {SHOP_NAME}"),
    }
}

/// A text as it stands in HTML. What `Title` is given it writes as it is (leptos_meta 0.8), while
/// attributes and everything in a view are escaped by those who write them.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_ends_the_title_it_stands_in() {
        let title = escaped(&with_shop("Cap </title><script>alert(1)</script> &lt;"));
        let escaped = "Cap &lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp;lt; – Vitrine";
        assert_eq!(title, escaped);
    }
}
