//! What a merchant writes is text wherever it stands.

use crate::world::Store;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use sha2::{Digest, Sha256};

#[tokio::test]
async fn no_name_of_a_thing_becomes_an_element_of_a_page() {
    let store = Store::open().await;
    let foreign = |what: &str| format!("{what} </title></script>\"'><foreign>");
    let category = json!({ "path": "caps", "names": { "en": foreign("Caps") } });
    let product = json!({
        "translations": { "en": {
            "name": foreign("Cap"),
            "slug": "cap",
            "description": foreign("A cap."),
            "seo": { "title": foreign("Title"), "description": foreign("About") },
        } },
        "brand": foreign("Brand"),
        "categories": ["caps"],
        "featured": true,
        "options": [{ "code": "size", "name": foreign("Size"), "values": [foreign("S")] }],
        "variants": [{
            "sku": "CAP",
            "options": [foreign("S")],
            "tax_class": "standard",
            "prices": [{ "currency": "EUR", "amount": 1_900 }],
        }],
        "attributes": [{ "name": foreign("Weight"), "value": foreign("light") }],
    });
    store.put_on_sale(&[json!({ "category": category }), json!({ "product": product })]).await;
    for (path, title) in [("/p/cap", "Title"), ("/c/caps", "Caps"), ("/", "Vitrine")] {
        let html = store.page(path).await.1;
        assert!(html.contains(&format!("<title>{title}")), "{path}");
        assert!(html.contains("&lt;foreign&gt;"), "{path}");
        assert!(!html.contains("<foreign"), "{path}: {html}");
    }
}

/// The contents of the scripts within a page that a browser would run.
fn inline_scripts(html: &str) -> Vec<&str> {
    let scripts = html.split("<script").skip(1).filter_map(|rest| rest.split_once('>'));
    let run = scripts.filter(|(attributes, _)| !attributes.contains("application/ld+json"));
    let contents = run.filter_map(|(_, rest)| rest.split("</script>").next());
    contents.filter(|content| !content.is_empty()).collect()
}

#[tokio::test]
async fn the_policy_allows_every_script_of_a_page_and_no_other() {
    let store = Store::open().await;
    for path in
        ["/", "/c/rooms", "/p/chair", "/p/chair?sku=CHAIR-B", "/credits", "/cart", "/nothing"]
    {
        let answer = store.get(path).await;
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        let html = answer.text().await.unwrap();
        let scripts = inline_scripts(&html);
        assert!(!scripts.is_empty(), "{path}");
        for script in &scripts {
            let hash = STANDARD.encode(Sha256::digest(script));
            assert!(policy.contains(&format!("'sha256-{hash}'")), "{path}: {script}");
        }
        assert_eq!(policy.matches("'sha256-").count(), scripts.len(), "{path}: {policy}");
    }
}
