//! What is counted ahead is what would be counted.

use crate::common::{Shop, eur, product, shop, slug};
use catalogue::{Catalogue, Reading, Status, seed::Seed};
use domain::listing::{CategoryPage, Sort};

/// 30 lamps in one category and 3 chairs in another, some of the same price.
async fn goods() -> Shop {
    let shop = shop().await;
    for (path, name) in [("rooms", "Rooms"), ("rooms/lamps", "Lamps"), ("rooms/chairs", "Chairs")] {
        shop.category(path, name).await;
    }
    for n in 0..30 {
        let name = format!("Lamp {n:02}");
        shop.product(&product(&name, 100 + n % 7, Some("rooms/lamps"))).await;
    }
    for n in 0..3 {
        shop.product(&product(&format!("chair {n}"), 900, Some("rooms/chairs"))).await;
    }
    shop
}

async fn pages(catalogue: &Catalogue) -> Vec<CategoryPage> {
    let mut pages = Vec::new();
    for path in ["rooms", "rooms/lamps", "rooms/chairs"] {
        for sort in Sort::ALL {
            for page in 1..=2 {
                pages.extend(catalogue.find_category(path, sort, page).await.unwrap());
            }
        }
    }
    pages
}

#[tokio::test]
async fn a_survey_changes_nothing_that_a_page_shows() {
    let shop = goods().await;
    let (lists, home) = (pages(&shop.catalogue).await, shop.catalogue.home().await.unwrap());
    assert_eq!(shop.survey().await, ["rooms", "rooms/chairs", "rooms/lamps"]);
    assert_eq!(pages(&shop.catalogue).await, lists);
    assert_eq!(shop.catalogue.home().await.unwrap(), home);
}

#[tokio::test]
async fn a_survey_tells_and_writes_only_what_is_new() {
    let shop = goods().await;
    shop.survey().await;
    let (changed, commands) = shop.counted(shop.survey()).await;
    assert_eq!(changed, [""; 0]);
    assert!(!commands.contains(&"update".to_owned()), "{commands:?}");
    let lamp = shop.catalogue.find_product(&slug("lamp-00")).await.unwrap().unwrap().product;
    shop.catalogue.set_price(&lamp.variants[0].sku, eur(5000)).await.unwrap();
    assert_eq!(shop.survey().await, ["rooms", "rooms/lamps"]);
    let dearest = shop.catalogue.find_category("rooms", Sort::PriceDown, 1).await.unwrap().unwrap();
    assert_eq!(dearest.cards[0].name, "Lamp 00");
}

#[tokio::test]
async fn what_is_withdrawn_is_gone_before_the_next_survey() {
    let shop = goods().await;
    shop.survey().await;
    let chair = shop.catalogue.find_product(&slug("chair-1")).await.unwrap().unwrap().product;
    shop.catalogue.set_status(&chair.id, Status::Withdrawn).await.unwrap();
    let page = async || shop.catalogue.find_category("rooms/chairs", Sort::Name, 1).await;
    let before = page().await.unwrap().unwrap();
    let names: Vec<_> = before.cards.iter().map(|card| card.name.as_str()).collect();
    assert_eq!((names, before.total), (vec!["chair 0", "chair 2"], 3));
    assert_eq!(shop.survey().await, ["rooms", "rooms/chairs"]);
    assert_eq!(page().await.unwrap().unwrap().total, 2);
}

#[tokio::test]
async fn one_page_reads_the_categories_once_and_the_next_not_at_all() {
    let shop = goods().await;
    shop.survey().await;
    let read = async |epoch, is_current| {
        let catalogue = shop.catalogue.reading(Reading::begin(epoch, is_current));
        let reads = async {
            let links = catalogue.navigation().await.unwrap();
            assert_eq!(links.len(), 1);
            catalogue.find_category("rooms", Sort::Name, 1).await.unwrap().unwrap()
        };
        let (page, commands) = shop.counted(reads).await;
        assert_eq!(page.total, 33);
        commands.iter().filter(|command| *command == "aggregate").count()
    };
    assert_eq!(read(1, true).await, 1);
    assert_eq!(read(1, true).await, 0);
    // Something may have changed that was not heard of yet.
    assert_eq!(read(1, false).await, 1);
    // Something has changed.
    assert_eq!(read(2, true).await, 1);
    assert_eq!(read(2, true).await, 0);
    // A page that was begun before the change takes nothing from after it, nor does it leave anything.
    assert_eq!(read(1, true).await, 1);
    assert_eq!(read(2, true).await, 0);
}

#[tokio::test]
async fn many_new_products_are_stored_at_once_and_only_once() {
    let shop = shop().await;
    let seed = Seed::new(5);
    for category in seed.categories().unwrap() {
        shop.catalogue.upsert_category(&category).await.unwrap();
    }
    let drafts: Vec<_> = (0..40).map(|number| seed.product(number).unwrap().product).collect();
    assert_eq!(shop.catalogue.insert_new(&drafts[..30]).await.unwrap(), 30);
    let (stored, commands) = shop.counted(shop.catalogue.insert_new(&drafts)).await;
    assert_eq!(stored.unwrap(), 10);
    // The categories, what is there, what is new.
    assert_eq!(commands.len(), 3, "{commands:?}");
    assert_eq!(shop.catalogue.count().await.unwrap(), 40);
    assert_eq!(shop.catalogue.insert_new(&drafts).await.unwrap(), 0);
    // What is there already is what an import of the same would have made of it.
    let same = shop.catalogue.upsert_product(&drafts[3]).await.unwrap();
    assert_eq!(same.outcome, catalogue::Outcome::Unchanged);
    let mut nowhere = seed.product(99).unwrap().product;
    nowhere.categories = vec![catalogue::CategoryPath::parse("nowhere").unwrap()];
    assert!(shop.catalogue.insert_new(&[nowhere]).await.is_err());
}
