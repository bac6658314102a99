//! The one cart of this page, shared by its islands, with the other tabs and with the next page.
//!
//! Wishes go to the server one after the other, those of all tabs taken together, so that answers
//! cannot overtake each other and one session is begun, not two; what they do to the cart shows at once
//! (see `view`). Where it is not certain what became of a wish, the server is asked how the cart stands.
//! The last cart the server told is kept by the
//! browser, so that the next page shows it without asking; a visitor who never had a cart causes no
//! request. Only islands that woke may call this: on the server there is no such cart.

use super::view::{CartView, Wish, Word};
use crate::browser::{self, Channel, Denied, Fields, Refused, read};
use domain::Cart;
use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
};

/// The name of the channel between tabs and of what the browser keeps.
const NAME: &str = "vitrine-cart";
/// What the browser keeps beside it: when the server told the cart.
const NAME_AT: &str = "vitrine-cart-at";

/// How long the kept cart is believed without asking the server, in milliseconds.
const FRESH: f64 = 60_000.0;

/// What is to be done when a wish is answered; the text is the reason of a refusal.
type Answered = Box<dyn FnOnce(Result<(), String>)>;
/// Shows the cart as it is now.
type Show = Box<dyn FnMut(&Cart)>;

#[derive(Default)]
struct Store {
    view: RefCell<CartView>,
    /// Who shows it.
    shown_by: RefCell<Vec<Show>>,
    /// For each wish on its way, what is to be done with the answer.
    answered: RefCell<VecDeque<Answered>>,
    /// What is to be done when no wish is on its way any more.
    settled: RefCell<Vec<Box<dyn FnOnce()>>>,
    /// Whether wishes are being sent.
    sending: Cell<bool>,
    /// Whether the kept cart was taken up and the other tabs are heard.
    open: Cell<bool>,
    channel: RefCell<Option<Channel>>,
}

thread_local! {
    static STORE: Store = Store::default();
}

/// Shows the cart now and whenever it changes: as the server last told it, with the wishes that are
/// still on their way.
pub fn follow(mut show: Show) {
    open();
    show(&shown());
    STORE.with(|store| store.shown_by.borrow_mut().push(show));
}

/// Changes what is known, and has the cart shown as it is then.
fn change(change: impl FnOnce(&mut CartView)) {
    STORE.with(|store| change(&mut store.view.borrow_mut()));
    show_all();
}

fn show_all() {
    let cart = shown();
    let mut shown_by = STORE.with(|store| store.shown_by.take());
    shown_by.iter_mut().for_each(|show| show(&cart));
    STORE.with(|store| {
        // Whoever began to follow meanwhile has seen it.
        shown_by.append(&mut store.shown_by.borrow_mut());
        store.shown_by.replace(shown_by);
    });
}

/// The cart as the server last told it.
pub fn confirmed() -> Cart {
    open();
    STORE.with(|store| store.view.borrow().confirmed().clone())
}

/// The cart with the wishes that are still on their way.
pub fn shown() -> Cart {
    open();
    STORE.with(|store| store.view.borrow().shown())
}

/// Wishes something of the cart. The answer is for whoever shows it; the cart itself is corrected
/// here.
pub fn wish(wish: Wish, answered: Answered) {
    open();
    match STORE.with(|store| store.view.borrow_mut().wish(wish)) {
        Err(error) => answered(Err(error.to_string())),
        Ok(()) => {
            STORE.with(|store| store.answered.borrow_mut().push_back(answered));
            show_all();
            if !STORE.with(|store| store.sending.replace(true)) {
                browser::begin(Box::pin(send_all()));
            }
        }
    }
}

/// Asks the server how the cart stands.
pub fn look() {
    wish(Wish::Look, Box::new(|_| ()));
}

/// The server told the cart with the page, as JSON.
pub fn adopt(text: &str) {
    open();
    if let Some(cart) = read(text) {
        keep(text, &cart);
        change(|view| view.adopt(cart));
    }
}

/// Calls once every wish has been answered: at once if none is on its way.
pub fn when_settled(call: Box<dyn FnOnce()>) {
    STORE.with(|store| match store.sending.get() {
        true => store.settled.borrow_mut().push(call),
        false => call(),
    });
}

fn open() {
    if STORE.with(|store| store.open.replace(true)) {
        return;
    }
    let channel = Channel::open(NAME, hear);
    STORE.with(|store| store.channel.replace(channel));
    recall();
    browser::on_return(recall);
}

/// Takes up what the browser kept.
fn recall() {
    let kept = browser::kept(NAME).and_then(|text| Ok((text, browser::kept(NAME_AT)?)));
    match kept {
        Ok((text, at)) => {
            let kept = text.and_then(|text| read(&text));
            let told = kept.is_some() || at.is_some();
            let age = at.and_then(|at| Some(js_sys::Date::now() - at.parse::<u64>().ok()? as f64));
            let stale = told && !age.is_some_and(|age| age < FRESH);
            let cart = kept.unwrap_or_default();
            change(|view| view.adopt(cart));
            if stale {
                look();
            }
        }
        // Whether there is a cart is known to the server alone.
        Err(Denied) => look(),
    }
}

/// Another tab told how the cart stands.
fn hear(text: String) {
    let Some(cart) = read(&text) else { return };
    match Word::of(&cart, &confirmed()) {
        Word::Known => {}
        Word::Later => change(|view| view.adopt(cart)),
        Word::Doubtful => look(),
    }
}

/// The cart is about to change: who leaves before the answer asks again on the next page.
fn doubt() {
    browser::keep(NAME_AT, Some("0"));
}

fn keep(text: &str, cart: &Cart) {
    let now = (js_sys::Date::now() as u64).to_string();
    let worth_it = !cart.is_empty();
    browser::keep(NAME, worth_it.then_some(text));
    browser::keep(NAME_AT, worth_it.then_some(now.as_str()));
    STORE.with(|store| {
        if let Some(channel) = store.channel.borrow().as_ref() {
            channel.say(text);
        }
    });
}

fn read(text: &str) -> Option<Cart> {
    read::cart(&browser::parse(text)?)
}

async fn send_all() {
    while let Some(wish) = STORE.with(|store| store.view.borrow().next().cloned()) {
        match wish {
            Wish::Look => send(wish).await,
            _ => {
                doubt();
                browser::alone(NAME, Box::pin(send(wish))).await;
            }
        }
    }
    STORE.with(|store| store.sending.set(false));
    for call in STORE.with(|store| store.settled.take()) {
        call();
    }
}

/// Sends the wish whose turn it is, and does what its answer says.
async fn send(wish: Wish) {
    let answer = match ask(&wish).await {
        // It may have been granted all the same: sent again, it is granted once.
        Err(refused) if refused.is_silence() && wish != Wish::Look => ask(&wish).await,
        answer => answer,
    };
    let (cart, outcome) = match answer {
        Ok(text) => {
            let cart = read(&text);
            if let Some(cart) = &cart {
                keep(&text, cart);
            }
            (cart, Ok(()))
        }
        Err(refused) => {
            let outdated = refused.code == "not_in_cart";
            if wish != Wish::Look && (outdated || !refused.certain) {
                // What this page shows may not be how the cart stands.
                let look: Answered = Box::new(|_| ());
                STORE.with(|store| store.answered.borrow_mut().push_back(look));
                let _ = STORE.with(|store| store.view.borrow_mut().wish(Wish::Look));
            }
            (None, Err(refused.message))
        }
    };
    STORE.with(|store| store.view.borrow_mut().answered(cart));
    if let Some(answered) = STORE.with(|store| store.answered.borrow_mut().pop_front()) {
        answered(outcome);
    }
    // Only now: what was refused is marked as such and stays as it was typed.
    show_all();
}

async fn ask(wish: &Wish) -> Result<String, Refused> {
    let (address, sku) = match wish {
        Wish::Look => return browser::get("/api/cart/get").await,
        Wish::Add { item, .. } => ("/api/cart/add", &item.sku),
        Wish::Set { sku, .. } => ("/api/cart/set", sku),
        Wish::Remove { sku } => ("/api/cart/remove", sku),
    };
    let quantity = match wish {
        Wish::Add { quantity, .. } | Wish::Set { quantity, .. } => quantity.to_string(),
        _ => String::new(),
    };
    let (seen_price, name) = match wish {
        Wish::Add { item, name, .. } => (item.price.minor().to_string(), name.as_str()),
        _ => (String::new(), ""),
    };
    let fields = Fields::of(&[
        ("sku", sku.as_str()),
        ("quantity", &quantity),
        ("seen_price", &seen_price),
        ("wish", name),
    ]);
    browser::post(address, fields).await
}
