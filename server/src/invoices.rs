//! Invoices and credit notes as files, for whoever holds the order's key.

use crate::guard::problem;
use axum::{
    extract::{Path, Query, State},
    http::{
        HeaderName, StatusCode,
        header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, REFERRER_POLICY},
    },
    response::{IntoResponse, Response},
};
use domain::OrderNumber;
use orders::Orders;
use serde::Deserialize;

const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// What opens an order.
#[derive(Deserialize)]
pub struct Access {
    #[serde(default)]
    key: String,
}

/// `GET /orders/{number}/invoices/{invoice}.pdf?key=…`. A wrong key, an unknown order and a document that is none of the
/// order's look the same.
pub async fn download(
    State(orders): State<Orders>,
    Path((order, file)): Path<(String, String)>,
    Query(access): Query<Access>,
) -> Response {
    let unknown = || problem(StatusCode::NOT_FOUND, "not_found", "There is no such document.");
    let (Ok(order), Some(invoice)) = (OrderNumber::parse(&order), file.strip_suffix(".pdf")) else {
        return unknown();
    };
    match orders.find_invoice(&order, &access.key, invoice).await {
        Ok(Some(pdf)) => {
            // It was found under this name, so there is nothing in it that a header could not hold.
            let name = format!("inline; filename=\"{invoice}.pdf\"");
            let headers = [
                (CONTENT_TYPE, "application/pdf"),
                (CONTENT_DISPOSITION, name.as_str()),
                (CACHE_CONTROL, "private, no-store"),
                (REFERRER_POLICY, "no-referrer"),
                (ROBOTS, "noindex"),
            ];
            (headers, pdf).into_response()
        }
        Ok(None) => unknown(),
        Err(error) => {
            tracing::error!(%error, "a document could not be read");
            problem(StatusCode::SERVICE_UNAVAILABLE, "try_again", "Please try again.")
        }
    }
}
