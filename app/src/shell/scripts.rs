//! The scripts of every page: which links are worth following ahead of the click, and when the page's
//! program is fetched. The page is complete without any of them.

use leptos::{
    hydration::{AutoReload, HydrationScripts},
    prelude::*,
};

/// Which pages a browser may have ready before the shopper has pressed the mouse all the way down
/// (<https://html.spec.whatwg.org/multipage/speculative-loading.html>): those that are the same for
/// everyone and change nothing by being looked at. What is not named here never is.
const AHEAD: &str = include_str!("ahead.json");

/// Takes the program out of its template, which is when the browser sees it: once the page is loaded and
/// the browser idle; two seconds after it was read, where photographs take longer; or at once, when
/// somebody touches the page. A page that lives from its news does not wait for its photographs. A page
/// that is made ready ahead does none of this before it is shown: it fetches no program, asks for no cart
/// and hears no news. Until then links and forms do without.
const START: &str = include_str!("start.js");

/// The scripts of every page, and none but these. Leptos's own stand in a template, as they are.
#[component]
pub fn Scripts(options: LeptosOptions) -> impl IntoView {
    view! {
        <AutoReload options=options.clone()/>
        <script r#type="speculationrules" inner_html=AHEAD></script>
        <template id="program">
            <HydrationScripts options islands=true/>
        </template>
        <script r#type="module" inner_html=START></script>
    }
}

/// What Leptos ends every page with, for resources and errors that a page of islands has none of.
const AT_THE_END: &str = "<script>__RESOLVED_RESOURCES=[];__SERIALIZED_ERRORS=[];\
    __PENDING_RESOURCES=[];__RESOURCE_RESOLVERS=[];</script>\
    <script>__INCOMPLETE_CHUNKS=[];</script>";

/// The HTML of the scripts of every page, by which a content security policy knows them.
pub fn own_scripts(options: LeptosOptions) -> String {
    let at_the_start = Owner::new().with(|| view! { <Scripts options/> }.to_html());
    at_the_start + AT_THE_END
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_that_are_the_same_for_all_are_made_ready() {
        let rules: serde_json::Value = serde_json::from_str(AHEAD).unwrap();
        assert_eq!(rules.as_object().unwrap().keys().collect::<Vec<_>>(), ["prerender"]);
        let [rule] = rules["prerender"].as_array().unwrap().as_slice() else {
            panic!("one rule, not {rules}")
        };
        assert_eq!(
            rule["where"]["and"][0],
            serde_json::json!({ "href_matches": ["/", "/c/*", "/p/*"] })
        );
    }

    #[test]
    fn the_program_waits_in_a_template_with_all_that_leptos_says_of_it() {
        let html = own_scripts(LeptosOptions::builder().output_name("vitrine").build());
        let (before, rest) = html.split_once("<template id=\"program\">").unwrap();
        let (template, after) = rest.split_once("</template>").unwrap();
        for named in ["modulepreload", "application/wasm", "leptos-island", "mod.hydrate()"] {
            assert!(template.contains(named), "{named} is not in {template}");
            assert!(!before.contains(named) && !after.contains(named), "{html}");
        }
        assert!(after.contains(START), "{after}");
    }
}
