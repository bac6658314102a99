//! The link to the cart in every header, with the count, and the drawer it opens. Most pages are cached
//! and the same for all: on them the count is known to the browser only.

use super::{
    lines,
    live::{is_plain, wake_onward},
    stepper, store,
};
use crate::browser::{Part, awake, on_return, path};
use leptos::prelude::*;
use web_sys::HtmlDialogElement;

#[cfg(feature = "ssr")]
pub use markup::CartBadge;

/// Brings the link and its drawer to life, and the steppers of the page with it.
#[island]
pub fn LiveCartLink() -> impl IntoView {
    awake(|| {
        stepper::wake();
        let (Some(link), Some(drawer)) = (Part::by_id("cart-link"), Part::by_id("cart-drawer"))
        else {
            return;
        };
        wake_drawer(&link, &drawer);
        store::follow(Box::new(move |cart| {
            let pieces = cart.pieces();
            link.set("aria-label", Some(&spoken(pieces)));
            // The stylesheet writes it: as text it would have to stand in the name as it is shown.
            if let Some(count) = link.slot("count") {
                count.set("data-count", Some(&pieces.to_string()));
            }
            link.show_in("count", pieces > 0);
            if is_open(&drawer) {
                lines::show(&drawer, cart);
            }
        }));
    })
}

fn wake_drawer(link: &Part, drawer: &Part) {
    lines::wake(drawer);
    wake_onward(drawer);
    link.on("click", {
        let drawer = drawer.clone();
        move |event| {
            if is_plain(&event) && path() != "/cart" {
                event.prevent_default();
                drawer.show_in("removed", false);
                lines::show(&drawer, &store::shown());
                open(&drawer);
                store::look();
            }
        }
    });
    drawer.on("click", {
        let drawer = drawer.clone();
        move |event| {
            // A click on the dialog itself, and not on what is in it, is one beside the drawer.
            let beside = event.target() == event.current_target();
            if beside || Part::around(&event, "[data-does=close]").is_some() {
                close(&drawer);
            }
        }
    });
    // A page that is shown again by the back button starts without its drawer.
    let drawer = drawer.clone();
    on_return(move || close(&drawer));
}

fn is_open(drawer: &Part) -> bool {
    drawer.get("open").is_some()
}

fn open(drawer: &Part) {
    if let Some(dialog) = drawer.known_as::<HtmlDialogElement>() {
        // It fails only for a dialog that is open already.
        let _ = dialog.show_modal();
    }
}

fn close(drawer: &Part) {
    if let Some(dialog) = drawer.known_as::<HtmlDialogElement>() {
        dialog.close();
    }
}

/// `Cart`, `Cart, 1 item`, `Cart, 2 items`.
fn spoken(pieces: u32) -> String {
    match pieces {
        0 => "Cart".to_owned(),
        1 => "Cart, 1 item".to_owned(),
        more => format!("Cart, {more} items"),
    }
}

#[cfg(feature = "ssr")]
mod markup {
    use super::{LiveCartLink, spoken};
    use crate::cart::markup::{LineTemplate, Lines};
    use leptos::prelude::*;

    /// The link "Cart". With scripts its name carries the count, and it opens the drawer.
    #[component]
    pub fn CartBadge(
        /// How many pieces are in the cart, as far as the page may know.
        pieces: u32,
    ) -> impl IntoView {
        let known = pieces > 0;
        view! {
            <a
                class="cart-link"
                id="cart-link"
                href="/cart"
                aria-label=known.then(|| spoken(pieces))
            >
                "Cart"
                <span
                    class="cart-link__count"
                    data-slot="count"
                    data-count=known.then(|| pieces.to_string())
                    aria-hidden="true"
                    hidden=!known
                ></span>
            </a>
            <LineTemplate/>
            <dialog class="drawer" id="cart-drawer" aria-labelledby="drawer-title">
                <div class="drawer__inside">
                    <div class="drawer__head">
                        <h2 id="drawer-title">"Your cart"</h2>
                        <button type="button" class="link" data-does="close">"Close"</button>
                    </div>
                    <p data-slot="empty" class="drawer__empty">"There is nothing in your cart yet."</p>
                    <Lines lines=Vec::new()/>
                    <div class="drawer__foot" data-slot="full" hidden>
                        <p class="drawer__sum"><span>"Items"</span><span data-slot="items"></span></p>
                        <a class="button button--wide" href="/checkout">"Checkout"</a>
                        <a class="drawer__cart" href="/cart">"View cart"</a>
                    </div>
                </div>
            </dialog>
            <LiveCartLink/>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_part_of_the_name() {
        assert_eq!(spoken(0), "Cart");
        assert_eq!(spoken(1), "Cart, 1 item");
        assert_eq!(spoken(2), "Cart, 2 items");
    }
}
