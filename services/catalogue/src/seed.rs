//! A catalogue out of nothing, as large as wanted: for measuring, and for seeing what a shop looks like
//! that is full. The same seed makes the same products, whatever their number: product 7 of a
//! thousand is product 7 of a million.
//!
//! The words are in `words`, the chance in `chance`. Pictures there are none: photographs cannot be made up.

mod chance;
mod words;

use crate::{
    CategoryDraft, CategoryPath, ProductDraft,
    price::Price,
    product::{
        Attribute, AttributeValue, ExternalReference, OptionDraft, Translation, VariantDraft,
    },
};
use chance::Chance;
use domain::{Currency, Sku, Slug, ids::NameError};
use std::collections::BTreeMap;
use words::{BRANDS, Choice, DEPARTMENTS, Department, ENDINGS, Shelf};

/// The language of the words.
const LOCALE: &str = "en";
/// How many products the home page leads with.
const FEATURED: u32 = 13;

/// A catalogue that could be.
#[derive(Debug, Clone, Copy)]
pub struct Seed(u64);

/// A product and how many pieces there are of each of its SKUs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seeded {
    /// The product.
    pub product: ProductDraft,
    /// The pieces.
    pub stock: Vec<(Sku, u32)>,
}

impl Seed {
    /// The catalogue of this number.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// All its categories, those above before those below.
    ///
    /// # Errors
    /// A word makes no address; a test sees to it that none does.
    pub fn categories(self) -> Result<Vec<CategoryDraft>, crate::category::PathError> {
        let mut categories = Vec::new();
        for department in DEPARTMENTS {
            categories.push(category(department.slug, department.name)?);
            for shelf in department.shelves {
                categories.push(category(&path(department, shelf), shelf.name)?);
            }
        }
        Ok(categories)
    }

    /// The product of this number, from 0.
    ///
    /// # Errors
    /// A word makes no address; a test sees to it that none does.
    pub fn product(self, number: u32) -> Result<Seeded, NameError> {
        let mut chance = Chance::of(self.0, number);
        let department = chance.pick(DEPARTMENTS);
        let shelf = chance.pick(department.shelves);
        let brand = *chance.pick(BRANDS);
        let (kind, noun) = (*chance.pick(shelf.kinds), *chance.pick(shelf.nouns));
        let model = 10 * chance.between(10, 99);
        let name = format!("{brand} {kind} {noun} {model}");
        let offered = offered(shelf.choices, &mut chance);
        let standing = price(shelf.euros, &mut chance);
        let code = format!("{:X}-{number:07}", self.0 & 0xffff);
        let combinations = combinations(&offered);
        let mut variants = Vec::with_capacity(combinations.len());
        let mut stock = Vec::with_capacity(combinations.len());
        for (position, (options, dearer)) in combinations.into_iter().enumerate() {
            let sku = Sku::parse(&format!("{code}-{position}"))?;
            stock.push((sku.clone(), pieces(&mut chance)));
            let amount = standing + standing * dearer / 100;
            variants.push(VariantDraft {
                sku,
                gtin: Some(gtin(number, position)),
                options,
                prices: vec![Price {
                    currency: Currency::EUR,
                    amount,
                    valid_from: None,
                    valid_until: None,
                }],
                tax_class: department.tax_class,
            });
        }
        let translation = Translation {
            slug: Slug::parse(&format!("{}-{number}", slug(&name)))?,
            description: description(&name, kind, noun, department, &mut chance),
            name,
            seo: Default::default(),
        };
        let path = CategoryPath::parse(&path(department, shelf));
        let product = ProductDraft {
            external_reference: Some(self.reference(number)),
            status: None,
            featured: Some(number < FEATURED),
            translations: BTreeMap::from([(LOCALE.to_owned(), translation)]),
            brand: Some(brand.to_owned()),
            categories: path.into_iter().collect(),
            options: offered.iter().map(option).collect(),
            variants,
            media: Vec::new(),
            attributes: attributes(shelf, kind, &mut chance),
        };
        Ok(Seeded { product, stock })
    }

    /// What the product of this number is called here.
    fn reference(self, number: u32) -> ExternalReference {
        ExternalReference { source: format!("seed-{}", self.0), id: number.to_string() }
    }
}

fn path(department: &Department, shelf: &Shelf) -> String {
    format!("{}/{}", department.slug, shelf.slug)
}

fn category(path: &str, name: &str) -> Result<CategoryDraft, crate::category::PathError> {
    Ok(CategoryDraft {
        path: CategoryPath::parse(path)?,
        names: BTreeMap::from([(LOCALE.to_owned(), name.to_owned())]),
        descriptions: BTreeMap::new(),
        position: None,
        picture: None,
    })
}

/// Lower-case letters, digits and hyphens. The words have no other letters than these.
fn slug(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    name.chars().map(plain).collect()
}

/// A choice of which some values are offered.
type Offered = (&'static Choice, &'static [&'static str]);

/// Some values of each choice of the shelf, in the order of its words.
fn offered(choices: &'static [Choice], chance: &mut Chance) -> Vec<Offered> {
    // Two products in five come in one make only.
    if chance.between(0, 4) < 2 {
        return Vec::new();
    }
    let some = |choice: &'static Choice| {
        let all = choice.values.len() as u64;
        let count = chance.between(2, all.min(4));
        let first = chance.between(0, all - count) as usize;
        (choice, &choice.values[first..first + count as usize])
    };
    choices.iter().map(some).collect()
}

fn option((choice, values): &Offered) -> OptionDraft {
    OptionDraft {
        code: slug(choice.name),
        name: choice.name.to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    }
}

/// Every combination of values, and by how many per cent it is dearer than the first.
fn combinations(offered: &[Offered]) -> Vec<(Vec<String>, i64)> {
    let mut all = vec![(Vec::new(), 0)];
    for (choice, values) in offered {
        let with = |(chosen, dearer): (Vec<String>, i64)| {
            values.iter().zip(0..).map(move |(value, step)| {
                let chosen = chosen.iter().cloned().chain([(*value).to_owned()]).collect();
                (chosen, dearer + step * choice.dearer)
            })
        };
        all = all.into_iter().flat_map(with).collect();
    }
    all
}

/// Cheap ones are more frequent than dear ones: each doubling is as likely as the next.
fn price((from, to): (i64, i64), chance: &mut Chance) -> i64 {
    let doublings = u64::from((to / from).ilog2());
    let low = from << chance.between(0, doublings);
    let high = (2 * low).min(to).max(low + 1);
    let euros = low + chance.between(0, (high - low) as u64) as i64;
    100 * euros + chance.pick(ENDINGS)
}

/// One SKU in twelve is sold out, one in twelve nearly.
fn pieces(chance: &mut Chance) -> u32 {
    match chance.between(0, 11) {
        0 => 0,
        1 => chance.between(1, 3) as u32,
        _ => chance.between(4, 250) as u32,
    }
}

/// A number of the range that each shop may use for itself (GS1 General Specifications, 1.4.3: prefix
/// 20 to 29), with its check digit (7.9).
fn gtin(number: u32, position: usize) -> String {
    let digits = format!("20{:08}{:02}", number % 100_000_000, position % 100);
    let weighted = digits.bytes().zip([1, 3].into_iter().cycle());
    let sum: u32 = weighted.map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

fn attributes(shelf: &Shelf, kind: &str, chance: &mut Chance) -> Vec<Attribute> {
    let attribute = |name: &str, value, unit: Option<&str>| Attribute {
        name: name.to_owned(),
        value,
        unit: unit.map(str::to_owned),
    };
    let whole = |value: u64| AttributeValue::Whole(value as i64);
    vec![
        attribute("Make", AttributeValue::Text(kind.to_owned()), None),
        attribute("Weight", whole(10 * chance.between(5, 900)), Some("g")),
        attribute("Width", whole(chance.between(4, 120)), Some("cm")),
        attribute("Height", whole(chance.between(4, 200)), Some("cm")),
        attribute("Guarantee", whole(chance.between(2, 5)), Some("years")),
        attribute("For", AttributeValue::Text(shelf.name.to_owned()), None),
    ]
}

fn description(
    name: &str,
    kind: &str,
    noun: &str,
    department: &Department,
    chance: &mut Chance,
) -> String {
    let noun = noun.to_lowercase();
    let first = chance.pick(words::OPENINGS).replace("{noun}", &noun);
    let second = chance.pick(words::REASONS).replace("{noun}", &noun);
    let third = chance.pick(words::ADVICE);
    let kind = kind.to_lowercase();
    format!(
        "{first} {second}\n\nThe {name} is {kind}, and made for {} that are used every day. {third}",
        department.things
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_word_makes_a_product_that_can_stand_in_a_shop() {
        let seed = Seed::new(7);
        let known: HashSet<_> =
            seed.categories().unwrap().into_iter().map(|category| category.path).collect();
        let (mut slugs, mut skus) = (HashSet::new(), HashSet::new());
        for number in 0..5_000 {
            let Seeded { product, stock } = seed.product(number).unwrap();
            product.check().unwrap();
            assert!(known.contains(&product.categories[0]));
            assert!(slugs.insert(product.translations[LOCALE].slug.clone()));
            assert_eq!(stock.len(), product.variants.len());
            for (variant, (sku, _)) in product.variants.iter().zip(&stock) {
                assert_eq!(&variant.sku, sku);
                assert!(skus.insert(sku.clone()));
            }
        }
        assert_eq!(known.len(), DEPARTMENTS.iter().map(|d| d.shelves.len() + 1).sum::<usize>());
    }

    #[test]
    fn the_same_seed_makes_the_same_products_and_another_one_others() {
        let product = |seed, number| Seed::new(seed).product(number).unwrap();
        assert_eq!(product(1, 42), product(1, 42));
        assert_ne!(product(1, 42), product(2, 42));
        assert_ne!(product(1, 42), product(1, 43));
    }

    #[test]
    fn most_have_choices_some_are_sold_out_and_prices_keep_their_range() {
        let seeded: Vec<_> = (0..2_000).map(|n| Seed::new(3).product(n).unwrap()).collect();
        let with_choices = seeded.iter().filter(|seeded| seeded.product.variants.len() > 1).count();
        assert!((600..900).contains(&with_choices), "{with_choices}");
        let pieces: Vec<u32> = seeded
            .iter()
            .flat_map(|seeded| seeded.stock.iter().map(|(_, pieces)| *pieces))
            .collect();
        let sold_out = pieces.iter().filter(|pieces| **pieces == 0).count();
        assert!((pieces.len() / 20..pieces.len() / 8).contains(&sold_out), "{sold_out}");
        let amounts = seeded.iter().flat_map(|seeded| &seeded.product.variants);
        let amounts: Vec<i64> = amounts.map(|variant| variant.prices[0].amount).collect();
        assert!(amounts.iter().all(|amount| (100..600_000).contains(amount)));
    }
}
