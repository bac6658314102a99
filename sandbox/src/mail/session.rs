//! Conversations over SMTP (RFC 5321). What a client says is read by `smtp-proto`; here is what is answered.

use std::borrow::Cow;
use std::io;
use std::time::Duration;

use smtp_proto::request::receiver::{DataReceiver, RequestReceiver};
use smtp_proto::{Error, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::letterbox::Letterbox;
use super::mischief::Prank;

/// Who says nothing for so long is hung up on.
const SILENCE: Duration = Duration::from_secs(300);
/// Largest letter, in bytes.
const LETTER_LIMIT: usize = 10 * 1024 * 1024;
/// Most addresses on one envelope.
const RECIPIENTS_LIMIT: usize = 100;
/// How much is read at once, in bytes.
const CHUNK: usize = 16 * 1024;

/// Accepts until it is told to stop; conversations under way are then cut off, as by a machine that goes.
pub async fn accept(listener: TcpListener, letterbox: Letterbox, stop: CancellationToken) {
    let mut conversations = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            Some(_) = conversations.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let letterbox = letterbox.clone();
                    conversations.spawn(async move {
                        if let Err(error) = Session::begin(stream, letterbox).converse().await {
                            tracing::debug!(%error, "a conversation ended early");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
}

/// What to do after a word.
enum Next {
    /// Listen on.
    Listen,
    /// Hear a letter.
    Letter,
    /// Hang up.
    HangUp,
}

/// One conversation.
struct Session {
    stream: TcpStream,
    letterbox: Letterbox,
    prank: Prank,
    from: Option<String>,
    to: Vec<String>,
}

impl Session {
    fn begin(stream: TcpStream, letterbox: Letterbox) -> Self {
        let prank = letterbox.prank();
        Self { stream, letterbox, prank, from: None, to: Vec::new() }
    }

    async fn converse(mut self) -> io::Result<()> {
        if self.prank == Prank::Busy {
            return self.say("421 4.3.2 sandbox has no time for you now").await;
        }
        self.say("220 sandbox ESMTP: nothing is delivered").await?;
        let mut requests = RequestReceiver::default();
        let mut letter: Option<(DataReceiver, Vec<u8>)> = None;
        let mut chunk = vec![0; CHUNK];
        loop {
            let read = tokio::time::timeout(SILENCE, self.stream.read(&mut chunk)).await??;
            if read == 0 {
                return Ok(());
            }
            let mut bytes = chunk[..read].iter();
            while !bytes.as_slice().is_empty() {
                if let Some((data, body)) = &mut letter {
                    if self.prank == Prank::Vanish {
                        return Ok(());
                    }
                    let is_whole = data.ingest(&mut bytes, body);
                    if body.len() > LETTER_LIMIT {
                        return self.say("552 5.3.4 that is too long").await;
                    }
                    if is_whole {
                        let body = std::mem::take(body);
                        letter = None;
                        if !self.take(&body).await? {
                            return Ok(());
                        }
                    }
                    continue;
                }
                let next = match requests.ingest(&mut bytes) {
                    Ok(request) => self.answer(request).await?,
                    Err(Error::NeedsMoreData { .. }) => break,
                    Err(error) => self.object(&error).await?,
                };
                match next {
                    Next::Listen => {}
                    Next::Letter => letter = Some((DataReceiver::new(), Vec::new())),
                    Next::HangUp => return Ok(()),
                }
            }
        }
    }

    async fn answer(&mut self, request: Request<Cow<'_, str>>) -> io::Result<Next> {
        match request {
            Request::Ehlo { .. } => {
                self.forget();
                let limit = LETTER_LIMIT;
                self.say(&format!(
                    "250-sandbox\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE {limit}"
                ))
                .await?;
            }
            Request::Helo { .. } => {
                self.forget();
                self.say("250 sandbox").await?;
            }
            Request::Mail { .. } if self.from.is_some() => {
                self.say("503 5.5.1 one letter after the other").await?;
            }
            Request::Mail { from } => {
                self.from = Some(from.address.into_owned());
                self.say("250 2.1.0 go on").await?;
            }
            Request::Rcpt { .. } if self.from.is_none() => {
                self.say("503 5.5.1 from whom?").await?;
            }
            Request::Rcpt { .. } if self.prank == Prank::UnknownRecipient => {
                self.say("550 5.1.1 no such mailbox here").await?;
            }
            Request::Rcpt { .. } if self.to.len() == RECIPIENTS_LIMIT => {
                self.say("452 4.5.3 too many recipients").await?;
            }
            Request::Rcpt { to } => {
                self.to.push(to.address.into_owned());
                self.say("250 2.1.5 go on").await?;
            }
            Request::Data if self.to.is_empty() => self.say("503 5.5.1 to whom?").await?,
            Request::Data => {
                self.say("354 end with a dot").await?;
                return Ok(Next::Letter);
            }
            Request::Rset => {
                self.forget();
                self.say("250 2.0.0 forgotten").await?;
            }
            Request::Noop { .. } => self.say("250 2.0.0 still here").await?,
            Request::Quit => {
                self.say("221 2.0.0 good-bye").await?;
                return Ok(Next::HangUp);
            }
            _ => self.say("502 5.5.1 not here").await?,
        }
        Ok(Next::Listen)
    }

    /// Answers what is no request.
    async fn object(&mut self, error: &Error) -> io::Result<Next> {
        match error {
            // Where the next request begins cannot be told any more.
            Error::ResponseTooLong => {
                self.say("500 5.5.2 that line is too long").await?;
                Ok(Next::HangUp)
            }
            Error::UnknownCommand => {
                self.say("500 5.5.2 what?").await?;
                Ok(Next::Listen)
            }
            _ => {
                self.say("501 5.5.4 that is not understood").await?;
                Ok(Next::Listen)
            }
        }
    }

    /// Takes a whole letter; whether the conversation goes on.
    async fn take(&mut self, body: &[u8]) -> io::Result<bool> {
        let (from, to) = (self.from.take().unwrap_or_default(), std::mem::take(&mut self.to));
        match self.prank {
            Prank::TryLater => {
                self.say("451 4.7.1 come again later").await?;
                return Ok(true);
            }
            Prank::Refuse => {
                self.say("554 5.7.1 this is not wanted here").await?;
                return Ok(true);
            }
            _ => {}
        }
        if self.letterbox.keep(from, to, body).await.is_err() {
            self.say("452 4.3.1 no room on the disk").await?;
            return Ok(true);
        }
        match self.prank {
            Prank::BreakOff => return Ok(false),
            Prank::Hang => {
                tokio::time::sleep(SILENCE).await;
                return Ok(false);
            }
            _ => self.say("250 2.0.0 taken").await?,
        }
        Ok(true)
    }

    fn forget(&mut self) {
        self.from = None;
        self.to.clear();
    }

    async fn say(&mut self, words: &str) -> io::Result<()> {
        self.stream.write_all(format!("{words}\r\n").as_bytes()).await
    }
}
