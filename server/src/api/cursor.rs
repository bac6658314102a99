//! Where a list goes on. Who gets a cursor gives it back as it is; what is in it may change with any
//! release.

use super::{
    input::{Part, field},
    problem::Problem,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};

/// The cursor that stands for this place.
pub fn write(place: &impl Serialize) -> String {
    // Places are tuples of texts and numbers, which can always be written.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).unwrap_or_default())
}

/// The place that a cursor of ours stands for.
pub fn read<T: DeserializeOwned>(parameter: &str, cursor: &str) -> Result<T, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    let place = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    place.ok_or_else(|| {
        let words = "It is no cursor of ours: take `next` of the page before, as it is.";
        let wrong = field(Part::Query, parameter, "wrong_form", words.to_owned());
        Problem::invalid(vec![wrong])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_what_somebody_made_up_is_told() {
        let place = ("LAMP/1".to_owned(), "in Köln".to_owned());
        let cursor = write(&place);
        assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert_eq!(read::<(String, String)>("after", &cursor).unwrap(), place);
        for made_up in ["", "x", "bm90aGluZw", &cursor[1..], &write(&1), &write(&("a", 1))] {
            assert!(read::<(String, String)>("after", made_up).is_err(), "{made_up}");
        }
    }
}
