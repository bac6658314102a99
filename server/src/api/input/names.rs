//! How names and numbers look that several endpoints take and give.

use utoipa::openapi::schema::{Array, ArrayBuilder, Object, ObjectBuilder, SchemaType, Type};

/// As many SKUs or warehouses may one request ask for.
const ASKED: usize = 100;

fn text(most: usize, pattern: &str, example: &str) -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::new(Type::String))
        .min_length(Some(1))
        .max_length(Some(most))
        .pattern(Some(pattern))
        .examples([serde_json::json!(example)])
        .build()
}

/// A SKU, as [`domain::Sku`] reads it.
pub fn sku() -> Object {
    text(64, "^[!-~]+$", "LAMP")
}

/// A warehouse's code.
pub fn warehouse() -> Object {
    text(32, "^[ -~]+$", "berlin")
}

/// Where a list goes on.
pub fn cursor() -> Object {
    text(300, "^[A-Za-z0-9_-]+$", "WyJMQU1QIiwiYmVybGluIl0")
}

/// Several SKUs.
pub fn skus() -> Array {
    ArrayBuilder::new().items(sku()).max_items(Some(ASKED)).build()
}

/// Several warehouses.
pub fn warehouses() -> Array {
    ArrayBuilder::new().items(warehouse()).max_items(Some(ASKED)).build()
}

/// Another system's name.
pub fn source() -> Object {
    text(64, "^[!-~]+$", "wms-lyon")
}

/// Another system's name for something.
pub fn external_id() -> Object {
    text(200, "^[ -~]+$", "receipt-4711/1")
}
