//! A second import of a file that has changed.

use crate::common::{png, shop, sku, slug};

const GOODS: &str = include_str!("../fixtures/goods.csv");

#[tokio::test]
async fn a_variant_that_left_the_file_is_not_sold_any_more() {
    let shop = shop().await;
    shop.import_goods().await;
    let without: Vec<&str> = GOODS.lines().filter(|line| !line.contains("BL-I1")).collect();
    let report = shop.import_vendure(&without.join("\n")).await;
    assert_eq!((report.created, report.updated, report.unchanged), (0, 1, 3));
    assert!(!report.stock.iter().any(|(stocked, _)| *stocked == sku("BL-I1")));

    let lamp = shop.catalogue.find_product(&slug("brass-lamp")).await.unwrap().unwrap().product;
    let skus: Vec<_> = lamp.variants.iter().map(|variant| variant.sku.as_str()).collect();
    assert_eq!(skus, ["BL-G1", "BL-G3"]);
    assert_eq!(lamp.options[0].values, ["gold"], "no choice that leads nowhere");
    assert!(shop.catalogue.sellables(&[sku("BL-I1")]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_changed_picture_has_another_address_and_the_product_shows_it() {
    let shop = shop().await;
    shop.import_goods().await;
    let picture = async || {
        let page = shop.catalogue.find_product(&slug("paper-lantern")).await.unwrap().unwrap();
        page.product.pictures.into_iter().next().unwrap()
    };
    let file = async |base: &str| {
        let name = format!("{}-320.webp", base.strip_prefix("/media/").unwrap());
        shop.media.file(&name).await.unwrap().unwrap().bytes
    };
    let before = picture().await;
    let old = file(&before.base).await;

    shop.assets.write("lantern.png", png(400, 300, 91));
    let report = shop.import_vendure(GOODS).await;
    assert_eq!((report.created, report.updated, report.unchanged), (0, 1, 3));
    let after = picture().await;
    assert_ne!(after.base, before.base);
    assert_ne!(file(&after.base).await, old);
    assert_eq!(file(&before.base).await, old, "whoever has the old page still sees its picture");
}
