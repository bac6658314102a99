//! What was taken, in memory and in the durable file, and what goes wrong meanwhile.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use mail_parser::MessageParser;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::journal::{Journal, Unwritable};

use super::mischief::{Mischief, Prank};

/// A letter as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Its name here.
    pub id: Uuid,
    /// When it came.
    pub at: Timestamp,
    /// Whom the envelope names as its sender.
    pub from: String,
    /// To whom the envelope goes.
    pub to: Vec<String>,
    /// All of it, headers and body.
    pub raw: String,
}

/// A letter as it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Read {
    /// Its `Message-ID`, without the angle brackets.
    pub message_id: Option<String>,
    /// Its subject.
    pub subject: Option<String>,
    /// From whom it says to be, name and address.
    pub from: Vec<(Option<String>, Option<String>)>,
    /// For whom it says to be.
    pub to: Vec<(Option<String>, Option<String>)>,
    /// The names of its headers, as often as they are there.
    pub headers: Vec<String>,
    /// What it says to those who read text.
    pub text: Option<String>,
    /// What it says to those who read HTML.
    pub html: Option<String>,
}

impl Letter {
    /// Reads it; `None` if it is none.
    pub fn read(&self) -> Option<Read> {
        let message = MessageParser::default().parse(self.raw.as_bytes())?;
        let people = |address: Option<&mail_parser::Address<'_>>| {
            let all = address.into_iter().flat_map(|address| address.iter());
            all.map(|one| (one.name().map(str::to_owned), one.address().map(str::to_owned)))
                .collect()
        };
        Some(Read {
            message_id: message.message_id().map(str::to_owned),
            subject: message.subject().map(str::to_owned),
            from: people(message.from()),
            to: people(message.to()),
            headers: message.headers().iter().map(|header| header.name().to_owned()).collect(),
            text: message.body_text(0).map(|text| text.into_owned()),
            html: message.body_html(0).map(|html| html.into_owned()),
        })
    }
}

/// The letterbox; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Letterbox(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    journal: Journal<Letter>,
    letters: Mutex<Vec<Letter>>,
    mischief: Mutex<Mischief>,
}

impl Letterbox {
    pub fn new(journal: Journal<Letter>, letters: Vec<Letter>) -> Self {
        let letters = Mutex::new(letters);
        Self(Arc::new(Inside { journal, letters, mischief: Mutex::default() }))
    }

    /// Keeps a letter. It is on the disk when this returns.
    pub async fn keep(
        &self,
        from: String,
        to: Vec<String>,
        bytes: &[u8],
    ) -> Result<(), Unwritable> {
        let raw = String::from_utf8_lossy(bytes).into_owned();
        let letter = Letter { id: Uuid::now_v7(), at: Timestamp::now(), from, to, raw };
        let position = {
            // Both under one lock: the file has them in the order in which the memory does.
            let mut letters = lock(&self.0.letters);
            let position = self.0.journal.append(&letter)?;
            letters.push(letter);
            position
        };
        self.0.journal.settled(position).await
    }

    pub fn letters(&self) -> Vec<Letter> {
        lock(&self.0.letters).clone()
    }

    pub fn letter(&self, id: Uuid) -> Option<Letter> {
        lock(&self.0.letters).iter().find(|letter| letter.id == id).cloned()
    }

    pub fn is_writable(&self) -> bool {
        self.0.journal.is_writable()
    }

    pub fn mischief(&self) -> Mischief {
        *lock(&self.0.mischief)
    }

    pub fn set_mischief(&self, mischief: Mischief) {
        *lock(&self.0.mischief) = mischief;
    }

    /// What goes wrong with the conversation that begins now.
    pub fn prank(&self) -> Prank {
        lock(&self.0.mischief).next()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
