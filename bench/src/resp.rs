//! The reference for pages of the shared cache: Redis itself, asked by as many connections for values
//! of the same sizes. As little of its protocol as that takes (RESP 2: inline lengths, one answer at a
//! time).

use crate::load::{Worker, Workload};
use anyhow::{Context, bail, ensure};
use std::{cell::Cell, rc::Rc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Where the values of the reference are kept; they expire by themselves.
const PREFIX: &str = "bench:value:";
const EXPIRES: &str = "600";

/// Values in Redis that are read in turn.
pub struct Values {
    address: String,
    lengths: Rc<[usize]>,
    /// Whose turn it is, whoever asks.
    turn: Rc<Cell<usize>>,
}

impl Values {
    /// Stores values of these lengths in the Redis of a URL.
    ///
    /// # Errors
    /// It does not answer at its URL, or refuses a value.
    pub async fn store(url: &str, lengths: Vec<usize>) -> anyhow::Result<Self> {
        let address = address(url)?;
        let mut redis = Connection::open(&address).await?;
        for (index, length) in lengths.iter().enumerate() {
            let (key, value) = (key(index), vec![b'x'; *length]);
            let set: [&[u8]; 5] = [b"SET", key.as_bytes(), &value, b"EX", EXPIRES.as_bytes()];
            redis.ask(&request(&set)).await?;
        }
        Ok(Self { address, lengths: lengths.into(), turn: Rc::default() })
    }
}

/// One connection that reads values.
pub struct Getter {
    redis: Connection,
    lengths: Rc<[usize]>,
    turn: Rc<Cell<usize>>,
}

impl Workload for Values {
    type Worker = Getter;

    async fn worker(&self, _: usize) -> anyhow::Result<Getter> {
        let redis = Connection::open(&self.address).await?;
        Ok(Getter { redis, lengths: self.lengths.clone(), turn: self.turn.clone() })
    }
}

impl Worker for Getter {
    async fn once(&mut self) -> anyhow::Result<()> {
        let index = self.turn.get();
        self.turn.set((index + 1) % self.lengths.len());
        let length = self.redis.ask(&request(&[b"GET", key(index).as_bytes()])).await?;
        ensure!(length == self.lengths[index], "Redis answers with {length} bytes");
        Ok(())
    }
}

struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    async fn open(address: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("Redis does not answer at {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::new() })
    }

    /// Sends a command; the length of the value in the answer, 0 of a plain one.
    async fn ask(&mut self, request: &[u8]) -> anyhow::Result<usize> {
        self.received.clear();
        self.stream.write_all(request).await?;
        loop {
            let read = self.stream.read_buf(&mut self.received).await?;
            ensure!(read > 0, "Redis closed the connection");
            if let Some(length) = length(&self.received)? {
                return Ok(length);
            }
        }
    }
}

/// The length of the value in an answer; `None` while it is not complete.
fn length(received: &[u8]) -> anyhow::Result<Option<usize>> {
    let Some(end) = received.windows(2).position(|two| two == b"\r\n") else { return Ok(None) };
    let line = std::str::from_utf8(&received[..end])?;
    match line.split_at_checked(1) {
        Some(("+", _)) => Ok(Some(0)),
        Some(("$", digits)) => {
            let length: usize = digits.parse().context("Redis does not know the value")?;
            Ok((received.len() >= end + 2 + length + 2).then_some(length))
        }
        _ => bail!("Redis answers: {line}"),
    }
}

fn request(words: &[&[u8]]) -> Vec<u8> {
    let mut request = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        request.extend(format!("${}\r\n", word.len()).into_bytes());
        request.extend_from_slice(word);
        request.extend_from_slice(b"\r\n");
    }
    request
}

fn key(index: usize) -> String {
    format!("{PREFIX}{index}")
}

/// Host and port of a URL that asks for no password.
fn address(url: &str) -> anyhow::Result<String> {
    let rest =
        url.strip_prefix("redis://").context("the reference needs Redis at a redis:// URL")?;
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    ensure!(!authority.contains('@'), "the reference cannot log in at Redis");
    Ok(if authority.contains(':') { authority.to_owned() } else { format!("{authority}:6379") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_complete_with_its_stated_length() {
        assert_eq!(length(b"$5\r\nhel").unwrap(), None);
        assert_eq!(length(b"$5\r\nhello\r\n").unwrap(), Some(5));
        assert_eq!(length(b"+OK\r\n").unwrap(), Some(0));
        assert!(length(b"$-1\r\n").is_err());
        assert!(length(b"-ERR no\r\n").is_err());
    }

    #[test]
    fn a_command_is_an_array_of_words() {
        assert_eq!(request(&[b"GET", b"a"]), b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n");
    }

    #[test]
    fn redis_is_found_by_its_url() {
        assert_eq!(address("redis://127.0.0.1:7/0").unwrap(), "127.0.0.1:7");
        assert_eq!(address("redis://redis").unwrap(), "redis:6379");
        assert!(address("redis://:secret@redis").is_err());
    }
}
