//! Whatever comes in whatever order: presses, payments, returns to the order's page, webhooks that are late, doubled
//! and out of order, sweeps, a provider that is deaf or mute, a node that stops after any step, time that runs out.
//! In the end each order has its money and its goods, or neither. `PROPTEST_CASES=500` plays as many.

use crate::{
    desk::signed,
    flaky::Mood,
    world::{LAMP, World, kept_minor, typed},
};
use domain::{Quantity, checkout::CheckoutForm};
use orders::{Orders, PayStep, Step, Wanted};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use sqlx::Row;
use uuid::Uuid;

/// Few: each is a shop's whole life on real databases.
const CASES: u32 = 24;
const CARDS: [&str; 4] = ["success", "declined", "repeated_webhooks", "answer_lost"];
/// There are always enough lamps for whoever wants one.
const LAMPS: u32 = 5_000;

#[derive(Debug, Clone)]
enum Event {
    /// The button, with one address or another.
    Press {
        elsewhere: bool,
    },
    /// One more lamp goes into the cart.
    Add,
    /// At one of the provider's pages that were ever shown.
    Pay {
        page: usize,
        card: &'static str,
    },
    /// A look at the page of one of the orders.
    ComeBack {
        order: usize,
    },
    PayAgain {
        order: usize,
    },
    /// About one of the payments; a name that was heard before comes again.
    Webhook {
        payment: usize,
        name: u8,
    },
    Sweep,
    TimeRunsOut,
    Provider(Mood),
}

/// What happens, and after which step the node that has to do with it stops.
fn happening() -> impl Strategy<Value = (Event, Option<Step>)> {
    let event = prop_oneof![
        4 => any::<bool>().prop_map(|elsewhere| Event::Press { elsewhere }),
        1 => Just(Event::Add),
        4 => (0..4_usize, prop::sample::select(&CARDS[..]))
            .prop_map(|(page, card)| Event::Pay { page, card }),
        3 => (0..3_usize).prop_map(|order| Event::ComeBack { order }),
        1 => (0..3_usize).prop_map(|order| Event::PayAgain { order }),
        4 => (0..4_usize, 0..5_u8)
            .prop_map(|(payment, name)| Event::Webhook { payment, name }),
        3 => Just(Event::Sweep),
        1 => Just(Event::TimeRunsOut),
        2 => prop::sample::select(&[Mood::Well, Mood::Deaf, Mood::Mute, Mood::Stingy][..])
            .prop_map(Event::Provider),
    ];
    (event, prop::option::weighted(0.4, prop::sample::select(&Step::ALL[..])))
}

#[test]
fn whatever_comes_in_whatever_order_an_order_has_money_and_goods_or_neither() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime.block_on(async {
        let world = World::new().await;
        world.count("north", LAMP, LAMPS).await;
        world
    });
    let cases = std::env::var("PROPTEST_CASES").map_or(CASES, |cases| cases.parse().unwrap());
    let mut runner = TestRunner::new(Config { cases, max_shrink_iters: 60, ..Config::default() });
    runner
        .run(&prop::collection::vec(happening(), 3..18), |happenings| {
            runtime.block_on(async {
                let mut life = Life::begin(&world).await;
                for (event, stop) in &happenings {
                    life.goes_on(event, *stop).await;
                }
                life.ends().await;
            });
            Ok(())
        })
        .unwrap();
    // The databases go with their pools, which want a runtime.
    runtime.block_on(async { drop(world) });
}

/// A cart, and what becomes of it.
struct Life<'a> {
    world: &'a World,
    shopper: accounts::SessionToken,
    /// The provider's pages that were shown.
    pages: Vec<String>,
    /// What webhooks of this life are called.
    tag: Uuid,
}

impl<'a> Life<'a> {
    async fn begin(world: &'a World) -> Self {
        let shopper = world.shopper(LAMP, 1).await;
        Self { world, shopper, pages: Vec::new(), tag: Uuid::now_v7() }
    }

    /// Whatever fails may fail: it is judged by the end alone.
    async fn goes_on(&mut self, event: &Event, stop: Option<Step>) {
        let world = self.world;
        let node = match stop {
            Some(step) => world.orders.clone().stopping_after(step),
            None => world.orders.clone(),
        };
        match *event {
            Event::Press { elsewhere } => self.press(&node, elsewhere).await,
            Event::Add => {
                let one_more = Wanted::new(crate::world::sku(LAMP), Quantity::new(1).unwrap());
                let _ = node.add_to_cart(Some(&self.shopper), &one_more).await;
            }
            Event::Pay { page, card } => {
                let Some(page) = nth(&self.pages, page) else { return };
                let form = world.client.post(page).header("origin", &world.provider_url);
                let form = form.header("sec-fetch-site", "same-origin").form(&[("card", card)]);
                form.send().await.unwrap();
            }
            Event::ComeBack { order } => {
                let orders = self.orders().await;
                let Some((number, key)) = nth(&orders, order) else { return };
                let _ = node.find(&crate::world::number(number), key).await;
            }
            Event::PayAgain { order } => {
                let orders = self.orders().await;
                let Some((number, key)) = nth(&orders, order) else { return };
                let again = node.pay_again(&crate::world::number(number), key).await;
                if let Ok(Some(PayStep::Redirect(page))) = again {
                    self.pages.push(page);
                }
            }
            Event::Webhook { payment, name } => {
                let payments = self.payments().await;
                let Some(payment) = nth(&payments, payment) else { return };
                let (headers, body) = signed(&format!("evt_{}_{name}", self.tag), Some(payment));
                let _ = node.receive_webhook(&headers, body.as_bytes()).await;
            }
            Event::Sweep => {
                let _ = node.sweep().await;
            }
            Event::TimeRunsOut => self.time_runs_out().await,
            Event::Provider(mood) => world.flaky.be(mood),
        }
    }

    async fn press(&mut self, node: &Orders, elsewhere: bool) {
        let mut submission = self.world.filled_in(&self.shopper).await;
        if elsewhere {
            submission.form = CheckoutForm { city: "Potsdam".into(), ..typed() };
        }
        if let Ok(placed) = node.place(&self.shopper, submission).await
            && let PayStep::Redirect(page) = placed.pay
        {
            self.pages.push(page);
        }
    }

    /// Nothing goes wrong any more, and the sweeper has all the time it wants.
    async fn ends(self) {
        self.world.flaky.be(Mood::Well);
        for _ in 0..200 {
            self.time_runs_out().await;
            self.world.orders.sweep().await.unwrap();
            if self.undone().await == 0 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert_eq!(self.undone().await, 0, "something is left to be done");
        let mut bought = 0;
        for order in self.rows().await {
            let (state, total): (String, i64) = (order.get("state"), order.get("total_minor"));
            let kept = self.kept_for(order.get("id")).await;
            let own: i64 = order.get("own");
            let times: [i64; 3] =
                [order.get("paid"), order.get("cancelled"), order.get("refunded")];
            match state.as_str() {
                "paid" => {
                    assert_eq!(kept, [total], "a paid order has its money once");
                    assert_eq!(own, order.get::<i64, _>("pieces"), "a paid order has its goods");
                    assert_eq!(times, [1, 0, 0]);
                    bought += 1;
                }
                "cancelled" => {
                    assert_eq!(kept, [0_i64; 0], "no money is kept for an order that ended");
                    assert_eq!(own, 0, "no goods are kept for an order that ended");
                    assert!(times[0] == 0 && times[1] == 1 && times[2] <= 1, "{times:?}");
                }
                state => panic!("an order is {state}"),
            }
            let books: i64 = order.get("books");
            assert_eq!(books, kept.iter().sum::<i64>(), "the books know what the provider has");
        }
        let versions =
            "select count(distinct cart_version) from orders where state = 'paid' and cart_id = $1";
        assert_eq!(self.count(versions).await, bought, "no cart is bought twice");
        self.world.assert_in_order().await;
    }

    async fn rows(&self) -> Vec<sqlx::postgres::PgRow> {
        sqlx::query(
            "select id, state, total_minor,
               (select count(*) from events where order_id = orders.id and kind = 'paid') as paid,
               (select count(*) from events where order_id = orders.id and kind = 'cancelled') as cancelled,
               (select count(*) from events where order_id = orders.id and kind = 'refunded') as refunded,
               (select sum(quantity)::bigint from lines where order_id = orders.id) as pieces,
               (
                 select coalesce(sum(quantity), 0)::bigint
                 from inventory.holds
                 where reference = orders.id
                   and state in ('held', 'allocated')
               ) as own,
               (
                 select coalesce(sum(entries.amount_minor), 0)::bigint
                 from payments.entries
                 join payments.postings on postings.id = entries.posting
                 left join payments.refunds on refunds.id = postings.refund
                 join payments.attempts on attempts.id = coalesce(postings.attempt, refunds.attempt)
                 join payments.intents on intents.id = attempts.intent
                 where intents.order_reference = orders.id
                   and postings.kind in ('capture', 'refund')
                   and account like 'provider_clearing/%'
               ) as books
             from orders
             where cart_id = $1",
        )
        .bind(self.shopper.id().as_str().to_owned())
        .fetch_all(&self.world.pool)
        .await
        .unwrap()
    }

    /// What the provider has for an order, payment by payment.
    async fn kept_for(&self, order: Uuid) -> Vec<i64> {
        let attempts: Vec<Uuid> = sqlx::query_scalar(
            "select attempts.id
             from payments.attempts
             join payments.intents on intents.id = attempts.intent
             where order_reference = $1",
        )
        .bind(order)
        .fetch_all(&self.world.pool)
        .await
        .unwrap();
        let mut kept = Vec::new();
        for attempt in attempts {
            let payments = self.world.payments_at_provider(&format!("?reference={attempt}")).await;
            kept.extend(payments.iter().map(kept_minor).filter(|minor| *minor > 0));
        }
        kept
    }

    async fn time_runs_out(&self) {
        sqlx::query(
            "update orders
             set expires_at = now(),
               next_check_at = now(),
               next_effect_at = now()
             where cart_id = $1",
        )
        .bind(self.shopper.id().as_str().to_owned())
        .execute(&self.world.pool)
        .await
        .unwrap();
        // What is held for an order that was never written is nobody's to be found by.
        sqlx::query("update inventory.holds set expires_at = now() where state = 'held'")
            .execute(&self.world.pool)
            .await
            .unwrap();
    }

    async fn undone(&self) -> i64 {
        let held = self.world.scalar("select count(*) from inventory.holds where state = 'held'");
        let left = "
            select count(*)
            from orders
            where cart_id = $1
              and (state = 'awaiting_payment' or refund_due or cart_to_empty)";
        held.await + self.count(left).await
    }

    async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query)
            .bind(self.shopper.id().as_str().to_owned())
            .fetch_one(&self.world.pool)
            .await
            .unwrap()
    }

    /// Numbers and keys of the orders of this cart.
    async fn orders(&self) -> Vec<(String, String)> {
        sqlx::query_as(
            "select number, access_key from orders where cart_id = $1 order by placed_at",
        )
        .bind(self.shopper.id().as_str().to_owned())
        .fetch_all(&self.world.pool)
        .await
        .unwrap()
    }

    /// The payments of those orders, by the provider's names.
    async fn payments(&self) -> Vec<String> {
        sqlx::query_scalar(
            "select provider_reference
             from payments.attempts
             join payments.intents on intents.id = attempts.intent
             join orders on orders.id = intents.order_reference
             where cart_id = $1
               and provider_reference is not null
             order by attempts.created_at",
        )
        .bind(self.shopper.id().as_str().to_owned())
        .fetch_all(&self.world.pool)
        .await
        .unwrap()
    }
}

/// One of them, whatever the number; none if there is none.
fn nth<T>(all: &[T], number: usize) -> Option<&T> {
    all.get(number % all.len().max(1))
}
