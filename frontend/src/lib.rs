//! The browser's entry: brings the islands of a page to life, nothing else.

// The islands are found by name from the page; linking the crate is what brings them in.
use app as _;
use leptos::prelude::Owner;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called once by the page's script, before it looks for islands.
#[wasm_bindgen]
pub fn hydrate() {
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    // What islands of Leptos need around them. `leptos::mount::hydrate_islands` would also take over
    // resources and errors from the server, of which no island of this shop has any.
    std::mem::forget(Owner::new_root(None));
}
