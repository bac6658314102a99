//! What is told of changes, whoever made them, and to whom.

use crate::common::{Shop, eur, product, shop};
use catalogue::{CategoryPath, Change, Changes, ProductDraft, Status, Told};
use domain::news::PriceNews;
use std::time::Duration;

async fn told(changes: &mut Changes) -> Told {
    let next = tokio::time::timeout(Duration::from_secs(10), changes.next());
    next.await.expect("a change is told").unwrap().expect("the telling goes on")
}

async fn next(changes: &mut Changes) -> Change {
    told(changes).await.pages
}

async fn shown(changes: &mut Changes) -> Vec<String> {
    match next(changes).await {
        Change::Shown(tags) => tags,
        other => panic!("{other:?}"),
    }
}

async fn with_lamp() -> (Shop, ProductDraft, String) {
    let shop = shop().await;
    for path in ["rooms", "garden"] {
        shop.category(path, path).await;
    }
    let lamp = product("Lamp", 1000, Some("rooms"));
    let id = shop.product(&lamp).await;
    (shop, lamp, id)
}

#[tokio::test]
async fn a_change_is_told_with_all_that_shows_it() {
    let (shop, mut lamp, id) = with_lamp().await;
    let mut changes = shop.catalogue.changes("pages").await.unwrap();
    assert!(changes.missed);
    let lamp_sku = lamp.variants[0].sku.clone();
    shop.catalogue.set_price(&lamp_sku, eur(1200)).await.unwrap().unwrap();
    let tags = shown(&mut changes).await;
    for tag in [&format!("product:{id}"), "path:/p/lamp", "shelf:rooms", "home"] {
        assert!(tags.iter().any(|told| told == tag), "{tag} is not in {tags:?}");
    }
    assert!(!tags.contains(&"shelf:garden".to_owned()));

    lamp.categories = vec![CategoryPath::parse("garden").unwrap()];
    shop.product(&lamp).await;
    let tags = shown(&mut changes).await;
    assert!(["shelf:rooms", "shelf:garden"].iter().all(|tag| tags.iter().any(|t| t == tag)));

    shop.catalogue.set_status(&id, Status::Withdrawn).await.unwrap().unwrap();
    let Change::Withdrawn { shown: tags, own } = next(&mut changes).await else {
        panic!("it is not on sale any more");
    };
    assert_eq!(own, ["path:/p/lamp"]);
    assert!(tags.contains(&"shelf:garden".to_owned()));
    assert!(!tags.contains(&"shelf:rooms".to_owned()));

    shop.category("rooms", "Halls").await;
    assert!(shown(&mut changes).await.contains(&"navigation".to_owned()));
}

#[tokio::test]
async fn what_changed_while_nobody_listened_is_told_afterwards() {
    let (shop, ..) = with_lamp().await;
    let mut changes = shop.catalogue.changes("pages").await.unwrap();
    changes.keep_place().await.unwrap();
    drop(changes);
    shop.product(&product("Chair", 5000, None)).await;
    shop.product(&product("Table", 9000, None)).await;

    let mut changes = shop.catalogue.changes("pages").await.unwrap();
    assert!(!changes.missed);
    assert!(shown(&mut changes).await.contains(&"path:/p/chair".to_owned()));
    changes.keep_place().await.unwrap();
    drop(changes);

    let mut changes = shop.catalogue.changes("pages").await.unwrap();
    assert!(shown(&mut changes).await.contains(&"path:/p/table".to_owned()));
    // Another follower has a place of its own.
    assert!(shop.catalogue.changes("search").await.unwrap().missed);
}

#[tokio::test]
async fn what_others_write_and_remove_is_told_as_well() {
    let (shop, _, id) = with_lamp().await;
    let mut changes = shop.catalogue.changes("pages").await.unwrap();
    let products = shop.database.collection::<mongodb::bson::Document>("products");
    let by_hand = mongodb::bson::doc! { "$set": { "brand": "By hand" } };
    products.update_one(mongodb::bson::doc! { "_id": &id }, by_hand).await.unwrap();
    assert!(shown(&mut changes).await.contains(&format!("product:{id}")));
    products.delete_one(mongodb::bson::doc! { "_id": &id }).await.unwrap();
    assert_eq!(shown(&mut changes).await, [format!("product:{id}")]);
}

#[tokio::test]
async fn what_changed_together_is_told_together() {
    let (shop, ..) = with_lamp().await;
    let mut changes = shop.catalogue.changes("pages").await.unwrap();
    changes.keep_place().await.unwrap();
    drop(changes);
    for n in 0..20 {
        shop.product(&product(&format!("Chair {n}"), 5000, None)).await;
    }
    let mut changes = shop.catalogue.changes("pages").await.unwrap();
    let (mut told, mut times) = (0, 0);
    while told < 20 {
        let few = tokio::time::timeout(Duration::from_secs(10), changes.next_few(15)).await;
        let few = few.expect("a change is told").unwrap().expect("the telling goes on");
        assert!(few.len() <= 15);
        changes.keep_place().await.unwrap();
        (told, times) = (told + few.len(), times + 1);
    }
    assert_eq!(told, 20);
    assert!(times < 20, "one at a time");
}

#[tokio::test]
async fn what_a_product_costs_is_told_with_every_change_and_later_ones_are_known_as_such() {
    let (shop, lamp, id) = with_lamp().await;
    let sku = lamp.variants[0].sku.clone();
    let mut changes = shop.catalogue.changes("pages").await.unwrap();
    let mut news: Vec<PriceNews> = Vec::new();
    for minor in [1_200, 1_100, 1_300] {
        shop.catalogue.set_price(&sku, eur(minor)).await.unwrap().unwrap();
        news.extend(told(&mut changes).await.prices);
    }
    shop.catalogue.set_status(&id, Status::Withdrawn).await.unwrap().unwrap();
    news.extend(told(&mut changes).await.prices);
    assert!(news.iter().all(|news| news.sku == sku));
    let prices: Vec<_> = news.iter().map(|news| news.price).collect();
    assert_eq!(prices, [Some(eur(1_200)), Some(eur(1_100)), Some(eur(1_300)), None]);
    assert!(news.is_sorted_by(|earlier, later| earlier.version < later.version), "{news:?}");

    shop.catalogue.set_status(&id, Status::Published).await.unwrap().unwrap();
    let back = told(&mut changes).await.prices;
    let unknown = domain::Sku::parse("nowhere").unwrap();
    let now = shop.catalogue.prices(&[unknown.clone(), sku.clone()]).await.unwrap();
    assert_eq!(now, [PriceNews { sku: unknown, price: None, version: 0 }, back[0].clone()]);
}
