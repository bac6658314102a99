//! JSON as the browser itself parses it. A general decoder would be a third of the program that every
//! visitor downloads; what the islands need of the server's answers is read by name instead.

use js_sys::{Array, JSON, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// A JSON value. `None` means that it is of another kind than asked for, or not there.
pub trait Json: Sized {
    /// The member of this name; `None` also when it is null.
    fn member(&self, name: &str) -> Option<Self>;
    /// The elements, in order.
    fn list(&self) -> Option<Vec<Self>>;
    /// The text.
    fn text(&self) -> Option<String>;
    /// The number, if it is a whole one that a browser knows exactly.
    fn number(&self) -> Option<i64>;

    /// The text of the member of this name.
    fn text_of(&self, name: &str) -> Option<String> {
        self.member(name)?.text()
    }

    /// The number of the member of this name.
    fn number_of(&self, name: &str) -> Option<i64> {
        self.member(name)?.number()
    }
}

/// Parses a text.
pub fn parse(text: &str) -> Option<JsValue> {
    JSON::parse(text).ok()
}

impl Json for JsValue {
    fn member(&self, name: &str) -> Option<Self> {
        let member = Reflect::get(self, &JsValue::from_str(name)).ok()?;
        (!member.is_undefined() && !member.is_null()).then_some(member)
    }

    fn list(&self) -> Option<Vec<Self>> {
        Some(self.dyn_ref::<Array>()?.iter().collect())
    }

    fn text(&self) -> Option<String> {
        self.as_string()
    }

    fn number(&self) -> Option<i64> {
        let number = self.as_f64()?;
        // Every whole number up to 2^53 has one form as a float, so nothing is lost on the way.
        let whole = number as i64;
        (whole as f64 == number && whole.unsigned_abs() <= 1 << 53).then_some(whole)
    }
}

#[cfg(test)]
impl Json for serde_json::Value {
    fn member(&self, name: &str) -> Option<Self> {
        self.get(name).filter(|member| !member.is_null()).cloned()
    }

    fn list(&self) -> Option<Vec<Self>> {
        self.as_array().cloned()
    }

    fn text(&self) -> Option<String> {
        self.as_str().map(str::to_owned)
    }

    fn number(&self) -> Option<i64> {
        self.as_i64()
    }
}
