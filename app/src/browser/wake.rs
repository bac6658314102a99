//! Bringing an island to life.

use leptos::prelude::Effect;

/// Calls once the island is in the page of a browser; on the server never. It takes no closure, so
/// that there is one copy of it for all islands.
pub fn awake(wake: fn()) {
    Effect::new(move |_| wake());
}
