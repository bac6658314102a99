//! Vendure's CSV: what goes in, what is refused and why, and that the same again changes nothing.

use crate::common::{eur, shop, sku, slug};
use catalogue::import::{self, ImportError, Reason};
use domain::{listing::Sort, tax::TaxClass};
use mongodb::bson::{Document, doc};
use std::collections::HashSet;

#[tokio::test]
async fn goods_from_a_file_stand_in_the_shop() {
    let shop = shop().await;
    let report = shop.import_goods().await;
    assert_eq!(report.rejected, []);
    assert_eq!((report.created, report.updated, report.unchanged), (4, 0, 0));
    assert_eq!(report.categories_created, 5);

    let page = shop.catalogue.find_product(&slug("brass-lamp")).await.unwrap().unwrap();
    let lamp = page.product;
    assert_eq!(lamp.name, "Brass Lamp");
    assert_eq!(lamp.description, "A lamp that says \"good evening\", and means it.");
    assert_eq!(lamp.brand.as_deref(), Some("Lumo"));
    assert_eq!(lamp.attributes, [("Style".to_owned(), "plain".to_owned())]);
    let trail: Vec<_> =
        lamp.breadcrumb.iter().map(|c| (c.path.as_str(), c.name.as_str())).collect();
    assert_eq!(trail, [("lighting", "Lighting"), ("lighting/lamps", "Lamps")]);
    let names: Vec<_> = lamp.options.iter().map(|o| (o.code.as_str(), o.name.as_str())).collect();
    assert_eq!(names, [("colour", "Colour"), ("cable-length", "Cable length")]);
    assert_eq!(lamp.options[0].values, ["gold", "ink"]);
    let gold = lamp.variant(&["gold".to_owned(), "3 m".to_owned()]).unwrap();
    assert_eq!((gold.sku.clone(), gold.price), (sku("BL-G3"), eur(9490)));
    assert_eq!(gold.tax_class, TaxClass::Standard);

    let picture = &lamp.pictures[0];
    assert_eq!(picture.alt, "Brass Lamp");
    assert_eq!(picture.credit.as_deref(), Some("Ada Lumen"));
    assert!(picture.base.starts_with("/media/") && picture.base.ends_with("/ada-lumen"));

    let atlas = shop.catalogue.find_product(&slug("cloud-atlas")).await.unwrap().unwrap().product;
    assert_eq!(atlas.variants[0].tax_class, TaxClass::Reduced);
    let lantern = shop.catalogue.find_product(&slug("paper-lantern")).await.unwrap().unwrap();
    assert_eq!(lantern.product.attributes, [("Place".to_owned(), "Indoor, Outdoor".to_owned())]);
}

#[tokio::test]
async fn variants_that_share_a_sku_are_told_apart_by_their_options() {
    let shop = shop().await;
    let report = shop.import_goods().await;
    let bowl = shop.catalogue.find_product(&slug("tea-bowl")).await.unwrap().unwrap().product;
    let skus: Vec<_> = bowl.variants.iter().map(|variant| variant.sku.to_string()).collect();
    assert_eq!(skus, ["TB.7-MUSTARD", "TB.7-MINT", "TB.7-PEARL-GREY"]);
    assert_eq!(bowl.options[0].name, "USB glaze");
    assert_eq!(bowl.attributes, [("Color".to_owned(), "yellow, green, white".to_owned())]);
    assert_eq!(bowl.pictures.len(), 2, "a variant's picture joins, the same one does not");

    let notes: Vec<_> = report.notes.iter().map(|note| (note.line, note.text.as_str())).collect();
    assert_eq!(
        notes,
        [
            (7, "several variants have the SKU TB.7; this is TB.7-MUSTARD"),
            (8, "several variants have the SKU TB.7; this is TB.7-MINT"),
            (8, "trackInventory is false, but stock is always counted here"),
            (9, "several variants have the SKU TB.7; this is TB.7-PEARL-GREY"),
        ]
    );
}

#[tokio::test]
async fn the_stock_in_the_file_is_handed_to_the_caller() {
    let shop = shop().await;
    let report = shop.import_goods().await;
    assert_eq!(report.stock.len(), 8);
    assert_eq!(report.stock[0], (sku("BL-G1"), 12));
    assert_eq!(report.stock[2], (sku("BL-I1"), 0));
    assert!(report.stock.contains(&(sku("TB.7-MINT"), 3)));
}

#[tokio::test]
async fn the_same_file_again_changes_nothing() {
    let shop = shop().await;
    shop.import_goods().await;
    let stored = async || {
        let products = shop.database.collection::<Document>("products");
        let mut cursor = products.find(doc! {}).sort(doc! { "_id": 1 }).await.unwrap();
        let mut all = Vec::new();
        while cursor.advance().await.unwrap() {
            all.push(cursor.deserialize_current().unwrap());
        }
        all
    };
    let before = stored().await;
    let again = shop.import_goods().await;
    assert_eq!((again.created, again.updated, again.unchanged), (0, 0, 4));
    assert_eq!(again.categories_created, 0);
    assert_eq!(stored().await, before, "updated_at included");
    assert_eq!(again.stock.len(), 8);
}

#[tokio::test]
async fn what_the_merchant_decided_outlives_an_import_that_does_not_speak_of_it() {
    let shop = shop().await;
    shop.import_goods().await;
    let lamp = shop.catalogue.find_product(&slug("brass-lamp")).await.unwrap().unwrap().product;
    shop.catalogue.set_status(&lamp.id, catalogue::Status::Withdrawn).await.unwrap().unwrap();
    shop.category("books", "Books and maps").await;
    shop.import_goods().await;
    assert_eq!(shop.catalogue.find_product(&slug("brass-lamp")).await.unwrap(), None);
    let books = shop.catalogue.find_category("books", Sort::Name, 1).await.unwrap().unwrap();
    assert_eq!(books.link.name, "Books and maps");
}

#[tokio::test]
async fn a_changed_line_updates_its_product_alone() {
    let shop = shop().await;
    shop.import_goods().await;
    let changed = include_str!("../fixtures/goods.csv").replace("PL-1   ,19.00", "PL-1   ,17.50");
    let report = shop.import_vendure(&changed).await;
    assert_eq!((report.created, report.updated, report.unchanged), (0, 1, 3));
    let lantern = shop.catalogue.find_product(&slug("paper-lantern")).await.unwrap().unwrap();
    assert_eq!(lantern.product.variants[0].price, eur(1750));
}

#[tokio::test]
async fn a_bad_line_is_told_with_its_reason_and_the_rest_goes_in() {
    let shop = shop().await;
    shop.assets.write("words.png", "these are words");
    let report = shop.import_vendure(include_str!("../fixtures/bad-goods.csv")).await;
    let told: Vec<(u64, String)> =
        report.rejected.iter().map(|bad| (bad.line, bad.reason.to_string())).collect();
    let expected = [
        (3, "the price \"ten euros\": not an amount of money"),
        (4, "it has 2 option values, but the product has 1 option groups"),
        (5, "its option values are those of line 2"),
        (6, "the name is missing"),
        (7, "its product, on line 6, did not go in"),
        (8, "the sku is missing"),
        (9, "the price is missing"),
        (10, "the price \"0.00\" is not above zero"),
        (11, "the tax category \"luxury\" is unknown"),
        (12, "the price \"0.333\": more decimals than the currency has"),
        (13, "the stock \"0.5\" is no whole number"),
        (14, "the picture \"lost.png\" is not in the folder of pictures"),
        (15, "the file name \"../goods.csv\" leads out of the folder of pictures"),
        (17, "the SKU GL-S is that of line 2"),
        (18, "the slug good-lamp is that of line 2"),
        (19, "the facet \"lighting\" is not written as name:value"),
        (20, "the SKU \"A 1\" is none: it contains ' '"),
        (21, "the slug \"SHOUT\" is none: it contains 'S'"),
        (22, "it has 5 cells where the first line has 12"),
        (23, "its product, on line 22, did not go in"),
    ];
    let without_picture: Vec<_> = told.iter().filter(|(line, _)| *line != 16).collect();
    for (told, (line, reason)) in without_picture.iter().zip(expected) {
        assert_eq!((told.0, told.1.as_str()), (line, reason));
    }
    assert_eq!(without_picture.len(), expected.len());
    let picture = told.iter().find(|(line, _)| *line == 16).unwrap();
    assert!(picture.1.starts_with("the picture \"words.png\": not a picture"), "{}", picture.1);

    assert_eq!(report.created, 2);
    assert!(report.notes.iter().any(|note| note.text.contains("\"colour\"")), "{:?}", report.notes);
    let lighting = shop.catalogue.find_category("lighting", Sort::Name, 1).await.unwrap().unwrap();
    let names: Vec<_> = lighting.cards.iter().map(|card| card.name.as_str()).collect();
    assert_eq!(names, ["Good Lamp", "Last Lamp"]);
    let stocked: HashSet<_> = report.stock.iter().map(|(sku, _)| sku.as_str()).collect();
    assert_eq!(stocked, HashSet::from(["GL-S", "LL-1"]));
}

#[tokio::test]
async fn a_sku_of_another_product_in_the_shop_is_refused() {
    let shop = shop().await;
    shop.product(&crate::common::product("Old Lamp", 1000, None)).await;
    let line = "New Lamp,new-lamp,,,,,,OLD-LAMP,5.00,standard";
    let header =
        "name,slug,description,assets,facets,optionGroups,optionValues,sku,price,taxCategory";
    let report = shop.import_vendure(&format!("{header}\n{line}\n")).await;
    let reason = &report.rejected[0].reason;
    assert!(matches!(reason, Reason::Fault(_)), "{reason:?}");
    assert_eq!(reason.to_string(), "the SKU OLD-LAMP belongs to the product \"old-lamp\"");
}

#[tokio::test]
async fn a_file_without_the_needed_columns_is_refused_as_a_whole() {
    let shop = shop().await;
    for (csv, missing) in [("", 14), ("name,slug\nLamp,lamp\n", 8)] {
        let (assets, media) = (shop.assets.path(), &shop.media);
        let catalogue = &shop.catalogue;
        match import::vendure(csv.as_bytes(), assets, catalogue, media, &mut ()).await {
            Err(ImportError::MissingColumns(columns)) => assert_eq!(columns.len(), missing),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_byte_order_mark_and_windows_line_ends_are_no_obstacle() {
    let shop = shop().await;
    let header =
        "name,slug,description,assets,facets,optionGroups,optionValues,sku,price,taxCategory";
    let csv = format!("\u{feff}{header}\r\nLamp,lamp,,,,,,L-1,5.00,standard\r\n\r\n");
    let report = shop.import_vendure(&csv).await;
    assert_eq!((report.created, report.rejected.len()), (1, 0));
}

#[tokio::test]
async fn a_bad_line_is_told_by_the_number_an_editor_shows() {
    let shop = shop().await;
    let lines = [
        "name,slug,description,assets,facets,optionGroups,optionValues,sku,price,taxCategory",
        "Free,free,,,,,,F-1,0.00,standard",
        "",
        "",
        "Lamp,lamp,\"Two",
        "lines.\",,,,,L-1,5.00,standard",
        "Odd,odd,,,,,,O-1,5.00,luxury",
        "",
        "Short,short,,,",
    ];
    for end in ["\n", "\r\n"] {
        let report = shop.import_vendure(&format!("\u{feff}{}", lines.join(end))).await;
        let told: Vec<u64> = report.rejected.iter().map(|bad| bad.line).collect();
        assert_eq!(told, [2, 7, 9], "lines that end with {end:?}");
    }
}
