//! News from the server, over one stream (server-sent events) for the whole page, however many islands
//! listen. It is open while the page is looked at: a hidden tab, and a page that was left, cost nothing.
//! Who comes back is told how everything stands.

use super::{
    Json,
    events::{after, listen, on_return},
    parse,
};
use domain::news::MOST_SKUS;
use js_sys::encode_uri_component;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Event, EventSource, MessageEvent};

/// How long what is wanted may still change before it is asked for, in milliseconds: nothing that the
/// page needs to appear waits for it.
const REST: i32 = 250;
/// How long to wait before a stream that the server refused is tried again, in milliseconds; doubled
/// each time. Where only the connection broke, the browser itself tries again.
const RETRY: i32 = 5_000;
/// How often it is doubled.
const DOUBLED: u32 = 5;
/// The events there are.
const NAMES: [&str; 3] = ["stock", "price", "order"];

/// What an island does with news: by the event's name, its facts.
type Hear = Box<dyn Fn(&str, &JsValue)>;

/// An island that listens.
#[derive(Clone)]
pub struct Ear(Rc<Island>);

struct Island {
    wants: RefCell<String>,
    hear: Hear,
}

#[derive(Default)]
struct News {
    islands: RefCell<Vec<Ear>>,
    /// What is open, and its address.
    open: RefCell<Option<(String, EventSource)>>,
    /// Whether it will be looked whether the right thing is open.
    due: Cell<bool>,
    refusals: Cell<u32>,
    /// The latest version that was told of each thing.
    versions: RefCell<Vec<(String, i64)>>,
}

thread_local! {
    static NEWS: News = News::default();
}

impl Ear {
    /// An island that wants nothing yet.
    pub fn open(hear: Hear) -> Self {
        let ear = Self(Rc::new(Island { wants: RefCell::default(), hear }));
        let first = NEWS.with(|news| {
            let mut islands = news.islands.borrow_mut();
            islands.push(ear.clone());
            islands.len() == 1
        });
        if first {
            follow_the_page();
        }
        ear
    }

    /// What it wants to hear of from now on, as the query of an address; nothing if that is empty.
    pub fn want(&self, query: String) {
        if self.0.wants.replace(query) != *self.0.wants.borrow() {
            look_soon(REST);
        }
    }

    /// The same for what becomes of SKUs.
    pub fn want_skus<'a>(&self, skus: impl Iterator<Item = &'a str>) {
        let field = |sku| ["sku=", &String::from(encode_uri_component(sku))].concat();
        self.want(skus.map(field).collect::<Vec<_>>().join("&"));
    }
}

fn document() -> Option<Document> {
    web_sys::window()?.document()
}

fn follow_the_page() {
    let (Some(window), Some(document)) = (web_sys::window(), document()) else { return };
    listen(&document, "visibilitychange", Box::new(|_| look()));
    listen(&window, "pagehide", Box::new(|_| close()));
    on_return(look);
}

fn look_soon(milliseconds: i32) {
    if !NEWS.with(|news| news.due.replace(true)) {
        after(milliseconds, Box::new(look));
    }
}

/// Opens what is wanted, and closes what is not.
fn look() {
    let wanted = NEWS.with(|news| {
        news.due.set(false);
        let islands = news.islands.borrow();
        let mut wants: Vec<String> = Vec::new();
        for island in islands.iter() {
            for field in island.0.wants.borrow().split('&').filter(|field| !field.is_empty()) {
                if wants.len() < MOST_SKUS && !wants.iter().any(|wanted| wanted == field) {
                    wants.push(field.to_owned());
                }
            }
        }
        wants.join("&")
    });
    let seen = document().is_some_and(|document| !document.hidden());
    let is_open = NEWS.with(|news| match &*news.open.borrow() {
        Some((address, _)) => *address == wanted,
        None => false,
    });
    if wanted.is_empty() || !seen {
        close();
    } else if !is_open {
        close();
        connect(wanted);
    }
}

fn close() {
    if let Some((_, source)) = NEWS.with(|news| news.open.take()) {
        source.close();
    }
}

fn connect(wanted: String) {
    let Ok(source) = EventSource::new(&["/events?", &wanted].concat()) else { return };
    for name in NAMES {
        listen(&source, name, Box::new(move |event| tell(name, event)));
    }
    listen(&source, "open", Box::new(|_| NEWS.with(|news| news.refusals.set(0))));
    let watched = source.clone();
    let on_error = move |_| {
        let is_ours = |open: &Option<(String, EventSource)>| {
            open.as_ref().is_some_and(|(_, source)| *source == watched)
        };
        // The browser has given up; else it tries again by itself.
        let refused = watched.ready_state() == EventSource::CLOSED;
        if refused && NEWS.with(|news| is_ours(&news.open.borrow())) {
            close();
            let before = NEWS.with(|news| news.refusals.replace(news.refusals.get() + 1));
            look_soon(RETRY << before.min(DOUBLED));
        }
    };
    listen(&source, "error", Box::new(on_error));
    NEWS.with(|news| news.open.replace(Some((wanted, source))));
}

/// Hands news on to every island, unless newer news of the same thing was heard before.
fn tell(name: &'static str, event: Event) {
    let text = event.unchecked_into::<MessageEvent>().data().as_string();
    let Some(facts) = text.and_then(|text| parse(&text)) else { return };
    let late = NEWS.with(|news| is_late(&mut news.versions.borrow_mut(), name, &facts));
    let islands = if late { Vec::new() } else { NEWS.with(|news| news.islands.borrow().clone()) };
    for island in islands {
        (island.0.hear)(name, &facts);
    }
}

/// Whether these facts are older than what was told before. Facts without a version never are.
fn is_late<J: Json>(versions: &mut Vec<(String, i64)>, name: &str, facts: &J) -> bool {
    let (Some(sku), Some(version)) = (facts.text_of("sku"), facts.number_of("version")) else {
        return false;
    };
    let thing = [name, " ", &sku].concat();
    match versions.iter_mut().find(|(known, _)| *known == thing) {
        Some((_, known)) if version < *known => return true,
        Some((_, known)) => *known = version,
        None => versions.push((thing, version)),
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn news_that_comes_late_is_not_heard() {
        let mut versions = Vec::new();
        let mut late = |name: &str, sku: &str, version: i64| {
            is_late(&mut versions, name, &json!({ "sku": sku, "version": version }))
        };
        assert!(!late("stock", "lamp", 7));
        assert!(late("stock", "lamp", 6));
        assert!(!late("price", "lamp", 6) && !late("stock", "chair", 6));
        // Told twice it is heard twice: another island may not have heard it.
        assert!(!late("stock", "lamp", 7));
        assert!(!late("stock", "lamp", 8) && late("stock", "lamp", 7));
        assert!(!is_late(&mut versions, "order", &json!({ "state": "paid" })));
    }
}
