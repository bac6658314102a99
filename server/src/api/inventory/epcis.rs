//! Events: what warehouses tell in the standard's terms, GS1 EPCIS 2.0.

use super::{BatchMode, NewSkus, refusal};
use crate::api::{
    input::{Json, Part, Query, field},
    problem::Problem,
};
use axum::extract::State;
use connectors::{DeliverError, Epcis, Fault, Policy, epcis::Answers};
use inventory::{Inventory, TellError};
use serde::Deserialize;
use serde_json::{Value, json};
use std::borrow::Cow;
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{
            ArrayBuilder, KnownFormat, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type,
        },
    },
};

/// How a document is to be taken.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Sent {
    /// Who tells it: names are its own.
    // As `names::source`, which would not be a parameter that has to be there.
    #[param(min_length = 1, max_length = 64, pattern = "^[!-~]+$", example = "wms-lyon")]
    source: String,
    /// What happens if not all is right; `each` if left out.
    #[serde(default)]
    #[param(inline, required = false)]
    mode: BatchMode,
    /// What happens to a SKU that never lay in the warehouse; `refuse` if left out.
    #[serde(default)]
    #[param(inline, required = false)]
    new_skus: NewSkus,
}

/// A document, of which the standard says more than a schema here could: events are read one by one, and answered so.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct EpcisDocument(Value);

impl ToSchema for EpcisDocument {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("EpcisDocument")
    }
}

impl PartialSchema for EpcisDocument {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
        let event = ObjectBuilder::new()
            .schema_type(SchemaType::new(Type::Object))
            .description(Some("An event, with an eventID."))
            .examples([json!({
                "type": "ObjectEvent",
                "eventID": "urn:uuid:0f3a77d1-1111-7222-8333-444455556666",
                "eventTime": "2026-11-27T10:00:00Z",
                "eventTimeZoneOffset": "+00:00",
                "action": "OBSERVE",
                "bizStep": "receiving",
                "bizLocation": {"id": "urn:vitrine:warehouse:berlin"},
                "quantityList": [{"epcClass": "urn:vitrine:sku:LAMP", "quantity": 12}],
            })]);
        let events = ArrayBuilder::new().items(event).max_items(Some(10_000));
        let body = ObjectBuilder::new()
            .schema_type(SchemaType::new(Type::Object))
            .property("eventList", events)
            .required("eventList");
        let document = ObjectBuilder::new()
            .schema_type(SchemaType::new(Type::Object))
            .description(Some("A document as GS1 EPCIS 2.0 has it in JSON."))
            .property(
                "@context",
                ObjectBuilder::new().schema_type(SchemaType::from_iter([
                    Type::String,
                    Type::Object,
                    Type::Array,
                ])),
            )
            .property("type", text().enum_values(Some(["EPCISDocument"])))
            .property("schemaVersion", text().pattern(Some("^2(\\.[0-9]+)*$")))
            .property(
                "creationDate",
                text().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))),
            )
            .property("epcisBody", body)
            .required("@context")
            .required("type")
            .required("schemaVersion")
            .required("creationDate")
            .required("epcisBody");
        document.into()
    }
}

/// Tell events (GS1 EPCIS 2.0).
///
/// A document of up to ten thousand events, each answered in its place, with a row for each kind of goods in it. What
/// an event means for stock, its step of business says. An event has to carry its `eventID`: told twice it is done
/// once. One that is wrong keeps no other, and one that is not about stock is passed over.
#[utoipa::path(
    post,
    path = "/api/v1/inventory/epcis",
    operation_id = "tell_events",
    tag = "inventory",
    params(Sent),
    request_body = EpcisDocument,
    responses((status = 200, description = "An answer for each event.", body = Answers)),
)]
pub async fn tell(
    State(inventory): State<Inventory>,
    Query(sent): Query<Sent>,
    Json(EpcisDocument(document)): Json<EpcisDocument>,
) -> Result<axum::Json<Answers>, Problem> {
    let batch = Epcis.read_value(&document).map_err(unreadable)?;
    let policy = Policy { mode: sent.mode.into(), unknown: sent.new_skus.into() };
    let delivered = connectors::tell(&inventory, &sent.source, &batch, policy).await;
    match delivered {
        Ok(delivered) => Ok(axum::Json(Answers::new(&delivered))),
        Err(DeliverError::Unreadable(faults)) => Err(unreadable(faults)),
        Err(DeliverError::BadSource(source_name)) => {
            Err(refusal(&TellError::BadSource { source_name }, Part::Query, ""))
        }
        Err(DeliverError::Storage(error)) => Err(Problem::of_error(&error)),
    }
}

fn unreadable(faults: Vec<Fault>) -> Problem {
    let wrong = |fault: Fault| {
        field(Part::Body, fault.place.trim_start_matches('#'), fault.code, fault.words)
    };
    Problem::invalid(faults.into_iter().map(wrong).collect())
}
