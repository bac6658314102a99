//! What was taken as JSON, and the switches of the test panel.
//!
//! | request | answer |
//! |---|---|
//! | `GET /letters` | what was taken, the oldest first: envelope, headers, text and HTML |
//! | `GET`, `POST /test/mischief` | what goes wrong: `{"prank": "try_later", "times": 2}` |
//!
//! No secret is asked for: whoever reaches the sandbox may play with it.

use axum::Router;
use axum::extract::State;
use axum::response::Json;
use axum::routing::get;
use serde::Serialize;

use super::letterbox::{Letter, Letterbox, Read};
use super::mischief::Mischief;

/// The routes.
pub fn routes() -> Router<Letterbox> {
    Router::new()
        .route("/letters", get(letters))
        .route("/test/mischief", get(mischief).post(set_mischief))
}

#[derive(Serialize)]
struct Taken {
    #[serde(flatten)]
    letter: Letter,
    read: Option<Read>,
}

async fn letters(State(letterbox): State<Letterbox>) -> Json<Vec<Taken>> {
    let taken = |letter: Letter| Taken { read: letter.read(), letter };
    Json(letterbox.letters().into_iter().map(taken).collect())
}

async fn mischief(State(letterbox): State<Letterbox>) -> Json<Mischief> {
    Json(letterbox.mischief())
}

async fn set_mischief(
    State(letterbox): State<Letterbox>,
    Json(mischief): Json<Mischief>,
) -> Json<Mischief> {
    letterbox.set_mischief(mischief);
    Json(mischief)
}
