//! The browser's entry: brings the islands of a page to life, nothing else.

// The islands are found by name from the page; linking the crate is what brings them in.
use app as _;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called once by the page's script, before it looks for islands.
#[wasm_bindgen]
pub fn hydrate() {
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
