//! Talking with the other tabs of this shop.

use super::events::listen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, Event, MessageEvent};

/// A channel to the other tabs; they hear what is said here, this one does not.
pub struct Channel(BroadcastChannel);

impl Channel {
    /// Opens the channel and hears on it for as long as the page lives. `None` where the browser has
    /// no channels: each tab is then on its own until it is loaded again.
    pub fn open(name: &str, on_text: fn(String)) -> Option<Self> {
        let channel = BroadcastChannel::new(name).ok()?;
        let on_message = move |event: Event| {
            if let Some(text) = event.unchecked_into::<MessageEvent>().data().as_string() {
                on_text(text);
            }
        };
        listen(&channel, "message", Box::new(on_message));
        Some(Self(channel))
    }

    /// Tells the other tabs.
    pub fn say(&self, text: &str) {
        // It fails only once the channel was closed, and then nobody listens.
        let _ = self.0.post_message(&JsValue::from_str(text));
    }
}
