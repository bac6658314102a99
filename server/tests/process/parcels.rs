//! The life of a paid order between the warehouse, the worker, the order's page and the store's staff.

use crate::{
    shopper::Shopper,
    world::{Ground, Process, Store, free_port, told},
};
use domain::Sku;
use inventory::Inventory;
use uuid::Uuid;

/// A store with a provider and a worker, and somebody who paid for lamps.
struct Sold {
    store: Store,
    inventory: Inventory,
    shopper: Shopper,
    /// The address of the order's page.
    page: String,
    order: Uuid,
    number: String,
    key: String,
    _processes: [Process; 2],
}

impl Sold {
    /// So many lamps.
    async fn lamps(pieces: u32) -> Self {
        let mut ground = Ground::new().await;
        let provider = format!("127.0.0.1:{}", free_port());
        ground.settings.push(("VITRINE__PAYMENTS__SANDBOX__URL", format!("http://{provider}")));
        let mut psp = ground.command(&["sandbox-psp", "--listen", &provider]);
        let psp = Process::start(psp.arg("--state").arg(ground.folder.join("psp.state")));
        let store = Store::open_on(ground).await;
        let worker = store.worker();
        let mut shopper = Shopper::at(&store.url);
        shopper.add_lamps(pieces).await;
        let page = shopper.check_out().await;
        let url = store.database.url.as_str();
        let pool = platform::postgres::connect(url, orders::SCHEMA, 1).await.unwrap();
        let (order, number, key) = sqlx::query_as("select id, number, access_key from orders")
            .fetch_one(&pool)
            .await
            .unwrap();
        let pool = platform::postgres::connect(url, inventory::SCHEMA, 1).await.unwrap();
        let inventory = Inventory::new(pool);
        let _processes = [psp, worker];
        Self { store, inventory, shopper, page, order, number, key, _processes }
    }

    async fn ship(&self, shipment: &str, pieces: u32) {
        let lines = [(Sku::parse("LAMP").unwrap(), pieces)];
        self.inventory.ship(self.order, shipment, "berlin", &lines).await.unwrap();
    }

    async fn until_it_reads(&self, words: &str) {
        let reads = async || self.shopper.look(&self.page).await.contains(words);
        self.store.until(words, reads).await;
    }

    /// Presses the button on the order's page; where that leads to.
    async fn cancel(&mut self) -> String {
        let fields = [("number", self.number.as_str()), ("key", self.key.as_str())];
        self.shopper.send("/api/orders/cancel", &fields).await
    }

    /// What the command says, and with which code it ends.
    async fn staff(&self, arguments: &[&str]) -> (Option<i32>, String) {
        told(self.store.command(&[&["orders"], arguments].concat())).await
    }
}

#[tokio::test]
async fn what_a_warehouse_sends_shows_on_the_orders_page() {
    let sold = Sold::lamps(3).await;
    sold.until_it_reads("Being packed in").await;
    sold.ship("1", 2).await;
    sold.until_it_reads("Partly on its way").await;
    sold.until_it_reads("Parcel 1 from").await;
    sold.ship("2", 1).await;
    sold.until_it_reads("Parcel 2 from").await;
    let page = sold.shopper.look(&sold.page).await;
    assert!(page.contains("On its way") && !page.contains("Being packed in"), "{page}");
    assert!(!page.contains("Cancel this order"), "it has left");

    // Staff say who carries it, and that it arrived.
    let number = sold.number.as_str();
    let label = ["label", number, "1", "--carrier", "DHL", "--tracking", "JJD01"];
    assert_eq!(sold.staff(&label).await.0, Some(0));
    sold.until_it_reads("JJD01").await;
    for parcel in ["1", "2"] {
        assert_eq!(sold.staff(&["delivered", number, parcel]).await.0, Some(0));
    }
    sold.until_it_reads("All of your order has arrived").await;
    assert_eq!(sold.staff(&["delivered", number, "3"]).await.0, Some(1));
    let (code, listed) = sold.staff(&["list", "--fulfilment", "delivered"]).await;
    assert!(code == Some(0) && listed.contains(number), "{listed}");
    let (_, shown) = sold.staff(&["show", number]).await;
    assert!(shown.contains("warehouse") && shown.contains("parcel 1 from"), "{shown}");
}

#[tokio::test]
async fn what_is_sent_back_is_announced_on_the_page_and_paid_back() {
    let mut sold = Sold::lamps(2).await;
    sold.ship("1", 2).await;
    sold.until_it_reads("Send something back").await;
    let (number, key) = (sold.number.clone(), sold.key.clone());
    let form = |quantity: &'static str| {
        [
            ("number", number.clone()),
            ("key", key.clone()),
            ("which", "1".to_owned()),
            ("sku[0]", "LAMP".to_owned()),
            ("quantity[0]", quantity.to_owned()),
            ("reason[0]", "damaged".to_owned()),
        ]
    };
    let mut press = async |quantity| {
        let form = form(quantity);
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        sold.shopper.send("/api/orders/return", &form).await
    };
    let nothing = press("0").await;
    let announced = press("1").await;
    assert_eq!(announced, sold.page);
    assert!(sold.shopper.look(&nothing).await.contains("Please choose how many pieces"));
    sold.until_it_reads("You announced return 1 of one piece.").await;

    let inspect = ["inspect", number.as_str(), "1", "--accept", "LAMP=1"];
    let (code, said) = sold.staff(&inspect).await;
    assert_eq!(code, Some(0), "{said}");
    sold.until_it_reads("Partly returned").await;
    sold.until_it_reads("\u{20ac}19.99 went back to you.").await;
    assert_eq!(sold.staff(&inspect).await.0, Some(1), "once");
}

#[tokio::test]
async fn an_order_is_cancelled_on_its_page_until_a_parcel_has_left() {
    let mut sold = Sold::lamps(1).await;
    assert!(sold.shopper.look(&sold.page).await.contains("Cancel this order"));
    assert_eq!(sold.cancel().await, sold.page);
    sold.until_it_reads("You cancelled the order").await;
    sold.until_it_reads("went back to you").await;

    let mut sold = Sold::lamps(1).await;
    sold.ship("1", 1).await;
    let refused = sold.cancel().await;
    let page = sold.shopper.look(&refused).await;
    assert!(page.contains("A parcel has left us already"), "{page}");
    let (code, said) = sold.staff(&["cancel", &sold.number, "--why", "a test"]).await;
    assert_eq!((code, said.contains("a parcel has left")), (Some(1), true), "{said}");
}
