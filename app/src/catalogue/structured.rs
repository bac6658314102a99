//! What search engines read: schema.org in JSON-LD.
//! Source: <https://schema.org/Product>, <https://developers.google.com/search/docs/appearance/structured-data/product>.

use domain::product::{CategoryLink, Offer, Product};
use leptos::prelude::*;
use serde_json::{Value, json};

/// A block of structured data.
#[component]
pub fn StructuredData(
    /// One object with its `@context`.
    data: Value,
) -> impl IntoView {
    view! { <script type="application/ld+json" inner_html=for_script(&data)></script> }.into_any()
}

/// JSON that cannot end the script element it stands in: `<` is written as an escape, which JSON
/// reads back as `<`.
fn for_script(data: &Value) -> String {
    data.to_string().replace('<', "\\u003c")
}

/// A product with an offer for each variant.
pub fn product(shop: &str, product: &Product, offers: &[Offer]) -> Value {
    let page = format!("{shop}/p/{}", product.slug);
    let images: Vec<String> = product
        .pictures
        .iter()
        .map(|picture| format!("{shop}{}-{}.jpg", picture.base, picture.width))
        .collect();
    let mut data = json!({
        "@context": "https://schema.org",
        "@type": "Product",
        "@id": page,
        "name": product.name,
        "description": product.description,
        "url": page,
        "offers": offers.iter().map(|one| offer(&page, one)).collect::<Vec<_>>(),
    });
    if !images.is_empty() {
        data["image"] = json!(images);
    }
    if let Some(brand) = &product.brand {
        data["brand"] = json!({ "@type": "Brand", "name": brand });
    }
    if let [only] = offers {
        data["sku"] = json!(only.variant.sku);
        if let Some(gtin) = &only.variant.gtin {
            data["gtin"] = json!(gtin);
        }
    }
    data
}

fn offer(page: &str, offer: &Offer) -> Value {
    let variant = &offer.variant;
    let availability = match offer.stock.is_available() {
        true => "https://schema.org/InStock",
        false => "https://schema.org/OutOfStock",
    };
    let mut data = json!({
        "@type": "Offer",
        "sku": variant.sku,
        "url": page,
        "price": variant.price.to_decimal(),
        "priceCurrency": variant.price.currency().code(),
        "availability": availability,
        "itemCondition": "https://schema.org/NewCondition",
    });
    if !variant.options.is_empty() {
        data["name"] = json!(variant.options.join(", "));
    }
    if let Some(gtin) = &variant.gtin {
        data["gtin"] = json!(gtin);
    }
    data
}

/// The way from the front page to a page: the categories above it, then itself.
pub fn breadcrumb(shop: &str, categories: &[CategoryLink], name: &str, path: &str) -> Value {
    let above =
        categories.iter().map(|category| (category.name.as_str(), format!("/c/{}", category.path)));
    let steps = std::iter::once(("Home", "/".to_owned()))
        .chain(above)
        .chain([(name, path.to_owned())])
        .zip(1..)
        .map(|((name, path), position)| {
            json!({
                "@type": "ListItem",
                "position": position,
                "name": name,
                "item": format!("{shop}{path}"),
            })
        });
    json!({
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": steps.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        Currency, Money, Sku, Slug,
        product::{Picture, Variant},
        stock::StockClass,
        tax::TaxClass,
    };

    fn cap() -> Product {
        Product {
            id: "7".into(),
            slug: Slug::parse("cap").unwrap(),
            name: "Cap </script><script>alert(1)</script>".into(),
            description: String::new(),
            pictures: vec![],
            options: vec![],
            variants: vec![],
            breadcrumb: vec![],
            attributes: vec![],
            seo_title: None,
            seo_description: None,
            brand: None,
        }
    }

    fn only(stock: StockClass) -> Offer {
        let variant = Variant {
            sku: Sku::parse("C-1").unwrap(),
            gtin: Some("4006381333931".into()),
            options: vec![],
            price: Money::new(1_990, Currency::EUR),
            tax_class: TaxClass::Standard,
        };
        Offer { variant, stock }
    }

    #[test]
    fn an_offer_tells_price_currency_and_whether_it_can_be_bought() {
        let data = product("https://shop.test", &cap(), &[only(StockClass::SoldOut)]);
        let offer = &data["offers"][0];
        assert_eq!(offer["price"], "19.90");
        assert_eq!(offer["priceCurrency"], "EUR");
        assert_eq!(offer["availability"], "https://schema.org/OutOfStock");
        assert_eq!(data["gtin"], "4006381333931");
    }

    #[test]
    fn a_product_without_a_picture_names_none() {
        let bare = product("https://shop.test", &cap(), &[]);
        assert!(bare.get("image").is_none(), "{bare}");
        let picture = Picture {
            base: "/media/ab/cap".into(),
            widths: vec![320],
            width: 320,
            height: 400,
            placeholder: String::new(),
            alt: String::new(),
            credit: None,
        };
        let shown = Product { pictures: vec![picture], ..cap() };
        let data = product("https://shop.test", &shown, &[]);
        assert_eq!(data["image"], json!(["https://shop.test/media/ab/cap-320.jpg"]));
    }

    #[test]
    fn no_text_ends_the_script_it_stands_in() {
        let data = product("https://shop.test", &cap(), &[only(StockClass::InStock)]);
        let text = for_script(&data);
        assert!(!text.contains('<'));
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["name"], cap().name);
    }

    #[test]
    fn the_way_here_starts_at_the_front_page_and_ends_with_the_page() {
        let above = [CategoryLink { path: "a".into(), name: "A".into() }];
        let data = breadcrumb("https://shop.test", &above, "Cap", "/p/cap");
        let steps = data["itemListElement"].as_array().unwrap();
        let items: Vec<_> = steps.iter().map(|step| step["item"].as_str().unwrap()).collect();
        assert_eq!(
            items,
            ["https://shop.test/", "https://shop.test/c/a", "https://shop.test/p/cap"]
        );
        assert_eq!(steps[2]["position"], 3);
    }
}
