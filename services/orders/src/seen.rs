//! What a form says of the page it was sent from. It is compared with what is there, never believed.

use std::str::FromStr;

/// What the shopper saw when the form was sent, as the form says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Seen<T> {
    /// The form does not say; there is nothing to compare.
    #[default]
    Unsaid,
    /// It says something that cannot be read, which is not what is there.
    Unreadable,
    /// This.
    Said(T),
}

impl<T: FromStr + PartialEq> Seen<T> {
    /// Reads a field of the form.
    pub fn read(field: Option<&str>) -> Self {
        match field.map(str::parse) {
            None => Self::Unsaid,
            Some(Ok(said)) => Self::Said(said),
            Some(Err(_)) => Self::Unreadable,
        }
    }

    /// Whether the form says something else than what is there.
    pub(crate) fn contradicts(&self, there: &T) -> bool {
        match self {
            Self::Unsaid => false,
            Self::Unreadable => true,
            Self::Said(said) => said != there,
        }
    }
}
