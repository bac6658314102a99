//! The body of a stream: what is told to one page, with a sign of life when there is nothing to tell.

use super::{listener::Listener, order::OrderWatch, places::Place};
use bytes::Bytes;
use futures::Stream;
use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep};

/// After so long without news a sign of life is sent, so that nobody on the way takes the stream for
/// dead.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Ignored by browsers: a comment.
const SIGN_OF_LIFE: &[u8] = b":\n\n";
/// How soon a browser comes back when the stream broke, in milliseconds: not all at once, when a node
/// stops.
const RETRY: std::ops::Range<u64> = 1_000..5_000;

/// What is told to one page, until it leaves or the node stops. Its place goes with it.
pub struct Telling {
    listener: Listener,
    order: Option<Pin<Box<OrderWatch>>>,
    greeted: bool,
    heartbeat: Pin<Box<Sleep>>,
    _place: Place,
}

impl Telling {
    /// The stream of a page, which may show an order.
    pub fn new(listener: Listener, order: Option<OrderWatch>, place: Place) -> Self {
        Self {
            listener,
            order: order.map(Box::pin),
            greeted: false,
            heartbeat: Box::pin(sleep(HEARTBEAT)),
            _place: place,
        }
    }

    fn poll_told(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Poll::Ready(told) = self.listener.poll_told(context) {
            return Poll::Ready(told);
        }
        if let Some(order) = &mut self.order
            && let Poll::Ready(told) = order.as_mut().poll_next(context)
        {
            return Poll::Ready(told);
        }
        self.heartbeat.as_mut().poll(context).map(|()| Some(SIGN_OF_LIFE.into()))
    }
}

impl Stream for Telling {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if !this.greeted {
            this.greeted = true;
            let spread = this.listener.id() * 997 % (RETRY.end - RETRY.start);
            let greeting = format!("retry: {}\n\n", RETRY.start + spread);
            return Poll::Ready(Some(Ok(greeting.into())));
        }
        let told = std::task::ready!(this.poll_told(context));
        this.heartbeat.as_mut().reset(Instant::now() + HEARTBEAT);
        Poll::Ready(told.map(Ok))
    }
}
