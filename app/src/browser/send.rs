//! Sending a form as a browser would, and reading the answer as JSON. The server functions have one
//! wire format: what a plain form sends.

use super::{Json, Part, go, parse};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, FormData, Headers, HtmlFormElement, RequestInit, Response, UrlSearchParams,
};

/// How long to wait for an answer, in milliseconds.
const PATIENCE: u32 = 20_000;

/// Why there is no answer to use: the server said no, or could not be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Stable code.
    pub code: String,
    /// A sentence to show.
    pub message: String,
    /// Whether it is certain that nothing was done: the server understood, and said no.
    pub certain: bool,
    /// The line that has to be stood in first, by its name.
    pub line: Option<String>,
}

impl Refused {
    /// Whether nobody answered, or nothing that makes sense.
    pub fn is_silence(&self) -> bool {
        self.code == UNREACHABLE
    }
}

/// What is sent.
pub struct Fields(UrlSearchParams);

impl Fields {
    /// Fields by name.
    pub fn of(fields: &[(&str, &str)]) -> Option<Self> {
        let body = UrlSearchParams::new().ok()?;
        fields.iter().for_each(|(name, value)| body.append(name, value));
        Some(Self(body))
    }

    /// The fields of a form as it is filled in.
    pub fn of_form(form: &Part) -> Option<Self> {
        let fields = FormData::new_with_form(form.known_as::<HtmlFormElement>()?).ok()?;
        UrlSearchParams::new_with_str_sequence_sequence(&fields).ok().map(Self)
    }
}

/// Asks for something. The answer comes as its text.
pub async fn get(address: &str) -> Result<String, Refused> {
    judge(send(address, None).await)
}

/// Sends something. The answer comes as its text. Who has to stand in a line first is taken there.
pub async fn post(address: &str, fields: Option<Fields>) -> Result<String, Refused> {
    let answer = judge(send(address, fields).await);
    if let Err(Refused { line: Some(line), .. }) = &answer {
        go(&["/line/", line].concat());
    }
    answer
}

/// The answer's status and its text.
async fn send(address: &str, body: Option<Fields>) -> Option<(u16, String)> {
    let request = RequestInit::new();
    let headers = Headers::new().ok()?;
    headers.append("Accept", "application/json").ok()?;
    request.set_headers(&headers);
    request.set_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE)));
    if let Some(Fields(body)) = body {
        request.set_method("POST");
        // Who leaves the page meanwhile has wished it all the same. It fails only for no object.
        let _ = js_sys::Reflect::set(&request, &"keepalive".into(), &true.into());
        request.set_body(&body);
    }
    let answer = web_sys::window()?.fetch_with_str_and_init(address, &request);
    let answer: Response = JsFuture::from(answer).await.ok()?.unchecked_into();
    let text: JsValue = JsFuture::from(answer.text().ok()?).await.ok()?;
    Some((answer.status(), text.as_string()?))
}

fn judge(answer: Option<(u16, String)>) -> Result<String, Refused> {
    match answer {
        Some((200..=299, text)) => Ok(text),
        Some((status, text)) => {
            let told = parse(&text).and_then(|json| refused(&json, status));
            Err(told.unwrap_or_else(unreachable))
        }
        None => Err(unreachable()),
    }
}

fn refused<J: Json>(json: &J, status: u16) -> Option<Refused> {
    let certain = (400..500).contains(&status);
    let line = json.member("details").and_then(|details| details.text_of("drop"));
    Some(Refused { code: json.text_of("code")?, message: json.text_of("message")?, certain, line })
}

const UNREACHABLE: &str = "unreachable";

fn unreachable() -> Refused {
    Refused {
        code: UNREACHABLE.to_owned(),
        message: "The shop cannot be reached just now. Please try again.".to_owned(),
        certain: false,
        line: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::StoreError;

    #[test]
    fn a_refusal_is_read_as_the_server_writes_it() {
        let error = StoreError::new("out_of_stock", 409, "Only 2 left.").with([("left", 2)]);
        let refused = refused(&serde_json::to_value(&error).unwrap(), error.status).unwrap();
        assert_eq!(
            (refused.code.as_str(), refused.message.as_str()),
            ("out_of_stock", "Only 2 left.")
        );
        assert!(refused.certain);
    }

    #[test]
    fn after_a_fault_of_the_servers_it_is_not_certain_that_nothing_was_done() {
        let error = serde_json::to_value(StoreError::internal()).unwrap();
        assert!(!refused(&error, 500).unwrap().certain);
        assert!(!judge(None).unwrap_err().certain);
    }

    #[test]
    fn the_line_that_has_to_be_stood_in_is_read_from_the_refusal() {
        let drop = serde_json::json!({ "drop": "lamp" });
        let line = |error: StoreError| {
            refused(&serde_json::to_value(&error).unwrap(), error.status).unwrap().line
        };
        let waiting_room = StoreError::new("waiting_room", 409, "Not yet.");
        assert_eq!(line(waiting_room.with(drop)).as_deref(), Some("lamp"));
        assert_eq!(line(StoreError::new("out_of_stock", 409, "Only 2 left.")), None);
    }

    #[test]
    fn no_answer_is_told_as_such() {
        assert!(judge(None).unwrap_err().is_silence());
        assert_eq!(judge(Some((200, "7".to_owned()))).as_deref(), Ok("7"));
    }
}
