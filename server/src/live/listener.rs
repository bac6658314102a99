//! A page that listens.

use super::{board::Board, mailbox::Mailbox};
use bytes::Bytes;
use domain::{OrderNumber, Sku};
use std::{
    sync::Arc,
    task::{Context, Poll},
};
use tokio::sync::Notify;

/// A page on the board, until it is dropped.
pub struct Listener {
    /// The board that it listens to.
    pub(super) board: Arc<Board>,
    /// A number that no other page of this node has.
    pub(super) id: u64,
    /// What it shows.
    pub(super) skus: Vec<Sku>,
    /// The order that it shows.
    pub(super) order: Option<OrderNumber>,
    /// What waits to be sent to it.
    pub(super) mailbox: Arc<Mailbox>,
    /// Wakes it when something was told of its order, or may have been missed.
    pub(super) nudges: Arc<Notify>,
}

impl Listener {
    /// What is to be sent to the page, once there is something; `None` when the stream is to end.
    pub fn poll_told(&self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.mailbox.poll_take(context)
    }

    /// Is woken when something was told of the page's order, or may have been missed.
    pub fn nudges(&self) -> Arc<Notify> {
        self.nudges.clone()
    }

    /// A number that no other page of this node has.
    pub fn id(&self) -> u64 {
        self.id
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.board.leave(self);
    }
}
