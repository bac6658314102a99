//! How names and numbers look that several endpoints take and give.

use utoipa::openapi::{
    KnownFormat, SchemaFormat,
    schema::{Array, ArrayBuilder, Object, ObjectBuilder, SchemaType, Type},
};

/// As many SKUs or warehouses may one request ask for.
const ASKED: usize = 100;

fn text(words: &str, most: usize, pattern: &str, example: &str) -> Object {
    ObjectBuilder::new()
        .description(Some(words))
        .schema_type(SchemaType::new(Type::String))
        .min_length(Some(1))
        .max_length(Some(most))
        .pattern(Some(pattern))
        .examples([serde_json::json!(example)])
        .build()
}

/// A SKU, as [`domain::Sku`] reads it.
pub fn sku() -> Object {
    text("The SKU.", 64, "^[!-~]+$", "LAMP")
}

/// A warehouse's code.
pub fn warehouse() -> Object {
    text("The warehouse's code.", 32, "^[ -~]+$", "berlin")
}

/// Where a list goes on.
pub fn cursor() -> Object {
    text("`next` of the page before.", 300, "^[A-Za-z0-9_-]+$", "WyJMQU1QIiwiYmVybGluIl0")
}

/// A name that nobody else gives (RFC 9562).
pub fn id() -> Object {
    ObjectBuilder::new()
        .description(Some("A UUID."))
        .schema_type(SchemaType::new(Type::String))
        .format(Some(SchemaFormat::Custom("uuid".to_owned())))
        .examples([serde_json::json!("019ac1f0-7c3e-7cc1-a0f6-6a5b1f1d2c3e")])
        .build()
}

/// Several SKUs.
pub fn skus() -> Array {
    ArrayBuilder::new()
        .description(Some("Of these alone; it may stand there several times."))
        .items(sku())
        .max_items(Some(ASKED))
        .build()
}

/// Several warehouses.
pub fn warehouses() -> Array {
    ArrayBuilder::new()
        .description(Some("In these alone; it may stand there several times."))
        .items(warehouse())
        .max_items(Some(ASKED))
        .build()
}

/// Another system's name.
pub fn source() -> Object {
    text("Who tells it: names are its own.", 64, "^[!-~]+$", "wms-lyon")
}

/// Another system's name for something.
pub fn external_id() -> Object {
    text(
        "Your own name for it: told again, it is not done again.",
        200,
        "^[ -~]+$",
        "receipt-4711/1",
    )
}

/// What people call something.
pub fn name() -> Object {
    text("What people call it.", 200, "^[^\\x00-\\x1f\\x7f-\\x9f]+$", "Lyon, rue Garibaldi")
}

/// A country of the market.
pub fn country() -> Object {
    ObjectBuilder::new()
        .description(Some("ISO 3166-1 alpha-2."))
        .schema_type(SchemaType::new(Type::String))
        .enum_values(Some(domain::Country::EUROPEAN_UNION.map(|country| country.code())))
        .build()
}

/// A day. No calendar of the databases has a year 0.
pub fn day() -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::new(Type::String))
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
        .pattern(Some("^[12]"))
        .build()
}

/// Some days.
pub fn days() -> Array {
    ArrayBuilder::new().items(day()).max_items(Some(400)).build()
}

/// Some pieces of a SKU.
pub fn pieces() -> Object {
    ObjectBuilder::new()
        .description(Some("Pieces."))
        .schema_type(SchemaType::new(Type::Integer))
        .minimum(Some(1))
        .maximum(Some(1_000_000))
        .build()
}
