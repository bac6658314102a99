//! The checkout says in which parcels the order would come.

use crate::world::{CHAIR, LAMP, World};

/// From where, and what of it.
async fn parcels(
    world: &World,
    shopper: &accounts::SessionToken,
) -> Vec<(String, Vec<(String, u32)>)> {
    let page = world.orders.checkout(Some(shopper)).await.unwrap();
    let lines = |parcel: &domain::stock::Parcel| {
        parcel.lines.iter().map(|line| (line.sku.to_string(), line.quantity)).collect()
    };
    page.parcels.iter().map(|parcel| (parcel.warehouse.clone(), lines(parcel))).collect()
}

#[tokio::test]
async fn what_one_warehouse_has_comes_in_one_parcel_and_the_rest_in_as_few_as_it_takes() {
    let world = World::new().await;
    let shopper = world.shopper(LAMP, 4).await;
    assert_eq!(parcels(&world, &shopper).await, [("north".to_owned(), vec![(LAMP.to_owned(), 4)])]);
    // Of six in the north and four in the south.
    let both = parcels(&world, &world.shopper(LAMP, 8).await).await;
    let pieces: u32 = both.iter().flat_map(|(_, lines)| lines).map(|(_, pieces)| pieces).sum();
    assert_eq!((both.len(), pieces), (2, 8), "{both:?}");
}

#[tokio::test]
async fn where_nothing_can_be_said_nothing_is_said() {
    let world = World::new().await;
    let shopper = world.shopper(CHAIR, 1).await;
    assert_eq!(parcels(&world, &shopper).await.len(), 1);
    world.count("north", CHAIR, 0).await;
    assert_eq!(parcels(&world, &shopper).await, []);
    let nobody = world.orders.checkout(None).await.unwrap();
    assert!(nobody.parcels.is_empty());
    // What the shopper's own order holds is not offered again.
    let other = world.shopper(LAMP, 10).await;
    world.place(&other).await.unwrap();
    assert_eq!(parcels(&world, &other).await, []);
}
