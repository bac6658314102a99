//! Which provider is asked: for a new attempt the first that may be asked, for an attempt that is recorded
//! the one that it was made at and no other, because its request may have reached it.

use crate::{Error, Provider};
use std::sync::Arc;
use uuid::Uuid;

/// The providers that a store speaks to, in the order in which new attempts prefer them.
#[derive(Clone)]
pub struct Providers {
    preferred: Arc<dyn Provider>,
    others: Arc<[Arc<dyn Provider>]>,
}

impl Providers {
    /// This one, and while it may not be asked the first of the others that may. Each name stands for one: of
    /// two with the same name the first is meant.
    pub fn new(preferred: Arc<dyn Provider>, others: Vec<Arc<dyn Provider>>) -> Self {
        Self { preferred, others: others.into() }
    }

    /// The one that new attempts prefer.
    pub(crate) fn preferred(&self) -> &Arc<dyn Provider> {
        &self.preferred
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<dyn Provider>> {
        std::iter::once(&self.preferred).chain(self.others.iter())
    }

    /// Where a new attempt is made. If none may be asked it is recorded at the preferred one, and waits.
    pub(crate) fn choose(&self) -> &Arc<dyn Provider> {
        self.all().find(|provider| provider.is_available()).unwrap_or(&self.preferred)
    }

    /// The one of this name.
    pub(crate) fn named(&self, name: &str) -> Option<&Arc<dyn Provider>> {
        self.all().find(|provider| provider.name() == name)
    }

    /// The one at which an attempt was made.
    pub(crate) fn of(&self, attempt: Uuid, name: &str) -> Result<&Arc<dyn Provider>, Error> {
        let provider = name.to_owned();
        self.named(name).ok_or(Error::OtherProvider { attempt, provider })
    }
}
