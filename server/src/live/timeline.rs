//! One order for a program: how it stands, and what has happened to it since the program was last told. What happened
//! has a place on the order's timeline, which is the id of its event, so that whoever comes back is told the rest.
//! As for pages, news from the bus is only a reason to look.

use super::{
    Live,
    order::{AGAIN, OrderWatch, look_again_after},
    places::{Full, Place},
    telling::Telling,
};
use axum::body::Body;
use bytes::Bytes;
use domain::{OrderNumber, order::OrderView};
use futures::stream;
use orders::{Error, Orders};
use std::{net::IpAddr, sync::Arc};
use tokio::{sync::Notify, time::timeout};

/// An order, and by what it is opened.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The order.
    pub number: OrderNumber,
    /// Its key; the merchant needs none.
    pub key: Option<String>,
}

/// What a program is sent, written as its API has it.
pub struct Told {
    /// How the order stands.
    pub standing: fn(&OrderView) -> String,
    /// Something that happened to it.
    pub happening: fn(&OrderNumber, &orders::Happening) -> String,
}

/// Why there is no stream.
#[derive(Debug)]
pub enum NoStream {
    /// Too many listen.
    Full(Full),
    /// There is no such order, or the key is not its own.
    Unknown,
    /// It could not be read.
    Failed(Error),
}

struct Watched {
    orders: Orders,
    opened: Opened,
    told: Told,
    nudges: Arc<Notify>,
    /// The place of what was told last.
    place: i64,
    /// How it stood when that was told last.
    standing: Option<String>,
    /// What is to be told before anything is waited for.
    first: Option<Bytes>,
}

impl Live {
    /// A stream of server-sent events about an order, behind this place on its timeline.
    pub async fn timeline(
        &self,
        orders: Orders,
        opened: Opened,
        told: Told,
        after: i64,
        client: IpAddr,
    ) -> Result<Body, NoStream> {
        let place: Place = self.places.take(client).map_err(NoStream::Full)?;
        // Listening begins before looking, so that nothing falls in between.
        let listener = self.board.join(Vec::new(), Some(opened.number.clone()), None);
        let nudges = listener.nudges();
        let mut watched =
            Watched { orders, opened, told, nudges, place: after, standing: None, first: None };
        let first = watched.look().await.map_err(NoStream::Failed)?;
        watched.first = Some(first.ok_or(NoStream::Unknown)?);
        let news = stream::unfold(watched, |mut watched| async move {
            let news = watched.next().await?;
            Some((news, watched))
        });
        Ok(Body::from_stream(Telling::new(listener, Some(OrderWatch::of(news)), place)))
    }
}

impl Watched {
    /// The next news; `None` once the order cannot be seen any more.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        let usual = look_again_after(&self.opened.number);
        let mut patience = usual;
        loop {
            // Woken by news, or by the clock if that was lost.
            let _ = timeout(patience, self.nudges.notified()).await;
            patience = usual;
            match self.look().await {
                Ok(Some(news)) if news.is_empty() => {}
                Ok(news) => return news,
                Err(error) => {
                    tracing::warn!(%error, "an order could not be read");
                    patience = AGAIN;
                }
            }
        }
    }

    /// All that is new, as events; `None` if the order cannot be seen.
    async fn look(&mut self) -> Result<Option<Bytes>, Error> {
        let Opened { number, key } = &self.opened;
        let found = match key {
            Some(key) => self.orders.find(number, key).await?,
            None => self.orders.find_for_staff(number).await?,
        };
        let Some(order) = found else { return Ok(None) };
        let mut news = String::new();
        loop {
            let happenings = self.orders.happenings(number, self.place).await?;
            let Some(last) = happenings.last() else { break };
            self.place = last.place;
            for happening in &happenings {
                let (place, data) = (happening.place, (self.told.happening)(number, happening));
                news.push_str(&format!("event: happened\nid: {place}\ndata: {data}\n\n"));
            }
        }
        // Without an id: the one of what happened last stays the last.
        let standing = (self.told.standing)(&order);
        if self.standing.as_ref() != Some(&standing) {
            news.push_str(&format!("event: standing\ndata: {standing}\n\n"));
            self.standing = Some(standing);
        }
        Ok(Some(news.into()))
    }
}
