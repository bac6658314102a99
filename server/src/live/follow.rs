//! From the event bus to the board.

use super::{
    board::Board,
    news::{Kind, News},
};
use domain::OrderNumber;
use inventory::StockChanged;
use platform::events::Event;
use std::sync::Arc;
use tokio::sync::{broadcast, watch};

/// Puts up what the bus tells, until it ends. After a break, and when more was told than could be
/// followed, something may have been missed, and the board is doubted.
pub async fn follow(
    board: Arc<Board>,
    mut news: broadcast::Receiver<Arc<Event>>,
    mut hears: watch::Receiver<bool>,
) {
    use broadcast::error::RecvError::{Closed, Lagged};
    loop {
        tokio::select! {
            // What the bus remembered after a break is told before it counts as heard.
            biased;
            told = news.recv() => match told {
                Ok(event) => take_in(&board, &event),
                Err(Lagged(missed)) => {
                    tracing::warn!(missed, "news came too fast; what pages show is looked up");
                    board.doubt();
                }
                Err(Closed) => return,
            },
            Ok(()) = hears.changed() => match *hears.borrow_and_update() {
                true => board.doubt(),
                false => board.be_deaf(),
            },
        }
    }
}

/// What this version cannot read is of no use to it.
fn take_in(board: &Board, event: &Event) {
    match event.topic.as_str() {
        inventory::event::TOPIC => {
            if let Ok(changed) = serde_json::from_value::<StockChanged>(event.payload.clone()) {
                board.put_up(&[changed.into()]);
            }
        }
        catalogue::changes::TOPIC => match serde_json::from_value(event.payload.clone()) {
            Ok(Some(prices)) => board.put_up(&News::of_prices(prices)),
            Ok(None) => board.doubt_kind(Kind::Price),
            Err(_) => {}
        },
        orders::TOPIC => {
            if let Ok(number) = OrderNumber::parse(&event.key) {
                board.nudge(&number);
            }
        }
        _ => {}
    }
}
