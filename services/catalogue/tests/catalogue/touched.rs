//! Which pages a change concerns: what shows it, and the addresses that lead there, or did.

use crate::common::{category, eur, png, product, shop, sku, slug};
use catalogue::{
    ProductDraft,
    media::{MediaItem, PhotoCredit},
    product::ExternalReference,
};

/// A product that is known by a reference, so that its address may change.
fn lamp(name: &str, category: Option<&str>) -> ProductDraft {
    let mut draft = product(name, 1000, category);
    let (source, id) = ("erp".to_owned(), "1".to_owned());
    draft.external_reference = Some(ExternalReference { source, id });
    draft
}

async fn owed(shop: &crate::common::Shop, photographer: &str) -> MediaItem {
    let rendition = shop.media.add("a.png", png(32, 32, 1).into()).await.unwrap();
    let credit = PhotoCredit { photographer: photographer.to_owned(), source: None };
    MediaItem { rendition, alt: Default::default(), credit: Some(credit) }
}

#[tokio::test]
async fn a_new_product_appears_under_its_address_in_every_language() {
    let shop = shop().await;
    shop.category("rooms", "Rooms").await;
    let mut draft = lamp("Lamp", Some("rooms"));
    let mut german = draft.translations["en"].clone();
    german.slug = slug("lampe");
    draft.translations.insert("de".to_owned(), german);
    let touched = shop.catalogue.upsert_product(&draft).await.unwrap().touched;
    let own = format!("product:{}", touched.product.as_ref().unwrap());
    let expected = [&own, "path:/p/lamp", "path:/p/lampe", "shelf:rooms", "home"];
    assert_eq!(touched.tags(), expected);
}

#[tokio::test]
async fn a_product_that_moves_leaves_its_old_address_and_category() {
    let shop = shop().await;
    for path in ["rooms", "garden"] {
        shop.category(path, path).await;
    }
    shop.product(&lamp("Lamp", Some("rooms"))).await;
    let moved = shop.catalogue.upsert_product(&lamp("Lantern", Some("garden"))).await.unwrap();
    let tags = moved.touched.tags();
    for tag in ["path:/p/lamp", "path:/p/lantern", "shelf:rooms", "shelf:garden"] {
        assert!(tags.contains(&tag.to_owned()), "{tag} is not in {tags:?}");
    }
}

#[tokio::test]
async fn a_category_at_the_root_is_in_the_navigation_of_every_page() {
    let shop = shop().await;
    let touched = async |path, name| {
        shop.catalogue.upsert_category(&category(path, name)).await.unwrap().touched.tags()
    };
    let root = ["category:rooms", "path:/c/rooms"];
    let everywhere = ["home", "navigation"];
    assert_eq!(touched("rooms", "Rooms").await, [root, everywhere].concat());
    assert_eq!(touched("rooms", "All rooms").await, [root, everywhere].concat());
    let below = ["category:rooms/hall", "path:/c/rooms/hall"];
    assert_eq!(touched("rooms/hall", "Hall").await, [root, below].concat());
    shop.product(&lamp("Lamp", Some("rooms"))).await;
    let priced = shop.catalogue.set_price(&sku("LAMP"), eur(1)).await.unwrap().unwrap();
    assert!(!priced.tags().contains(&"navigation".to_owned()));
}

#[tokio::test]
async fn the_credits_follow_the_pictures_that_somebody_is_thanked_for() {
    let shop = shop().await;
    let in_credits = |touched: catalogue::Touched| touched.tags().contains(&"credits".to_owned());
    let mut hall = category("hall", "Hall");
    let mut table = lamp("Lamp", None);
    for (picture, expected) in [(None, false), (Some(owed(&shop, "Ada").await), true), (None, true)]
    {
        hall.picture = picture.clone();
        table.media = picture.into_iter().collect();
        let of_category = shop.catalogue.upsert_category(&hall).await.unwrap().touched;
        let of_product = shop.catalogue.upsert_product(&table).await.unwrap().touched;
        assert_eq!((in_credits(of_category), in_credits(of_product)), (expected, expected));
    }
}
