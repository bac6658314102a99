//! What becomes of events that are declared an error.

use crate::{Shop, event, with};
use connectors::{Csv, Document, Policy, deliver};
use inventory::{Mode, UnknownSkus};
use serde_json::{Value, json};

fn taken_back(event: Value) -> Value {
    let declared = json!({"declarationTime": "2026-11-27T12:00:00Z", "reason": "did_not_occur"});
    with(event, "errorDeclaration", declared)
}

#[tokio::test]
async fn of_an_event_that_is_taken_back_nothing_is_left_whichever_comes_first() {
    for (step, pieces) in [("receiving", 5), ("shipping", 4), ("shipping", 10)] {
        let shop = Shop::open().await;
        let wrong = event("1", step, pieces);
        let back = taken_back(wrong.clone());
        assert_eq!(shop.each(std::slice::from_ref(&back)).await, [["taken_back"]]);
        assert_eq!(shop.mugs().await, [10, 1], "what was not told yet");
        assert_eq!(shop.each(std::slice::from_ref(&wrong)).await, [["already_applied"]]);
        let again = shop.each(std::slice::from_ref(&back)).await;
        assert_eq!(again, [["already_taken_back"]]);
        assert_eq!(shop.mugs().await, [10, 1], "what was told late");

        let shop = Shop::open().await;
        assert_eq!(shop.tell(Mode::All, &[wrong]).await, [["applied"]]);
        assert_eq!(shop.tell(Mode::All, &[back]).await, [["taken_back"]]);
        assert_eq!(shop.mugs().await, [10, 1], "what was told before");
    }
}

#[tokio::test]
async fn what_was_sold_since_cannot_be_taken_back_and_what_never_was_leaves_nothing() {
    let shop = Shop::open().await;
    let wrong = event("1", "receiving", 5);
    shop.each(std::slice::from_ref(&wrong)).await;
    shop.paid(13).await;
    assert_eq!(shop.each(&[taken_back(wrong)]).await, [["would_take_promised"]]);
    assert_eq!(shop.mugs().await, [15, 1]);

    // More than there were cannot have been sent: with its correction it is nothing all the same.
    for mode in [Mode::Each, Mode::All] {
        let shop = Shop::open().await;
        let never = event("2", "shipping", 11);
        let back = taken_back(never.clone());
        assert_eq!(shop.tell(mode, std::slice::from_ref(&back)).await, [["taken_back"]]);
        assert_eq!(shop.each(&[never, back]).await, [["already_applied"], ["already_taken_back"]]);
        assert_eq!(shop.mugs().await, [10, 1]);
    }
}

#[tokio::test]
async fn an_event_is_not_told_for_a_correction_that_cannot_be_and_keeps_no_other_from_being_corrected()
 {
    let shop = Shop::open().await;
    // The name of the second one's correction is taken.
    let taken = "external_id,warehouse,sku,kind,quantity\n\
                 urn:uuid:2#gtin:10614141123459/taken-back,north,mug,received,1\n";
    let document = Document { source: "wms", name: "", bytes: taken.as_bytes() };
    let policy = Policy { mode: Mode::Each, unknown: UnknownSkus::Refuse };
    deliver(&shop.inventory, &Csv, &document, policy).await.unwrap();
    assert_eq!(shop.mugs().await, [11, 1]);
    let backs: Vec<_> =
        (1..=5).map(|nth: i64| taken_back(event(&nth.to_string(), "receiving", nth))).collect();
    let told = shop.each(&backs).await;
    assert_eq!(
        told,
        [["taken_back"], ["conflict"], ["taken_back"], ["taken_back"], ["taken_back"]]
    );
    assert_eq!(shop.mugs().await, [11, 1], "what was taken back left something");
    let late = ["1", "2", "3"].map(|id| event(id, "receiving", id.parse().unwrap()));
    let told = shop.each(&late).await;
    assert_eq!(told, [["already_applied"], ["applied"], ["already_applied"]]);
    assert_eq!(shop.mugs().await, [13, 1]);
}

#[tokio::test]
async fn why_an_event_cannot_be_taken_back_is_said_where_the_reason_is_the_event_itself() {
    for mode in [Mode::Each, Mode::All] {
        let shop = Shop::open().await;
        shop.each(&[event("1", "receiving", 5)]).await;
        let other = taken_back(event("1", "receiving", 6));
        assert_eq!(shop.tell(mode, &[other]).await, [["conflict"]], "{mode:?}");
        for step in ["receiving", "shipping"] {
            for absurd in [i64::MIN, -6, 0, i64::MAX] {
                let absurd = taken_back(event("2", step, absurd));
                let told = shop.tell(mode, &[absurd]).await;
                assert_eq!(told, [["absurd_quantity"]], "{mode:?}");
            }
        }
        assert_eq!(shop.mugs().await, [15, 1]);
    }
}
