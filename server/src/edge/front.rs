//! What stands before everything else: the pages that are the same for everyone are answered here, and
//! nothing else runs for them. One that is at hand is answered at once, any other when it is here. Every
//! other request goes on to the store.

use super::{
    Edge,
    key::{self, Plan},
};
use axum::{
    Router, body::Body, extract::Request, response::Response, routing::future::RouteFuture,
};
use futures::{
    FutureExt,
    future::{BoxFuture, Either, Ready, ready},
};
use std::{
    convert::Infallible,
    task::{Context, Poll},
};
use tower::Service;

/// The store with its pages in front.
#[derive(Clone)]
pub struct Front {
    /// `None` on a node that serves no such pages: the store says so.
    edge: Option<Edge>,
    store: Router,
}

impl Front {
    /// The edge's pages, if it is this node that serves them, in front of the store.
    pub fn new(edge: Option<Edge>, store: Router) -> Self {
        Self { edge, store }
    }
}

type Answer = Result<Response, Infallible>;

impl Service<Request<Body>> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future =
        Either<Ready<Answer>, Either<BoxFuture<'static, Answer>, RouteFuture<Infallible>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request<Body>>::poll_ready(&mut self.store, context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (method, headers) = (request.method(), request.headers());
        let (Some(edge), Plan::Cached(key)) = (&self.edge, key::plan(method, request.uri())) else {
            return Either::Right(Either::Right(self.store.call(request)));
        };
        if let Some(response) = edge.at_hand(&key, method, headers) {
            return Either::Left(ready(Ok(response)));
        }
        let (edge, key) = (edge.clone(), key.into_owned());
        let answering =
            async move { Ok(edge.fetched(&key, request.method(), request.headers()).await) };
        Either::Right(Either::Left(answering.boxed()))
    }
}
