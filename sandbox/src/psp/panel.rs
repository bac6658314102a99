//! The test panel: what the provider has done lately, and switches to make its life hard.
//!
//! Its forms do what the JSON interface under `/test` does, and refund. It asks for no secret:
//! whoever reaches the sandbox may play with it.

use axum::Router;
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::book::{Attempt, AttemptOutcome, Posted};
use super::charges::RefundRequest;
use super::faults::{FaultChange, FaultSettings, MAX_LATENCY_MS};
use super::html::{self, Width, escape};
use super::ids::{EventId, PaymentId};
use super::keys::IdempotencyKey;
use super::pages::problem_page;
use super::payment::Payment;
use super::problem::Problem;
use super::provider::{Failure, Provider};

const SHOWN_PAYMENTS: usize = 50;

/// `/` and the forms on it.
pub fn routes() -> Router<Provider> {
    Router::new()
        .route("/", get(show))
        .route("/panel/faults", post(change_faults))
        .route("/panel/events/{id}/resend", post(resend))
        .route("/panel/payments/{id}/refund", post(refund))
}

async fn show(State(provider): State<Provider>) -> Response {
    let latest = match provider.read(|book| book.latest(SHOWN_PAYMENTS)).await {
        Ok(latest) => latest,
        Err(unwritable) => return problem_page(&unwritable.into()),
    };
    let payments = if latest.is_empty() {
        r#"<p class="note">No payment yet. The first one appears here when a shop opens it.</p>"#
            .to_owned()
    } else {
        let rows: String = latest.iter().map(|(payment, events)| row(payment, events)).collect();
        format!(
            r#"<table>
<thead><tr><th scope="col">Payment</th><th scope="col">Amount</th><th scope="col">State</th><th scope="col">Events</th><th scope="col">Refund</th></tr></thead>
<tbody>
{rows}</tbody>
</table>"#
        )
    };
    let main = format!(
        r#"<h1>Test panel</h1>
{faults}
<section aria-labelledby="payments">
<h2 id="payments">Latest payments</h2>
{payments}
</section>"#,
        faults = faults_form(provider.faults().settings()),
    );
    html::page(StatusCode::OK, "Test panel", Width::Wide, &main)
}

#[derive(Deserialize)]
struct FaultsForm {
    /// Present if the box is ticked.
    outage: Option<String>,
    lose_answers: u32,
    fail_webhooks: u32,
    latency_ms: u64,
    /// Present if the box is ticked.
    withhold_fees: Option<String>,
}

async fn change_faults(
    State(provider): State<Provider>,
    form: Result<Form<FaultsForm>, FormRejection>,
) -> Result<Redirect, Response> {
    let Form(form) = form.map_err(unreadable)?;
    provider.faults().change(FaultChange {
        outage: Some(form.outage.is_some()),
        lose_answers: Some(form.lose_answers),
        fail_webhooks: Some(form.fail_webhooks),
        latency_ms: Some(form.latency_ms),
        withhold_fees: Some(form.withhold_fees.is_some()),
    });
    Ok(Redirect::to("/"))
}

async fn resend(
    State(provider): State<Provider>,
    id: Result<Path<EventId>, PathRejection>,
) -> Result<Redirect, Response> {
    let Path(id) = id.map_err(|rejection| problem_page(&rejection.into()))?;
    provider.resend(&id).map_err(failed)?;
    Ok(Redirect::to("/"))
}

#[derive(Deserialize)]
struct RefundForm {
    amount_minor: i64,
    /// Made with the form, so that pressing twice refunds once.
    key: String,
}

async fn refund(
    State(provider): State<Provider>,
    id: Result<Path<PaymentId>, PathRejection>,
    form: Result<Form<RefundForm>, FormRejection>,
) -> Result<Redirect, Response> {
    let Path(id) = id.map_err(|rejection| problem_page(&rejection.into()))?;
    let Form(form) = form.map_err(unreadable)?;
    let key = IdempotencyKey::parse(&form.key)
        .ok_or_else(|| problem_page(&Problem::no_idempotency_key()))?;
    let amount_minor = form.amount_minor;
    provider.refund(&id, RefundRequest { amount_minor }, &key).await.map_err(failed)?;
    Ok(Redirect::to("/"))
}

fn failed(failure: Failure) -> Response {
    problem_page(&failure.into())
}

fn unreadable(rejection: FormRejection) -> Response {
    let main = format!(
        r#"<h1>This form could not be read</h1>
<p>{}</p>
<p><a href="/">Back to the panel</a></p>"#,
        escape(&rejection.body_text())
    );
    html::page(rejection.status(), "Form not read", Width::Narrow, &main).into_response()
}

fn faults_form(settings: FaultSettings) -> String {
    format!(
        r#"<section aria-labelledby="faults">
<h2 id="faults">Faults</h2>
<form method="post" action="/panel/faults" class="faults">
<div class="tick"><input type="checkbox" id="outage" name="outage" value="on"{outage}><label for="outage">Outage: every request of a shop gets 503</label></div>
<div><label for="lose_answers">Lose the next answers</label><input type="number" id="lose_answers" name="lose_answers" min="0" max="1000" value="{lose}" required></div>
<div><label for="fail_webhooks">Fail the next webhooks</label><input type="number" id="fail_webhooks" name="fail_webhooks" min="0" max="1000" value="{fail}" required></div>
<div><label for="latency_ms">Hold writing requests (ms)</label><input type="number" id="latency_ms" name="latency_ms" min="0" max="{MAX_LATENCY_MS}" value="{latency}" required></div>
<div class="tick"><input type="checkbox" id="withhold_fees" name="withhold_fees" value="on"{withhold}><label for="withhold_fees">Do not tell fees</label></div>
<button type="submit" class="quiet">Set faults</button>
</form>
</section>"#,
        outage = if settings.outage { " checked" } else { "" },
        lose = settings.lose_answers,
        fail = settings.fail_webhooks,
        latency = settings.latency_ms,
        withhold = if settings.withhold_fees { " checked" } else { "" },
    )
}

fn row(payment: &Payment, events: &[Posted]) -> String {
    let reference = escape(&payment.reference);
    let status = payment.status.as_str();
    let refunded = match payment.refunded_minor() {
        0 => String::new(),
        minor => {
            format!(r#"<p class="note">{} refunded</p>"#, html::amount(minor, &payment.currency))
        }
    };
    let captured = match payment.captured_minor() {
        minor if minor == payment.amount_minor || minor == 0 => String::new(),
        minor => {
            format!(r#"<p class="note">{} captured</p>"#, html::amount(minor, &payment.currency))
        }
    };
    let events = if events.is_empty() {
        r#"<span class="note">none yet</span>"#.to_owned()
    } else {
        let items: String = events.iter().map(|posted| event_item(posted, &reference)).collect();
        format!(r#"<ul class="events">{items}</ul>"#)
    };
    format!(
        r#"<tr>
<th scope="row"><p>{reference}</p><p class="note">{id}</p><p class="note">{created}</p></th>
<td data-label="Amount"><p class="money">{amount}</p>{captured}{refunded}</td>
<td data-label="State"><span class="state {status}">{state}</span></td>
<td data-label="Events">{events}</td>
<td data-label="Refund">{refund}</td>
</tr>
"#,
        id = payment.id,
        created = time(payment.created_at),
        amount = html::amount(payment.amount_minor, &payment.currency),
        state = status.replace('_', " "),
        refund = refund_form(payment, &reference),
    )
}

fn event_item(posted: &Posted, reference: &str) -> String {
    let kind = posted.event.kind.as_str();
    let state = match posted.acknowledged_at {
        Some(at) => format!("acknowledged {}", time(at)),
        None => "not acknowledged yet".to_owned(),
    };
    let attempts = if posted.attempts.is_empty() {
        String::new()
    } else {
        let items: String = posted.attempts.iter().map(attempt_item).collect();
        let count = posted.attempts.len();
        let noun = if count == 1 { "attempt" } else { "attempts" };
        format!("<details><summary>{count} {noun}</summary><ol>{items}</ol></details>")
    };
    format!(
        r#"<li><p>{kind}</p><p class="note">{state}</p>{attempts}
<form method="post" action="/panel/events/{id}/resend"><button type="submit" class="small" aria-label="Re-send {kind} of {reference}">Re-send</button></form></li>
"#,
        id = posted.event.id,
    )
}

fn attempt_item(attempt: &Attempt) -> String {
    let outcome = match &attempt.outcome {
        AttemptOutcome::Answered(status) => format!("answered {status}"),
        AttemptOutcome::Unreachable(reason) => escape(reason),
        AttemptOutcome::Withheld => "withheld by a fault".to_owned(),
    };
    format!("<li>{} {outcome}</li>", time(attempt.at))
}

fn refund_form(payment: &Payment, reference: &str) -> String {
    let left = payment.refundable_minor();
    if left == 0 {
        return r#"<span class="note">nothing to refund</span>"#.to_owned();
    }
    format!(
        r#"<form method="post" action="/panel/payments/{id}/refund" class="refund">
<input type="hidden" name="key" value="panel-{key}">
<input type="number" name="amount_minor" min="1" max="{left}" value="{left}" required aria-label="Refund of {reference} in minor units">
<button type="submit" class="small" aria-label="Refund {reference}">Refund</button></form>"#,
        id = payment.id,
        key = Uuid::now_v7().simple(),
    )
}

/// A moment for the eye, in UTC: the day is left out while it is today's.
fn time(at: Timestamp) -> String {
    let format = if at.strftime("%F").to_string() == Timestamp::now().strftime("%F").to_string() {
        "%T UTC"
    } else {
        "%F %T UTC"
    };
    format!(r#"<time datetime="{at}">{}</time>"#, at.strftime(format))
}
