//! Where the page is and where it goes.

use wasm_bindgen::JsValue;

/// The path of the address, without query.
pub fn path() -> String {
    web_sys::window().and_then(|window| window.location().pathname().ok()).unwrap_or_default()
}

/// Goes to another page.
pub fn go(address: &str) {
    if let Some(window) = web_sys::window() {
        // An address the browser refuses leaves the shopper where they are.
        let _ = window.location().assign(address);
    }
}

/// Changes the address without loading anything, so that it can be shared or loaded again.
pub fn rename(address: &str) {
    let history = web_sys::window().and_then(|window| window.history().ok());
    if let Some(history) = history {
        // A browser refuses when it is called too often; the address then stays as it was.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(address));
    }
}
