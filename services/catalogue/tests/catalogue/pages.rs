//! What the pages show, and how many round trips it takes.

use crate::common::{Shop, eur, png, product, shop, slug};
use catalogue::{CARDS_PER_PAGE, FEATURED, RELATED, Status};
use domain::listing::{CategoryPage, Sort};
use std::collections::HashSet;

/// A shop with so many lamps: the n-th is called `Lamp n` and costs n euros.
async fn lamps(count: i64) -> Shop {
    let shop = shop().await;
    shop.category("lighting", "Lighting").await;
    shop.category("lighting/lamps", "Lamps").await;
    for n in 1..=count {
        shop.product(&product(&format!("Lamp {n:03}"), n * 100, Some("lighting/lamps"))).await;
    }
    shop
}

async fn page(shop: &Shop, path: &str, sort: Sort, page: u32) -> CategoryPage {
    shop.catalogue.find_category(path, sort, page).await.unwrap().unwrap()
}

fn names(page: &CategoryPage) -> Vec<&str> {
    page.cards.iter().map(|card| card.name.as_str()).collect()
}

#[tokio::test]
async fn a_product_page_costs_three_round_trips() {
    let shop = lamps(8).await;
    shop.survey().await;
    let address = slug("lamp-003");
    let (found, commands) = shop.counted(shop.catalogue.find_product(&address)).await;
    let found = found.unwrap().unwrap();
    assert_eq!(commands.len(), 3, "{commands:?}");
    assert_eq!(found.product.name, "Lamp 003");
    assert_eq!(found.product.breadcrumb[1].name, "Lamps");
    let related: Vec<_> = found.related.iter().map(|card| card.name.as_str()).collect();
    assert_eq!(related, ["Lamp 004", "Lamp 005", "Lamp 006", "Lamp 007"]);
}

#[tokio::test]
async fn related_products_go_round_and_never_include_the_product() {
    let shop = lamps(4).await;
    for n in 1..=4 {
        let own = slug(&format!("lamp-{n:03}"));
        let related = shop.catalogue.find_product(&own).await.unwrap().unwrap().related;
        assert_eq!(related.len(), RELATED.min(3));
        assert!(related.iter().all(|card| card.slug != own));
        let different: HashSet<_> = related.iter().map(|card| &card.id).collect();
        assert_eq!(different.len(), 3);
    }
}

#[tokio::test]
async fn a_category_page_costs_three_round_trips() {
    let shop = lamps(30).await;
    shop.survey().await;
    for sort in Sort::ALL {
        let read = shop.catalogue.find_category("lighting", sort, 1);
        let (found, commands) = shop.counted(read).await;
        assert_eq!(commands.len(), 3, "{commands:?}");
        let found = found.unwrap().unwrap();
        assert_eq!((found.total, found.pages, found.cards.len()), (30, 2, 24));
        assert_eq!(found.children[0].link.path, "lighting/lamps");
        assert_eq!(found.children[0].products, 30);
    }
}

#[tokio::test]
async fn every_order_shows_each_product_once_over_all_pages() {
    // Prices that are all the same: only the identifier decides.
    let shop = shop().await;
    shop.category("lighting", "Lighting").await;
    let count = CARDS_PER_PAGE as usize * 2 + 3;
    for n in 0..count {
        shop.product(&product(&format!("Lamp {n:03}"), 500, Some("lighting"))).await;
    }
    for sort in Sort::ALL {
        let mut seen = HashSet::new();
        for number in 1..=3 {
            seen.extend(
                page(&shop, "lighting", sort, number).await.cards.into_iter().map(|c| c.id),
            );
        }
        assert_eq!(seen.len(), count, "{sort:?}");
    }
}

#[tokio::test]
async fn products_are_sorted_as_asked() {
    let shop = shop().await;
    shop.category("lighting", "Lighting").await;
    for (name, minor) in [("zebra", 300), ("Banana", 100), ("apple", 300), ("eel", 200)] {
        shop.product(&product(name, minor, Some("lighting"))).await;
    }
    let mut accented = product("Echarpe", 250, Some("lighting"));
    accented.translations.get_mut("en").unwrap().name = "Écharpe".to_owned();
    shop.product(&accented).await;
    let sorted = async |sort| {
        let page = page(&shop, "lighting", sort, 1).await;
        page.cards.into_iter().map(|card| card.name).collect::<Vec<_>>()
    };
    assert_eq!(sorted(Sort::Name).await, ["apple", "Banana", "Écharpe", "eel", "zebra"]);
    assert_eq!(sorted(Sort::PriceUp).await, ["Banana", "eel", "Écharpe", "zebra", "apple"]);
    assert_eq!(sorted(Sort::PriceDown).await, ["apple", "zebra", "Écharpe", "eel", "Banana"]);
    assert_eq!(sorted(Sort::Newest).await, ["Écharpe", "eel", "apple", "Banana", "zebra"]);
}

#[tokio::test]
async fn a_page_beyond_the_last_does_not_exist() {
    let shop = lamps(25).await;
    assert_eq!(names(&page(&shop, "lighting/lamps", Sort::Name, 2).await), ["Lamp 025"]);
    for number in [0, 3, u32::MAX] {
        let found = shop.catalogue.find_category("lighting/lamps", Sort::Name, number).await;
        assert_eq!(found.unwrap(), None, "{number}");
    }
}

#[tokio::test]
async fn an_empty_category_has_one_page_and_no_tile() {
    let shop = lamps(1).await;
    shop.category("lighting/lanterns", "Lanterns").await;
    shop.category("books", "Books").await;
    let empty = page(&shop, "lighting/lanterns", Sort::Name, 1).await;
    assert_eq!((empty.total, empty.pages, empty.cards.len()), (0, 1, 0));
    assert_eq!(empty.breadcrumb[0].name, "Lighting");
    assert_eq!(page(&shop, "lighting", Sort::Name, 1).await.children.len(), 1);
    assert_eq!(shop.catalogue.home().await.unwrap().categories.len(), 1);
    let navigation = shop.catalogue.navigation().await.unwrap();
    let navigation: Vec<_> = navigation.iter().map(|link| link.path.as_str()).collect();
    assert_eq!(navigation, ["lighting", "books"]);
}

#[tokio::test]
async fn unknown_addresses_find_nothing() {
    let shop = lamps(1).await;
    assert_eq!(shop.catalogue.find_product(&slug("unknown")).await.unwrap(), None);
    for path in ["unknown", "lighting/unknown", "", "/", "lighting/", "LIGHTING", "a b", "$where"] {
        let found = shop.catalogue.find_category(path, Sort::Name, 1).await.unwrap();
        assert_eq!(found, None, "{path}");
    }
}

#[tokio::test]
async fn the_home_page_costs_three_round_trips_and_shows_every_department() {
    let shop = shop().await;
    for (path, name) in [("lighting", "Lighting"), ("books", "Books")] {
        shop.category(path, name).await;
        for n in 1..=9 {
            shop.product(&product(&format!("{name} {n}"), 100, Some(path))).await;
        }
    }
    let mut chosen = product("Chosen", 100, Some("books"));
    chosen.featured = Some(true);
    shop.product(&chosen).await;
    shop.survey().await;

    let (home, commands) = shop.counted(shop.catalogue.home()).await;
    let home = home.unwrap();
    assert_eq!(commands.len(), 3, "{commands:?}");
    let tiles: Vec<_> =
        home.categories.iter().map(|tile| (tile.link.name.as_str(), tile.products)).collect();
    assert_eq!(tiles, [("Lighting", 9), ("Books", 10)]);
    let shown: Vec<_> = home.featured.iter().map(|card| card.name.as_str()).collect();
    assert_eq!(shown.len(), FEATURED);
    assert_eq!(shown[..4], ["Chosen", "Lighting 9", "Lighting 8", "Books 9"]);
    let different: HashSet<_> = shown.iter().collect();
    assert_eq!(different.len(), FEATURED);
}

#[tokio::test]
async fn a_tile_shows_its_own_picture_or_that_of_its_newest_product() {
    let shop = shop().await;
    shop.import_goods().await;
    let home = shop.catalogue.home().await.unwrap();
    let lighting = &home.categories[0];
    let picture = lighting.picture.as_ref().unwrap();
    assert!(picture.base.ends_with("/lantern"), "{}", picture.base);
    assert_eq!(picture.alt, "Lighting");

    let own = shop.media.add("own.png", png(400, 300, 50).into()).await.unwrap();
    let mut draft = crate::common::category("lighting", "Lighting");
    draft.picture = Some(catalogue::media::MediaItem {
        rendition: own.clone(),
        alt: Default::default(),
        credit: None,
    });
    shop.catalogue.upsert_category(&draft).await.unwrap();
    let home = shop.catalogue.home().await.unwrap();
    assert_eq!(home.categories[0].picture.as_ref().unwrap().base, own.base);
}

#[tokio::test]
async fn a_withdrawn_product_is_nowhere_to_be_seen() {
    let shop = shop().await;
    shop.import_goods().await;
    let lamp = shop.catalogue.find_product(&slug("brass-lamp")).await.unwrap().unwrap().product;
    let sku = lamp.variants[0].sku.clone();
    for status in [Status::Withdrawn, Status::Draft] {
        shop.catalogue.set_status(&lamp.id, status).await.unwrap().unwrap();
        let catalogue = &shop.catalogue;
        assert_eq!(catalogue.find_product(&slug("brass-lamp")).await.unwrap(), None);
        assert_eq!(page(&shop, "lighting", Sort::Name, 1).await.total, 1);
        assert_eq!(names(&page(&shop, "lighting", Sort::Name, 1).await), ["Paper Lantern"]);
        assert!(page(&shop, "lighting", Sort::Name, 1).await.children.len() == 1);
        let home = catalogue.home().await.unwrap();
        assert_eq!(home.categories[0].products, 1);
        assert!(home.featured.iter().all(|card| card.id != lamp.id));
        let lantern = catalogue.find_product(&slug("paper-lantern")).await.unwrap().unwrap();
        assert!(lantern.related.iter().all(|card| card.id != lamp.id));
        assert_eq!(catalogue.sellables(std::slice::from_ref(&sku)).await.unwrap(), []);
        assert_eq!(catalogue.credits().await.unwrap(), []);
        let sitemap = catalogue.sitemap().await.unwrap();
        assert!(sitemap.iter().all(|entry| entry.path != "/p/brass-lamp"));
        assert_eq!(catalogue.count().await.unwrap(), 3);
    }
    shop.catalogue.set_status(&lamp.id, Status::Published).await.unwrap().unwrap();
    assert!(shop.catalogue.find_product(&slug("brass-lamp")).await.unwrap().is_some());
}

#[tokio::test]
async fn what_has_no_price_or_words_for_this_market_is_not_shown_in_it() {
    let shop = shop().await;
    shop.category("lighting", "Lighting").await;
    let mut dollars = product("Dollar Lamp", 100, Some("lighting"));
    dollars.variants[0].prices[0].currency = domain::Currency::USD;
    shop.product(&dollars).await;
    dollars.featured = Some(true);
    shop.product(&dollars).await;
    let mut german = product("Lampe", 100, Some("lighting"));
    german.featured = Some(true);
    let text = german.translations.remove("en").unwrap();
    german.translations.insert("de".to_owned(), text);
    shop.product(&german).await;
    assert_eq!(shop.catalogue.find_product(&slug("dollar-lamp")).await.unwrap(), None);
    assert_eq!(shop.catalogue.find_product(&slug("lampe")).await.unwrap(), None);
    assert_eq!(page(&shop, "lighting", Sort::PriceUp, 1).await.total, 0);
    assert_eq!(shop.catalogue.count().await.unwrap(), 0);
    assert_eq!(shop.catalogue.home().await.unwrap().featured, []);

    let mut market = domain::Market::european_union();
    market.locale = "de".to_owned();
    let german = catalogue::Catalogue::new(shop.database.clone(), market);
    german.ensure_indexes().await.unwrap();
    assert!(german.find_product(&slug("lampe")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_product_with_one_variant_leaves_nothing_to_choose() {
    let shop = shop().await;
    let line = "Lamp,lamp,,,,cable length,3 m,L-1,5.00,standard";
    let header =
        "name,slug,description,assets,facets,optionGroups,optionValues,sku,price,taxCategory";
    shop.import_vendure(&format!("{header}\n{line}\n")).await;
    let lamp = shop.catalogue.find_product(&slug("lamp")).await.unwrap().unwrap().product;
    assert!(lamp.options.is_empty() && lamp.variants[0].options.is_empty());
    assert_eq!(lamp.attributes, [("Cable length".to_owned(), "3 m".to_owned())]);
    assert_eq!(lamp.variant(&[]).unwrap().price, eur(500));
}
