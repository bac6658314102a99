//! The cart's page, alive: its lines, and what they cost by the same arithmetic as the server's.

use super::{Sum, lines, news, store, taxes_in_words};
use crate::browser::{Ear, Part, awake, go};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Event, MouseEvent};

/// Brings the cart's page to life.
#[island(lazy)]
pub fn LiveCart() -> impl IntoView {
    awake(|| {
        let Some(root) = Part::by_id("cart") else { return };
        store::adopt(&root.get("data-cart").unwrap_or_default());
        lines::wake(&root);
        wake_onward(&root);
        let sum = Sum::read(&root);
        let ear = Ear::open(Box::new({
            let root = root.clone();
            move |name, facts| news::hear(&root, name, facts)
        }));
        store::follow(Box::new(move |cart| {
            ear.want_skus(cart.lines.iter().map(|line| line.item.sku.as_str()));
            lines::show(&root, cart);
            let totals = sum.and_then(|sum| sum.of(cart, None));
            root.say_in("taxes", &totals.as_ref().map(taxes_in_words).unwrap_or_default());
        }));
    })
}

/// Lets every wish arrive before a page that tells the cart is asked for.
pub fn wake_onward(root: &Part) {
    root.on("click", |event: Event| {
        let link = Part::around(&event, "a[href=\"/checkout\"], a[href=\"/cart\"]");
        if let Some(address) = link.and_then(|link| link.get("href")).filter(|_| is_plain(&event)) {
            event.prevent_default();
            store::when_settled(Box::new(move || go(&address)));
        }
    });
}

/// Whether a click is for this tab, and not for a new one.
pub fn is_plain(event: &Event) -> bool {
    let click = event.dyn_ref::<MouseEvent>();
    click.is_some_and(|click| !(click.ctrl_key() || click.meta_key() || click.shift_key()))
}
