//! A category as the merchant describes it: a place in a tree, named by its path.

use crate::{Fault, media::MediaItem};
use domain::{Slug, ids::NameError};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// The deepest a category may lie, the root counted.
pub const MAX_DEPTH: usize = 6;

/// A category's place in the tree: slugs from the root, `electronics/computers`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CategoryPath(String);

/// Why a text is not a category's path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// One of its parts is no slug.
    #[error("the category path {path:?} has a bad part: {reason}")]
    Part {
        /// The whole path.
        path: String,
        /// What is wrong with the part.
        reason: NameError,
    },
    /// It is deeper than [`MAX_DEPTH`].
    #[error("the category path {0:?} is deeper than {MAX_DEPTH}")]
    TooDeep(String),
}

impl CategoryPath {
    /// Parses slugs separated by `/`.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        for part in text.split('/') {
            Slug::parse(part)
                .map_err(|reason| PathError::Part { path: text.to_owned(), reason })?;
        }
        if text.split('/').count() > MAX_DEPTH {
            return Err(PathError::TooDeep(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The category directly above; `None` at the root.
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('/').map(|(parent, _)| Self(parent.to_owned()))
    }

    /// Every path from the root down to this one, itself included.
    pub fn from_root(&self) -> Vec<Self> {
        let ends = self.0.match_indices('/').map(|(end, _)| end).chain([self.0.len()]);
        ends.map(|end| Self(self.0[..end].to_owned())).collect()
    }
}

impl TryFrom<String> for CategoryPath {
    type Error = PathError;
    fn try_from(text: String) -> Result<Self, PathError> {
        Self::parse(&text)
    }
}

impl From<CategoryPath> for String {
    fn from(path: CategoryPath) -> String {
        path.0
    }
}

impl fmt::Display for CategoryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A category as it is to be. `M` is what stands for a picture: a finished one here, a file's name
/// in an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryDraft<M = MediaItem> {
    /// Where it is. The category above it must exist.
    pub path: CategoryPath,
    /// Names by locale; at least one.
    pub names: BTreeMap<String, String>,
    /// One sentence about it, by locale.
    #[serde(default)]
    pub descriptions: BTreeMap<String, String>,
    /// Its place among its siblings, lower first; `None` keeps the place it has, or puts a new one
    /// last.
    #[serde(default)]
    pub position: Option<i32>,
    /// Its picture; without one, that of the newest product in it is shown.
    #[serde(default = "none")]
    pub picture: Option<M>,
}

// `#[serde(default)]` alone would ask for `M: Default`.
fn none<M>() -> Option<M> {
    None
}

impl<M> CategoryDraft<M> {
    /// Whether it can stand in a shop.
    pub fn check(&self) -> Result<(), Fault> {
        if self.names.is_empty() {
            return Err(Fault::NoTranslation);
        }
        for locale in self.names.keys().chain(self.descriptions.keys()) {
            crate::product::check_locale(locale)?;
        }
        if let Some((locale, _)) = self.names.iter().find(|(_, name)| name.trim().is_empty()) {
            return Err(Fault::NoName { locale: locale.clone() });
        }
        Ok(())
    }

    /// The same category with another picture.
    pub fn with_picture<N>(self, picture: Option<N>) -> CategoryDraft<N> {
        CategoryDraft {
            path: self.path,
            names: self.names,
            descriptions: self.descriptions,
            position: self.position,
            picture,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_knows_what_is_above_it() {
        let path = CategoryPath::parse("electronics/computers/laptops").unwrap();
        let all: Vec<String> = path.from_root().into_iter().map(String::from).collect();
        assert_eq!(all, ["electronics", "electronics/computers", "electronics/computers/laptops"]);
        assert_eq!(path.parent().unwrap().as_str(), "electronics/computers");
        assert_eq!(CategoryPath::parse("electronics").unwrap().parent(), None);
    }

    #[test]
    fn a_path_of_no_slugs_is_refused() {
        for bad in ["", "/", "a/", "/a", "a//b", "A", "a b", "../a", "a.b", "a/$b"] {
            assert!(CategoryPath::parse(bad).is_err(), "{bad}");
        }
        assert!(matches!(CategoryPath::parse("a/a/a/a/a/a/a"), Err(PathError::TooDeep(_))));
    }
}
