//! The typeface that documents are set in, Source Sans 3 (under the SIL Open Font Licence, fonts/OFL.txt), and how wide
//! words are in it. It has Latin, Greek and Cyrillic letters. What it lacks is set as an empty box, and stands in the
//! text of the document all the same; nothing is set from right to left.

use krilla::{
    Data,
    text::{Font, GlyphId, KrillaGlyph},
};
use rustybuzz::{Direction, Face, Feature, UnicodeBuffer, ttf_parser::Tag};

const REGULAR: &[u8] = include_bytes!("../../fonts/source-sans-3-regular.ttf");
const SEMIBOLD: &[u8] = include_bytes!("../../fonts/source-sans-3-semibold.ttf");

/// How strong letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Semibold,
}

/// Both weights, as they are measured and as they are embedded.
pub(super) struct Typeface {
    regular: Cut,
    semibold: Cut,
}

struct Cut {
    face: Face<'static>,
    font: Font,
    /// What is set for letters that are not there, and how wide that is. It is a letter as any other, so that what it
    /// stands for is told by the document: for the one that fonts themselves have for this, readers know no words.
    stand_in: GlyphId,
    stand_in_advance: i32,
}

/// A white square.
const STAND_IN: char = '\u{25a1}';

/// Words in a line, with the place of each letter.
pub(super) struct Set {
    pub words: String,
    pub glyphs: Vec<KrillaGlyph>,
    pub font: Font,
    /// In points.
    pub width: f32,
    pub size: f32,
    /// Whether a letter is missing.
    pub is_incomplete: bool,
}

impl Typeface {
    /// The typeface; `None` if the files that are compiled in are no fonts.
    pub fn load() -> Option<Self> {
        let cut = |bytes: &'static [u8]| {
            let (font, face) = (Font::new(Data::from(bytes), 0)?, Face::from_slice(bytes, 0)?);
            let stand_in = face.glyph_index(STAND_IN)?;
            let stand_in_advance = i32::from(face.glyph_hor_advance(stand_in)?);
            let stand_in = GlyphId::new(u32::from(stand_in.0));
            Some(Cut { face, font, stand_in, stand_in_advance })
        };
        Some(Self { regular: cut(REGULAR)?, semibold: cut(SEMIBOLD)? })
    }

    fn cut(&self, weight: Weight) -> &Cut {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Semibold => &self.semibold,
        }
    }

    /// Sets words in one line. All digits are equally wide, so that amounts stand below each other.
    pub fn set(&self, words: &str, weight: Weight, size: f32) -> Set {
        let Cut { face, font, stand_in, stand_in_advance } = self.cut(weight);
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(words);
        buffer.guess_segment_properties();
        buffer.set_direction(Direction::LeftToRight);
        let features = [Feature::new(Tag::from_bytes(b"tnum"), 1, ..)];
        let shaped = rustybuzz::shape(face, &features, buffer);
        let units = f32::from(i16::try_from(face.units_per_em()).unwrap_or(1_000));
        let (infos, positions) = (shaped.glyph_infos(), shaped.glyph_positions());
        let part = |units_of: i32| units_of as f32 / units;
        let mut glyphs = Vec::with_capacity(infos.len());
        let mut is_incomplete = false;
        let mut width = 0.0;
        for (index, (info, position)) in infos.iter().zip(positions).enumerate() {
            let is_missing = info.glyph_id == 0;
            let (glyph, advance) = match is_missing {
                true => (*stand_in, part(*stand_in_advance)),
                false => (GlyphId::new(info.glyph_id), part(position.x_advance)),
            };
            width += advance;
            is_incomplete |= is_missing;
            let begin = info.cluster as usize;
            let next =
                infos[index..].iter().map(|later| later.cluster as usize).find(|at| *at > begin);
            glyphs.push(KrillaGlyph::new(
                glyph,
                advance,
                part(position.x_offset),
                part(position.y_offset),
                part(position.y_advance),
                begin..next.unwrap_or(words.len()),
                None,
            ));
        }
        let width = width * size;
        Set { words: words.to_owned(), glyphs, font: font.clone(), width, size, is_incomplete }
    }

    /// Breaks words into lines that are no wider than this; a word that is, is broken within.
    pub fn wrap(&self, words: &str, weight: Weight, size: f32, width: f32) -> Vec<Set> {
        let fits = |words: &str| self.set(words, weight, size).width <= width;
        let mut lines = Vec::new();
        let mut line = String::new();
        for word in words.split_whitespace() {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if fits(&longer) {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for letter in word.chars() {
                line.push(letter);
                if line.chars().count() > 1 && !fits(&line) {
                    line.pop();
                    lines.push(std::mem::replace(&mut line, letter.to_string()));
                }
            }
        }
        if !line.is_empty() || lines.is_empty() {
            lines.push(line);
        }
        lines.iter().map(|line| self.set(line, weight, size)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_of_the_european_unions_scripts_is_there() {
        let typeface = Typeface::load().unwrap();
        for words in [
            "Übergrößenträger, façade, Łódź, Štefánia, Kőszeg, Ģirts, Æbleø, Ñandú, Mħallat",
            "Ελένη Παπαδοπούλου, Οδός Ερμού, ΐ ΰ",
            "Юлія Шевченко, Ъгъл, Щастие, ё й",
            "€1,299.00 − 25.5 % · № “quoted” – ’",
        ] {
            for weight in [Weight::Regular, Weight::Semibold] {
                assert!(!typeface.set(words, weight, 10.0).is_incomplete, "{words}");
            }
        }
        assert!(typeface.set("山田", Weight::Regular, 10.0).is_incomplete);
    }

    #[test]
    fn lines_are_no_wider_than_they_may_be_and_lose_no_word() {
        let typeface = Typeface::load().unwrap();
        let words = format!("A chair of oak, with a seat of {}", "linoleum".repeat(20));
        let lines = typeface.wrap(&words, Weight::Regular, 10.0, 100.0);
        assert!(lines.len() > 4 && lines.iter().all(|line| line.width <= 100.0));
        let squeezed = |text: &str| text.split_whitespace().collect::<String>();
        let together: String = lines.iter().map(|line| squeezed(&line.words)).collect();
        assert_eq!(together, squeezed(&words));
    }

    #[test]
    fn amounts_of_as_many_digits_are_equally_wide() {
        let typeface = Typeface::load().unwrap();
        let width = |words: &str| typeface.set(words, Weight::Regular, 10.0).width;
        assert!((width("€111.11") - width("€908.27")).abs() < 0.01);
    }
}
