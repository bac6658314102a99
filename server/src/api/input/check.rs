//! What is sent is held against the very schema that the OpenAPI document shows of it, so that the document
//! cannot promise what the code refuses; and whatever is wrong is told at once.

use super::super::problem::FieldError;
use jsonschema::{ValidationError, Validator, error::ValidationErrorKind};
use serde_json::{Map, Value, json};
use std::{
    any::TypeId,
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};
use utoipa::{IntoParams, ToSchema, openapi::path::ParameterIn};

/// As many mistakes are told at once; a batch may have more than anybody reads.
const TOLD: usize = 100;

/// What was sent, and how its parts are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The body, by JSON pointers.
    Body,
    /// The query, by the names of parameters.
    Query,
}

/// The schema of a type, ready to be held against.
pub struct Checker {
    validator: Validator,
    /// The properties' own schemas, by name.
    pub properties: Map<String, Value>,
}

static CHECKERS: LazyLock<Mutex<HashMap<TypeId, Arc<Checker>>>> = LazyLock::new(Mutex::default);

impl Checker {
    /// That of a body.
    pub fn of_body<T: ToSchema + 'static>() -> Arc<Self> {
        Self::once::<T>(|| {
            let mut schemas = Vec::new();
            T::schemas(&mut schemas);
            let mut schema = to_value(&T::schema());
            let schemas: Map<_, _> =
                schemas.iter().map(|(name, schema)| (name.clone(), to_value(schema))).collect();
            schema["components"] = json!({ "schemas": schemas });
            schema
        })
    }

    /// That of a query.
    pub fn of_query<T: IntoParams + 'static>() -> Arc<Self> {
        Self::once::<T>(|| {
            let mut properties = Map::new();
            let mut required = Vec::new();
            for parameter in T::into_params(|| Some(ParameterIn::Query)) {
                let parameter = to_value(&parameter);
                let name = parameter["name"].as_str().unwrap_or_default().to_owned();
                if parameter["required"] == true {
                    required.push(name.clone());
                }
                properties.insert(name, parameter["schema"].clone());
            }
            json!({
                "type": "object",
                "properties": properties,
                "required": required,
                "additionalProperties": false,
            })
        })
    }

    /// Made once for each type; a schema that is none shows in the first test that sends anything.
    fn once<T: 'static>(schema: impl FnOnce() -> Value) -> Arc<Self> {
        let mut checkers = CHECKERS.lock().unwrap_or_else(PoisonError::into_inner);
        let checker = checkers.entry(TypeId::of::<T>()).or_insert_with(|| {
            let schema = schema();
            let validator = jsonschema::draft202012::options().should_validate_formats(true);
            let validator =
                validator.build(&schema).expect("the derived schema of a type is a schema");
            let properties = schema["properties"].as_object().cloned().unwrap_or_default();
            Arc::new(Self { validator, properties })
        });
        checker.clone()
    }

    /// All that is wrong with what was sent, as much of it as is told.
    pub fn check(&self, sent: &Value, part: Part) -> Vec<FieldError> {
        let errors = self.validator.iter_errors(sent);
        errors.flat_map(|error| told(&error, part)).take(TOLD).collect()
    }
}

fn to_value<T: serde::Serialize>(schema: &T) -> Value {
    // A schema is made of what JSON is made of.
    serde_json::to_value(schema).unwrap_or_default()
}

/// One mistake in our words; several if fields are not known.
fn told(error: &ValidationError<'_>, part: Part) -> Vec<FieldError> {
    let at = error.instance_path().as_str();
    let one = |at: &str, code, detail: String| vec![field(part, at, code, detail)];
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            one(&format!("{at}/{}", escaped(name)), "missing", format!("`{name}` is missing."))
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let unknown = |name: &String| {
                let detail = format!("`{}` is not known here.", shortened(name));
                field(part, &format!("{at}/{}", escaped(name)), "unknown_field", detail)
            };
            unexpected.iter().map(unknown).collect()
        }
        kind => one(at, code(kind.keyword()), format!("{}.", error.masked_with("It"))),
    }
}

/// Our name for what a keyword of JSON Schema refuses.
fn code(keyword: &str) -> &'static str {
    match keyword {
        "type" => "wrong_type",
        "minimum" | "exclusiveMinimum" => "too_small",
        "maximum" | "exclusiveMaximum" => "too_large",
        "minLength" => "too_short",
        "maxLength" => "too_long",
        "minItems" => "too_few",
        "maxItems" => "too_many",
        "uniqueItems" => "repeated",
        "pattern" | "format" => "wrong_form",
        "enum" | "const" => "unknown_value",
        _ => "invalid",
    }
}

/// A mistake at a place.
pub fn field(part: Part, at: &str, code: &'static str, detail: String) -> FieldError {
    let at = shortened(at);
    let (pointer, parameter) = match part {
        Part::Body => (Some(format!("#{}", in_fragment(&at))), None),
        Part::Query => (None, Some(at.trim_start_matches('/').to_owned())),
    };
    FieldError { pointer, parameter, code, detail }
}

/// A name as a JSON pointer has it (RFC 6901, section 3).
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// A pointer as a URI's fragment has it (RFC 6901, section 6).
fn in_fragment(pointer: &str) -> String {
    let mut text = String::with_capacity(pointer.len());
    for byte in pointer.bytes() {
        match byte {
            b'/' | b'~' | b'-' | b'.' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                text.push(char::from(byte));
            }
            byte => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// Nobody is sent back at length what they wrote.
fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize, ToSchema)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Count {
        #[schema(min_length = 1, max_length = 3, pattern = "^[A-Z]+$")]
        sku: String,
        #[schema(minimum = 0, maximum = 10)]
        on_hand: i64,
    }

    #[derive(Deserialize, ToSchema)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Counts {
        #[schema(min_items = 1, max_items = 3)]
        levels: Vec<Count>,
        note: Option<String>,
    }

    fn wrong(sent: Value) -> Vec<(String, &'static str)> {
        let errors = Checker::of_body::<Counts>().check(&sent, Part::Body);
        let mut wrong: Vec<_> =
            errors.into_iter().map(|error| (error.pointer.unwrap(), error.code)).collect();
        wrong.sort();
        wrong
    }

    #[test]
    fn what_fits_is_taken() {
        let count = json!({ "sku": "ABC", "on_hand": 10 });
        assert_eq!(wrong(json!({ "levels": [count] })), []);
        assert_eq!(wrong(json!({ "levels": [count], "note": null })), []);
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once_and_where() {
        let sent = json!({
            "levels": [{ "sku": "", "on_hand": 11 }, { "on_hand": "1", "a/b~c d": 1 }, 7],
            "note": 1,
            "é": 1,
        });
        let found = wrong(sent);
        for (at, code) in [
            ("#/%C3%A9", "unknown_field"),
            ("#/levels/0/on_hand", "too_large"),
            ("#/levels/0/sku", "too_short"),
            ("#/levels/0/sku", "wrong_form"),
            ("#/levels/1/a~1b~0c%20d", "unknown_field"),
            ("#/levels/1/on_hand", "wrong_type"),
            ("#/levels/1/sku", "missing"),
            ("#/levels/2", "wrong_type"),
            ("#/note", "wrong_type"),
        ] {
            assert!(found.contains(&(at.to_owned(), code)), "{at} {code}: {found:?}");
        }
        assert_eq!(wrong(json!({ "levels": [] })), [("#/levels".to_owned(), "too_few")]);
        assert_eq!(wrong(json!([])), [("#".to_owned(), "wrong_type")]);
    }
}
