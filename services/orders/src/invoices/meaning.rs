//! What is on the paper, to somebody who hears it: in which order it is read out, and what is a title, a table, the head of
//! a column. It is written into the file as its tags.

use krilla::tagging::{Identifier, Node, TableHeaderScope, Tag, TagGroup, TagKind};
use std::num::NonZeroU16;

/// What something means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Title,
    Paragraph,
    Table,
    Row,
    ColumnHead,
    RowHead,
    Cell,
}

/// Something that means something: words, or others.
pub(super) struct Element {
    role: Role,
    words: Vec<usize>,
    children: Vec<Element>,
}

impl Element {
    /// Words that mean something.
    pub fn of(role: Role, words: Vec<usize>) -> Self {
        Self { role, words, children: Vec::new() }
    }

    /// Several that mean something together.
    pub fn around(role: Role, children: Vec<Self>) -> Self {
        Self { role, words: Vec::new(), children }
    }

    pub fn tagged(self, identifiers: &[Identifier], title: &str) -> Node {
        let tag: TagKind = match self.role {
            Role::Title => Tag::Hn(NonZeroU16::MIN, Some(title.to_owned())).into(),
            Role::Paragraph => Tag::P.into(),
            Role::Table => Tag::Table.into(),
            Role::Row => Tag::TR.into(),
            Role::ColumnHead => Tag::TH(TableHeaderScope::Column).into(),
            Role::RowHead => Tag::TH(TableHeaderScope::Row).into(),
            Role::Cell => Tag::TD.into(),
        };
        let mut group = TagGroup::new(tag);
        for identifier in self.words.into_iter().filter_map(|number| identifiers.get(number)) {
            group.push(*identifier);
        }
        for child in self.children {
            group.push(child.tagged(identifiers, title));
        }
        Node::Group(group)
    }
}
