//! `vitrine payments`: the books of the money, for people and for the night's job, over a purchase that a
//! store, its provider and a shopper made.

use crate::{
    shopper::Shopper,
    world::{Ground, Process, Store, free_port, told},
};
use jiff::{Timestamp, tz::TimeZone};

#[tokio::test]
async fn the_provider_and_the_books_are_held_against_each_other_and_what_was_lost_is_mended() {
    let mut ground = Ground::new().await;
    let provider = format!("127.0.0.1:{}", free_port());
    let state = ground.folder.join("psp.state");
    ground.settings.push(("VITRINE__PAYMENTS__SANDBOX__URL", format!("http://{provider}")));
    let mut psp = ground.command(&["sandbox-psp", "--listen", &provider]);
    // Nobody hears its webhooks, and no worker looks.
    psp.args(["--webhook-url", "http://127.0.0.1:9/", "--state"]).arg(state);
    let _psp = Process::start(&mut psp);
    let store = Store::open_on(ground).await;
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date().to_string();
    let payments = async |arguments: &[&str]| {
        let mut command = store.command(&["payments"]);
        command.args(arguments);
        told(command).await
    };

    let mut buyer = Shopper::at(&store.url);
    buyer.add_lamps(1).await;
    buyer.check_out().await;
    let (code, said) = payments(&["reconcile", "--day", &today]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("1 movements at the provider, the books agree"), "{said}");
    let (code, balance) = payments(&["balance"]).await;
    assert_eq!(code, Some(0), "{balance}");
    for account in
        ["customer_receivable", "provider_clearing/sandbox", "revenue", "tax/1900", "fee"]
    {
        assert!(balance.contains(account), "{account}: {balance}");
    }
    assert!(balance.contains("EUR balances"), "{balance}");

    // This one pays and is never seen again.
    let mut gone = Shopper::at(&store.url);
    gone.add_lamps(1).await;
    let order = gone.pay().await;
    let (code, said) = payments(&["reconcile", "--day", &today]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("missing here: ") && said.contains("1 difference is left"), "{said}");
    let (code, said) = payments(&["reconcile", "--day", &today, "--mend"]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("; mended") && said.contains("the books agree"), "{said}");
    // Its order is paid without anybody having looked at it.
    let database = sqlx::PgPool::connect(&store.database.url).await.unwrap();
    let paid: i64 = sqlx::query_scalar("select count(*) from orders.orders where state = 'paid'")
        .fetch_one(&database)
        .await
        .unwrap();
    assert_eq!(paid, 2);
    assert!(gone.look(&order).await.contains("Payment confirmed"));

    let (code, said) = payments(&["inbox"]).await;
    assert_eq!(code, Some(0), "{said}");
}
