//! A client that still sends when it is answered: it gets the answer.

use crate::world::Store;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What is answered to a form of this size, whose body follows when the answer has long been made.
async fn answer(store: &Store, size: usize) -> String {
    let authority = store.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(authority).await.unwrap();
    let head = format!(
        "POST /api/cart/add HTTP/1.1\r\nhost: {authority}\r\norigin: {}\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {size}\r\n\r\n",
        store.url
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    stream.write_all(&vec![b'x'; size]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut told = String::new();
    stream.read_to_string(&mut told).await.unwrap();
    told
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_to_who_sends_it_and_not_cut_off() {
    let store = Store::open().await;
    for size in [70_000, 300_000, 900_000] {
        let told = answer(&store, size).await;
        assert!(told.starts_with("HTTP/1.1 413 ") && told.contains("too_large"), "{size}: {told}");
    }
}
