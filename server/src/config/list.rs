//! Lists: as TOML writes them, or in one text with commas, as the environment must.

use serde::{Deserialize, Deserializer, de::Error};
use std::{fmt::Display, str::FromStr};

/// Reads a list of what can be read from text. An empty text is an empty list.
pub fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(String),
        List(Vec<String>),
    }
    let parts = match Written::deserialize(deserializer)? {
        Written::Text(text) if text.trim().is_empty() => Vec::new(),
        Written::Text(text) => text.split(',').map(str::to_owned).collect(),
        Written::List(parts) => parts,
    };
    let parts = parts.iter().map(|part| part.trim().parse());
    parts.collect::<Result<_, _>>().map_err(D::Error::custom)
}
