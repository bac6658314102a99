//! Pages of A4, what is put on them, and what it means to somebody who hears the document instead of seeing it (a tagged
//! PDF, in PDF/UA where every letter is there). What an invoice looks like is not known here.
//!
//! The same marks make the same bytes: there is no clock and no chance in them.

use super::{
    meaning::Element,
    typeface::{Set, Typeface, Weight},
};
use domain::money::MoneyError;
use jiff::civil::Date;
use krilla::{
    Document, SerializeSettings,
    color::rgb,
    configure::{Accessibility, ConfigurationBuilder},
    destination::XyzDestination,
    error::KrillaError,
    geom::{PathBuilder, Point, Rect},
    metadata::{DateTime, Metadata},
    num::NormalizedF32,
    outline::{Outline, OutlineNode},
    page::PageSettings,
    paint::{Fill, FillRule},
    surface::Surface,
    tagging::{Artifact, ArtifactType, ContentTag, Identifier, SpanTag, TagTree},
};

/// In points, as everything here.
pub(super) const WIDTH: f32 = 595.28;
const HEIGHT: f32 = 841.89;
pub(super) const MARGIN: f32 = 56.0;
/// Below it is the foot of the page.
const BOTTOM: f32 = HEIGHT - 72.0;
const FOOT: f32 = HEIGHT - 44.0;
/// From one line to the next, of the size of the letters.
const LEADING: f32 = 1.35;

/// Red, green and blue.
type Colour = [u8; 3];
const INK: Colour = [34, 32, 28];
const QUIET: Colour = [94, 89, 80];
const HAIRLINE: Colour = [200, 194, 183];

/// How words look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub weight: Weight,
    pub size: f32,
    pub is_quiet: bool,
}

/// Where words stand between two edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

enum Mark {
    /// Words, which mean something or are there for the eye alone.
    Words { set: Set, x: f32, y: f32, is_quiet: bool, is_heard: bool },
    /// A hairline.
    Rule { x: f32, y: f32, width: f32 },
}

/// What stands at the head of the file.
pub(super) struct Title<'a> {
    pub title: String,
    pub author: &'a str,
    pub foot: String,
    pub day: Date,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unprintable {
    /// The typeface that is compiled in cannot be read.
    #[error("the typeface cannot be read")]
    Typeface,
    /// The amounts do not add up.
    #[error(transparent)]
    Sums(#[from] MoneyError),
    /// The library refuses.
    #[error("the document cannot be written: {0:?}")]
    Document(KrillaError),
    /// It refuses what every document has.
    #[error("the paper cannot be set up")]
    Paper,
}

/// Paper that is written on from the top to the bottom, and on.
pub(super) struct Paper<'a> {
    typeface: &'a Typeface,
    pages: Vec<Vec<Mark>>,
    /// Where the next line begins.
    pub y: f32,
    words: usize,
    elements: Vec<Element>,
    is_incomplete: bool,
    /// What is put on it now is for the eye alone: it was heard before.
    is_silent: bool,
}

impl<'a> Paper<'a> {
    pub fn new(typeface: &'a Typeface) -> Self {
        let (pages, elements) = (vec![Vec::new()], Vec::new());
        let (is_incomplete, is_silent) = (false, false);
        Self { typeface, pages, y: MARGIN, words: 0, elements, is_incomplete, is_silent }
    }

    pub fn typeface(&self) -> &'a Typeface {
        self.typeface
    }

    /// How high a line is.
    pub fn line_height(size: f32) -> f32 {
        size * LEADING
    }

    /// Sees to it that so much fits onto the page; whether another one was begun for it.
    pub fn make_room(&mut self, height: f32) -> bool {
        if self.y + height <= BOTTOM {
            return false;
        }
        self.pages.push(Vec::new());
        self.y = MARGIN;
        true
    }

    /// Puts on it what is for the eye alone.
    pub fn silently(&mut self, put: impl FnOnce(&mut Self)) {
        self.is_silent = true;
        put(self);
        self.is_silent = false;
    }

    /// Puts a line of words at a place; by which number they are known, if they are heard.
    fn put(&mut self, set: Set, (x, y): (f32, f32), look: Look) -> Option<usize> {
        self.is_incomplete |= set.is_incomplete;
        let is_heard = !self.is_silent;
        let y = y + look.size;
        self.mark(Mark::Words { set, x, y, is_quiet: look.is_quiet, is_heard });
        let number = self.words;
        self.words += usize::from(is_heard);
        is_heard.then_some(number)
    }

    /// Lines of words below each other, from a height down; how high they are, and what they are.
    pub fn put_block(
        &mut self,
        lines: &[impl AsRef<str>],
        y: f32,
        (left, right): (f32, f32),
        align: Align,
        look: Look,
    ) -> (f32, Vec<usize>) {
        let (mut height, mut words) = (0.0, Vec::new());
        for line in lines {
            for set in self.typeface.wrap(line.as_ref(), look.weight, look.size, right - left) {
                let x = match align {
                    Align::Left => left,
                    Align::Right => right - set.width,
                };
                words.extend(self.put(set, (x, y + height), look));
                height += Self::line_height(look.size);
            }
        }
        (height, words)
    }

    /// A line of the whole width, or of a part of it.
    pub fn rule(&mut self, left: f32, right: f32) {
        self.mark(Mark::Rule { x: left, y: self.y, width: right - left });
    }

    fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    /// What comes next to somebody who hears it.
    pub fn add(&mut self, element: Element) {
        self.elements.push(element);
    }

    /// The file.
    pub fn write(self, title: &Title<'_>) -> Result<Vec<u8>, Unprintable> {
        let configuration = match self.is_incomplete {
            // What cannot be shown must not claim to be for everyone.
            true => ConfigurationBuilder::new(),
            false => ConfigurationBuilder::new().with_accessibility_validator(Accessibility::UA1),
        };
        let configuration = configuration.finish().map_err(|_| Unprintable::Paper)?;
        let mut document =
            Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
        let mut identifiers = Vec::with_capacity(self.words);
        let count = self.pages.len();
        for (index, marks) in self.pages.iter().enumerate() {
            let size = PageSettings::from_wh(WIDTH, HEIGHT).ok_or(Unprintable::Paper)?;
            let mut page = document.start_page_with(size);
            let mut surface = page.surface();
            for mark in marks {
                draw(&mut surface, mark, &mut identifiers);
            }
            let number = format!("Page {} of {count}", index + 1);
            foot(&mut surface, self.typeface, &title.foot, &number);
            surface.finish();
            page.finish();
        }
        let mut tree = TagTree::new().with_lang(Some("en".to_owned()));
        for element in self.elements {
            tree.push(element.tagged(&identifiers, &title.title));
        }
        document.set_tag_tree(tree);
        let mut outline = Outline::new();
        let top = XyzDestination::new(0, Point::from_xy(0.0, 0.0));
        outline.push_child(OutlineNode::new(title.title.clone(), top));
        document.set_outline(outline);
        document.set_metadata(metadata(title));
        document.finish().map_err(Unprintable::Document)
    }
}

fn metadata(title: &Title<'_>) -> Metadata {
    let day = title.day;
    let small = |number: i8| number.unsigned_abs();
    let day =
        DateTime::new(day.year().unsigned_abs()).month(small(day.month())).day(small(day.day()));
    Metadata::new()
        .title(title.title.clone())
        .authors(vec![title.author.to_owned()])
        .language("en".to_owned())
        .creation_date(day)
        .creator("Vitrine".to_owned())
}

fn ink([red, green, blue]: Colour) -> Option<Fill> {
    let colour = rgb::Color::new(red, green, blue);
    Some(Fill { paint: colour.into(), opacity: NormalizedF32::ONE, rule: FillRule::default() })
}

/// Draws a mark. Words that are heard come in the order of their numbers, and so do their identifiers.
fn draw(surface: &mut Surface<'_>, mark: &Mark, identifiers: &mut Vec<Identifier>) {
    match mark {
        Mark::Words { set, x, y, is_quiet, is_heard } => {
            let tag = match is_heard {
                true => ContentTag::Span(SpanTag::empty()),
                false => ContentTag::Artifact(Artifact::with_kind(ArtifactType::PaginationOther)),
            };
            let identifier = surface.start_tagged(tag);
            surface.set_fill(ink(if *is_quiet { QUIET } else { INK }));
            let start = Point::from_xy(*x, *y);
            surface.draw_glyphs(start, &set.glyphs, set.font.clone(), &set.words, set.size, false);
            surface.end_tagged();
            if *is_heard {
                identifiers.push(identifier);
            }
        }
        Mark::Rule { x, y, width } => {
            surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
            surface.set_fill(ink(HAIRLINE));
            let mut path = PathBuilder::new();
            if let Some(line) = Rect::from_xywh(*x, *y, *width, 0.75) {
                path.push_rect(line);
            }
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
            surface.end_tagged();
        }
    }
}

/// The foot of a page is no part of what the document says.
fn foot(surface: &mut Surface<'_>, typeface: &Typeface, words: &str, number: &str) {
    let artifact = Artifact::with_kind(ArtifactType::Footer);
    surface.start_tagged(ContentTag::Artifact(artifact));
    surface.set_fill(ink(QUIET));
    let left = typeface.wrap(words, Weight::Regular, 8.0, WIDTH - 2.0 * MARGIN - 80.0);
    let right = typeface.set(number, Weight::Regular, 8.0);
    let right_x = WIDTH - MARGIN - right.width;
    for (set, x) in left.iter().take(1).map(|set| (set, MARGIN)).chain([(&right, right_x)]) {
        let start = Point::from_xy(x, FOOT);
        surface.draw_glyphs(start, &set.glyphs, set.font.clone(), &set.words, set.size, false);
    }
    surface.end_tagged();
}
