//! Reads that no single page is made of.

use crate::common::{eur, product, shop, sku};
use domain::tax::TaxClass;
use mongodb::bson::{Document, doc};

#[tokio::test]
async fn what_a_cart_needs_comes_in_one_round_trip_and_in_its_order() {
    let shop = shop().await;
    shop.import_goods().await;
    let wanted = ["PL-1", "BL-I1", "UNKNOWN", "BL-G3", "PL-1"].map(sku);
    let (found, commands) = shop.counted(shop.catalogue.sellables(&wanted)).await;
    let found = found.unwrap();
    assert_eq!(commands, ["find"]);
    let skus: Vec<_> = found.iter().map(|sellable| sellable.sku.as_str()).collect();
    assert_eq!(skus, ["PL-1", "BL-I1", "BL-G3"]);
    let lamp = &found[2];
    assert_eq!((lamp.name.as_str(), lamp.options.as_str()), ("Brass Lamp", "gold, 3 m"));
    assert_eq!((lamp.price, lamp.tax_class), (eur(9490), TaxClass::Standard));
    assert!(lamp.picture.as_ref().is_some_and(|picture| picture.base.ends_with("/ada-lumen")));

    let (none, commands) = shop.counted(shop.catalogue.sellables(&[])).await;
    assert_eq!((none.unwrap().len(), commands.len()), (0, 0));
}

#[tokio::test]
async fn more_lines_than_one_batch_of_the_server_still_cost_one_round_trip() {
    let shop = shop().await;
    let mut wanted = Vec::new();
    for n in 0..130 {
        shop.product(&product(&format!("Lamp {n}"), 100, None)).await;
        wanted.push(sku(&format!("LAMP-{n}")));
    }
    let (found, commands) = shop.counted(shop.catalogue.sellables(&wanted)).await;
    assert_eq!((found.unwrap().len(), commands.len()), (130, 1));
}

#[tokio::test]
async fn navigation_costs_one_round_trip() {
    let shop = shop().await;
    shop.import_goods().await;
    let (links, commands) = shop.counted(shop.catalogue.navigation()).await;
    let links = links.unwrap();
    let names: Vec<_> = links.iter().map(|link| link.name.as_str()).collect();
    assert_eq!(names, ["Lighting", "Books", "Home & Table"]);
    assert_eq!(links[2].path, "home-table");
    assert_eq!(commands.len(), 1, "{commands:?}");
}

#[tokio::test]
async fn photographers_are_credited_with_what_shows_their_pictures() {
    let shop = shop().await;
    shop.import_goods().await;
    let (credits, commands) = shop.counted(shop.catalogue.credits()).await;
    let credits = credits.unwrap();
    assert_eq!(commands.len(), 1, "{commands:?}");
    assert_eq!(credits.len(), 1, "{credits:?}");
    assert_eq!(credits[0].photographer, "Ada Lumen");
    assert_eq!(credits[0].source.as_deref(), Some("Unsplash"));
    assert_eq!(credits[0].products, [("brass-lamp".to_owned(), "Brass Lamp".to_owned())]);
}

#[tokio::test]
async fn search_engines_are_told_every_address_and_the_day_it_changed() {
    let shop = shop().await;
    shop.import_goods().await;
    let (sitemap, commands) = shop.counted(shop.catalogue.sitemap()).await;
    let sitemap = sitemap.unwrap();
    assert_eq!(commands.len(), 1, "{commands:?}");
    let paths: Vec<_> = sitemap.iter().map(|entry| entry.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/c/books",
            "/c/home-table",
            "/c/lighting",
            "/c/lighting/lamps",
            "/c/lighting/lanterns",
            "/p/brass-lamp",
            "/p/paper-lantern",
            "/p/cloud-atlas",
            "/p/tea-bowl",
        ]
    );
    let day = &sitemap[0].modified;
    assert!(day.len() == 10 && day.starts_with("20"), "{day}");
}

#[tokio::test]
async fn a_sku_leads_to_the_pages_that_show_it() {
    let shop = shop().await;
    shop.import_goods().await;
    let wanted = ["BL-G1", "BL-G3", "UNKNOWN"].map(sku);
    let (found, commands) = shop.counted(shop.catalogue.where_shown(&wanted)).await;
    let found = found.unwrap();
    assert_eq!((found.len(), commands.len()), (1, 1));
    let tags = found[0].tags();
    assert!(tags[0].starts_with("product:"));
    let expected =
        ["path:/p/brass-lamp", "shelf:lighting", "shelf:lighting/lamps", "credits", "home"];
    assert_eq!(tags[1..], expected);
}

#[tokio::test]
async fn every_list_of_a_category_is_served_by_an_index() {
    let shop = shop().await;
    shop.import_goods().await;
    let market = shop.catalogue.market();
    let sorts = [
        doc! { format!("translations.{}.name", market.locale): 1, "_id": 1 },
        doc! { format!("lowest_price.{}", market.currency.code()): -1, "_id": -1 },
        doc! { "created_at": -1, "_id": -1 },
        doc! { "_id": 1 },
    ];
    for (sort, collated) in sorts.into_iter().zip([true, false, false, false]) {
        let mut find = doc! {
            "find": "products",
            "filter": { "status": "published", "category_paths": "lighting" },
            "sort": sort.clone(),
        };
        if collated {
            find.insert("collation", doc! { "locale": "en" });
        }
        let explained: Document =
            shop.database.run_command(doc! { "explain": find }).await.unwrap();
        let plan =
            format!("{:?}", explained.get_document("queryPlanner").unwrap().get("winningPlan"));
        assert!(plan.contains("in_category_by"), "{sort}: {plan}");
        assert!(!plan.contains("\"SORT\""), "{sort}: {plan}");
    }
}
