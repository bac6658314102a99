//! What is not done, and why.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One thing that is wrong with what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// Where in the body it is, as a JSON pointer in a fragment: `#/shipping_address/city`.
    pub pointer: Option<String>,
    /// Which parameter it is.
    pub parameter: Option<String>,
    /// What kind of mistake it is.
    pub code: String,
    /// The same in words.
    pub detail: String,
}

/// Problem details (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What kind of problem it is: rely on this, it never changes.
    pub code: String,
    /// The status of the answer.
    pub status: u16,
    /// The code in a few words.
    pub title: String,
    /// What is the matter this time.
    pub detail: String,
    /// This very occurrence, as it stands in the store's log.
    pub instance: String,
    /// All that is wrong with what was sent, if that is the matter.
    #[serde(default)]
    pub errors: Vec<FieldError>,
    /// The facts of this code: `sku` and `left` of `out_of_stock`, and so on.
    #[serde(flatten)]
    pub facts: Map<String, Value>,
}

/// Why there is no answer to go on with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store does not do it.
    #[error("{}: {}", .0.code, .0.detail)]
    Problem(Box<Problem>),
    /// The store was not reached, or its answer did not come whole. Whether it was done is not known: ask again under
    /// the same name.
    #[error("the store gave no answer: {0}")]
    Unanswered(#[from] reqwest::Error),
    /// Something that is not the store answered, or a store of another release.
    #[error("the answer with status {status} cannot be read: {reason}")]
    Unreadable {
        /// The status.
        status: u16,
        /// What is the matter with it.
        reason: String,
    },
    /// No address can be made of what was named.
    #[error("`{0}` is no address of a store")]
    NoAddress(String),
}

impl Error {
    /// The problem's code, if it is one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Problem(problem) => Some(&problem.code),
            _ => None,
        }
    }
}
