//! What a group of rows means: one product with its variants, or the reasons why not.

use super::{
    facets::{Facets, display_form},
    rows::{Group, Row},
};
use crate::{
    import::{Entry, Item, MediaSource, Reason, Report},
    price::Price,
    product::{ExternalReference, OptionDraft, ProductDraft, Seo, Translation, VariantDraft},
};
use domain::{Market, Money, Sku, Slug, tax::TaxClass};
use std::collections::{BTreeMap, HashMap};

/// The reading of one file: what has been named on which line so far.
pub(super) struct Reading<'a> {
    market: &'a Market,
    report: &'a mut Report,
    skus: HashMap<Sku, u64>,
    slugs: HashMap<Slug, u64>,
}

/// What a product's own row says.
struct Head {
    slug: Slug,
    groups: Vec<(String, String)>,
    facets: Facets,
}

impl<'a> Reading<'a> {
    pub fn new(market: &'a Market, report: &'a mut Report) -> Self {
        Self { market, report, skus: HashMap::new(), slugs: HashMap::new() }
    }

    /// A product for each group that makes one; the reasons of the others go into the report.
    pub fn entries(&mut self, groups: &[Group]) -> Vec<Entry> {
        let mut entries = Vec::new();
        for group in groups {
            let line = group.product.line;
            match self.entry(group) {
                Ok(entry) => entries.push(entry),
                Err(reason) => {
                    self.report.reject(line, reason);
                    let known: Vec<u64> = self.report.rejected.iter().map(|r| r.line).collect();
                    for other in group.others.iter().filter(|row| !known.contains(&row.line)) {
                        self.report.reject(other.line, Reason::ProductRejected { line });
                    }
                }
            }
        }
        entries
    }

    fn entry(&mut self, group: &Group) -> Result<Entry, Reason> {
        let line = group.product.line;
        let mut head = self.head(&group.product)?;
        let (variants, stock) = self.variants(group, &head)?;
        let rows_in = |row: &&Row| variants.iter().any(|(line, _)| *line == row.line);
        let (mut files, mut attributes) = (group.product.assets(), Vec::new());
        for row in group.rows().filter(rows_in) {
            files.extend(row.variant_assets());
            attributes.extend(row.variant_facets());
        }
        head.facets.add_of_variants(&attributes)?;
        let (categories, brand, attributes) = head.facets.finish()?;

        let mut media: Vec<MediaSource> = Vec::new();
        for file in files {
            if media.iter().all(|known| known.file != file) {
                let file = file.to_owned();
                media.push(MediaSource { file, alt: BTreeMap::new(), credit: None });
            }
        }
        let variants: Vec<VariantDraft> =
            variants.into_iter().map(|(_, variant)| variant).collect();
        let translation = Translation {
            name: group.product.name().to_owned(),
            slug: head.slug.clone(),
            description: group.product.description().to_owned(),
            seo: Seo::default(),
        };
        let draft = ProductDraft {
            external_reference: Some(ExternalReference {
                source: "vendure".to_owned(),
                id: head.slug.to_string(),
            }),
            // The file says nothing of either: what the merchant has decided meanwhile stays.
            status: None,
            featured: None,
            translations: BTreeMap::from([(self.market.locale.clone(), translation)]),
            brand,
            categories: categories.last().map(|(path, _)| path.clone()).into_iter().collect(),
            options: options(&head.groups, &variants),
            variants,
            media,
            attributes,
        };
        Ok(Entry { line, item: Item::Product(draft), categories, stock })
    }

    fn head(&mut self, row: &Row) -> Result<Head, Reason> {
        let text = if row.slug().is_empty() { row.name() } else { row.slug() };
        let slug = match row.slug().is_empty() {
            true => Slug::from_title(text).ok_or_else(|| Reason::Nameless(text.to_owned()))?,
            false => Slug::parse(text)
                .map_err(|reason| Reason::Slug { text: text.to_owned(), reason })?,
        };
        if let Some(line) = self.slugs.get(&slug) {
            return Err(Reason::SlugAsBefore { slug: slug.to_string(), line: *line });
        }
        self.slugs.insert(slug.clone(), row.line);
        let group = |name: &&str| {
            let code =
                Slug::from_title(name).ok_or_else(|| Reason::Nameless((*name).to_owned()))?;
            Ok((code.to_string(), display_form(name)))
        };
        let groups = row.option_groups().iter().map(group).collect::<Result<_, Reason>>()?;
        Ok(Head { slug, groups, facets: Facets::read(&row.facets())? })
    }

    /// The variants that could be read, with their lines, and how much there is of each. Those that
    /// could not go into the report; if none is left, that is the product's reason.
    #[expect(clippy::type_complexity, reason = "a pair of lists, taken apart at once")]
    fn variants(
        &mut self,
        group: &Group,
        head: &Head,
    ) -> Result<(Vec<(u64, VariantDraft)>, Vec<(Sku, u32)>), Reason> {
        let (mut variants, mut stock) = (Vec::<(u64, VariantDraft)>::new(), Vec::new());
        for row in group.rows() {
            // Counted with the bad rows: a repaired one must not change the others' SKUs.
            let shared = group.rows().filter(|other| other.sku() == row.sku()).count() > 1;
            match self.variant(row, head, shared, &variants) {
                Ok((variant, pieces)) => {
                    if shared {
                        let (given, new) = (row.sku(), &variant.sku);
                        let text = format!("several variants have the SKU {given}; this is {new}");
                        self.report.note(row.line, text);
                    }
                    self.skus.insert(variant.sku.clone(), row.line);
                    stock.push((variant.sku.clone(), pieces));
                    variants.push((row.line, variant));
                }
                // The only line that could have a variant: its reason is the product's.
                Err(reason) if group.others.is_empty() => return Err(reason),
                Err(reason) => self.report.reject(row.line, reason),
            }
            if row.track_inventory().eq_ignore_ascii_case("false") {
                let text = "trackInventory is false, but stock is always counted here";
                self.report.note(row.line, text.to_owned());
            }
        }
        if variants.is_empty() { Err(Reason::NoVariantLeft) } else { Ok((variants, stock)) }
    }

    fn variant(
        &self,
        row: &Row,
        head: &Head,
        shared: bool,
        before: &[(u64, VariantDraft)],
    ) -> Result<(VariantDraft, u32), Reason> {
        let options: Vec<String> = row.option_values().into_iter().map(str::to_owned).collect();
        let (given, groups) = (options.len(), head.groups.len());
        if given != groups {
            return Err(Reason::OptionCount { given, groups });
        }
        if let Some((line, _)) = before.iter().find(|(_, variant)| variant.options == options) {
            return Err(Reason::OptionsAsBefore { line: *line });
        }
        let sku = sku(row, shared.then_some(&options))?;
        if let Some(line) = self.skus.get(&sku) {
            return Err(Reason::SkuAsBefore { sku, line: *line });
        }
        let price = self.price(row.price())?;
        let tax_class = tax_class(row.tax_category())?;
        let pieces = match row.stock_on_hand() {
            "" => 0,
            text => text.parse().map_err(|_| Reason::Stock(text.to_owned()))?,
        };
        let prices = vec![Price::standing(price)];
        Ok((VariantDraft { sku, gtin: None, options, prices, tax_class }, pieces))
    }

    fn price(&self, text: &str) -> Result<Money, Reason> {
        if text.is_empty() {
            return Err(Reason::Missing("price"));
        }
        let price = Money::parse_decimal(text, self.market.currency)
            .map_err(|reason| Reason::Price { text: text.to_owned(), reason })?;
        match price.minor() > 0 {
            true => Ok(price),
            false => Err(Reason::PriceNotAboveZero(text.to_owned())),
        }
    }
}

/// The SKU as written or, where it names several variants, with the option values behind it:
/// `404.038.96-MINT`.
fn sku(row: &Row, options: Option<&Vec<String>>) -> Result<Sku, Reason> {
    if row.sku().is_empty() {
        return Err(Reason::Missing("sku"));
    }
    let suffix = options.and_then(|options| Slug::from_title(&options.join("-")));
    let text = match suffix {
        Some(suffix) => format!("{}-{}", row.sku(), suffix.as_str().to_ascii_uppercase()),
        None => row.sku().to_owned(),
    };
    Sku::parse(&text).map_err(|reason| Reason::Sku { text, reason })
}

/// `standard`, `Standard Tax`, `reduced` …: Vendure knows tax categories by their name.
fn tax_class(text: &str) -> Result<TaxClass, Reason> {
    let word = text.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    match word.as_str() {
        "" => Err(Reason::Missing("taxCategory")),
        "standard" => Ok(TaxClass::Standard),
        "reduced" => Ok(TaxClass::Reduced),
        "zero" => Ok(TaxClass::Zero),
        _ => Err(Reason::TaxCategory(text.to_owned())),
    }
}

/// The groups with the values that the variants have, in the order in which they first appear.
fn options(groups: &[(String, String)], variants: &[VariantDraft]) -> Vec<OptionDraft> {
    let option = |(index, (code, name)): (usize, &(String, String))| {
        let mut values: Vec<String> = Vec::new();
        for value in variants.iter().filter_map(|variant| variant.options.get(index)) {
            if !values.contains(value) {
                values.push(value.clone());
            }
        }
        OptionDraft { code: code.clone(), name: name.clone(), values }
    };
    groups.iter().enumerate().map(option).collect()
}
