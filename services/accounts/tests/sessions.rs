//! Sessions and carts against the real document store.

use accounts::{AddRefused, CheckoutDraft, Error, SessionToken, Sessions, WishId};
use domain::{
    Cart, Currency, Money, Quantity, Sku, Slug,
    checkout::{CheckoutForm, Refusal},
    product::Sellable,
    stock::Demand,
    tax::TaxClass,
};
use platform::testing::{TestMongo, mongodb};
use uuid::Uuid;

async fn sessions() -> (TestMongo, Sessions) {
    let mongo = mongodb().await;
    let sessions = Sessions::new(&mongo.database);
    sessions.ensure_indexes().await.unwrap();
    sessions.ensure_indexes().await.unwrap();
    (mongo, sessions)
}

fn item(sku: &str) -> Sellable {
    Sellable {
        sku: Sku::parse(sku).unwrap(),
        product_id: "p".to_owned(),
        slug: Slug::parse("p").unwrap(),
        name: "$name of a thing".to_owned(),
        options: String::new(),
        picture: None,
        price: Money::new(1_900, Currency::EUR),
        tax_class: TaxClass::Standard,
    }
}

fn pieces(n: u32) -> Quantity {
    Quantity::new(n).unwrap()
}

#[tokio::test]
async fn the_first_thing_added_begins_a_session_and_looking_does_not() {
    let (mongo, sessions) = sessions().await;
    let stranger = SessionToken::random();
    assert!(sessions.cart(&stranger.id()).await.unwrap().is_empty());
    let collection = mongo.database.collection::<mongodb::bson::Document>("sessions");
    assert_eq!(collection.count_documents(mongodb::bson::doc! {}).await.unwrap(), 0);

    let added = sessions.add_to_cart(None, None, &item("a"), pieces(2), 999).await.unwrap();
    let token = added.new_session.unwrap();
    assert_eq!(sessions.cart(&token.id()).await.unwrap(), added.cart);
    let stored = collection.find_one(mongodb::bson::doc! {}).await.unwrap().unwrap();
    assert!(!stored.to_string().contains(&token.expose()), "the token itself is not stored");
}

#[tokio::test]
async fn a_session_begins_once_under_a_token_that_was_given_out_ahead_and_keeps_what_it_has() {
    let (_mongo, sessions) = sessions().await;
    let ahead = SessionToken::random();
    let begun = futures::future::join_all((0..8).map(|_| sessions.begin_as(&ahead))).await;
    assert!(begun.iter().all(Result::is_ok), "{begun:?}");
    let added = sessions.add_to_cart(Some(&ahead), None, &item("a"), pieces(2), 999).await.unwrap();
    assert!(added.new_session.is_none(), "it is the visitor's own");
    sessions.begin_as(&ahead).await.unwrap();
    assert_eq!(sessions.cart(&ahead.id()).await.unwrap(), added.cart);
    // What somebody made up is not revived.
    let made_up = SessionToken::random();
    let added = sessions.add_to_cart(Some(&made_up), None, &item("a"), pieces(1), 999).await;
    assert!(added.unwrap().new_session.is_some_and(|token| token != made_up));
}

#[tokio::test]
async fn adding_is_what_the_domain_says_it_is() {
    let (_mongo, sessions) = sessions().await;
    let token =
        sessions.add_to_cart(None, None, &item("a"), pieces(1), 999).await.unwrap().new_session;
    let mut expected = Cart::default();
    expected.add(item("a"), pieces(1)).unwrap();
    for (sku, n) in [("b", 2), ("a", 3), ("c", 1), ("b", 5), ("a", 1)] {
        // A price that moved since the line began is not swallowed: it is there to be told.
        let item =
            |sku| Sellable { price: Money::new(1_900 + i64::from(n), Currency::EUR), ..item(sku) };
        let added =
            sessions.add_to_cart(token.as_ref(), None, &item(sku), pieces(n), 999).await.unwrap();
        expected.add(item(sku), pieces(n)).unwrap();
        assert_eq!(added.cart, expected);
        assert!(added.new_session.is_none());
    }
}

#[tokio::test]
async fn a_wish_that_is_sent_again_is_granted_once() {
    let (_mongo, sessions) = sessions().await;
    let wish = |n: u32| format!("wish-number-{n}").parse::<WishId>().unwrap();
    let add = async |token: Option<&SessionToken>, wish: &WishId, most: u32| {
        sessions.add_to_cart(token, Some(wish), &item("a"), pieces(2), most).await
    };
    let token = add(None, &wish(0), 9).await.unwrap().new_session.unwrap();
    let again = add(Some(&token), &wish(0), 9).await.unwrap();
    assert_eq!((again.cart.pieces(), again.cart.version), (2, 1));
    // Whoever is told late that it was granted is told so, though no more could be had by now.
    assert_eq!(add(Some(&token), &wish(0), 1).await.unwrap().cart.pieces(), 2);

    assert_eq!(add(Some(&token), &wish(1), 99).await.unwrap().cart.pieces(), 4);
    let change = |cart: &mut Cart| {
        cart.set_quantity(&item("a").sku, pieces(1)).unwrap();
        Ok::<_, Error>(())
    };
    sessions.change_cart(&token.id(), change).await.unwrap();
    assert_eq!(add(Some(&token), &wish(1), 99).await.unwrap().cart.pieces(), 1);
    let twice = wish(2);
    let both = tokio::join!(add(Some(&token), &twice, 99), add(Some(&token), &twice, 99));
    assert_eq!((both.0.unwrap().cart.pieces(), both.1.unwrap().cart.pieces()), (3, 3));

    for n in 3..19 {
        add(Some(&token), &wish(n), 99).await.unwrap();
    }
    assert_eq!(add(Some(&token), &wish(18), 99).await.unwrap().cart.pieces(), 35);
    // A session does not remember for ever.
    assert_eq!(add(Some(&token), &wish(2), 99).await.unwrap().cart.pieces(), 37);
}

#[tokio::test]
async fn two_tabs_adding_at_once_lose_nothing() {
    let (_mongo, sessions) = sessions().await;
    let token =
        sessions.add_to_cart(None, None, &item("a"), pieces(1), 999).await.unwrap().new_session;
    let token = token.unwrap();
    let tasks: Vec<_> = (0..20)
        .map(|n| {
            let (sessions, token) = (sessions.clone(), token.clone());
            let sku = if n % 2 == 0 { "a" } else { "b" };
            tokio::spawn(async move {
                sessions.add_to_cart(Some(&token), None, &item(sku), pieces(1), 999).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let cart = sessions.cart(&token.id()).await.unwrap();
    assert_eq!((cart.pieces(), cart.lines.len(), cart.version), (21, 2, 21));
}

#[tokio::test]
async fn concurrent_changes_are_all_applied_by_compare_and_set() {
    let (_mongo, sessions) = sessions().await;
    let token =
        sessions.add_to_cart(None, None, &item("s0"), pieces(1), 999).await.unwrap().new_session;
    let token = token.unwrap();
    for n in 1..4 {
        sessions
            .add_to_cart(Some(&token), None, &item(&format!("s{n}")), pieces(1), 999)
            .await
            .unwrap();
    }
    let tasks: Vec<_> = (0..4)
        .map(|n| {
            let (sessions, id) = (sessions.clone(), token.id());
            tokio::spawn(async move {
                let sku = Sku::parse(&format!("s{n}")).unwrap();
                sessions
                    .change_cart(&id, |cart| {
                        cart.set_quantity(&sku, pieces(7)).unwrap();
                        Ok::<_, Error>(())
                    })
                    .await
                    .unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(sessions.cart(&token.id()).await.unwrap().pieces(), 28);
}

#[tokio::test]
async fn more_than_allowed_is_refused_and_says_how_many_are_there() {
    let (_mongo, sessions) = sessions().await;
    let added = sessions.add_to_cart(None, None, &item("a"), pieces(3), 5).await.unwrap();
    let token = added.new_session.unwrap();
    let refused =
        sessions.add_to_cart(Some(&token), None, &item("a"), pieces(3), 5).await.unwrap_err();
    assert!(matches!(refused, AddRefused::TooMany { in_cart: 3 }));
    assert!(sessions.add_to_cart(Some(&token), None, &item("a"), pieces(2), 5).await.is_ok());
    assert!(matches!(
        sessions.add_to_cart(None, None, &item("a"), pieces(3), 2).await,
        Err(AddRefused::TooMany { in_cart: 0 })
    ));
    for n in 1..Cart::MAX_LINES {
        sessions
            .add_to_cart(Some(&token), None, &item(&format!("s{n}")), pieces(1), 9)
            .await
            .unwrap();
    }
    let refused = sessions.add_to_cart(Some(&token), None, &item("over"), pieces(1), 9).await;
    assert!(matches!(refused, Err(AddRefused::Full)));
}

#[tokio::test]
async fn an_unknown_token_is_not_revived() {
    let (_mongo, sessions) = sessions().await;
    let planted = SessionToken::random();
    let added = sessions.add_to_cart(Some(&planted), None, &item("a"), pieces(1), 9).await.unwrap();
    assert_ne!(added.new_session.unwrap(), planted);
    assert!(sessions.cart(&planted.id()).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_was_ordered_leaves_the_cart_once_and_what_was_added_since_stays() {
    let (_mongo, sessions) = sessions().await;
    let add = async |token: Option<&SessionToken>, name: &str, count: u32| {
        sessions.add_to_cart(token, None, &item(name), pieces(count), 9).await.unwrap()
    };
    let added = add(None, "a", 2).await;
    let (token, ordered) = (added.new_session.unwrap(), added.cart.version);
    add(Some(&token), "a", 1).await;
    let later = add(Some(&token), "b", 1).await.cart;
    let (order, bought) = (Uuid::now_v7(), [Demand { sku: item("a").sku, quantity: 2 }]);
    let take_out = |order, version| {
        let (sessions, token, bought) = (&sessions, &token, &bought);
        async move { sessions.take_out(&token.id(), order, version, bought).await.unwrap() }
    };
    // By the shopper's return and by the sweeper.
    for _ in 0..3 {
        take_out(order, ordered).await;
    }
    let left = sessions.cart(&token.id()).await.unwrap();
    assert_eq!((left.lines.len(), left.pieces()), (2, 2));
    assert!(left.version > later.version);
    // The very cart that was ordered has nothing left.
    take_out(Uuid::now_v7(), left.version).await;
    let emptied = sessions.cart(&token.id()).await.unwrap();
    assert!(emptied.is_empty() && emptied.version > left.version);
}

#[tokio::test]
async fn what_was_typed_at_the_checkout_is_kept() {
    let (_mongo, sessions) = sessions().await;
    let added = sessions.add_to_cart(None, None, &item("a"), pieces(1), 9).await.unwrap();
    let token = added.new_session.unwrap();
    let draft = CheckoutDraft {
        form: CheckoutForm { city: "Berlin".to_owned(), ..CheckoutForm::default() },
        refusal: Some(Refusal::PaymentUnavailable),
    };
    sessions.keep_draft(&token.id(), &draft).await.unwrap();
    assert_eq!(sessions.cart_and_draft(&token.id()).await.unwrap(), (added.cart, draft));
}
