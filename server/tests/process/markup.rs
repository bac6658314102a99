//! What a merchant writes is text wherever it stands.

use crate::world::Store;
use serde_json::json;

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
