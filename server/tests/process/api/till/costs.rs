//! How many round trips to the databases a program's request costs: counted on the line.

use super::{App, Shop, checkout};
use client::NewLine;
use futures::future::join_all;
use platform::testing::{SYNC, Wire};

/// What somebody waited for; but not for the key, which is read every three seconds, nor that a connection learns a
/// statement, which it does once.
fn asked(app: &App<'_>, wire: &Wire) -> Vec<String> {
    let id = app.key.split('_').nth(2).unwrap();
    let waited = |said: &String| {
        let reads_key = said.contains(id) && !said.contains("POST");
        said != SYNC && !said.starts_with('P') && !reads_key
    };
    wire.round_trips().into_iter().filter(waited).collect()
}

/// Connections are made and prepared once, not for each request.
async fn warm(app: &App<'_>) {
    let buy = async |n: u32| {
        let id = app.cart("LAMP", 1).await;
        let name = format!("warm {n}");
        app.api.cart(&id).await.unwrap();
        app.api.check_out(&id, &checkout("tok_ok"), &name).await.unwrap();
    };
    for round in 0..3 {
        join_all((0..4).map(|n| buy(round * 4 + n))).await;
    }
}

#[tokio::test]
async fn a_programs_requests_cost_so_many_round_trips() {
    let shop = Shop::open().await;
    let (store, app) = (&shop.store, shop.app().await);
    warm(&app).await;
    let count = || (asked(&app, &store.postgres), asked(&app, &store.mongodb));

    store.begin_to_count();
    let id = app.api.open_cart().await.unwrap().id;
    let (postgres, mongodb) = count();
    assert_eq!((postgres.len(), mongodb.len()), (0, 1), "{postgres:#?} {mongodb:#?}");

    // The stock, and the session: as from a page.
    let line = NewLine { sku: "LAMP".to_owned(), quantity: 1 };
    app.api.add(&id, &line, "1").await.unwrap();
    let (postgres, mongodb) = count();
    assert_eq!((postgres.len(), mongodb.len()), (1, 1), "{postgres:#?} {mongodb:#?}");

    // The session; then the catalogue and the stock at once.
    app.api.cart(&id).await.unwrap();
    let (postgres, mongodb) = count();
    assert_eq!((postgres.len(), mongodb.len()), (1, 2), "{postgres:#?} {mongodb:#?}");

    // All that it takes to order, hold, pay, post what came and what was sold, allocate, empty the cart, ask for the
    // letter and the invoice and remember the answer.
    app.api.check_out(&id, &checkout("tok_ok"), "1").await.unwrap();
    let (postgres, mongodb) = count();
    assert!(postgres.len() <= 53 && mongodb.len() <= 4, "{postgres:#?} {mongodb:#?}");
}
