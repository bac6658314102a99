//! The sandbox mail server, by what a client sends and what it is shown.

use sandbox::mail::{Config, Mischief, Prank, Running, spawn};
use std::path::{Path, PathBuf};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

const LETTER: &str = "From: Shop <shop@shop.example>\r\nTo: Ada <ada@example.org>\r\n\
    Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <1@shop.example>\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\r\nHello <Ada>,\r\n..a dot\r\n.\r\n";

fn state() -> PathBuf {
    let name = format!("mail-{}", uuid::Uuid::now_v7().simple());
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

async fn server(state: &Path) -> Running {
    let free = "127.0.0.1:0".parse().unwrap();
    spawn(Config { smtp: free, listen: free, state: state.to_owned() }).await.unwrap()
}

/// A client that says whatever it likes.
struct Client(BufReader<TcpStream>);

impl Client {
    async fn of(server: &Running) -> Self {
        Self(BufReader::new(TcpStream::connect(server.smtp()).await.unwrap()))
    }

    /// The next answer, with all its lines; nothing, if the server has hung up.
    async fn hear(&mut self) -> String {
        let mut answer = String::new();
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).await.unwrap_or_default() == 0 {
                return answer;
            }
            let goes_on = line.as_bytes().get(3) == Some(&b'-');
            answer.push_str(&line);
            if !goes_on {
                return answer;
            }
        }
    }

    async fn say(&mut self, words: &str) -> String {
        self.0.get_mut().write_all(words.as_bytes()).await.unwrap();
        self.hear().await
    }

    /// Says each, and hears the code that it should.
    async fn go_through(&mut self, words: &[(&str, &str)]) {
        for (said, code) in words {
            let heard = self.say(said).await;
            assert!(heard.starts_with(code), "{said:?} is answered {heard:?}");
        }
    }

    /// Hands the letter over; what is said at last.
    async fn hand_over(&mut self) -> String {
        assert!(self.hear().await.starts_with("220"));
        self.go_through(&[
            ("EHLO shop.example\r\n", "250"),
            ("MAIL FROM:<shop@shop.example>\r\n", "250"),
            ("RCPT TO:<ada@example.org>\r\n", "250"),
            ("DATA\r\n", "354"),
        ])
        .await;
        self.say(LETTER).await
    }
}

#[tokio::test]
async fn a_letter_that_was_taken_is_shown_and_survives_a_restart() {
    let state = state();
    let running = server(&state).await;
    let mut client = Client::of(&running).await;
    assert!(client.hand_over().await.starts_with("250"));
    assert!(client.say("QUIT\r\n").await.starts_with("221"));
    let taken = running.letters();
    running.stop().await.unwrap();

    let running = server(&state).await;
    assert_eq!(running.letters(), taken);
    let read = taken[0].read().unwrap();
    assert_eq!(taken[0].to, ["ada@example.org"]);
    assert_eq!(read.subject.as_deref(), Some("Grüße"));
    assert_eq!(read.text.as_deref(), Some("Hello <Ada>,\r\n.a dot\r\n"), "dots are unstuffed");
    let pages = reqwest::Client::builder().no_proxy().build().unwrap();
    let page = async |path: &str| {
        let url = format!("http://{}{path}", running.addr());
        pages.get(url).send().await.unwrap().text().await.unwrap()
    };
    let list = page("/").await;
    assert!(list.contains("Grüße") && list.contains("ada@example.org"), "{list}");
    let letter = page(&format!("/letters/{}", taken[0].id)).await;
    assert!(letter.contains("Hello &lt;Ada&gt;,"), "{letter}");
    running.stop().await.unwrap();
}

#[tokio::test]
async fn what_comes_out_of_turn_or_is_no_command_is_refused_and_forgiven() {
    let running = server(&state()).await;
    let mut client = Client::of(&running).await;
    assert!(client.hear().await.starts_with("220"));
    client
        .go_through(&[
            ("EHLO shop.example\r\n", "250"),
            ("RCPT TO:<ada@example.org>\r\n", "503"),
            ("DATA\r\n", "503"),
            ("SING\r\n", "500"),
            ("MAIL FROM:<shop@shop.example>\r\n", "250"),
            ("MAIL FROM:<shop@shop.example>\r\n", "503"),
            ("DATA\r\n", "503"),
            ("RSET\r\n", "250"),
            ("RCPT TO:<ada@example.org>\r\n", "503"),
        ])
        .await;
    drop(client);
    assert!(Client::of(&running).await.hand_over().await.starts_with("250"));
    assert_eq!(running.letters().len(), 1);
    running.stop().await.unwrap();
}

#[tokio::test]
async fn each_prank_is_what_it_says() {
    let running = server(&state()).await;
    let play = |prank| running.set(Mischief { prank, times: Some(1) });
    for (prank, answer, kept) in [
        (Prank::TryLater, "451", 0),
        (Prank::Refuse, "554", 0),
        (Prank::Vanish, "", 0),
        (Prank::BreakOff, "", 1),
        (Prank::None, "250", 2),
    ] {
        play(prank);
        let heard = Client::of(&running).await.hand_over().await;
        assert!(
            heard.starts_with(answer) && heard.is_empty() == answer.is_empty(),
            "{prank:?}: {heard}"
        );
        assert_eq!(running.letters().len(), kept, "{prank:?}");
    }
    play(Prank::Busy);
    assert!(Client::of(&running).await.hear().await.starts_with("421"));
    play(Prank::UnknownRecipient);
    let mut client = Client::of(&running).await;
    assert!(client.hear().await.starts_with("220"));
    client
        .go_through(&[
            ("EHLO shop.example\r\n", "250"),
            ("MAIL FROM:<shop@shop.example>\r\n", "250"),
            ("RCPT TO:<ada@example.org>\r\n", "550"),
        ])
        .await;
    running.stop().await.unwrap();
}
