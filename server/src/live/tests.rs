//! The board and its pages, without databases.

use super::{board::Board, listener::Listener, news::*};
use bytes::Bytes;
use domain::{Currency, Money, OrderNumber, Sku, stock::StockClass};
use futures::FutureExt;
use std::{future::poll_fn, sync::Arc};

fn sku(name: &str) -> Sku {
    Sku::parse(name).unwrap()
}

fn stock(name: &str, left: u32, version: u64) -> News {
    News { sku: sku(name), said: Said::Stock(StockClass::of(left)), version }
}

fn price(name: &str, minor: i64, version: u64) -> News {
    let said = Said::Price(Some(Money::new(minor, Currency::EUR)));
    News { sku: sku(name), said, version }
}

fn board() -> Arc<Board> {
    Arc::new(Board::new())
}

fn page(board: &Arc<Board>, skus: &[&str], last: Option<&str>) -> Listener {
    board.join(skus.iter().map(|name| sku(name)).collect(), None, last)
}

/// What is sent to a page next, if there is anything.
fn sent(page: &Listener) -> Option<Bytes> {
    poll_fn(|context| page.poll_told(context)).now_or_never().map(|told| told.expect("it is open"))
}

/// The events of it, without their ids; and the last id.
fn events(page: &Listener) -> (Vec<String>, String) {
    let text = String::from_utf8(sent(page).unwrap_or_default().to_vec()).unwrap();
    let mut last = String::new();
    let mut events = Vec::new();
    for event in text.split_terminator("\n\n") {
        let (id, rest) = event.split_once('\n').unwrap();
        last = id.strip_prefix("id: ").unwrap().to_owned();
        events.push(rest.replace("event: ", "").replace("\ndata: ", " "));
    }
    (events, last)
}

fn told(page: &Listener) -> Vec<String> {
    events(page).0
}

fn few(name: &str, left: u32, version: u64) -> String {
    format!(r#"stock {{"sku":"{name}","class":"few_left","left":{left},"version":{version}}}"#)
}

fn none(name: &str, version: u64) -> String {
    format!(r#"stock {{"sku":"{name}","class":"sold_out","version":{version}}}"#)
}

#[test]
fn news_costs_only_the_pages_that_show_it() {
    let board = board();
    let (lamp, both) = (page(&board, &["lamp"], None), page(&board, &["chair", "lamp"], None));
    board.put_up(&[stock("chair", 2, 1), stock("bowl", 1, 1)]);
    assert_eq!(told(&lamp), [""; 0]);
    assert_eq!(told(&both), [few("chair", 2, 1)]);
    board.put_up(&[stock("lamp", 0, 4)]);
    let (one, other) = (sent(&lamp).unwrap(), sent(&both).unwrap());
    assert_eq!(one.as_ptr(), other.as_ptr(), "the bytes are made once");
    // What nobody shows is not kept.
    assert_eq!(board.counts(), (2, 2, 0));
}

#[test]
fn late_news_and_news_told_twice_change_nothing() {
    let board = board();
    let lamp = page(&board, &["lamp"], None);
    board.put_up(&[stock("lamp", 2, 7), price("lamp", 1_900, 3)]);
    assert_eq!(told(&lamp).len(), 2);
    board.put_up(&[stock("lamp", 3, 6), stock("lamp", 2, 7), stock("lamp", 1, 7)]);
    board.put_up(&[price("lamp", 1_500, 2), price("lamp", 1_900, 3)]);
    assert_eq!(told(&lamp), [""; 0]);
    // A later version that says the same is not told, but what is older than it is old.
    board.put_up(&[stock("lamp", 2, 9), stock("lamp", 0, 8)]);
    assert_eq!(told(&lamp), [""; 0]);
    board.put_up(&[stock("lamp", 0, 10)]);
    assert_eq!(told(&lamp), [none("lamp", 10)]);
}

#[test]
fn a_page_that_comes_back_misses_nothing_and_hears_nothing_twice() {
    let board = board();
    let skus = ["lamp", "chair"];
    let first = page(&board, &skus, None);
    board.put_up(&[stock("lamp", 3, 1), stock("chair", 2, 1), price("lamp", 1_900, 1)]);
    let (heard, last) = events(&first);
    assert_eq!(heard.len(), 3);
    drop(first);
    assert_eq!(told(&page(&board, &skus, Some(&last))), [""; 0]);

    board.put_up(&[stock("lamp", 2, 2), stock("lamp", 1, 3)]);
    let again = page(&board, &skus, Some(&last));
    let (heard, last) = events(&again);
    assert_eq!(heard, [few("lamp", 1, 3)]);
    assert_eq!(told(&page(&board, &skus, Some(&last))), [""; 0]);
    // What the id of another board, or of none, vouches for is not known.
    let elsewhere = Board::new();
    for id in ["", "1", "-", "lamp-7", "0-99999999999999999999"] {
        assert_eq!(told(&page(&board, &skus, Some(id))).len(), 3, "{id}");
    }
    let elsewhere = Arc::new(elsewhere);
    let there = page(&elsewhere, &skus, Some(&last));
    elsewhere.put_up(&[stock("lamp", 1, 3)]);
    assert_eq!(told(&there), [few("lamp", 1, 3)]);
}

#[test]
fn a_page_that_reads_slowly_gets_the_latest_and_nothing_piles_up() {
    let board = board();
    let lamp = page(&board, &["lamp", "chair"], None);
    for version in 1..=1_000 {
        board.put_up(&[stock("lamp", (version % 5) as u32, version), stock("chair", 1, 1)]);
        board.put_up(&[price("lamp", version as i64, version)]);
    }
    let heard = told(&lamp);
    assert_eq!(heard.len(), 3, "{heard:?}");
    assert!(heard.contains(&none("lamp", 1_000)));
    assert_eq!(told(&lamp), [""; 0]);
}

#[tokio::test]
async fn what_is_not_known_is_wanted_once_however_many_pages_show_it() {
    let board = board();
    let pages: Vec<_> = (0..100).map(|_| page(&board, &["lamp", "chair"], None)).collect();
    let mut wanted = board.wanted(Kind::Stock, 10).await;
    wanted.sort();
    assert_eq!(wanted, [sku("chair"), sku("lamp")]);
    assert!(board.wanted(Kind::Stock, 10).now_or_never().is_none());
    board.put_up(&[stock("lamp", 2, 1), stock("chair", 9, 1)]);
    assert!(pages.iter().all(|page| told(page).len() == 2));
    // Known now, and told to who comes without another look.
    let late = page(&board, &["lamp"], None);
    assert_eq!(told(&late), [few("lamp", 2, 1)]);
    assert!(board.wanted(Kind::Stock, 10).now_or_never().is_none());
    // One batch after the other.
    assert_eq!(board.wanted(Kind::Price, 1).await.len(), 1);
    assert_eq!(board.wanted(Kind::Price, 10).await.len(), 1);
}

#[tokio::test]
async fn after_a_gap_everything_that_is_shown_is_looked_up_and_what_differs_is_told() {
    let board = board();
    let lamp = page(&board, &["lamp"], None);
    for kind in Kind::ALL {
        board.wanted(kind, 10).await;
    }
    board.put_up(&[stock("lamp", 2, 1), price("lamp", 1_900, 1)]);
    told(&lamp);

    board.be_deaf();
    // Who comes meanwhile is told what is up, and it is looked up.
    let late = page(&board, &["lamp"], None);
    assert_eq!(told(&late).len(), 2);
    assert_eq!(board.wanted(Kind::Stock, 10).await, [sku("lamp")]);
    board.doubt();
    for kind in Kind::ALL {
        assert_eq!(board.wanted(kind, 10).await, [sku("lamp")]);
    }
    board.put_up(&[stock("lamp", 1, 5), price("lamp", 1_900, 1)]);
    assert_eq!(told(&lamp), [few("lamp", 1, 5)]);
}

#[test]
fn who_leaves_leaves_nothing_behind() {
    let board = board();
    let number = OrderNumber::parse("V-7K2M-9QXD").unwrap();
    let pages: Vec<_> = (0..20_000)
        .map(|n| board.join(vec![sku(&format!("s{n}"))], Some(number.clone()), None))
        .collect();
    assert_eq!(board.counts(), (20_000, 20_000, 1));
    drop(pages);
    let (pages, goods, orders) = board.counts();
    assert_eq!((pages, orders), (0, 0));
    assert!(goods <= 10_000, "{goods}");
    board.doubt();
    assert_eq!(board.counts(), (0, 0, 0));
}

#[test]
fn a_node_that_stops_ends_every_stream_and_those_that_come() {
    let board = board();
    let ended =
        |page: &Listener| poll_fn(|context| page.poll_told(context)).now_or_never() == Some(None);
    let before = page(&board, &["lamp"], None);
    assert!(!ended(&before));
    board.close();
    assert!(ended(&before) && ended(&page(&board, &["lamp"], None)));
}
