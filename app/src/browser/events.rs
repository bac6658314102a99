//! Hearing what happens on the page.

use js_sys::Array;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{
    Event, EventTarget, IntersectionObserver, IntersectionObserverEntry, PageTransitionEvent,
};

use super::Part;

/// Hears an event for as long as the page lives. It takes a boxed handler, so that there is one copy
/// of it for all.
pub fn listen(target: &EventTarget, name: &str, handler: Box<dyn FnMut(Event)>) {
    let handler = Closure::wrap(handler).into_js_value();
    // It fails only for a handler that is no function.
    let _ = target.add_event_listener_with_callback(name, handler.unchecked_ref());
}

/// Hears when the page is shown again as it was left, by the back or forward button: what it shows
/// may have changed meanwhile. A page that is made ready ahead wakes when it is shown, and not before.
pub fn on_return(mut handler: impl FnMut() + 'static) {
    let Some(window) = web_sys::window() else { return };
    let on_show = move |event: Event| {
        if event.unchecked_into::<PageTransitionEvent>().persisted() {
            handler();
        }
    };
    listen(&window, "pageshow", Box::new(on_show));
}

/// Tells whether the shopper has scrolled past a part of the page, now and whenever that changes.
pub fn on_passed(part: &Part, mut handler: impl FnMut(bool) + 'static) {
    let news: Box<dyn FnMut(Array)> = Box::new(move |entries: Array| {
        let latest: IntersectionObserverEntry = entries.pop().unchecked_into();
        handler(!latest.is_intersecting() && latest.bounding_client_rect().top() < 0.0);
    });
    let news = Closure::wrap(news).into_js_value();
    // Where the browser cannot watch, nothing was passed.
    if let Ok(observer) = IntersectionObserver::new(news.unchecked_ref()) {
        observer.observe(part.element());
    }
}

/// Calls once, after so many milliseconds.
pub fn after(milliseconds: i32, call: Box<dyn FnOnce()>) {
    let Some(window) = web_sys::window() else { return };
    let call = Closure::once_into_js(call);
    // It fails only for a callback that is no function.
    let _ = window
        .set_timeout_with_callback_and_timeout_and_arguments_0(call.unchecked_ref(), milliseconds);
}
