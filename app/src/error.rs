//! The one error a server function answers with, in JSON: a stable code for programs, a sentence for
//! people, and the status the server sends it under.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What went wrong with a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {message}")]
pub struct StoreError {
    /// Stable code, e.g. `out_of_stock`.
    pub code: Cow<'static, str>,
    /// A sentence that can be shown, and says what to do.
    pub message: String,
    /// HTTP status.
    pub status: u16,
    /// Facts for programs, by code: e.g. `{"sku": "L-13", "left": 2}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<serde_json::Value>,
}

impl StoreError {
    /// A mistake in what was sent, or a wish that cannot be granted as things are.
    pub fn new(code: &'static str, status: u16, message: impl Into<String>) -> Self {
        Self { code: Cow::Borrowed(code), message: message.into(), status, details: None }
    }

    /// A fault of ours. What it was stands in the log, not in the answer.
    pub fn internal() -> Self {
        Self::new("internal", 500, "Something went wrong on our side. Please try again.")
    }

    /// A fault of ours, noted in the log with its causes: `unavailable` if a store of data is away, else
    /// `internal`.
    #[cfg(feature = "ssr")]
    pub fn fault(error: &(dyn std::error::Error + 'static)) -> Self {
        use crate::services::{causes, is_absence};
        tracing::error!(error = causes(error), "a server function failed");
        match is_absence(error) {
            true => {
                Self::new("unavailable", 503, "This cannot be done just now. Please try again.")
            }
            false => Self::internal(),
        }
    }

    /// The same with facts for programs.
    #[must_use]
    pub fn with(mut self, details: impl Serialize) -> Self {
        self.details = serde_json::to_value(details).ok();
        self
    }
}

#[cfg(feature = "ssr")]
impl From<crate::services::Elsewhere> for StoreError {
    fn from(_: crate::services::Elsewhere) -> Self {
        Self::new("misdirected", 421, "Another node of the store serves this.")
    }
}

#[cfg(feature = "ssr")]
mod wire {
    use super::StoreError;
    use leptos::server_fn::{
        codec::JsonEncoding,
        error::{FromServerFnError, ServerFnErrorErr},
    };

    impl FromServerFnError for StoreError {
        type Encoder = JsonEncoding;

        fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
            match error {
                // That it was too much is told in words only, by the layer that counts.
                ServerFnErrorErr::Deserialization(why) if why.contains("length limit exceeded") => {
                    Self::new("too_large", 413, "The request is too large.")
                }
                ServerFnErrorErr::Args(_)
                | ServerFnErrorErr::MissingArg(_)
                | ServerFnErrorErr::Deserialization(_) => {
                    Self::new("malformed", 400, "The request could not be read.")
                }
                ServerFnErrorErr::UnsupportedRequestMethod(_) => {
                    Self::new("method_not_allowed", 405, "This cannot be asked for in this way.")
                }
                _ => Self::internal(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_reads_back_as_it_was_sent() {
        let sent = StoreError::new("out_of_stock", 409, "Only 2 left.").with([("left", 2)]);
        let text = serde_json::to_string(&sent).unwrap();
        assert_eq!(serde_json::from_str::<StoreError>(&text).unwrap(), sent);
    }
}
