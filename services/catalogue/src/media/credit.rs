//! Whom a photograph is owed to, as far as its file's name tells.

use serde::{Deserialize, Serialize};

/// A photographer and where the photograph came from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhotoCredit {
    /// Who took it.
    pub photographer: String,
    /// Where it came from, e.g. `Unsplash`.
    #[serde(default)]
    pub source: Option<String>,
}

impl PhotoCredit {
    /// Reads the names that Unsplash gives its downloads, `derick-david-409858-unsplash.jpg`.
    /// `None` for any other name.
    pub fn of_file_name(name: &str) -> Option<Self> {
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let (photographer, number) = stem.strip_suffix("-unsplash")?.rsplit_once('-')?;
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let words: Vec<String> =
            photographer.split('-').filter(|word| !word.is_empty()).map(capitalised).collect();
        if words.is_empty() {
            return None;
        }
        Some(Self { photographer: words.join(" "), source: Some("Unsplash".to_owned()) })
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_photographer_stands_in_the_name() {
        let name = |file| PhotoCredit::of_file_name(file).map(|credit| credit.photographer);
        assert_eq!(name("derick-david-409858-unsplash.jpg").as_deref(), Some("Derick David"));
        assert_eq!(name("chuttersnap-584518-unsplash.jpg").as_deref(), Some("Chuttersnap"));
        assert_eq!(name("abel-y-costa-716024-unsplash.jpg").as_deref(), Some("Abel Y Costa"));
        for other in ["chair.jpg", "a-unsplash.jpg", "-12-unsplash.jpg", "unsplash.jpg", ""] {
            assert_eq!(name(other), None, "{other}");
        }
    }
}
