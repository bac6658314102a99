//! A value in a document, with where it stands: so that whatever is wrong with it can be told with its place.

use crate::Fault;
use serde_json::Value;
use std::str::FromStr;

/// A value and its place.
#[derive(Debug, Clone)]
pub struct Field<'a> {
    /// The value.
    pub value: &'a Value,
    /// Its JSON pointer, e.g. `/epcisBody/eventList/0`.
    at: String,
}

impl<'a> Field<'a> {
    /// The whole document.
    pub fn root(value: &'a Value) -> Self {
        Self { value, at: String::new() }
    }

    /// What stands under a key; nothing if there is nothing, or null.
    pub fn get(&self, key: &str) -> Option<Self> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        Some(Self { value, at: format!("{}/{key}", self.at) })
    }

    /// What has to stand under a key.
    pub fn needed(&self, key: &str) -> Result<Self, Fault> {
        self.get(key).ok_or_else(|| {
            Fault::new(
                pointer(&format!("{}/{key}", self.at)),
                "missing",
                format!("`{key}` is missing."),
            )
        })
    }

    /// The text that it is.
    pub fn text(&self) -> Result<&'a str, Fault> {
        self.value.as_str().ok_or_else(|| self.fault("wrong_type", "It has to be a text."))
    }

    /// The text under a key, if there is one.
    pub fn text_of(&self, key: &str) -> Result<Option<&'a str>, Fault> {
        self.get(key).map(|field| field.text()).transpose()
    }

    /// What the text that it is says.
    pub fn parsed<T: FromStr>(&self, what: &str) -> Result<T, Fault> {
        let words = || format!("It has to be {what}.");
        self.text()?.parse().map_err(|_| self.fault("wrong_form", words()))
    }

    /// The items of the list that it is.
    pub fn items(&self) -> Result<Vec<Self>, Fault> {
        let items = self.value.as_array();
        let items = items.ok_or_else(|| self.fault("wrong_type", "It has to be a list."))?;
        let item = |(nth, value)| Self { value, at: format!("{}/{nth}", self.at) };
        Ok(items.iter().enumerate().map(item).collect())
    }

    /// The items of the list under a key; none if there is no list.
    pub fn items_of(&self, key: &str) -> Result<Vec<Self>, Fault> {
        self.get(key).map_or(Ok(Vec::new()), |list| list.items())
    }

    /// Where it stands, as a fragment.
    pub fn place(&self) -> String {
        pointer(&self.at)
    }

    /// Something is wrong with it.
    pub fn fault(&self, code: &'static str, words: impl Into<String>) -> Fault {
        Fault::new(self.place(), code, words)
    }
}

/// A JSON pointer as a URI's fragment has it. The keys that we look for need no escapes, but `@`.
pub fn pointer(at: &str) -> String {
    format!("#{}", at.replace('@', "%40"))
}
