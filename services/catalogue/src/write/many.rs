//! Many new products at once, in a few round trips: for catalogues that are large from the start.

use crate::{
    Catalogue, CategoryPath, ProductDraft, WriteError,
    documents::{self, ProductDocument, filters},
};
use futures::TryStreamExt;
use jiff::Timestamp;
use std::collections::{BTreeSet, HashSet};

impl Catalogue {
    /// Stores products that are not there yet; one whose external reference is there stays as it is.
    /// Answers how many were stored. Whatever is refused (an address or a SKU that another product has)
    /// ends it; those before it in the list are stored.
    pub async fn insert_new(&self, drafts: &[ProductDraft]) -> Result<u64, WriteError> {
        let categories: BTreeSet<&CategoryPath> =
            drafts.iter().flat_map(|draft| &draft.categories).collect();
        let categories: Vec<CategoryPath> = categories.into_iter().cloned().collect();
        self.check_categories(&categories).await?;
        let known = self.known_references(drafts).await?;
        let now = Timestamp::now();
        let mut documents = Vec::with_capacity(drafts.len());
        for draft in drafts {
            draft.check()?;
            if draft.external_reference.as_ref().is_some_and(|reference| known.contains(reference))
            {
                continue;
            }
            let mut document = ProductDocument::of(draft, None, now);
            document.derive(now)?;
            documents.push(document);
        }
        if !documents.is_empty() {
            documents::products(&self.database).insert_many(&documents).await?;
        }
        Ok(documents.len() as u64)
    }

    async fn known_references(
        &self,
        drafts: &[ProductDraft],
    ) -> Result<HashSet<crate::product::ExternalReference>, WriteError> {
        let references: Vec<_> =
            drafts.iter().filter_map(|draft| draft.external_reference.as_ref()).collect();
        if references.is_empty() {
            return Ok(HashSet::new());
        }
        let found = documents::references(&self.database)
            .find(filters::having_references(&references))
            .projection(filters::reference_alone())
            .await?;
        let found: Vec<documents::ReferenceDocument> = found.try_collect().await?;
        Ok(found.into_iter().map(|document| document.external_reference).collect())
    }
}
