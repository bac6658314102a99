//! What stands before everything else: a page that is at hand is answered here, and nothing else
//! runs for it. Every other request goes on to the store.

use super::Edge;
use axum::{
    Router, body::Body, extract::Request, response::Response, routing::future::RouteFuture,
};
use futures::future::{Either, Ready, ready};
use std::{
    convert::Infallible,
    task::{Context, Poll},
};
use tower::Service;

/// The store with its pages at hand in front.
#[derive(Clone)]
pub struct Front {
    edge: Edge,
    store: Router,
}

impl Front {
    /// The edge's pages in front of the store.
    pub fn new(edge: Edge, store: Router) -> Self {
        Self { edge, store }
    }
}

impl Service<Request<Body>> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = Either<Ready<Result<Response, Infallible>>, RouteFuture<Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request<Body>>::poll_ready(&mut self.store, context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match self.edge.at_hand(request.method(), request.uri(), request.headers()) {
            Some(response) => Either::Left(ready(Ok(response))),
            None => Either::Right(self.store.call(request)),
        }
    }
}
