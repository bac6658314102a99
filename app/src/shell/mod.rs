//! What stands around every page: the document, the shop's header and footer, and what is told to
//! those who do not see the page (search engines, link previews).

mod footer;
mod frame;
mod head;
mod header;
mod scripts;

pub use frame::{Frame, PlainFrame};
pub use head::{Head, Kind, PrivateHead};
pub use scripts::own_scripts;

use crate::{
    content::{Apology, FAILURE_TITLE, TOO_FAST_TITLE, TooFast},
    routes::App,
    services::services,
};
use leptos::{
    attr::custom::custom_attribute, nonce::Nonce, prelude::*, reactive::owner::take_context,
};
use leptos_meta::{HashedStylesheet, MetaTags};
use scripts::Scripts;

/// The one web font; its name changes when its content does.
pub const FONT: &str = "/fonts/fraunces-38-latin.woff2";

/// The whole document, in the language of the market.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    // Many visitors are sent the same bytes, so what Leptos would mark with a nonce is known to the
    // server's content security policy by its hash.
    take_context::<Nonce>();
    view! {
        <!DOCTYPE html>
        <html lang=services().market.locale.clone()>
            <head>
                <Essentials options=options.clone()/>
                <Scripts options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The document for a fault that left nothing to render a page with. It can be made once and kept.
pub fn failure_document(options: LeptosOptions) -> String {
    bare_document(options, FAILURE_TITLE, || view! { <Apology/> }.into_any())
}

/// The document for somebody who sends forms too fast. It can be made once and kept.
pub fn too_fast_document(options: LeptosOptions) -> String {
    bare_document(options, TOO_FAST_TITLE, || view! { <TooFast/> }.into_any())
}

/// A document for which no service is asked, and in which no script runs.
fn bare_document(options: LeptosOptions, title: &str, says: fn() -> AnyView) -> String {
    let document = || {
        view! {
            <!DOCTYPE html>
            <html lang="en">
                <head>
                    <Essentials options/>
                    <meta name="robots" content="noindex"/>
                    <title>{head::with_shop(title)}</title>
                </head>
                <body>
                    <PlainFrame>
                        {says()}
                    </PlainFrame>
                </body>
            </html>
        }
        .to_html()
    };
    Owner::new().with(document)
}

/// The stylesheet's paper, by day and by night.
const PAPER: [(&str, &str); 2] = [("light", "#faf8f4"), ("dark", "#141311")];

/// What every document begins with.
#[component]
fn Essentials(options: LeptosOptions) -> impl IntoView {
    view! {
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        {PAPER.map(paper)}
        <HashedStylesheet options/>
        <link rel="preload" href=FONT r#as="font" r#type="font/woff2" crossorigin=""/>
        <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
    }
}

/// The colour of the browser's own surroundings.
fn paper((scheme, colour): (&str, &'static str)) -> impl IntoView + use<> {
    let media = custom_attribute("media", format!("(prefers-color-scheme: {scheme})"));
    view! { <meta name="theme-color" content={colour} {..media}/> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_surroundings_have_the_colour_of_the_paper() {
        let tokens = include_str!("../../../style/tokens.css");
        let [(_, day), (_, night)] = PAPER;
        assert!(tokens.contains(&format!("--paper: light-dark({day}, {night});")));
    }

    #[test]
    fn the_last_resort_is_a_whole_page_without_scripts() {
        let html = failure_document(LeptosOptions::builder().output_name("vitrine").build());
        assert!(html.starts_with("<!DOCTYPE html><html lang=\"en\">"), "{html}");
        assert!(html.ends_with("</html>"), "{html}");
        assert!(html.contains("This page could not be made"));
        assert!(html.contains("<title>Something went wrong – Vitrine</title>"));
        assert!(!html.contains("<script"));
    }
}
