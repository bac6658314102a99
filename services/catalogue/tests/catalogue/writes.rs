//! Storing products and categories, and what the database itself refuses.

use crate::common::{category, eur, product, shop, sku, slug};
use catalogue::{
    CategoryPath, Fault, Outcome, Status, WriteError, price::Price, product::ExternalReference,
};
use domain::{Currency, Money, listing::Sort};
use jiff::{Timestamp, ToSpan};
use mongodb::bson::{Document, doc};

fn fault(result: Result<catalogue::Upsert, WriteError>) -> Fault {
    match result {
        Err(WriteError::Refused(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn indexes_can_be_made_again_and_again() {
    let shop = shop().await;
    let names = async || {
        let mut names =
            shop.database.collection::<Document>("products").list_index_names().await.unwrap();
        names.sort();
        names
    };
    let before = names().await;
    assert_eq!(before.len(), 10, "{before:?}");
    shop.catalogue.ensure_indexes().await.unwrap();
    assert_eq!(names().await, before);
}

#[tokio::test]
async fn writing_the_same_again_changes_nothing() {
    let shop = shop().await;
    let draft = product("Lamp", 1000, None);
    let first = shop.catalogue.upsert_product(&draft).await.unwrap();
    let again = shop.catalogue.upsert_product(&draft).await.unwrap();
    assert_eq!((first.outcome, again.outcome), (Outcome::Created, Outcome::Unchanged));
    assert_eq!(first.touched.product, again.touched.product);
    let mut renamed = draft.clone();
    renamed.translations.get_mut("en").unwrap().name = "Good Lamp".to_owned();
    let changed = shop.catalogue.upsert_product(&renamed).await.unwrap();
    assert_eq!(changed.outcome, Outcome::Updated);
    assert_eq!(changed.touched.product, first.touched.product);
    let page = shop.catalogue.find_product(&slug("lamp")).await.unwrap().unwrap();
    assert_eq!(page.product.name, "Good Lamp");
}

#[tokio::test]
async fn an_external_reference_finds_a_product_that_has_moved() {
    let shop = shop().await;
    for path in ["lighting", "books"] {
        shop.category(path, path).await;
    }
    let mut draft = product("Lamp", 1000, Some("lighting"));
    draft.external_reference =
        Some(ExternalReference { source: "erp".to_owned(), id: "1".to_owned() });
    let first = shop.catalogue.upsert_product(&draft).await.unwrap();
    let mut moved = product("Lantern", 1000, Some("books"));
    moved.external_reference = draft.external_reference.clone();
    let second = shop.catalogue.upsert_product(&moved).await.unwrap();
    assert_eq!(second.outcome, Outcome::Updated);
    assert_eq!(second.touched.product, first.touched.product);
    let touched: Vec<_> = second.touched.categories.iter().map(String::as_str).collect();
    assert_eq!(touched, ["books", "lighting"], "the page it left is touched too");
    assert_eq!(shop.catalogue.find_product(&slug("lamp")).await.unwrap(), None);
}

#[tokio::test]
async fn a_sku_belongs_to_one_product_by_the_databases_own_rule() {
    let shop = shop().await;
    shop.product(&product("Lamp", 1000, None)).await;
    let mut thief = product("Thief", 1000, None);
    thief.variants[0].sku = sku("LAMP");
    let expected = Fault::SkuTaken { sku: "LAMP".to_owned(), product: "lamp".to_owned() };
    assert_eq!(fault(shop.catalogue.upsert_product(&thief).await), expected);
    // And on an update.
    shop.product(&product("Thief", 1000, None)).await;
    assert_eq!(fault(shop.catalogue.upsert_product(&thief).await), expected);
    // Past our own code too.
    let raw = doc! { "_id": "raw", "variants": [{ "sku": "LAMP" }] };
    let refused = shop.database.collection::<Document>("products").insert_one(raw).await;
    assert!(refused.unwrap_err().to_string().contains("sku_uq"));
}

#[tokio::test]
async fn an_address_belongs_to_one_product() {
    let shop = shop().await;
    shop.product(&product("Lamp", 1000, None)).await;
    let mut same = product("Other", 1000, None);
    same.external_reference =
        Some(ExternalReference { source: "erp".to_owned(), id: "2".to_owned() });
    same.translations.get_mut("en").unwrap().slug = slug("lamp");
    let refused = fault(shop.catalogue.upsert_product(&same).await);
    assert_eq!(refused, Fault::SlugTaken("lamp".to_owned()));
}

#[tokio::test]
async fn a_product_needs_its_category_and_a_category_its_parent() {
    let shop = shop().await;
    let lighting = CategoryPath::parse("lighting").unwrap();
    let missing = Fault::UnknownCategory(lighting);
    let lamp = product("Lamp", 1000, Some("lighting"));
    assert_eq!(fault(shop.catalogue.upsert_product(&lamp).await), missing);
    let lamps = category("lighting/lamps", "Lamps");
    assert_eq!(fault(shop.catalogue.upsert_category(&lamps).await), missing);
}

#[tokio::test]
async fn categories_keep_the_merchants_order() {
    let shop = shop().await;
    for path in ["one", "two", "three"] {
        shop.category(path, path).await;
    }
    let again = shop.catalogue.upsert_category(&category("two", "two")).await.unwrap();
    assert_eq!(again.outcome, Outcome::Unchanged);
    let mut first = category("three", "Three");
    first.position = Some(-1);
    let moved = shop.catalogue.upsert_category(&first).await.unwrap();
    assert_eq!(moved.outcome, Outcome::Updated);
    let navigation = shop.catalogue.navigation().await.unwrap();
    let names: Vec<_> = navigation.iter().map(|link| link.name.as_str()).collect();
    assert_eq!(names, ["Three", "one", "two"]);
}

#[tokio::test]
async fn a_new_price_shows_everywhere() {
    let shop = shop().await;
    shop.category("lighting", "Lighting").await;
    let id = shop.product(&product("Lamp", 1000, Some("lighting"))).await;
    shop.product(&product("Lantern", 2000, Some("lighting"))).await;
    let touched = shop.catalogue.set_price(&sku("LAMP"), eur(3000)).await.unwrap().unwrap();
    assert_eq!(touched.product, Some(id));
    let page = shop.catalogue.find_product(&slug("lamp")).await.unwrap().unwrap();
    assert_eq!(page.product.variants[0].price, eur(3000));
    let list = shop.catalogue.find_category("lighting", Sort::PriceUp, 1).await.unwrap().unwrap();
    let prices: Vec<_> = list.cards.iter().map(|card| card.price).collect();
    assert_eq!(prices, [eur(2000), eur(3000)]);
    let sellable = shop.catalogue.sellables(&[sku("LAMP")]).await.unwrap();
    assert_eq!(sellable[0].price, eur(3000));

    assert_eq!(shop.catalogue.set_price(&sku("UNKNOWN"), eur(1)).await.unwrap(), None);
    let refused = shop.catalogue.set_price(&sku("LAMP"), eur(0)).await;
    assert!(matches!(refused, Err(WriteError::Refused(Fault::PriceNotAboveZero { .. }))));
    // Another currency is another price.
    shop.catalogue.set_price(&sku("LAMP"), Money::new(1, Currency::USD)).await.unwrap().unwrap();
    assert_eq!(shop.catalogue.sellables(&[sku("LAMP")]).await.unwrap()[0].price, eur(3000));
}

#[tokio::test]
async fn a_dated_price_comes_and_goes_by_itself() {
    let shop = shop().await;
    shop.category("lighting", "Lighting").await;
    let now = Timestamp::now();
    let dated = |amount, from: Timestamp, until: Timestamp| Price {
        currency: Currency::EUR,
        amount,
        valid_from: Some(from),
        valid_until: Some(until),
    };
    let mut lamp = product("Lamp", 1000, Some("lighting"));
    lamp.variants[0].prices.push(dated(700, now - 1.hour(), now + 1.hour()));
    lamp.variants[0].prices.push(dated(500, now - 2.hours(), now - 1.hour()));
    let id = shop.product(&lamp).await;
    shop.product(&product("Lantern", 800, Some("lighting"))).await;

    let order = async || {
        let page = shop.catalogue.find_category("lighting", Sort::PriceUp, 1).await;
        page.unwrap().unwrap().cards.into_iter().map(|card| card.name).collect::<Vec<_>>()
    };
    let page = shop.catalogue.find_product(&slug("lamp")).await.unwrap().unwrap();
    assert_eq!(page.product.variants[0].price, eur(700));
    assert_eq!(order().await, ["Lamp", "Lantern"]);

    assert_eq!(shop.catalogue.apply_due_prices(now).await.unwrap(), []);
    let later = now + 2.hours();
    let touched = shop.catalogue.apply_due_prices(later).await.unwrap();
    assert_eq!(touched[0].product.as_deref(), Some(id.as_str()));
    assert_eq!(order().await, ["Lantern", "Lamp"]);
    assert_eq!(shop.catalogue.apply_due_prices(later).await.unwrap(), []);
}

#[tokio::test]
async fn two_changes_at_once_lose_nothing() {
    let shop = shop().await;
    let id = shop.product(&product("Lamp", 1000, None)).await;
    let lamp = sku("LAMP");
    let prices = (1..=4).map(|n| {
        let (catalogue, lamp) = (shop.catalogue.clone(), lamp.clone());
        let currency = [Currency::USD, Currency::GBP, Currency::CHF, Currency::JPY][n - 1];
        async move { catalogue.set_price(&lamp, Money::new(n as i64, currency)).await }
    });
    for result in futures::future::join_all(prices).await {
        assert!(result.unwrap().is_some());
    }
    let products = shop.database.collection::<Document>("products");
    let stored = products.find_one(doc! { "_id": &id }).await.unwrap().unwrap();
    assert_eq!(stored.get_document("lowest_price").unwrap().len(), 5);
}

#[tokio::test]
async fn one_product_stored_twice_at_once_is_stored_once() {
    let shop = shop().await;
    let mut referenced = product("Lantern", 1000, None);
    referenced.external_reference =
        Some(ExternalReference { source: "erp".to_owned(), id: "1".to_owned() });
    for draft in [product("Lamp", 1000, None), referenced] {
        let all = (0..4).map(|_| shop.catalogue.upsert_product(&draft));
        let outcomes = futures::future::join_all(all).await.into_iter();
        let created = outcomes.filter(|upsert| {
            upsert.as_ref().expect("it is stored or found").outcome == Outcome::Created
        });
        assert_eq!(created.count(), 1);
    }
    assert_eq!(shop.catalogue.count().await.unwrap(), 2);
}

#[tokio::test]
async fn an_unknown_product_has_no_status() {
    let shop = shop().await;
    assert_eq!(shop.catalogue.set_status("unknown", Status::Published).await.unwrap(), None);
}
