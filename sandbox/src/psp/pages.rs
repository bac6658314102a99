//! The pages that a buyer sees: paying, confirming, and what is said when neither is possible.
//!
//! Every form works without a script. Nothing is added to the merchant's return address, and a
//! GET changes nothing: going back to the shop leaves the payment as it is.

use axum::Router;
use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use reqwest::Url;
use serde::Deserialize;

use super::card::Card;
use super::html::{self, Width, escape};
use super::ids::PaymentId;
use super::payment::{Payment, Stage, Status};
use super::problem::Problem;
use super::provider::{Failure, Provider};

/// `/pay/{id}` and `/challenge/{id}`.
pub fn routes() -> Router<Provider> {
    Router::new()
        .route("/pay/{id}", get(show_payment).post(pay))
        .route("/challenge/{id}", get(show_challenge).post(answer))
}

async fn show_payment(
    State(provider): State<Provider>,
    id: Result<Path<PaymentId>, PathRejection>,
) -> Response {
    match load(&provider, id).await {
        Ok(payment) => shown(&payment, Stage::Card),
        Err(response) => response,
    }
}

async fn show_challenge(
    State(provider): State<Provider>,
    id: Result<Path<PaymentId>, PathRejection>,
) -> Response {
    match load(&provider, id).await {
        Ok(payment) => shown(&payment, Stage::Challenge),
        Err(response) => response,
    }
}

#[derive(Deserialize)]
struct PayForm {
    #[serde(default)]
    card: String,
}

async fn pay(
    State(provider): State<Provider>,
    id: Result<Path<PaymentId>, PathRejection>,
    form: Result<Form<PayForm>, FormRejection>,
) -> Response {
    let payment = match load(&provider, id).await {
        Ok(payment) => payment,
        Err(response) => return response,
    };
    let form = match form {
        Ok(Form(form)) => form,
        Err(rejection) => return unreadable(&rejection),
    };
    let Some(card) = Card::from_form(&form.card) else {
        return match payment.hosted_path() {
            Some(_) if payment.stage == Stage::Card => {
                payment_page(StatusCode::UNPROCESSABLE_ENTITY, &payment, true)
            }
            _ => shown(&payment, Stage::Card),
        };
    };
    match provider.pay(&payment.id, card).await {
        Ok(payment) if card == Card::AnswerLost => lost_page(&payment),
        Ok(payment) => onward(&payment),
        Err(failure) => refused(&provider, &payment.id, failure).await,
    }
}

#[derive(Deserialize)]
struct ChallengeForm {
    #[serde(default)]
    decision: String,
}

async fn answer(
    State(provider): State<Provider>,
    id: Result<Path<PaymentId>, PathRejection>,
    form: Result<Form<ChallengeForm>, FormRejection>,
) -> Response {
    let payment = match load(&provider, id).await {
        Ok(payment) => payment,
        Err(response) => return response,
    };
    let confirmed = match form {
        Ok(Form(form)) if form.decision == "confirm" => true,
        Ok(Form(form)) if form.decision == "refuse" => false,
        Ok(_) => return shown(&payment, Stage::Challenge),
        Err(rejection) => return unreadable(&rejection),
    };
    match provider.answer_challenge(&payment.id, confirmed).await {
        Ok(payment) => onward(&payment),
        Err(failure) => refused(&provider, &payment.id, failure).await,
    }
}

/// The payment that the address names, or the page that says why there is none to show.
async fn load(
    provider: &Provider,
    id: Result<Path<PaymentId>, PathRejection>,
) -> Result<Payment, Response> {
    let Ok(Path(id)) = id else {
        return Err(problem_page(&Failure::UnknownPayment.into()));
    };
    provider.load(&id).await.map_err(|failure| problem_page(&failure.into()))
}

/// The page for this stage, or the one where the payment stands instead.
fn shown(payment: &Payment, stage: Stage) -> Response {
    match (payment.status, payment.stage) {
        (Status::RequiresAction, at) if at != stage => onward(payment),
        (Status::RequiresAction, Stage::Card) => payment_page(StatusCode::OK, payment, false),
        (Status::RequiresAction, Stage::Challenge) => challenge_page(payment),
        _ => decided_page(StatusCode::OK, payment),
    }
}

/// To the next hosted page if there is one, else back to the merchant.
fn onward(payment: &Payment) -> Response {
    let next = payment.hosted_path();
    Redirect::to(next.as_deref().unwrap_or(&payment.return_url)).into_response()
}

/// What a buyer sees who comes second.
async fn refused(provider: &Provider, id: &PaymentId, failure: Failure) -> Response {
    let now = provider.load(id).await;
    match (failure, now) {
        (Failure::Refused(_), Ok(payment)) if payment.status == Status::RequiresAction => {
            onward(&payment)
        }
        (Failure::Refused(_), Ok(payment)) => decided_page(StatusCode::CONFLICT, &payment),
        (failure, _) => problem_page(&failure.into()),
    }
}

fn unreadable(rejection: &FormRejection) -> Response {
    let main = "<h1>This form could not be read</h1>\n<p>Go back and try again.</p>";
    html::page(rejection.status(), "Form not read", Width::Narrow, main)
}

/// A page in place of a JSON error.
pub fn problem_page(problem: &Problem) -> Response {
    let (title, text) = match problem.status() {
        StatusCode::NOT_FOUND => {
            ("Nothing here", "This address names no payment. Go back to the shop and try again.")
        }
        _ => ("This did not work", problem.message()),
    };
    let main = format!("<h1>{title}</h1>\n<p>{}</p>", escape(text));
    html::page(problem.status(), title, Width::Narrow, &main)
}

fn payment_page(status: StatusCode, payment: &Payment, card_is_missing: bool) -> Response {
    let cards: String = Card::ALL.into_iter().map(choice).collect();
    let error = if card_is_missing {
        r#"<p class="error" role="alert">Choose one of the cards.</p>"#
    } else {
        ""
    };
    let main = format!(
        r#"{summary}
<form method="post" action="/pay/{id}">
<fieldset role="radiogroup" aria-labelledby="card">
<legend id="card">Card</legend>
{error}{cards}</fieldset>
<button type="submit">Pay</button>
</form>
<p class="back"><a href="{back}">Cancel and return to the shop</a></p>"#,
        summary = summary(payment),
        id = payment.id,
        back = escape(&payment.return_url),
    );
    let title = format!(
        "{} to {}",
        html::amount(payment.amount_minor, &payment.currency),
        merchant(payment)
    );
    html::page(status, &title, Width::Narrow, &main)
}

fn choice(card: Card) -> String {
    let hint = match card {
        Card::Success => "The payment succeeds at once.",
        Card::Declined => "The bank says no.",
        Card::Challenge => "The bank asks you to confirm first.",
        Card::AnswerLost => "You are charged, but not sent back to the shop.",
        Card::SlowWebhook => "You go back at once, the money follows later.",
        Card::RepeatedWebhooks => "The shop is told twice and out of order.",
    };
    format!(
        r#"<div class="choice"><input type="radio" name="card" id="card-{value}" value="{value}" required aria-describedby="hint-{value}"{checked}>
<label for="card-{value}">{label}</label><p id="hint-{value}">{hint}</p></div>
"#,
        value = card.form_value(),
        label = card.label(),
        checked = if card == Card::Success { " checked" } else { "" },
    )
}

fn challenge_page(payment: &Payment) -> Response {
    let main = format!(
        r#"{summary}
<section aria-labelledby="bank">
<h2 id="bank">Your bank wants to know that it is you</h2>
<p>A real bank would ask for a code or a fingerprint. Here a button is enough.</p>
<form method="post" action="/challenge/{id}" class="pair">
<button type="submit" name="decision" value="confirm">Confirm</button>
<button type="submit" name="decision" value="refuse" class="quiet">Refuse</button>
</form>
</section>
<p class="back"><a href="{back}">Cancel and return to the shop</a></p>"#,
        summary = summary(payment),
        id = payment.id,
        back = escape(&payment.return_url),
    );
    html::page(StatusCode::OK, "Confirm with your bank", Width::Narrow, &main)
}

fn lost_page(payment: &Payment) -> Response {
    let main = format!(
        r#"<h1>The connection was lost</h1>
<p>We could not send you back to the shop. Your payment of <strong>{amount}</strong> has gone through; the shop will be told and will confirm your order by itself.</p>
<p class="note">Reference {reference}</p>"#,
        amount = html::amount(payment.amount_minor, &payment.currency),
        reference = escape(&payment.reference),
    );
    html::page(StatusCode::OK, "The connection was lost", Width::Narrow, &main)
}

fn decided_page(status: StatusCode, payment: &Payment) -> Response {
    let (title, text) = match payment.status {
        Status::Succeeded => {
            ("Already paid", "This payment has gone through. You have not been charged again.")
        }
        Status::Authorised => {
            ("Confirmed", "The money is set aside for the shop. You have not been charged again.")
        }
        Status::Processing => {
            ("On its way", "This payment is being processed. You have not been charged again.")
        }
        Status::Declined => (
            "Declined",
            "This payment was declined and nothing was charged. Go back to the shop to try again.",
        ),
        Status::Cancelled | Status::RequiresAction => {
            ("Cancelled", "This payment was cancelled and nothing was charged.")
        }
    };
    let main = format!(
        r#"{summary}
<section aria-labelledby="outcome">
<h2 id="outcome">{title}</h2>
<p>{text}</p>
<p><a class="button" href="{back}">Back to the shop</a></p>
</section>"#,
        summary = summary(payment),
        back = escape(&payment.return_url),
    );
    html::page(status, title, Width::Narrow, &main)
}

fn summary(payment: &Payment) -> String {
    format!(
        r#"<h1>{merchant}</h1>
<dl class="summary">
<div class="amount"><dt>Amount</dt><dd>{amount}</dd></div>
<div><dt>Reference</dt><dd>{reference}</dd></div>
</dl>"#,
        merchant = escape(&merchant(payment)),
        amount = html::amount(payment.amount_minor, &payment.currency),
        reference = escape(&payment.reference),
    )
}

/// Who is paid: the name that the merchant gave as `metadata.merchant`, else its host.
fn merchant(payment: &Payment) -> String {
    let named = payment.metadata.get("merchant").map(|name| name.trim());
    match named {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => Url::parse(&payment.return_url)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or_else(|| "The shop".to_owned()),
    }
}
