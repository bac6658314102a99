//! News from the server, as they come.

use super::events::{after, listen};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::JsCast;
use web_sys::{Event, EventSource, MessageEvent};

/// How long to wait before a stream that the server refused is tried again, in milliseconds. Where
/// only the connection broke, the browser itself tries again at once.
const RETRY: i32 = 5_000;

/// A stream of named events (server-sent events) that comes back by itself.
#[derive(Clone)]
pub struct Live(Rc<Stream>);

struct Stream {
    address: String,
    name: &'static str,
    on_text: Box<dyn Fn(String)>,
    /// What is open now; nothing once the stream was ended.
    source: RefCell<Option<EventSource>>,
}

impl Live {
    /// Opens the stream at an address and hands each event's text to the handler.
    pub fn open(address: String, name: &'static str, on_text: Box<dyn Fn(String)>) -> Self {
        let live = Self(Rc::new(Stream { address, name, on_text, source: RefCell::new(None) }));
        live.connect();
        live
    }

    fn connect(&self) {
        let Ok(source) = EventSource::new(&self.0.address) else { return };
        let live = self.clone();
        let on_event = move |event: Event| {
            if let Some(text) = event.unchecked_into::<MessageEvent>().data().as_string() {
                (live.0.on_text)(text);
            }
        };
        listen(&source, self.0.name, Box::new(on_event));
        let (live, watched) = (self.clone(), source.clone());
        let on_error = move |_| {
            let given_up = watched.ready_state() == EventSource::CLOSED;
            if given_up && live.0.source.take().is_some() {
                let live = live.clone();
                after(RETRY, Box::new(move || live.connect()));
            }
        };
        listen(&source, "error", Box::new(on_error));
        self.0.source.replace(Some(source));
    }

    /// Ends it: there will be no more news.
    pub fn close(&self) {
        if let Some(source) = self.0.source.take() {
            source.close();
        }
    }
}
