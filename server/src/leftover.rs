//! What a client still sends of a request that was answered before all of it was read (a body that is too
//! large, a form that is none): it is read and thrown away, within bounds. Without that the connection is
//! closed under a client that is sending, and the system forgets the answer that was on its way to it
//! (RFC 9112, 9.6).

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::header,
    middleware::Next,
    response::Response,
};
use futures::StreamExt;
use hyper::body::{Frame, SizeHint};
use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

/// As much is read, and for as long; who sends more may lose the answer.
const MOST: usize = 1024 * 1024;
const WITHIN: Duration = Duration::from_secs(2);

/// The layer around whatever may answer before it has read.
pub async fn read_out(request: Request, next: Next) -> Response {
    // Who waits to be asked for the body has not begun to send it.
    if request.body().is_end_stream() || request.headers().contains_key(header::EXPECT) {
        return next.run(request).await;
    }
    let back = Arc::<Mutex<Option<Body>>>::default();
    let lend = |body| Body::new(Lent { body, back: back.clone() });
    let response = next.run(request.map(lend)).await;
    let rest = back.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(rest) = rest {
        let _ = tokio::time::timeout(WITHIN, throw_away(rest)).await;
    }
    response
}

async fn throw_away(body: Body) {
    let (mut pieces, mut read) = (body.into_data_stream(), 0);
    while read <= MOST
        && let Some(Ok(piece)) = pieces.next().await
    {
        read += piece.len();
    }
}

/// A body that goes back to its place when nobody reads it any more.
struct Lent {
    body: Body,
    back: Arc<Mutex<Option<Body>>>,
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !self.body.is_end_stream() {
            let body = std::mem::take(&mut self.body);
            *self.back.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
        }
    }
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
