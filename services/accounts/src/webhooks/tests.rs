//! Names that lead where they should not: the resolver is one of the tests' own.

use super::{
    destination::{Lookup, Reach},
    secret::SigningSecret,
    sender::{Heard, Letter, Sender},
};
use std::{
    io,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use uuid::Uuid;

/// Names that lead somewhere else each time they are asked for, in turn.
#[derive(Clone)]
struct Fickle {
    answers: Arc<Vec<Vec<IpAddr>>>,
    asked: Arc<AtomicUsize>,
}

impl Fickle {
    fn leading_to(answers: &[&[&str]]) -> Self {
        let read =
            |addresses: &&[&str]| addresses.iter().map(|text| text.parse().unwrap()).collect();
        Self { answers: Arc::new(answers.iter().map(read).collect()), asked: Arc::default() }
    }
}

impl Lookup for Fickle {
    async fn lookup(&self, _: String) -> io::Result<Vec<IpAddr>> {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(self.answers[turn % self.answers.len()].clone())
    }
}

/// A receiver without TLS that says yes and closes; answers its port and how many came.
async fn receiver() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, came) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let count = came.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let mut heard = [0; 4_096];
            let _ = stream.read(&mut heard).await;
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
        }
    });
    (port, came)
}

async fn send(sender: &Sender, url: String) -> Heard {
    let secrets = vec![SigningSecret::random()];
    sender.send(&Letter { id: Uuid::now_v7(), url, body: "{}".to_owned(), secrets }).await
}

fn failure(heard: &Heard) -> &str {
    assert_eq!(heard.status, None, "{heard:?}");
    heard.failure.as_deref().unwrap()
}

#[tokio::test]
async fn a_name_that_leads_into_the_merchants_network_is_not_followed() {
    let (port, came) = receiver().await;
    for addresses in [
        &["127.0.0.1"][..],
        &["::1"],
        &["::ffff:127.0.0.1"],
        &["169.254.169.254"],
        &["10.0.0.7"],
        // One good address makes the other no better.
        &["93.184.216.34", "127.0.0.1"],
    ] {
        let names = Fickle::leading_to(&[addresses]);
        let sender = Sender::with_lookup(Reach::Public, names).unwrap();
        let heard = send(&sender, format!("https://wms.example:{port}/hooks")).await;
        let words = failure(&heard);
        assert!(words.starts_with("wms.example leads to "), "{words}");
        assert!(words.ends_with("which is no public address"), "{words}");
    }
    assert_eq!(came.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn the_connection_goes_to_the_address_that_was_looked_at() {
    let (port, came) = receiver().await;
    // Whoever looked and then resolved again would be led to where nobody listens.
    let names = Fickle::leading_to(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let sender = Sender::with_lookup(Reach::Private, names.clone()).unwrap();
    let heard = send(&sender, format!("http://localhost:{port}/")).await;
    assert_eq!(heard, Heard { status: Some(204), failure: None });
    assert_eq!((came.load(Ordering::SeqCst), names.asked.load(Ordering::SeqCst)), (1, 1));
}

#[tokio::test]
async fn what_was_public_yesterday_is_looked_at_again_today() {
    let (port, came) = receiver().await;
    let names = Fickle::leading_to(&[&["127.0.0.1"], &["10.0.0.7"]]);
    let sender = Sender::with_lookup(Reach::Private, names).unwrap();
    let url = format!("http://localhost:{port}/");
    assert_eq!(send(&sender, url.clone()).await.status, Some(204));
    // Without TLS not even a private address is this machine.
    let heard = send(&sender, url).await;
    assert!(failure(&heard).starts_with("localhost leads to 10.0.0.7"), "{heard:?}");
    assert_eq!(came.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_address_that_was_allowed_once_is_not_for_ever() {
    let (port, came) = receiver().await;
    let sender = Sender::new(Reach::Public).unwrap();
    for (url, words) in [
        (format!("http://127.0.0.1:{port}/"), "the URL has to begin with https://"),
        (format!("https://127.0.0.1:{port}/"), "127.0.0.1 is no public address"),
        (format!("https://[::1]:{port}/"), "[::1] is no public address"),
    ] {
        let heard = send(&sender, url).await;
        assert!(failure(&heard).starts_with(words), "{heard:?}");
    }
    assert_eq!(came.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_name_that_leads_nowhere_is_told() {
    let sender = Sender::with_lookup(Reach::Public, Fickle::leading_to(&[&[]])).unwrap();
    let heard = send(&sender, "https://wms.example/".to_owned()).await;
    assert_eq!(failure(&heard), "wms.example leads nowhere: it has no address");
}
