//! JSON as it is read here: no key twice in one object, for readers do not agree on which of them counts
//! (RFC 8259, section 4); not deeper and not with more values than any body of ours; no character that no
//! database of ours can hold. Otherwise small bodies could become large work.

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::{cell::Cell, fmt};

/// How many arrays and objects may stand in each other. An EPCIS document has about eight.
const DEPTH: usize = 16;
/// How many values there may be: ten thousand events of thirty.
const VALUES: usize = 300_000;
/// A whole number that is written with a point or an exponent is read as whole up to here, where numbers
/// that are written so are exact.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Reads a body.
///
/// # Errors
/// What is wrong with it and where, in words for whoever sent it.
pub fn read(bytes: &[u8]) -> Result<Value, String> {
    let left = Cell::new(VALUES);
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Within { depth: DEPTH, left: &left }.deserialize(&mut reader);
    let value = value.and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| error.to_string())
}

/// What may still come.
#[derive(Clone, Copy)]
struct Within<'a> {
    depth: usize,
    left: &'a Cell<usize>,
}

impl Within<'_> {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1);
        let depth =
            depth.ok_or_else(|| E::custom(format!("it is nested deeper than {DEPTH} times")))?;
        Ok(Self { depth, ..self })
    }

    fn count<E: Error>(self) -> Result<(), E> {
        let left = self.left.get().checked_sub(1);
        let left = left.ok_or_else(|| E::custom(format!("it has more than {VALUES} values")))?;
        self.left.set(left);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Within<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.count()?;
        deserializer.deserialize_any(self)
    }
}

fn text<E: Error>(text: String) -> Result<String, E> {
    match text.contains('\0') {
        true => Err(E::custom("a text holds the character U+0000")),
        false => Ok(text),
    }
}

impl<'de> Visitor<'de> for Within<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        if value.fract() == 0.0 && value.abs() <= EXACT {
            return Ok((value as i64).into());
        }
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("it is no number"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        text(value.to_owned()).map(Value::String)
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        text(value).map(Value::String)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let within = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(within)? {
            items.push(item);
        }
        Ok(items.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let within = self.deeper()?;
        let mut object = Map::new();
        while let Some(Key(key)) = access.next_key()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom(format!("the key `{key}` stands there twice")));
            }
            object.insert(key, access.next_value_seed(within)?);
        }
        Ok(object.into())
    }
}

/// The key of an object.
struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(String::deserialize(deserializer)?).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_was_written() {
        let body = r#"{"a": [1, -2, 2.5, 3.0, 1e3, "é\n", true, null], "b": {"a": {}}}"#;
        let read = read(body.as_bytes()).unwrap();
        let written = serde_json::json!({
            "a": [1, -2, 2.5, 3, 1000, "é\n", true, null],
            "b": {"a": {}},
        });
        assert_eq!(read, written);
    }

    #[test]
    fn what_two_readers_would_read_differently_is_refused() {
        for (body, why) in [
            (r#"{"a": 1, "a": 1}"#, "`a` stands there twice at line 1"),
            (r#"{"b": [{"a": 1, "\u0061": 2}]}"#, "`a` stands there twice"),
            (r#"{"a": "x\u0000"}"#, "U+0000"),
            (r#"{"a\u0000": 1}"#, "U+0000"),
            (r#"{"a": 1e309}"#, "number out of range"),
            (r#"{"a": 1} {"a": 2}"#, "trailing characters"),
            (r#"{"a": 1"#, "EOF"),
            (r#"{"a": NaN}"#, "expected value"),
            ("", "EOF"),
        ] {
            let told = read(body.as_bytes()).unwrap_err();
            assert!(told.contains(why), "{body}: {told}");
        }
        assert!(read(b"\"\xff\"").is_err());
    }

    #[test]
    fn neither_depth_nor_number_makes_a_small_body_large_work() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(read(nested(DEPTH).as_bytes()).is_ok());
        for depth in [DEPTH + 1, 100_000] {
            let told = read(nested(depth).as_bytes()).unwrap_err();
            assert!(told.contains("deeper than 16"), "{told}");
        }
        let many = |count: usize| format!("[{}0]", "0,".repeat(count - 1));
        assert!(read(many(VALUES - 1).as_bytes()).is_ok());
        let told = read(many(VALUES).as_bytes()).unwrap_err();
        assert!(told.contains(&format!("more than {VALUES} values")), "{told}");
    }
}
