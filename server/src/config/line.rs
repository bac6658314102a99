//! What is sold by a line: its settings, what makes sense of them, and the service made of them.

use super::list;
use crate::roles::{Need, Needs};
use admissions::{Admissions, Parts, ProductDrop};
use domain::{Sku, Slug};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fmt::Display,
    num::{NonZeroU16, NonZeroU32},
    time::Duration,
};

/// Lines, and what is sold by them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// What tickets are signed with.
    pub secret: Option<SecretString>,
    /// How many nodes give out turns.
    pub nodes: u16,
    /// How many tickets one address is given a minute.
    pub tickets_per_minute: u32,
    /// The drops, by the names of their lines.
    pub drops: BTreeMap<String, Drop>,
}

/// A product drop. What of it is not set is told when the whole is looked at.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Drop {
    /// What it is called.
    pub title: String,
    /// The products that are sold by it, by their slugs.
    #[serde(deserialize_with = "list")]
    pub products: Vec<String>,
    /// Only these of their SKUs.
    #[serde(deserialize_with = "list")]
    pub skus: Vec<String>,
    /// From when on somebody is admitted.
    pub opens: Option<Timestamp>,
    /// From when on nothing is in the way.
    pub ends: Option<Timestamp>,
    /// How many the whole store admits a minute.
    pub admits_per_minute: u32,
    /// How long somebody may buy whose turn it is, in seconds.
    pub admitted_seconds: u64,
    /// Over how long a time those are let in who came before the opening, in seconds.
    pub draw_seconds: u64,
}

impl Default for Drop {
    fn default() -> Self {
        Self {
            title: String::new(),
            products: Vec::new(),
            skus: Vec::new(),
            opens: None,
            ends: None,
            admits_per_minute: 60,
            admitted_seconds: 600,
            draw_seconds: 30,
        }
    }
}

/// More than any store can sell, and few enough that a node's turns keep apart: microseconds are counted.
const MOST_PER_MINUTE: u32 = 1_000_000;
const DAY: u64 = 24 * 3600;

impl Line {
    /// The service. Drops that make no sense were told of by [`Self::problems`].
    pub fn admissions(&self, began: Timestamp) -> Admissions {
        let drops = self.drops.iter().filter_map(|(name, drop)| drop.read(name).ok());
        Admissions::new(Parts {
            drops: drops.collect(),
            secret: self.secret.clone(),
            nodes: NonZeroU16::new(self.nodes).unwrap_or(NonZeroU16::MIN),
            tickets_per_minute: NonZeroU32::new(self.tickets_per_minute).unwrap_or(NonZeroU32::MIN),
            began,
        })
    }

    /// What is needed and was not set: of a node that admits nobody, nothing.
    pub(super) fn missing(&self, needs: &Needs) -> Option<String> {
        let needed = needs.has(Need::Tickets) && !self.drops.is_empty() && self.secret.is_none();
        needed.then(|| "line.secret is not set (VITRINE__LINE__SECRET)".to_owned())
    }

    /// Everything that makes no sense, a line each.
    pub(super) fn problems(&self) -> Vec<String> {
        let long_enough =
            self.secret.as_ref().is_none_or(|secret| secret.expose_secret().len() >= 32);
        let rules = [
            (long_enough, "line.secret needs at least 32 characters"),
            (self.nodes > 0, "line.nodes must be at least 1"),
            (self.tickets_per_minute > 0, "line.tickets_per_minute must be at least 1"),
        ];
        let broken = rules.into_iter().filter(|(fine, _)| !fine).map(|(_, rule)| rule.to_owned());
        let drops = self.drops.iter().filter_map(|(name, drop)| drop.read(name).err());
        broken.chain(drops.flatten()).collect()
    }
}

impl Drop {
    /// The drop, or all that is wrong with it.
    fn read(&self, name: &str) -> Result<ProductDrop, Vec<String>> {
        let mut wrong = Vec::new();
        let key = format!("line.drops.{name}");
        let mut note = |what: &str| wrong.push(format!("{key}{what}"));
        let line = Slug::parse(name).map_err(|why| note(&format!(": its name: {why}"))).ok();
        if self.title.trim().is_empty() {
            note(".title is not set");
        }
        if self.products.is_empty() {
            note(".products is not set");
        }
        if self.opens.is_none() {
            note(".opens is not set");
        }
        if self.ends.is_none() {
            note(".ends is not set");
        }
        if self.opens.zip(self.ends).is_some_and(|(opens, ends)| opens >= ends) {
            note(".ends must be after opens");
        }
        let admits = NonZeroU32::new(self.admits_per_minute)
            .filter(|admits| admits.get() <= MOST_PER_MINUTE);
        if admits.is_none() {
            note(&format!(".admits_per_minute must be between 1 and {MOST_PER_MINUTE}"));
        }
        if !(60..=DAY).contains(&self.admitted_seconds) {
            note(&format!(".admitted_seconds must be between 60 and {DAY}"));
        }
        if self.draw_seconds > 3_600 {
            note(".draw_seconds must be at most 3600");
        }
        let products = all(&self.products, Slug::parse, |why| note(&format!(".products: {why}")));
        let skus = all(&self.skus, Sku::parse, |why| note(&format!(".skus: {why}")));
        let (Some(name), Some(opens), Some(ends), Some(admits_per_minute), true) =
            (line, self.opens, self.ends, admits, wrong.is_empty())
        else {
            return Err(wrong);
        };
        Ok(ProductDrop {
            name,
            title: self.title.trim().to_owned(),
            products,
            skus,
            opens,
            ends,
            admits_per_minute,
            admitted: Duration::from_secs(self.admitted_seconds),
            draw: Duration::from_secs(self.draw_seconds),
        })
    }
}

/// The names that are any; of the others it is told what is wrong with them.
fn all<T, E: Display>(
    texts: &[String],
    parse: impl Fn(&str) -> Result<T, E>,
    mut tell: impl FnMut(&str),
) -> Vec<T> {
    let mut read = Vec::new();
    for text in texts {
        match parse(text) {
            Ok(name) => read.push(name),
            Err(why) => tell(&format!("`{text}`: {why}")),
        }
    }
    read
}
