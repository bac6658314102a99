//! Facets, `category:Electronics|brand:Agfa|color:black`: where a product belongs, who makes it and
//! what else is said of it.

use crate::{
    category::CategoryPath,
    import::Reason,
    product::{Attribute, AttributeValue},
};
use domain::Slug;

/// What the facets of a product and its variants say.
#[derive(Debug, Default)]
pub(super) struct Facets {
    /// From the root down.
    categories: Vec<String>,
    brand: Option<String>,
    /// By name, in the order in which they first appear.
    others: Vec<(String, Vec<String>)>,
}

/// Categories with their names from the root down, the brand, the attributes.
type Read = (Vec<(CategoryPath, String)>, Option<String>, Vec<Attribute>);

impl Facets {
    /// Reads a product's facets.
    pub fn read(facets: &[&str]) -> Result<Self, Reason> {
        let mut read = Self::default();
        for facet in facets {
            match pair(facet)? {
                ("category", name) => read.categories.push(name.to_owned()),
                // A second brand is said as an attribute, so that nothing is lost.
                ("brand", name) if read.brand.is_none() => read.brand = Some(name.to_owned()),
                (name, value) => read.add(name, value),
            }
        }
        Ok(read)
    }

    /// Adds what the facets of its variants say. A variant has no category and no brand of its own.
    pub fn add_of_variants(&mut self, facets: &[&str]) -> Result<(), Reason> {
        for facet in facets {
            let (name, value) = pair(facet)?;
            self.add(name, value);
        }
        Ok(())
    }

    fn add(&mut self, name: &str, value: &str) {
        let name = display_form(name);
        let index = self.others.iter().position(|(known, _)| *known == name);
        let index = index.unwrap_or_else(|| {
            self.others.push((name, Vec::new()));
            self.others.len() - 1
        });
        let values = &mut self.others[index].1;
        if values.iter().all(|known| known != value) {
            values.push(value.to_owned());
        }
    }

    /// What they come to.
    pub fn finish(self) -> Result<Read, Reason> {
        let (mut categories, mut path) = (Vec::new(), String::new());
        for name in self.categories {
            let slug = Slug::from_title(&name).ok_or_else(|| Reason::Nameless(name.clone()))?;
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(slug.as_str());
            categories.push((CategoryPath::parse(&path)?, name));
        }
        let attribute = |(name, mut values): (String, Vec<String>)| {
            let value = match (values.pop(), values.is_empty()) {
                (Some(only), true) => AttributeValue::Text(only),
                (last, _) => AttributeValue::Several(values.into_iter().chain(last).collect()),
            };
            Attribute { name, value, unit: None }
        };
        Ok((categories, self.brand, self.others.into_iter().map(attribute).collect()))
    }
}

fn pair(facet: &str) -> Result<(&str, &str), Reason> {
    let bad = || Reason::Facet(facet.to_owned());
    let (name, value) = facet.split_once(':').ok_or_else(bad)?;
    let (name, value) = (name.trim(), value.trim());
    if name.is_empty() || value.is_empty() { Err(bad()) } else { Ok((name, value)) }
}

/// Words that are written in capitals when a heading is made of a name.
const ACRONYMS: [&str; 9] = ["cpu", "gpu", "hdd", "isbn", "led", "ram", "ssd", "tv", "usb"];

/// A name as a heading: `screen size` becomes `Screen size`, `cpu` `CPU`; other capitals stay.
pub(super) fn display_form(name: &str) -> String {
    let word = |(index, word): (usize, &str)| {
        if ACRONYMS.contains(&word.to_ascii_lowercase().as_str()) {
            return word.to_ascii_uppercase();
        }
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if index == 0 => first.to_uppercase().chain(letters).collect(),
            _ => word.to_owned(),
        }
    };
    name.split_whitespace().enumerate().map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_heading() {
        for (name, heading) in [
            ("screen size", "Screen size"),
            ("RAM", "RAM"),
            ("cpu", "CPU"),
            ("usb ports", "USB ports"),
            ("écran", "Écran"),
            ("", ""),
        ] {
            assert_eq!(display_form(name), heading);
        }
    }

    #[test]
    fn categories_form_a_path_and_the_rest_a_table() {
        let facets = [
            "category:Home & Garden",
            "category:Plants",
            "brand:Verdi",
            "plant type:Outdoor",
            "plant type:Indoor",
            "colour:green",
        ];
        let (categories, brand, attributes) = Facets::read(&facets).unwrap().finish().unwrap();
        let paths: Vec<(&str, &str)> =
            categories.iter().map(|(path, name)| (path.as_str(), name.as_str())).collect();
        assert_eq!(paths, [("home-garden", "Home & Garden"), ("home-garden/plants", "Plants")]);
        assert_eq!(brand.as_deref(), Some("Verdi"));
        let shown: Vec<(String, String)> =
            attributes.iter().map(|a| (a.name.clone(), a.value_to_show())).collect();
        let shown: Vec<(&str, &str)> =
            shown.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(shown, [("Plant type", "Outdoor, Indoor"), ("Colour", "green")]);
    }

    #[test]
    fn a_facet_without_a_value_is_refused() {
        for bad in ["colour", "colour:", ":green", ""] {
            assert_eq!(Facets::read(&[bad]).unwrap_err(), Reason::Facet(bad.to_owned()));
        }
    }
}
