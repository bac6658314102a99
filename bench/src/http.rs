//! An HTTP/1.1 client that does little, so that it takes little from what is measured: one connection
//! kept alive, one request at a time, bodies of a stated length. No TLS, no redirects, no cookies.

use anyhow::{Context, bail};
use std::borrow::Cow;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The most headers an answer may have.
const HEADERS: usize = 64;
/// Room for an answer at first; thousands of connections are open at a time.
const ROOM: usize = 16 * 1024;

/// One connection to one server.
pub struct Client {
    authority: String,
    stream: TcpStream,
    /// What was received of the present answer.
    received: Vec<u8>,
}

/// An answer, as long as no other request is sent.
#[derive(Debug)]
pub struct Answer<'a> {
    /// The status.
    pub status: u16,
    /// The body as it was sent, still encoded if it was.
    pub body: &'a [u8],
    head: &'a [u8],
}

impl Answer<'_> {
    /// The value of a header, by its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        response.parse(self.head).ok()?;
        value(response.headers, name)
    }

    /// The body as text.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.body)
    }

    /// The beginning of the body as text, to tell what went wrong.
    pub fn excerpt(&self) -> String {
        self.text().chars().take(300).collect()
    }
}

/// Scheme-less host and port of a URL, and what follows them.
///
/// # Errors
/// The URL is not plain HTTP.
pub fn split(url: &str) -> anyhow::Result<(&str, &str)> {
    let rest = url.strip_prefix("http://").with_context(|| format!("{url} is not plain HTTP"))?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    Ok((authority, if path.is_empty() { "/" } else { path }))
}

/// A GET request of a browser that takes brotli, ready to be sent; of one that has what carries the
/// entity tag already, if there is one.
pub fn get(authority: &str, path: &str, known: Option<&str>) -> Vec<u8> {
    request(authority, path, "accept-encoding: br\r\n", known)
}

/// The same of a client that takes no encoding.
pub fn get_plain(authority: &str, path: &str, known: Option<&str>) -> Vec<u8> {
    request(authority, path, "", known)
}

fn request(authority: &str, path: &str, encoding: &str, known: Option<&str>) -> Vec<u8> {
    let known = known.map(|tag| format!("if-none-match: {tag}\r\n")).unwrap_or_default();
    format!(
        "GET {path} HTTP/1.1\r\nhost: {authority}\r\naccept: text/html\r\n{encoding}{known}\r\n"
    )
    .into_bytes()
}

impl Client {
    /// Connects to the server of a URL.
    ///
    /// # Errors
    /// Nothing listens there.
    pub async fn connect(url: &str) -> anyhow::Result<Self> {
        let authority = split(url)?.0.to_owned();
        let stream = TcpStream::connect(&authority)
            .await
            .with_context(|| format!("nothing answers at {authority}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { authority, stream, received: Vec::with_capacity(ROOM) })
    }

    /// Asks for a page without encoding.
    pub async fn page(&mut self, path: &str) -> anyhow::Result<Answer<'_>> {
        let request = get_plain(&self.authority, path, None);
        self.send(&request).await
    }

    /// Sends a form and asks for `accept` in return. The cookie may be empty.
    pub async fn post(
        &mut self,
        path: &str,
        accept: &str,
        cookie: &str,
        form: &[(&str, &str)],
    ) -> anyhow::Result<Answer<'_>> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let cookie =
            if cookie.is_empty() { String::new() } else { format!("cookie: {cookie}\r\n") };
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\naccept: {accept}\r\n{cookie}\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            self.authority,
            body.len(),
        );
        self.send(request.as_bytes()).await
    }

    /// Sends a whole request and waits for its answer.
    ///
    /// # Errors
    /// The connection broke, or the answer has no stated length.
    pub async fn send(&mut self, request: &[u8]) -> anyhow::Result<Answer<'_>> {
        self.begin(request).await?;
        self.answer().await
    }

    /// Sends a whole request, whose answer is to be waited for next.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn begin(&mut self, request: &[u8]) -> anyhow::Result<()> {
        self.received.clear();
        Ok(self.stream.write_all(request).await?)
    }

    /// Waits for the answer to the request that was sent.
    ///
    /// # Errors
    /// The connection broke, or the answer has no stated length.
    pub async fn answer(&mut self) -> anyhow::Result<Answer<'_>> {
        let head = loop {
            self.receive().await?;
            if let Some(head) = Head::parse(&self.received)? {
                break head;
            }
        };
        while self.received.len() < head.length + head.body {
            self.receive().await?;
        }
        let (text, body) = self.received.split_at(head.length);
        Ok(Answer { status: head.status, body, head: text })
    }

    async fn receive(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.received).await? == 0 {
            bail!("{} closed the connection within an answer", self.authority);
        }
        Ok(())
    }
}

/// What has to be known of an answer to read it to its end.
struct Head {
    status: u16,
    length: usize,
    body: usize,
}

impl Head {
    /// `None` while the head is not complete.
    fn parse(received: &[u8]) -> anyhow::Result<Option<Self>> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(length) = response.parse(received)? else {
            return Ok(None);
        };
        let status = response.code.unwrap_or_default();
        let body = match value(response.headers, "content-length") {
            Some(text) => text.parse().context("a content length that is no number")?,
            None if matches!(status, 204 | 304) => 0,
            None => bail!("an answer with status {status} does not state its length"),
        };
        Ok(Some(Self { status, length, body }))
    }
}

fn value<'a>(headers: &[httparse::Header<'a>], name: &str) -> Option<&'a str> {
    let header = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
    std::str::from_utf8(header.value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_complete_with_its_head_and_stated_length() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        assert!(Head::parse(&answer[..20]).unwrap().is_none());
        let head = Head::parse(answer).unwrap().unwrap();
        assert_eq!((head.status, head.length, head.body), (200, 38, 5));
        let empty = Head::parse(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap().unwrap();
        assert_eq!(empty.body, 0);
    }

    #[test]
    fn an_answer_of_unknown_length_is_refused() {
        assert!(Head::parse(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    }

    #[test]
    fn a_url_falls_into_server_and_path() {
        assert_eq!(split("http://127.0.0.1:1/p/x?a=b").unwrap(), ("127.0.0.1:1", "/p/x?a=b"));
        assert_eq!(split("http://127.0.0.1:1").unwrap(), ("127.0.0.1:1", "/"));
        assert!(split("https://127.0.0.1").is_err());
    }
}
