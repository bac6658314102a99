//! Our own documents, one a line.

use crate::common::{eur, png, shop, sku, slug};
use domain::listing::Sort;

const LIGHTING: &str = r#"{"category": {"path": "lighting", "names": {"en": "Lighting"}, "descriptions": {"en": "Lamps and lanterns."}}}"#;
const LAMP: &str = r#"{"product": {"external_reference": {"source": "erp", "id": "4711"}, "featured": true, "translations": {"en": {"name": "Lamp", "slug": "lamp", "description": "Shines.", "seo": {"title": "A lamp"}}}, "categories": ["lighting"], "options": [{"code": "size", "name": "Size", "values": ["S", "L"]}], "variants": [{"sku": "LAMP-S", "gtin": "4006381333931", "options": ["S"], "tax_class": "standard", "prices": [{"currency": "EUR", "amount": 1999}]}, {"sku": "LAMP-L", "options": ["L"], "tax_class": "standard", "prices": [{"currency": "EUR", "amount": 2999}]}], "media": [{"file": "lamp.png", "alt": {"en": "A lamp on a desk"}, "credit": {"photographer": "Ada Lumen"}}], "attributes": [{"name": "Weight", "value": 1200, "unit": "g"}]}, "stock": {"LAMP-S": 4}}"#;

#[tokio::test]
async fn our_own_documents_go_in_and_the_same_again_changes_nothing() {
    let shop = shop().await;
    shop.assets.write("lamp.png", png(700, 500, 1));
    let file = format!("{LIGHTING}\n\n{LAMP}\n");
    let report = shop.import_jsonl(&file).await;
    assert_eq!(report.rejected, []);
    assert_eq!((report.created, report.categories_created), (1, 1));
    assert_eq!(report.stock, [(sku("LAMP-S"), 4)]);

    let lamp = shop.catalogue.find_product(&slug("lamp")).await.unwrap().unwrap().product;
    assert_eq!(lamp.seo_title.as_deref(), Some("A lamp"));
    assert_eq!(lamp.variants[0].gtin.as_deref(), Some("4006381333931"));
    assert_eq!(lamp.attributes, [("Weight".to_owned(), "1200 g".to_owned())]);
    assert_eq!(lamp.pictures[0].alt, "A lamp on a desk");
    assert_eq!(lamp.pictures[0].credit.as_deref(), Some("Ada Lumen"));
    assert_eq!(lamp.price_from(), Some((eur(1999), true)));
    let lighting = shop.catalogue.find_category("lighting", Sort::Name, 1).await.unwrap().unwrap();
    assert_eq!(lighting.description, "Lamps and lanterns.");

    let again = shop.import_jsonl(&file).await;
    assert_eq!((again.created, again.updated, again.unchanged), (0, 0, 1));
    assert_eq!(again.categories_created, 0);
}

#[tokio::test]
async fn a_bad_document_is_told_with_its_reason_and_the_rest_goes_in() {
    let shop = shop().await;
    shop.assets.write("lamp.png", png(32, 32, 1));
    let lines = [
        "not json",
        r#"{"product": {"translations": {}, "variants": []}}"#,
        r#"{"product": {"translations": {}, "variants": [], "colour": "red"}}"#,
        r#"{"category": {"path": "a/b", "names": {"en": "B"}}}"#,
        r#"{"category": {"path": "A", "names": {"en": "A"}}}"#,
        r#"{"stock": {}}"#,
        &LAMP.replace("1999", "19.99"),
        LAMP,
        LIGHTING,
        LAMP,
    ];
    let report = shop.import_jsonl(&lines.join("\n")).await;
    let told: Vec<(u64, String)> =
        report.rejected.iter().map(|bad| (bad.line, bad.reason.to_string())).collect();
    let expected = [
        (1, "expected ident"),
        (2, "it has no translation"),
        (3, "unknown field `colour`"),
        (4, "there is no category a"),
        (5, "the category path \"A\" has a bad part: it contains 'A'"),
        (6, "a line holds either a product"),
        (7, "expected i64"),
        (8, "there is no category lighting"),
    ];
    assert_eq!(told.len(), expected.len(), "{told:?}");
    for ((line, reason), (expected_line, part)) in told.iter().zip(expected) {
        assert_eq!(*line, expected_line, "{reason}");
        assert!(reason.contains(part), "line {line}: {reason}");
    }
    assert_eq!(report.created, 1);
}

/// A product of one variant, with its stock.
fn line(slug: &str, sku: &str, reference: Option<&str>, stock: &str) -> String {
    let reference = reference.map_or_else(String::new, |id| {
        format!(r#""external_reference": {{"source": "erp", "id": "{id}"}}, "#)
    });
    format!(
        r#"{{"product": {{{reference}"translations": {{"en": {{"name": "A", "slug": "{slug}"}}}}, "variants": [{{"sku": "{sku}", "tax_class": "standard", "prices": [{{"currency": "EUR", "amount": 100}}]}}]}}, "stock": {{{stock}}}}}"#
    )
}

#[tokio::test]
async fn a_file_names_a_product_once() {
    let shop = shop().await;
    let lines = [
        line("lamp", "L-1", Some("1"), r#""L-1": 4"#),
        line("lamp", "L-2", None, r#""L-2": 5"#),
        line("lantern", "L-3", Some("1"), r#""L-3": 6"#),
        line("torch", "L-1", Some("2"), r#""L-1": 7"#),
        line("candle", "L-4", Some("3"), r#""L-4": 8"#),
    ];
    for (created, unchanged) in [(2, 0), (0, 2)] {
        let report = shop.import_jsonl(&lines.join("\n")).await;
        let told: Vec<(u64, String)> =
            report.rejected.iter().map(|bad| (bad.line, bad.reason.to_string())).collect();
        let expected = [
            (2, "the slug lamp is that of line 1"),
            (3, "the external reference \"1\" of \"erp\" is that of line 1"),
            (4, "the SKU L-1 is that of line 1"),
        ];
        assert_eq!(told, expected.map(|(line, reason)| (line, reason.to_owned())));
        assert_eq!((report.created, report.unchanged), (created, unchanged));
        assert_eq!(report.stock, [(sku("L-1"), 4), (sku("L-4"), 8)], "each is counted once");
    }
}

#[tokio::test]
async fn a_line_tells_the_stock_of_its_own_product_only() {
    let shop = shop().await;
    let lines = [
        line("lamp", "L-1", None, r#""L-1": 4, "L-2": 1"#),
        line("lantern", "L-2", None, r#""L-2": 5"#),
    ];
    let report = shop.import_jsonl(&lines.join("\n")).await;
    let [bad] = report.rejected.as_slice() else { panic!("{:?}", report.rejected) };
    let expected = "it tells the stock of L-2, which is none of its variants";
    assert_eq!((bad.line, bad.reason.to_string().as_str()), (1, expected));
    assert_eq!(report.stock, [(sku("L-2"), 5)]);
}

#[tokio::test]
async fn a_picture_larger_than_memory_is_refused_without_being_read() {
    let shop = shop().await;
    let file = std::fs::File::create(shop.assets.path().join("lamp.png")).unwrap();
    file.set_len(1 << 40).unwrap();
    let report = shop.import_jsonl(&format!("{LIGHTING}\n{LAMP}")).await;
    let reason = report.rejected[0].reason.to_string();
    assert!(reason.contains("the file has 1099511627776 bytes"), "{reason}");
}
