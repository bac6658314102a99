//! Taking turns with the other tabs of this shop.

use js_sys::{Function, Promise, Reflect};
use std::{cell::Cell, future::Future, pin::Pin, rc::Rc};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, future_to_promise, spawn_local};

/// Something to do that takes its time.
pub type Work = Pin<Box<dyn Future<Output = ()>>>;

/// Begins to do something, and does not wait for it.
pub fn begin(work: Work) {
    spawn_local(work);
}

/// Does something while no other tab does anything under the same name (Web Locks). Where the browser
/// has no locks, because it is old or the connection is not a safe one, at once.
pub async fn alone(name: &str, work: Work) {
    let waiting = Rc::new(Cell::new(Some(work)));
    if let Some((locks, request)) = locks() {
        let next = waiting.clone();
        let turn = Closure::once_into_js(move |_lock: JsValue| -> Promise {
            let work = next.take();
            future_to_promise(async move {
                if let Some(work) = work {
                    work.await;
                }
                Ok(JsValue::UNDEFINED)
            })
        });
        if let Ok(done) = request.call2(&locks, &JsValue::from_str(name), &turn) {
            // It fails where the browser denies the lock: what waits is then done without.
            let _ = JsFuture::from(Promise::resolve(&done)).await;
        }
    }
    if let Some(work) = waiting.take() {
        work.await;
    }
}

fn locks() -> Option<(JsValue, Function)> {
    let member = |of: &JsValue, name: &str| Reflect::get(of, &JsValue::from_str(name)).ok();
    let locks = member(&member(&js_sys::global(), "navigator")?, "locks")?;
    let request = member(&locks, "request")?.dyn_into().ok()?;
    Some((locks, request))
}
