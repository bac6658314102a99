//! From where something would be sent, and when: what the checkout shows before anything is held.

use crate::stockroom::{MINUTES, Stockroom, order, part, sku, want};
use domain::{
    Country,
    stock::{Decided, Destination, Hours, Place, Strategy, WorkingDays},
};
use inventory::{HoldError, Particulars, Rules};
use uuid::Uuid;

/// North is in Hamburg and sends until the end of every day; south is in Munich and never sends on the same day.
async fn described(stock: &[(&str, &str, u32)]) -> Stockroom {
    let room = Stockroom::with(stock).await;
    let at = |place: Option<Place>, cut_off_minute| Particulars {
        place,
        hours: Hours { cut_off_minute, working_days: WorkingDays::EVERY_DAY, holidays: Vec::new() },
        offers_pick_up: true,
        ..Particulars::default()
    };
    let hamburg = at(Place::new(53_551_000, 9_994_000), Hours::END_OF_DAY);
    let munich = at(Place::new(48_135_000, 11_582_000), 0);
    room.inventory.describe_warehouse("north", &hamburg).await.unwrap();
    room.inventory.describe_warehouse("south", &munich).await.unwrap();
    room
}

fn to(latitude: i32, longitude: i32) -> Option<Destination> {
    Some(Destination { country: Country::DE, place: Place::new(latitude, longitude) })
}

/// Today by the database's clock, and some days on.
async fn day(room: &Stockroom, later: i32) -> jiff::civil::Date {
    let text: String = sqlx::query_scalar("select ((now() at time zone 'UTC')::date + $1)::text")
        .bind(later)
        .fetch_one(&room.database.pool)
        .await
        .unwrap();
    text.parse().unwrap()
}

#[tokio::test]
async fn the_nearest_sends_and_the_hold_takes_from_where_it_was_shown() {
    let room = described(&[("north", "mug", 5), ("south", "mug", 5)]).await;
    let augsburg = to(48_370_000, 10_898_000);
    let wish = [want("mug", 2)];
    let preview = room.inventory.preview(&wish, augsburg, Strategy::default()).await.unwrap();
    assert_eq!(preview.plan.decided, Decided::Nearest);
    let tomorrow = day(&room, 1).await;
    assert_eq!(preview.plan.parcels[0].leaves, Some(tomorrow));
    let why =
        format!("one parcel from Warehouse south: has everything, nearest, leaves on {tomorrow}");
    assert_eq!(preview.why, why);
    let held = room.inventory.hold_for(order(), &wish, augsburg, MINUTES).await.unwrap();
    assert_eq!(held, [part("south", "mug", 2)]);
    // Without an address the one that sends today is better.
    let preview = room.inventory.preview(&wish, None, Strategy::default()).await.unwrap();
    assert_eq!(preview.plan.decided, Decided::Soonest);
    assert_eq!(preview.plan.parcels[0].leaves, Some(day(&room, 0).await));
}

#[tokio::test]
async fn a_clock_on_the_other_side_of_the_world_shows_another_day() {
    let room = described(&[("north", "mug", 5)]).await;
    // Fourteen hours before and twelve behind: never the same day.
    let mut shown = Vec::new();
    for time_zone in ["Pacific/Kiritimati", "Etc/GMT+12"] {
        let particulars = Particulars {
            time_zone: time_zone.to_owned(),
            hours: Hours {
                cut_off_minute: Hours::END_OF_DAY,
                working_days: WorkingDays::EVERY_DAY,
                holidays: Vec::new(),
            },
            ..Particulars::default()
        };
        room.inventory.describe_warehouse("north", &particulars).await.unwrap();
        let wish = [want("mug", 1)];
        let preview = room.inventory.preview(&wish, None, Strategy::default()).await.unwrap();
        shown.push(preview.plan.parcels[0].leaves.unwrap());
    }
    assert!(shown[0] > shown[1], "{shown:?}");
}

#[tokio::test]
async fn pieces_that_are_on_their_way_are_promised_for_the_day_they_come() {
    let room = described(&[("north", "mug", 1)]).await;
    let rules = [(sku("mug"), Rules { safety: 0, back_order_limit: 10 })];
    room.inventory.set_rules("north", &rules).await.unwrap();
    for (days, pieces) in [(20, 6), (9, 2)] {
        sqlx::query(
            "with purchase as (
               insert into purchase_orders (id, warehouse, supplier, expected_on)
               values ($1, 'north', 'Potters', (now() at time zone 'UTC')::date + $2)
             )
             insert into purchase_order_lines (purchase_order, sku, ordered) values ($1, 'mug', $3)",
        )
        .bind(Uuid::now_v7())
        .bind(days)
        .bind(i64::from(pieces))
        .execute(&room.database.pool)
        .await
        .unwrap();
    }
    let leaves = async |quantity| {
        let wish = [want("mug", quantity)];
        let preview = room.inventory.preview(&wish, None, Strategy::default()).await.unwrap();
        preview.plan.parcels[0].leaves
    };
    assert_eq!(leaves(1).await, Some(day(&room, 0).await));
    assert_eq!(leaves(3).await, Some(day(&room, 9).await));
    // What was promised to others comes before.
    room.inventory.hold(order(), &[want("mug", 2)], MINUTES).await.unwrap();
    assert_eq!(leaves(2).await, Some(day(&room, 20).await));
    assert_eq!(leaves(9).await, None);
}

#[tokio::test]
async fn what_is_short_is_told_and_nothing_is_held() {
    let room = described(&[("north", "mug", 1), ("south", "mug", 1)]).await;
    let wish = [want("mug", 3)];
    let error = room.inventory.preview(&wish, None, Strategy::default()).await.unwrap_err();
    assert_eq!(error.to_string(), "out of stock: only 2 of mug left");
    let fetched = Strategy::PickUp { at: "south".to_owned() };
    let error = room.inventory.preview(&[want("mug", 2)], None, fetched).await.unwrap_err();
    assert_eq!(error.to_string(), "out of stock: only 1 of mug left");
    let error = room.inventory.preview(&[], None, Strategy::default()).await.unwrap_err();
    assert!(matches!(error, HoldError::NothingDemanded));
    assert_eq!(room.count("select count(*) from holds").await, 0);
}
