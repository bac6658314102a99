//! What a page was made of, in the form in which it is kept thousands of times: one text.

use axum::http::HeaderValue;
use serde::{Deserialize, Serialize};

/// Tags, told apart by spaces, which none of them contains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TagList(HeaderValue);

/// A tag that is no printable ASCII without spaces: no node could be told of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} cannot be the tag of a page")]
pub struct BadTag(String);

impl TagList {
    /// These tags.
    ///
    /// # Errors
    /// One of them is empty, or has a character that it may not have.
    pub fn new(tags: &[impl AsRef<str>]) -> Result<Self, BadTag> {
        let tags: Vec<&str> = tags.iter().map(AsRef::as_ref).collect();
        let is_plain =
            |tag: &str| !tag.is_empty() && tag.bytes().all(|byte| byte.is_ascii_graphic());
        if let Some(tag) = tags.iter().find(|tag| !is_plain(tag)) {
            return Err(BadTag((*tag).to_owned()));
        }
        Self::try_from(tags.join(" "))
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.to_str().unwrap_or_default().split(' ').filter(|tag| !tag.is_empty())
    }

    /// All of them as the value of a header, which shares their text.
    pub fn header(&self) -> &HeaderValue {
        &self.0
    }
}

impl TryFrom<String> for TagList {
    type Error = BadTag;

    fn try_from(text: String) -> Result<Self, BadTag> {
        // Exactly as long as it is: it is kept for as long as its page.
        HeaderValue::from_str(&text).map(Self).map_err(|_| BadTag(text))
    }
}

impl From<TagList> for String {
    fn from(tags: TagList) -> Self {
        tags.0.to_str().unwrap_or_default().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_what_they_were_when_they_come_back() {
        let tags = TagList::new(&["product:1", "path:/c/a%20b", "stock:A"]);
        let tags = tags.unwrap();
        let back: TagList = serde_json::from_str(&serde_json::to_string(&tags).unwrap()).unwrap();
        assert_eq!(back, tags);
        assert!(back.iter().eq(["product:1", "path:/c/a%20b", "stock:A"]));
        assert_eq!(TagList::new(&[""; 0]).unwrap().iter().count(), 0);
    }

    #[test]
    fn what_would_be_two_tags_or_none_is_refused() {
        for tag in ["", "a b", "a\nb", "stock:É"] {
            assert_eq!(TagList::new(&["all", tag]), Err(BadTag(tag.to_owned())));
        }
    }
}
