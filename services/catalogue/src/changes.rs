//! What changes in the catalogue, whoever writes it: MongoDB tells it in order, and a follower goes on
//! where it was, also after a restart.

use crate::{
    Catalogue, Error, Status, Touched,
    documents::stream::{self, Happened, Place},
};
use domain::news::PriceNews;
use futures::{FutureExt, StreamExt};
use mongodb::{
    bson::Document,
    change_stream::{
        ChangeStream,
        event::{ChangeStreamEvent, ResumeToken},
    },
};

/// The topic under which prices are told on the event bus: a list of [`PriceNews`], or null when nothing
/// can be said of which have changed. The key is the first SKU of the product.
pub const TOPIC: &str = "price";

/// What a change means for the pages that show it, which carry these tags (see [`Touched::tags`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// They show something else now.
    Shown(Vec<String>),
    /// The same, and of a product that is not on sale (any more) the pages of its own.
    Withdrawn {
        /// All that show it.
        shown: Vec<String>,
        /// Its own.
        own: Vec<String>,
    },
    /// Nothing can be said of what it was that changed.
    Everything,
}

impl Change {
    fn of(happened: Happened) -> Self {
        match happened {
            Happened::Product(product) => {
                let touched = Touched::by(&product, None);
                match product.status {
                    Status::Published => Self::Shown(touched.tags()),
                    Status::Draft | Status::Withdrawn => {
                        Self::Withdrawn { shown: touched.tags(), own: touched.own_pages() }
                    }
                }
            }
            Happened::Category(category) => {
                Self::Shown(Touched::by_category(&category, None).tags())
            }
            // Where it was is not told. Every page that shows it carries its tag; its own is found
            // to be gone when it is made anew.
            Happened::ProductGone(id) => Self::Shown(vec![format!("product:{id}")]),
            Happened::CategoryGone(path) => Self::Shown(vec![format!("category:{path}")]),
            Happened::Everything => Self::Everything,
        }
    }
}

/// A change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What it means for pages.
    pub pages: Change,
    /// What the product that was changed costs since; nothing if it was none, or is gone.
    pub prices: Vec<PriceNews>,
}

/// The changes, one after the other.
pub struct Changes {
    catalogue: Catalogue,
    stream: ChangeStream<ChangeStreamEvent<Document>>,
    follower: String,
    /// Where the telling is. The stream itself cannot be asked while it waits for more.
    place: Option<ResumeToken>,
    /// Whether changes before the first that is told may have been missed: the follower is new, or was
    /// away for longer than MongoDB remembers.
    pub missed: bool,
}

impl Catalogue {
    /// The changes since the follower of this name has last kept its place.
    pub async fn changes(&self, follower: &str) -> Result<Changes, Error> {
        let place = stream::places(&self.database).find_one(stream::place_of(follower)).await?;
        let known = place.and_then(Place::token);
        let watch = async |after| {
            let watch = self.database.watch().pipeline(stream::of_pages());
            let watch = watch.full_document(stream::WHOLE);
            match after {
                Some(token) => watch.resume_after(token).await,
                None => watch.await,
            }
        };
        let (stream, missed) = match watch(known.clone()).await {
            Ok(stream) => (stream, known.is_none()),
            Err(error) if known.is_some() && stream::is_forgotten(&error) => {
                (watch(None).await?, true)
            }
            Err(error) => return Err(error.into()),
        };
        let (catalogue, follower, place) =
            (self.clone(), follower.to_owned(), stream.resume_token());
        Ok(Changes { catalogue, stream, follower, place, missed })
    }
}

impl Changes {
    /// The next change, once there is one, and those that are there with it, up to `most`. `None` when
    /// MongoDB has ended the telling: it is to be begun anew.
    pub async fn next_few(&mut self, most: usize) -> Result<Option<Vec<Told>>, Error> {
        let Some(first) = self.next().await? else { return Ok(None) };
        let mut few = vec![first];
        // What is not there yet is not waited for; asking for it goes on with the next call.
        while few.len() < most
            && let Some(next) = self.next().now_or_never()
        {
            match next? {
                Some(change) => few.push(change),
                None => break,
            }
        }
        Ok(Some(few))
    }

    /// The next change, once there is one; `None` when MongoDB has ended the telling.
    pub async fn next(&mut self) -> Result<Option<Told>, Error> {
        let Some(event) = self.stream.next().await.transpose()? else { return Ok(None) };
        self.place = Some(event.id.clone());
        let happened = Happened::of(event);
        let prices = match &happened {
            Happened::Product(product) => product.prices(self.catalogue.lens()),
            _ => Vec::new(),
        };
        Ok(Some(Told { pages: Change::of(happened), prices }))
    }

    /// Remembers that everything up to the last change has been dealt with.
    pub async fn keep_place(&mut self) -> Result<(), Error> {
        let Some(token) = &self.place else { return Ok(()) };
        let place = Place::new(&self.follower, token)?;
        stream::places(&self.catalogue.database)
            .replace_one(stream::place_of(&self.follower), place)
            .upsert(true)
            .await?;
        Ok(())
    }
}
