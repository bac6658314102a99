//! Other systems' names for our SKUs and warehouses.

use crate::stockroom::{Stockroom, sku};
use inventory::{Identified, IdentifierError};

fn names(of: &[(&str, Identified)]) -> Vec<(String, Identified)> {
    of.iter().map(|(name, identified)| ((*name).to_owned(), identified.clone())).collect()
}

fn north() -> Identified {
    Identified::Warehouse("north".to_owned())
}

#[tokio::test]
async fn a_name_means_what_it_was_last_said_to_mean() {
    let room = Stockroom::empty().await;
    let mug = || Identified::Sku(sku("mug"));
    let all = names(&[("gtin:1", mug()), ("gtin:2", mug()), ("gln:1", north())]);
    room.inventory.identify(&all).await.unwrap();
    let cup = names(&[("gtin:2", mug()), ("gtin:2", Identified::Sku(sku("cup")))]);
    room.inventory.identify(&cup).await.unwrap();
    let asked = ["gtin:1", "gtin:2", "gtin:3", "gln:1"];
    let found = room.inventory.find_identified(&asked, &asked).await.unwrap();
    let pair = |name: &str, of: &str| (name.to_owned(), of.to_owned());
    assert_eq!(found.skus, [pair("gtin:1", "mug"), pair("gtin:2", "cup")].into());
    assert_eq!(found.warehouses, [pair("gln:1", "north")].into());
}

#[tokio::test]
async fn of_names_of_which_one_cannot_be_kept_none_is() {
    let room = Stockroom::empty().await;
    let moon = Identified::Warehouse("moon".to_owned());
    let refused = room.inventory.identify(&names(&[("gln:1", north()), ("gln:2", moon)])).await;
    assert!(
        matches!(refused, Err(IdentifierError::UnknownWarehouse { warehouse }) if warehouse == "moon")
    );
    for bad in ["", "a\0b", &"x".repeat(201)] {
        let refused = room.inventory.identify(&names(&[("gln:1", north()), (bad, north())])).await;
        assert!(
            matches!(refused, Err(IdentifierError::BadIdentifier { identifier }) if identifier == bad)
        );
    }
    let found = room.inventory.find_identified(&[], &["gln:1"]).await.unwrap();
    assert!(found.warehouses.is_empty());
}
