//! The pages: what was taken, each letter as text and as HTML, and the switch of what goes wrong.

use axum::Router;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use uuid::Uuid;

use crate::html::{self, Site, Width, escape};

use super::letterbox::{Letter, Letterbox};
use super::mischief::{Mischief, Prank};

const SITE: Site = Site { name: "Sandbox mail", note: "nothing is delivered" };
/// Rows that the table shows at most.
const SHOWN: usize = 100;
/// A letter is a document of its own that runs nothing and loads nothing; its links may be followed.
const LETTER_POLICY: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'";

/// `/` and what hangs on it.
pub fn routes() -> Router<Letterbox> {
    Router::new()
        .route("/", get(list))
        .route("/letters/{id}", get(show))
        .route("/letters/{id}/html", get(show_html))
        .route("/panel/mischief", post(change_mischief))
}

async fn list(State(letterbox): State<Letterbox>) -> Response {
    let letters = letterbox.letters();
    let rows: String = letters.iter().rev().take(SHOWN).map(row).collect();
    let table = match letters.len() {
        0 => r#"<p class="note">No letter has come yet.</p>"#.to_owned(),
        _ => format!(
            r#"<table><thead><tr><th scope="col">Letter</th><th scope="col">To</th><th scope="col">When</th></tr></thead><tbody>{rows}</tbody></table>"#
        ),
    };
    let more = match letters.len().saturating_sub(SHOWN) {
        0 => String::new(),
        hidden => format!(r#"<p class="note">and {hidden} older ones</p>"#),
    };
    let main = format!(r#"<h1>Letters</h1>{table}{more}{}"#, mischief_form(letterbox.mischief()));
    html::page(SITE, StatusCode::OK, "Letters", Width::Wide, &main)
}

fn row(letter: &Letter) -> String {
    let subject = letter.read().and_then(|read| read.subject);
    format!(
        r#"<tr><th scope="row"><a href="/letters/{}">{}</a></th><td data-label="To">{}</td><td data-label="When">{}</td></tr>"#,
        letter.id,
        escape(&subject.unwrap_or_else(|| "(without a subject)".to_owned())),
        escape(&letter.to.join(", ")),
        letter.at.strftime("%Y-%m-%d %H:%M:%S UTC"),
    )
}

fn mischief_form(mischief: Mischief) -> String {
    let option = |(prank, name, words): &(Prank, &str, &str)| {
        let selected = if *prank == mischief.prank { " selected" } else { "" };
        format!(r#"<option value="{name}"{selected}>{words}</option>"#)
    };
    let options: String = Prank::ALL.iter().map(option).collect();
    let times = mischief.times.map(|times| times.to_string()).unwrap_or_default();
    format!(
        r#"<section aria-labelledby="mischief"><h2 id="mischief">Faults</h2>
<form method="post" action="/panel/mischief" class="faults">
<div><label for="prank">What goes wrong</label><select id="prank" name="prank">{options}</select></div>
<div><label for="times">So many times (empty: always)</label><input type="number" id="times" name="times" min="0" value="{times}"></div>
<button type="submit" class="quiet">Set faults</button></form></section>"#
    )
}

async fn show(State(letterbox): State<Letterbox>, Path(id): Path<Uuid>) -> Response {
    let Some(letter) = letterbox.letter(id) else { return unknown() };
    let Some(read) = letter.read() else {
        let main = format!("<h1>Unreadable</h1><pre>{}</pre>", escape(&letter.raw));
        return html::page(SITE, StatusCode::OK, "Unreadable", Width::Wide, &main);
    };
    let subject = read.subject.unwrap_or_default();
    let people = |people: &[(Option<String>, Option<String>)]| {
        let one = |(name, address): &(Option<String>, Option<String>)| {
            let address = address.as_deref().unwrap_or_default();
            name.as_ref().map_or(address.to_owned(), |name| format!("{name} <{address}>"))
        };
        escape(&people.iter().map(one).collect::<Vec<_>>().join(", "))
    };
    let main = format!(
        r#"<h1>{title}</h1>
<dl class="summary"><div><dt>From</dt><dd>{from}</dd></div><div><dt>To</dt><dd>{to}</dd></div><div><dt>Message-ID</dt><dd>{name}</dd></div></dl>
<p><a class="button" href="/letters/{id}/html">As HTML</a></p>
<pre>{text}</pre>
<p><a href="/">All letters</a></p>"#,
        title = escape(&subject),
        from = people(&read.from),
        to = people(&read.to),
        name = escape(&read.message_id.unwrap_or_default()),
        text = escape(&read.text.unwrap_or_default()),
    );
    html::page(SITE, StatusCode::OK, &subject, Width::Wide, &main)
}

async fn show_html(State(letterbox): State<Letterbox>, Path(id): Path<Uuid>) -> Response {
    let html = letterbox.letter(id).and_then(|letter| letter.read()?.html);
    let Some(html) = html else { return unknown() };
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, LETTER_POLICY),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, html).into_response()
}

fn unknown() -> Response {
    let main = r#"<h1>There is no such letter</h1><p><a href="/">All letters</a></p>"#;
    html::page(SITE, StatusCode::NOT_FOUND, "No such letter", Width::Narrow, main)
}

#[derive(Deserialize)]
struct MischiefForm {
    prank: Prank,
    times: String,
}

async fn change_mischief(
    State(letterbox): State<Letterbox>,
    Form(form): Form<MischiefForm>,
) -> Redirect {
    letterbox.set_mischief(Mischief { prank: form.prank, times: form.times.trim().parse().ok() });
    Redirect::to("/")
}
