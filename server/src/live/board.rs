//! What was told last of everything that open pages show, and which pages show what.
//!
//! News goes up on the board if it is newer than what is there, gets the next number, and is put into
//! the mailboxes of the pages that show its SKU. The number is the news' id on the wire, with the name
//! of this board: a page that comes back with it has been told everything up to it, and gets what went
//! up since. To another node's board, or after a restart, the id says nothing, and all is told again;
//! the versions let a browser know again what it knows.

use super::{
    listener::Listener,
    mailbox::Mailbox,
    news::{Kind, News, Said},
};
use bytes::Bytes;
use domain::{OrderNumber, Sku};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// So many SKUs stay on the board that no page shows any more: one that comes back at once misses
/// nothing and hears nothing twice.
const KEPT: usize = 10_000;

/// The board of a node.
pub struct Board {
    state: Mutex<State>,
    /// Something is wanted, by kind.
    wanted: [Notify; Kind::ALL.len()],
}

struct State {
    /// Tells this board from any other.
    name: String,
    /// The number of the last news that went up.
    sequence: u64,
    goods: HashMap<Sku, Goods>,
    /// How many of them no page shows.
    unseen: usize,
    orders: HashMap<OrderNumber, HashMap<u64, Arc<Notify>>>,
    /// What is to be looked up, by kind.
    wanted: [HashSet<Sku>; Kind::ALL.len()],
    /// Whether the bus is not being heard: what is up may be outdated.
    deaf: bool,
    closed: bool,
    mailboxes: HashMap<u64, Arc<Mailbox>>,
    next_listener: u64,
}

/// What is known of a SKU, and who shows it.
#[derive(Default)]
struct Goods {
    facts: [Option<Fact>; Kind::ALL.len()],
    /// By listener: at which place it shows it, and its mailbox.
    listeners: HashMap<u64, (u16, Arc<Mailbox>)>,
}

struct Fact {
    said: Said,
    version: u64,
    sequence: u64,
    text: Bytes,
}

impl Board {
    /// An empty board with a name that no other has.
    pub fn new() -> Self {
        let state = State {
            name: uuid::Uuid::now_v7().simple().to_string(),
            sequence: 0,
            goods: HashMap::new(),
            unseen: 0,
            orders: HashMap::new(),
            wanted: Default::default(),
            deaf: false,
            closed: false,
            mailboxes: HashMap::new(),
            next_listener: 0,
        };
        Self { state: Mutex::new(state), wanted: Default::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A page that shows these SKUs and this order begins to listen. What is known is told at once,
    /// unless the id that it was told last vouches for it; what is not known is wanted from now on.
    pub fn join(
        self: &Arc<Self>,
        skus: Vec<Sku>,
        order: Option<OrderNumber>,
        last: Option<&str>,
    ) -> Listener {
        let (mailbox, nudges) = (Arc::new(Mailbox::default()), Arc::new(Notify::new()));
        let mut state = self.state();
        let id = state.next_listener;
        state.next_listener += 1;
        let vouched = last.map_or(0, |id| state.vouched_by(id));
        for (place, sku) in (0..).zip(&skus) {
            state.show(sku, place, id, &mailbox, vouched);
        }
        if let Some(number) = &order {
            state.orders.entry(number.clone()).or_default().insert(id, nudges.clone());
        }
        if state.closed {
            mailbox.close();
        }
        state.mailboxes.insert(id, mailbox.clone());
        drop(state);
        self.wake_those_who_look();
        Listener { board: self.clone(), id, skus, order, mailbox, nudges }
    }

    /// Puts news up, as far as it is newer than what is there, and anybody shows it.
    pub fn put_up(&self, news: &[News]) {
        let mut state = self.state();
        for news in news {
            state.put_up(news);
        }
    }

    /// Something was told of this order.
    pub fn nudge(&self, number: &OrderNumber) {
        let state = self.state();
        let nudges = state.orders.get(number).into_iter().flat_map(HashMap::values);
        nudges.for_each(|nudge| nudge.notify_one());
    }

    /// The bus is not heard. Until it is, what is up may be outdated: pages that come are told it, and
    /// it is looked up anew.
    pub fn be_deaf(&self) {
        self.state().deaf = true;
    }

    /// Some news may have been missed: everything that pages show is looked up anew.
    pub fn doubt(&self) {
        let mut state = self.state();
        state.deaf = false;
        state.forget_unseen();
        for kind in Kind::ALL {
            let all: Vec<Sku> = state.goods.keys().cloned().collect();
            state.wanted[kind as usize].extend(all);
        }
        let nudges = state.orders.values().flat_map(HashMap::values);
        nudges.for_each(|nudge| nudge.notify_one());
        drop(state);
        self.wake_those_who_look();
    }

    /// The same of one kind alone.
    pub fn doubt_kind(&self, kind: Kind) {
        let mut state = self.state();
        state.forget_unseen();
        let all: Vec<Sku> = state.goods.keys().cloned().collect();
        state.wanted[kind as usize].extend(all);
        drop(state);
        self.wake_those_who_look();
    }

    fn wake_those_who_look(&self) {
        self.wanted.iter().for_each(Notify::notify_one);
    }

    /// Takes out up to `most` SKUs that are to be looked up, once there are any.
    pub async fn wanted(&self, kind: Kind, most: usize) -> Vec<Sku> {
        loop {
            let found = self.state().take_wanted(kind, most);
            if !found.is_empty() {
                return found;
            }
            self.wanted[kind as usize].notified().await;
        }
    }

    /// These could not be looked up: they are wanted still.
    pub fn want_again(&self, kind: Kind, skus: Vec<Sku>) {
        self.state().wanted[kind as usize].extend(skus);
    }

    /// A page does not listen any more.
    pub fn leave(&self, listener: &Listener) {
        self.state().leave(listener);
    }

    /// Ends every stream, also those that come.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.mailboxes.values().for_each(|mailbox| mailbox.close());
    }
}

impl State {
    /// The number up to which a page was told everything that it shows, by the last id that it has.
    fn vouched_by(&self, id: &str) -> u64 {
        let number = id.split_once('-').filter(|(name, _)| *name == self.name);
        number.and_then(|(_, number)| number.parse().ok()).unwrap_or_default()
    }

    fn show(&mut self, sku: &Sku, place: u16, id: u64, mailbox: &Arc<Mailbox>, vouched: u64) {
        let was_unseen = self.goods.get(sku).is_some_and(|goods| goods.listeners.is_empty());
        self.unseen -= usize::from(was_unseen);
        let goods = self.goods.entry(sku.clone()).or_default();
        goods.listeners.insert(id, (place, mailbox.clone()));
        for kind in Kind::ALL {
            let fact = &goods.facts[kind as usize];
            if let Some(fact) = fact.as_ref().filter(|fact| fact.sequence > vouched) {
                mailbox.post(slot(place, kind), fact.sequence, fact.text.clone());
            }
            if fact.is_none() || self.deaf {
                self.wanted[kind as usize].insert(sku.clone());
            }
        }
    }

    fn put_up(&mut self, news: &News) {
        let Some(goods) = self.goods.get_mut(&news.sku) else { return };
        let kind = news.said.kind();
        let fact = &mut goods.facts[kind as usize];
        match fact {
            Some(fact) if news.version <= fact.version => return,
            Some(fact) if news.said == fact.said => {
                fact.version = news.version;
                return;
            }
            _ => {}
        }
        self.sequence += 1;
        let sequence = self.sequence;
        let text = news.on_the_wire(&format!("{}-{sequence}", self.name));
        for (place, mailbox) in goods.listeners.values() {
            mailbox.post(slot(*place, kind), sequence, text.clone());
        }
        *fact = Some(Fact { said: news.said, version: news.version, sequence, text });
    }

    fn take_wanted(&mut self, kind: Kind, most: usize) -> Vec<Sku> {
        let wanted = &mut self.wanted[kind as usize];
        let found: Vec<Sku> = wanted.iter().take(most).cloned().collect();
        found.iter().for_each(|sku| {
            wanted.remove(sku);
        });
        found
    }

    fn forget_unseen(&mut self) {
        self.goods.retain(|_, goods| !goods.listeners.is_empty());
        self.unseen = 0;
    }

    fn leave(&mut self, listener: &Listener) {
        self.mailboxes.remove(&listener.id);
        for sku in &listener.skus {
            let Some(goods) = self.goods.get_mut(sku) else { continue };
            goods.listeners.remove(&listener.id);
            if goods.listeners.is_empty() {
                goods.listeners = HashMap::new();
                self.unseen += 1;
            }
        }
        if self.unseen > KEPT {
            self.forget_unseen();
        }
        if let Some(number) = &listener.order
            && let Some(nudges) = self.orders.get_mut(number)
        {
            nudges.remove(&listener.id);
            if nudges.is_empty() {
                self.orders.remove(number);
            }
        }
    }
}

/// Where in a page's mailbox news of a SKU lies, by the SKU's place on the page.
fn slot(place: u16, kind: Kind) -> u16 {
    place * Kind::ALL.len() as u16 + kind as u16
}

#[cfg(test)]
impl Board {
    /// How many pages listen, how many SKUs are on the board, and how many orders.
    pub fn counts(&self) -> (usize, usize, usize) {
        let state = self.state();
        (state.mailboxes.len(), state.goods.len(), state.orders.len())
    }
}
