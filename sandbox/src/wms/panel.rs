//! The test panel: what lies where, which orders are open, what the store does not know yet, and switches to make
//! its life hard. Its forms do what the JSON interface under `/test` does.

use axum::Router;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use crate::html::{self, Site, Width, escape};

use super::book::{Book, Job, JobKey, Level};
use super::control::{Problem, Standing, counted, received};
use super::faults::{FaultChange, Faults};
use super::record::{Line, Place};
use super::warehouse::Warehouse;

const SITE: Site = Site { name: "Sandbox warehouse", note: "no real goods" };
/// Rows that a table shows at most.
const SHOWN: usize = 100;
/// The faults that are rates, with what they are called.
const RATES: [(&str, &str); 7] = [
    ("lost_requests", "Lost requests"),
    ("lost_answers", "Lost answers"),
    ("duplicates", "Sent twice"),
    ("disorder", "Told in disorder"),
    ("delays", "Held back"),
    ("slips", "Slips of the pen"),
    ("miscounts", "Miscounts"),
];

/// `/` and the forms on it.
pub fn routes() -> Router<Warehouse> {
    Router::new()
        .route("/", get(show))
        .route("/panel/faults", post(change_faults))
        .route("/panel/receive", post(receive))
        .route("/panel/count", post(count))
}

async fn show(State(warehouse): State<Warehouse>) -> Response {
    let seen =
        warehouse.read(|book, _| (Standing::of(book, &warehouse), orders(book), levels(book)));
    let (standing, orders, levels) = match seen.await {
        Ok(seen) => seen,
        Err(error) => return problem(Problem::Unwritable(error)),
    };
    let main = format!(
        r#"<h1>{source}</h1>
{standing}
{faults}
<section aria-labelledby="orders"><h2 id="orders">Open orders</h2>{orders}</section>
<section aria-labelledby="levels"><h2 id="levels">Shelves</h2>
<form method="post" action="/panel/count"><button type="submit" class="quiet">Count everything</button></form>
{levels}</section>"#,
        source = escape(warehouse.source()),
        standing = told(&standing),
        faults = faults_form(warehouse.faults(), warehouse.warehouses()),
    );
    html::page(SITE, StatusCode::OK, "Warehouse", Width::Wide, &main)
}

fn told(standing: &Standing) -> String {
    let numbers = [
        ("Orders open", standing.open),
        ("Returns expected", standing.returns),
        ("Movements the store may not know", standing.untold),
        ("Counted shelves it may not know", standing.uncounted),
        ("Instructions not acknowledged", standing.unacknowledged),
        ("Refused by the store", standing.refused.len()),
    ];
    let rows = numbers.map(|(name, number)| format!("<div><dt>{name}</dt><dd>{number}</dd></div>"));
    let refused = standing.refused.iter().take(SHOWN);
    let refused: String = refused.map(|said| format!("<li>{}</li>", escape(said))).collect();
    format!(r#"<dl class="summary">{}</dl><ul class="note">{refused}</ul>"#, rows.concat())
}

fn faults_form(faults: Faults, warehouses: &[String]) -> String {
    let value = serde_json::to_value(faults).unwrap_or_default();
    let rates: String = RATES
        .iter()
        .map(|(name, label)| {
            format!(
                r#"<div><label for="{name}">{label} (of 1,000)</label><input type="number" id="{name}" name="{name}" min="0" max="1000" value="{}" required></div>"#,
                value[*name]
            )
        })
        .collect();
    let options: String =
        warehouses.iter().map(|code| format!("<option>{}</option>", escape(code))).collect();
    format!(
        r#"<section aria-labelledby="faults"><h2 id="faults">Faults</h2>
<form method="post" action="/panel/faults" class="faults">{rates}
<div><label for="delay_ms">For so long at most (ms)</label><input type="number" id="delay_ms" name="delay_ms" min="0" max="60000" value="{delay}" required></div>
<button type="submit" class="quiet">Set faults</button></form></section>
<section aria-labelledby="delivery"><h2 id="delivery">A delivery</h2>
<form method="post" action="/panel/receive" class="faults">
<div><label for="warehouse">Warehouse</label><select id="warehouse" name="warehouse">{options}</select></div>
<div><label for="sku">SKU</label><input id="sku" name="sku" required></div>
<div><label for="quantity">Pieces</label><input type="number" id="quantity" name="quantity" min="1" value="1" required></div>
<button type="submit" class="quiet">Take in</button></form></section>"#,
        delay = faults.delay_ms,
    )
}

fn table(heads: &[&str], rows: &[String], none: &str) -> String {
    if rows.is_empty() {
        return format!(r#"<p class="note">{none}</p>"#);
    }
    let heads: String =
        heads.iter().map(|head| format!(r#"<th scope="col">{head}</th>"#)).collect();
    let hidden = rows.len().saturating_sub(SHOWN);
    let more = match hidden {
        0 => String::new(),
        hidden => format!(r#"<p class="note">and {hidden} more</p>"#),
    };
    let rows = rows.iter().take(SHOWN).cloned().collect::<String>();
    format!("<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{more}")
}

fn orders(book: &Book) -> String {
    let row = |key: &JobKey| {
        let job: &Job = book.jobs.get(key)?;
        let lines: String = job
            .lines
            .iter()
            .map(|(sku, line)| {
                format!(
                    "<p>{} {}: {} to send, {} sent, {} cancelled, {} coming back</p>",
                    line.wanted,
                    escape(sku),
                    line.left(),
                    line.shipped,
                    line.cancelled,
                    line.coming_back()
                )
            })
            .collect();
        let (order, warehouse) = (key.0, escape(&key.1));
        Some(format!(
            r#"<tr><th scope="row">{order}</th><td data-label="Where">{warehouse}</td><td data-label="What">{lines}</td></tr>"#
        ))
    };
    let rows: Vec<_> = book.open.iter().filter_map(row).collect();
    table(&["Order", "Where", "What"], &rows, "No order is open.")
}

fn levels(book: &Book) -> String {
    let row = |(place, level): (&Place, &Level)| {
        format!(
            r#"<tr><th scope="row">{}</th><td data-label="Where">{}</td><td data-label="Believed">{}</td><td data-label="In truth">{}</td></tr>"#,
            escape(&place.sku),
            escape(&place.warehouse),
            level.known,
            level.shelf
        )
    };
    let rows: Vec<_> = book.levels.iter().map(row).collect();
    table(&["SKU", "Where", "Believed", "In truth"], &rows, "The shelves are empty.")
}

async fn change_faults(
    State(warehouse): State<Warehouse>,
    Form(change): Form<FaultChange>,
) -> Redirect {
    warehouse.change_faults(&change);
    Redirect::to("/")
}

#[derive(Deserialize)]
struct DeliveryForm {
    warehouse: String,
    sku: String,
    quantity: i64,
}

async fn receive(
    State(warehouse): State<Warehouse>,
    Form(form): Form<DeliveryForm>,
) -> Result<Redirect, Response> {
    let lines = vec![Line { sku: form.sku.trim().to_owned(), quantity: form.quantity }];
    received(&warehouse, &form.warehouse, lines).await.map_err(problem)?;
    Ok(Redirect::to("/"))
}

async fn count(State(warehouse): State<Warehouse>) -> Result<Redirect, Response> {
    counted(&warehouse).await.map_err(problem)?;
    Ok(Redirect::to("/"))
}

fn problem(problem: Problem) -> Response {
    let (status, said) = match problem {
        Problem::Unfit(said) => (StatusCode::UNPROCESSABLE_ENTITY, said),
        Problem::Unwritable(error) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
    };
    let main = format!(
        r#"<h1>That was not done</h1><p>{}</p><p><a href="/">Back to the panel</a></p>"#,
        escape(&said)
    );
    html::page(SITE, status, "Not done", Width::Narrow, &main).into_response()
}
