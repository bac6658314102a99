//! Chance.

use js_sys::{Function, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

/// A name that nobody else makes up: 128 random bits in hexadecimal. Empty where the browser has no
/// chance to give.
pub fn random_name() -> String {
    let mut name = String::new();
    for byte in random_bytes().map(|bytes| bytes.to_vec()).unwrap_or_default() {
        name.push(digit(byte >> 4));
        name.push(digit(byte & 15));
    }
    name
}

fn random_bytes() -> Option<Uint8Array> {
    let member = |of: &JsValue, name: &str| Reflect::get(of, &JsValue::from_str(name)).ok();
    let crypto = member(&js_sys::global(), "crypto")?;
    let give: Function = member(&crypto, "getRandomValues")?.dyn_into().ok()?;
    let bytes = Uint8Array::new_with_length(16);
    give.call1(&crypto, &bytes).ok()?;
    Some(bytes)
}

fn digit(value: u8) -> char {
    char::from(b"0123456789abcdef"[usize::from(value)])
}
