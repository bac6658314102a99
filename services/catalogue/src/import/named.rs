//! What the products of one file are known by. A product that a later line names once more would be
//! changed there and back by every import of the file, and its stock would be counted twice.

use super::Reason;
use crate::product::{ExternalReference, ProductDraft};
use domain::{Sku, Slug};
use std::collections::HashMap;

/// What the products that went in so far are known by, and their lines.
#[derive(Debug, Default)]
pub(super) struct Named {
    references: HashMap<ExternalReference, u64>,
    /// By language and address.
    slugs: HashMap<(String, Slug), u64>,
    skus: HashMap<Sku, u64>,
}

impl Named {
    /// Whether nothing that this product is known by is an earlier line's.
    pub fn check<M>(&self, product: &ProductDraft<M>) -> Result<(), Reason> {
        if let Some(reference) = &product.external_reference
            && let Some(line) = self.references.get(reference)
        {
            return Err(Reason::ReferenceAsBefore { reference: reference.clone(), line: *line });
        }
        for (locale, text) in &product.translations {
            if let Some(line) = self.slugs.get(&(locale.clone(), text.slug.clone())) {
                return Err(Reason::SlugAsBefore { slug: text.slug.to_string(), line: *line });
            }
        }
        for sku in product.variants.iter().map(|variant| &variant.sku) {
            if let Some(line) = self.skus.get(sku) {
                return Err(Reason::SkuAsBefore { sku: sku.clone(), line: *line });
            }
        }
        Ok(())
    }

    /// The product of this line went in.
    pub fn note<M>(&mut self, line: u64, product: &ProductDraft<M>) {
        self.references.extend(product.external_reference.clone().map(|known| (known, line)));
        for (locale, text) in &product.translations {
            self.slugs.insert((locale.clone(), text.slug.clone()), line);
        }
        self.skus.extend(product.variants.iter().map(|variant| (variant.sku.clone(), line)));
    }
}
