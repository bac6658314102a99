//! Bringing an island to life.

use super::Part;
use std::cell::Cell;

thread_local! {
    static AWAKE: Cell<usize> = const { Cell::new(0) };
}

/// All that an island is: a call at once in a browser, on the server none. It takes no closure, so that
/// there is one copy of it for all islands. When every island of the page is awake, the document is
/// marked `data-awake`: what is there for those without scripts goes.
pub fn awake(wake: fn()) {
    if cfg!(feature = "hydrate") {
        wake();
        let awake = AWAKE.get() + 1;
        AWAKE.set(awake);
        if let Some(document) = Part::document() {
            document.mark("data-awake", document.all("leptos-island").len() == awake);
        }
    }
}
