//! The four promises and what they rest on, held against what is written down: each that was broken, with the order
//! it was broken to.

use super::{
    diary::Diary,
    records::{Order, Payment, Records},
    shop::{SHELVES, Shop, WAREHOUSES},
};
use crate::world::told;
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};
use uuid::Uuid;

/// What the store promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    NeverOversell,
    NeverChargeTwice,
    NeverKeepMoneyWithoutAnOrder,
    NeverLoseAPaidOrder,
    EffectsOnce,
    BooksBalance,
    EverythingEnds,
}

/// A promise that was broken.
#[derive(Debug, Clone)]
pub struct Violation {
    pub promise: Promise,
    pub order: Option<Uuid>,
    what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.promise, self.what)
    }
}

/// Everything that was promised and is not so.
pub async fn violations(shop: &Shop, diary: &Diary) -> Vec<Violation> {
    let records = Records::of(shop).await;
    let mut found = Found::default();
    found.money(&records);
    found.acknowledged(&records, diary);
    found.goods(&records, shop);
    found.effects(&records, shop);
    found.books(&records);
    let list = shop.warehouse_list();
    for arguments in [&["inventory", "verify"][..], &["inventory", "reconcile", "--from", &list]] {
        let (code, said) = told(shop.store.command(arguments)).await;
        if code != Some(0) {
            found.say(Promise::BooksBalance, None, said);
        }
    }
    for (what, number) in &records.undone {
        found.say(Promise::EverythingEnds, None, format!("{number} {what}"));
    }
    found.0
}

#[derive(Default)]
struct Found(Vec<Violation>);

impl Found {
    fn say(&mut self, promise: Promise, order: Option<Uuid>, what: String) {
        self.0.push(Violation { promise, order, what });
    }

    /// By the provider's own books, past what the store believes.
    fn money(&mut self, records: &Records) {
        let orders: HashMap<Uuid, &Order> = records.orders.iter().map(|o| (o.id, o)).collect();
        let mut by_order = BTreeMap::<Uuid, Vec<&Payment>>::new();
        for payment in records.payments.iter().filter(|payment| payment.kept_minor() > 0) {
            match payment.order.and_then(|id| orders.get(&id)) {
                Some(order) => by_order.entry(order.id).or_default().push(payment),
                None => {
                    let what = format!("{payment} is for no order");
                    self.say(Promise::NeverKeepMoneyWithoutAnOrder, payment.order, what);
                }
            }
        }
        for order in &records.orders {
            let kept = by_order.remove(&order.id).unwrap_or_default();
            let minor: i64 = kept.iter().map(|payment| payment.kept_minor()).sum();
            let of = format!("{} is {} and costs {}", order.number, order.state, order.total_minor);
            if kept.len() > 1 || minor > order.total_minor {
                let kept: Vec<_> = kept.iter().map(ToString::to_string).collect();
                let what = format!("{of}; the provider has {}", kept.join(" and "));
                self.say(Promise::NeverChargeTwice, Some(order.id), what);
            }
            if minor > 0 && order.state != "paid" {
                let what = format!("{of}; the provider has {minor} of it");
                self.say(Promise::NeverKeepMoneyWithoutAnOrder, Some(order.id), what);
            }
            if order.state == "paid" && minor + order.refunded_minor != order.total_minor {
                let what =
                    format!("{of}; the provider has {minor}, {} went back", order.refunded_minor);
                self.say(Promise::NeverLoseAPaidOrder, Some(order.id), what);
            }
            if order.in_the_books_minor != minor {
                let books = order.in_the_books_minor;
                let what = format!("{of}; {books} are in the books, the provider has {minor}");
                self.say(Promise::BooksBalance, Some(order.id), what);
            }
        }
        self.carts(records);
    }

    /// What was in a cart is bought once, however often and in however many tabs it was ordered.
    fn carts(&mut self, records: &Records) {
        let mut paid = BTreeMap::<&str, Vec<&Order>>::new();
        for order in records.orders.iter().filter(|order| order.state == "paid") {
            paid.entry(&order.cart).or_default().push(order);
        }
        for (cart, orders) in paid.into_iter().filter(|(_, orders)| orders.len() > 1) {
            let numbers: Vec<_> = orders.iter().map(|order| &order.number).collect();
            let what = format!("cart {cart} was bought as {numbers:?}");
            self.say(Promise::NeverChargeTwice, Some(orders[0].id), what);
        }
    }

    /// What a customer once read, stays so.
    fn acknowledged(&mut self, records: &Records, diary: &Diary) {
        for number in diary.confirmed() {
            let order = records.orders.iter().find(|order| order.number == number);
            let is_there = order.is_some_and(|order| order.paid > 0);
            if !is_there {
                let what = format!("{number} was said to be paid, and there is {order:?}");
                self.say(Promise::NeverLoseAPaidOrder, order.map(|order| order.id), what);
            }
        }
    }

    fn goods(&mut self, records: &Records, shop: &Shop) {
        for (sku, pieces) in SHELVES {
            let there = i64::from(pieces) * WAREHOUSES.len() as i64;
            let sold = records.sold.get(sku).copied().unwrap_or_default();
            if sold > there {
                self.say(Promise::NeverOversell, None, format!("{sold} of {there} {sku} are sold"));
            }
        }
        for (place, pieces) in &shop.at_first {
            let now = records.shelves.get(place).copied().unwrap_or_default();
            let left = records.left.get(place).copied().unwrap_or_default();
            if now < 0 || now + left != *pieces {
                let what = format!("{place:?}: of {pieces} {left} have left and {now} are there");
                self.say(Promise::NeverOversell, None, what);
            }
        }
        for order in &records.orders {
            let of = format!("{} is {}", order.number, order.state);
            if order.state == "paid" && order.pieces_off != 0 {
                let what = format!("{of}; {} pieces more or fewer are its own", order.pieces_off);
                self.say(Promise::NeverOversell, Some(order.id), what);
            }
            if order.state != "paid" && order.pieces_own != 0 {
                let what = format!("{of}; {} pieces are its own", order.pieces_own);
                self.say(Promise::NeverOversell, Some(order.id), what);
            }
        }
    }

    /// What happened was told, and happened once.
    fn effects(&mut self, records: &Records, shop: &Shop) {
        for order in &records.orders {
            let timeline = [order.placed, order.paid, order.cancelled, order.refunded];
            let was_paid = i64::from(order.state == "paid");
            if order.placed != 1 || order.paid < was_paid || timeline.iter().any(|times| *times > 1)
            {
                let [placed, paid, cancelled, refunded] = timeline;
                let what = format!(
                    "{} is {}; it was placed {placed} times, paid {paid}, cancelled {cancelled}, refunded {refunded}",
                    order.number, order.state
                );
                self.say(Promise::EffectsOnce, Some(order.id), what);
            }
        }
        for (event, times) in shop.post.taken() {
            let known = records.inbox.get(&event).copied().unwrap_or_default();
            if known != 1 {
                let what =
                    format!("{event} was taken {times} times, and the inbox has it {known} times");
                self.say(Promise::EffectsOnce, None, what);
            }
        }
        for (service, key) in &records.untold {
            let order = records.orders.iter().find(|order| order.number == *key);
            let what = format!("news of {service} about {key} count as told, and were not");
            self.say(Promise::EffectsOnce, order.map(|order| order.id), what);
        }
    }

    fn books(&mut self, records: &Records) {
        for (currency, sum) in records.ledger.iter().filter(|(_, sum)| *sum != 0) {
            self.say(Promise::BooksBalance, None, format!("the ledger is off by {sum} {currency}"));
        }
    }
}
