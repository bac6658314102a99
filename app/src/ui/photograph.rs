//! A photograph in the sizes and formats there are, with its place kept until it has arrived.

use domain::product::Picture;
use leptos::{prelude::*, tachys::reactive_graph::OwnedView};
use leptos_meta::Link;

/// When the browser should fetch a photograph.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Loading {
    /// At once and before the others: it is what the page is about.
    First,
    /// At once: it is in view when the page opens.
    Eager,
    /// When it comes near the view.
    #[default]
    Lazy,
}

/// The width in pixels that a browser without `srcset` gets.
const PLAIN_WIDTH: u32 = 640;

/// A `<picture>` with WebP and JPEG.
#[component]
pub fn Photograph(
    /// Which one.
    picture: Picture,
    /// How wide it is shown, as the `sizes` attribute wants it.
    sizes: &'static str,
    /// When to fetch it.
    #[prop(optional)]
    loading: Loading,
    /// For a picture beside a text that says the same: an empty alternative text.
    #[prop(optional)]
    decorative: bool,
    /// Which product it shows, so that it can move to its place on the next page.
    #[prop(optional_no_strip, into)]
    of_product: Option<String>,
) -> impl IntoView {
    let placeholder = format!("background-image:url({})", picture.placeholder);
    let style = match of_product {
        Some(slug) => format!("{placeholder};view-transition-name:product-{slug}"),
        None => placeholder,
    };
    let alt = if decorative { String::new() } else { picture.alt.clone() };
    let preload = (loading == Loading::First).then(|| preload(&picture, sizes));
    view! {
        {preload}
        <picture class="photo">
            <source type="image/webp" srcset=srcset(&picture, "webp") sizes=sizes/>
            <img
                src=plain(&picture)
                srcset=srcset(&picture, "jpg")
                sizes=sizes
                width=picture.width
                height=picture.height
                alt=alt
                loading=(loading == Loading::Lazy).then_some("lazy")
                fetchpriority=(loading == Loading::First).then_some("high")
                decoding="async"
                style=style
            />
        </picture>
    }
    .into_any()
}

/// Says in the document's head that the photograph will be wanted, before anything else is read. A
/// browser that does not know WebP passes it over.
fn preload(picture: &Picture, sizes: &'static str) -> impl IntoView + use<> {
    let imagesrcset = srcset(picture, "webp");
    // It writes itself into the head through the context, and must take it along (see `shell::Head`).
    OwnedView::new(view! {
        <Link
            rel="preload"
            as_="image"
            type_="image/webp"
            imagesrcset
            imagesizes=sizes
            fetchpriority="high"
        />
    })
}

fn srcset(picture: &Picture, ending: &str) -> String {
    let candidate = |width: &u32| format!("{}-{width}.{ending} {width}w", picture.base);
    picture.widths.iter().map(candidate).collect::<Vec<_>>().join(", ")
}

/// The JPEG nearest above [`PLAIN_WIDTH`], or the largest there is.
fn plain(picture: &Picture) -> String {
    let above = picture.widths.iter().find(|width| **width >= PLAIN_WIDTH);
    let width = above.or(picture.widths.last()).copied().unwrap_or(picture.width);
    format!("{}-{width}.jpg", picture.base)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bonsai(widths: &[u32]) -> Picture {
        Picture {
            base: "/media/ab12/bonsai".into(),
            widths: widths.into(),
            width: *widths.last().unwrap(),
            height: 1200,
            placeholder: "data:image/webp;base64,AA".into(),
            alt: "A <bonsai> & its \"pot\"".into(),
            credit: None,
        }
    }

    #[test]
    fn a_photograph_keeps_its_place_and_comes_in_every_size() {
        let picture = bonsai(&[320, 640, 1024, 1600]);
        let html = view! { <Photograph picture sizes="50vw" of_product=None/> }.to_html();
        assert!(html.contains("bonsai-320.webp 320w, /media/ab12/bonsai-640.webp 640w"), "{html}");
        assert!(html.contains("src=\"/media/ab12/bonsai-640.jpg\""), "{html}");
        assert!(html.contains("width=\"1600\" height=\"1200\""), "{html}");
        assert!(html.contains("loading=\"lazy\""), "{html}");
        assert!(html.contains("A &lt;bonsai&gt; &amp; its &quot;pot&quot;"), "{html}");
    }

    #[test]
    fn the_first_photograph_is_fetched_before_the_others() {
        let picture = bonsai(&[320]);
        let view = || {
            view! {
                <Photograph
                    picture
                    sizes="50vw"
                    loading=Loading::First
                    decorative=true
                    of_product=Some("bonsai".to_owned())
                />
            }
            .to_html()
        };
        let html = Owner::new().with(view);
        assert!(html.contains("fetchpriority=\"high\"") && !html.contains("loading="), "{html}");
        assert!(
            html.contains("alt=\"\"") && html.contains("src=\"/media/ab12/bonsai-320.jpg\""),
            "{html}"
        );
        assert!(html.contains("view-transition-name:product-bonsai"), "{html}");
    }
}
