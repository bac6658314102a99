//! In which encodings a body is sent, and which of them a client takes.

use axum::http::{HeaderMap, HeaderValue, header};
use bytes::Bytes;
use std::io::{Read, Write};

/// How a body is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Brotli (RFC 7932).
    Brotli,
    /// Zstandard (RFC 8878).
    Zstd,
    /// Gzip (RFC 1952).
    Gzip,
    /// As it is.
    Identity,
}

impl Encoding {
    /// Every encoding, the smallest first.
    pub const ALL: [Self; 4] = [Self::Brotli, Self::Zstd, Self::Gzip, Self::Identity];

    /// The smallest encoding a client takes (RFC 9110, 12.5.3). A client that refuses everything is
    /// sent the page as it is.
    pub fn accepted(headers: &HeaderMap) -> Self {
        Self::first_accepted(headers, Self::ALL)
    }

    /// The encoding for a page that is sent once, to this client: Zstandard is done in a third of the time
    /// that Brotli takes, and the page is an eighth larger.
    pub fn accepted_at_once(headers: &HeaderMap) -> Self {
        Self::first_accepted(headers, [Self::Zstd, Self::Brotli, Self::Gzip, Self::Identity])
    }

    fn first_accepted(headers: &HeaderMap, order: [Self; 4]) -> Self {
        let mut taken = [false; 4];
        for value in headers.get_all(header::ACCEPT_ENCODING) {
            for coding in value.to_str().unwrap_or("").split(',') {
                let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
                let named = match name.trim() {
                    name if name.eq_ignore_ascii_case("br") => Self::Brotli,
                    name if name.eq_ignore_ascii_case("zstd") => Self::Zstd,
                    name if name.eq_ignore_ascii_case("gzip") => Self::Gzip,
                    _ => continue,
                };
                taken[named as usize] |= !is_refused(parameters);
            }
        }
        order.into_iter().find(|encoding| taken[*encoding as usize]).unwrap_or(Self::Identity)
    }

    /// Its name in `Content-Encoding`; `None` for a body as it is.
    pub fn header(self) -> Option<HeaderValue> {
        self.name().map(HeaderValue::from_static)
    }

    /// Its name, which also tells its entity tag from those of the others.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Zstd => Some("zstd"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    /// A body in this encoding, to be kept. The qualities are those beyond which a page of ours gets
    /// smaller by less than it takes longer.
    pub fn encode(self, identity: &[u8]) -> Bytes {
        self.encode_at(identity, 6)
    }

    /// A body in this encoding, to be sent once.
    pub fn encode_at_once(self, identity: &[u8]) -> Bytes {
        self.encode_at(identity, 3)
    }

    fn encode_at(self, identity: &[u8], zstd: i32) -> Bytes {
        let mut out = Vec::with_capacity(identity.len() / 4);
        // Writing to memory cannot fail.
        match self {
            Self::Brotli => {
                let mut writer = brotli::CompressorWriter::new(&mut out, 32 * 1024, 5, 22);
                let _ = writer.write_all(identity);
            }
            Self::Zstd => {
                let _ = zstd::stream::copy_encode(identity, &mut out, zstd);
            }
            Self::Gzip => {
                let mut writer =
                    flate2::write::GzEncoder::new(&mut out, flate2::Compression::new(6));
                let _ = writer.write_all(identity);
                let _ = writer.finish();
            }
            Self::Identity => return Bytes::copy_from_slice(identity),
        }
        as_long_as_it_is(&out)
    }
}

/// A body that is kept takes no more room than it needs. It is copied, because allocators leave what shrinks
/// by less than half in the room that it had.
fn as_long_as_it_is(body: &[u8]) -> Bytes {
    Bytes::copy_from_slice(body)
}

/// The body that was encoded with Brotli; empty if it was not.
pub fn decode_brotli(body: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(body.len() * 6);
    match brotli::Decompressor::new(body, 32 * 1024).read_to_end(&mut out) {
        Ok(_) => as_long_as_it_is(&out),
        Err(_) => Bytes::new(),
    }
}

/// Whether the parameters of a coding give it no weight at all.
fn is_refused(parameters: &str) -> bool {
    parameters
        .split(';')
        .filter_map(|parameter| parameter.trim().strip_prefix("q="))
        .any(|weight| weight.trim().parse::<f32>().is_ok_and(|weight| weight <= 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(value: &'static str) -> Encoding {
        let value = HeaderValue::from_static(value);
        Encoding::accepted(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, value)]))
    }

    #[test]
    fn the_smallest_encoding_that_a_client_takes_is_sent() {
        assert_eq!(accepted("gzip, deflate, br, zstd"), Encoding::Brotli);
        assert_eq!(accepted("gzip, zstd"), Encoding::Zstd);
        assert_eq!(accepted("GZIP"), Encoding::Gzip);
        assert_eq!(accepted("br;q=0.5, gzip"), Encoding::Brotli);
        assert_eq!(accepted("gzip, br;q=0"), Encoding::Gzip);
        assert_eq!(accepted("gzip; q=0.000, brotli"), Encoding::Identity);
        assert_eq!(Encoding::accepted(&HeaderMap::new()), Encoding::Identity);
        let at_once = |value: &'static str| {
            let value = HeaderValue::from_static(value);
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, value)]);
            Encoding::accepted_at_once(&headers)
        };
        assert_eq!(at_once("gzip, deflate, br, zstd"), Encoding::Zstd);
        assert_eq!(at_once("gzip, br, zstd;q=0"), Encoding::Brotli);
        assert_eq!(at_once("*"), Encoding::Identity);
    }

    #[test]
    fn every_encoding_holds_the_whole_page() {
        let html = "<p>A lamp and a chair</p>".repeat(400).into_bytes();
        for encoding in Encoding::ALL {
            for body in [encoding.encode(&html), encoding.encode_at_once(&html)] {
                let back = match encoding {
                    Encoding::Brotli => decode_brotli(&body).to_vec(),
                    Encoding::Zstd => zstd::stream::decode_all(&body[..]).unwrap(),
                    Encoding::Gzip => {
                        let mut out = Vec::new();
                        flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut out).unwrap();
                        out
                    }
                    Encoding::Identity => body.to_vec(),
                };
                assert_eq!(back, html, "{encoding:?}");
                assert_eq!(body.len() < html.len() / 10, encoding != Encoding::Identity);
            }
        }
        assert!(decode_brotli(b"no brotli at all").is_empty());
    }
}
