//! Bringing an island to life.

use super::Part;
use leptos::prelude::Effect;

/// Calls once the island is in the page of a browser; on the server never. It takes no closure, so
/// that there is one copy of it for all islands. From then on the document is marked `data-awake`: what
/// is there for those without scripts goes.
pub fn awake(wake: fn()) {
    Effect::new(move |_| {
        wake();
        if let Some(document) = Part::document() {
            document.mark("data-awake", true);
        }
    });
}
